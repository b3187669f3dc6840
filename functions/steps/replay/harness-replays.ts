/** Replays by a user's own harness, wherever it runs: what it is given, and what its replies are worth. */
import type { BaselineReplay } from '#core/baseline/baseline.ts'
import { harnessBaseline, type Replied } from '#core/baseline/harness-baseline.ts'
import { liveBaseline } from '#core/baseline/live-baseline.ts'
import { recordedBaseline } from '#core/baseline/recorded-baseline.ts'
import { headOf, type SealedLine } from '#core/baseline/reproduce.ts'
import { differenceOf } from '#core/baseline/two-answers.ts'
import { byCodeUnit, canonical, digestOf } from '#core/canonical.ts'
import type { AnsweredScore } from '#core/gate/score.ts'
import type { SealedQuestion } from '#core/live/asked-answers.ts'
import { caseForHarness, type HarnessReply } from '#core/replay/harness.ts'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import { writable } from '#core/replay/harness-reply.ts'
import type { PinnedRecording } from '#core/replay/pinned-answers.ts'
import { tracingOf } from '#core/replay/tracing.ts'
import { harnessAnswer } from '#core/search/harness-replayer.ts'
import { stopsRound, upTo } from '#core/search/replayer.ts'
import { applyPatch, isScoped, settingsFor } from '#core/space/scope.ts'
import type { Settings, SettingsTable } from '#schemas/common.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import type { HarnessResult } from '#schemas/harness.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { Replayer } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { UserError } from '../../errors.ts'
import type { AskedAgain, Lines, Pass, RunLoader, Scratch, VerdictSource } from '../../ports.ts'
import { ahead, inShards } from '../../streams/groups.ts'
import type { LiveSet } from '../live/affordable.ts'
import { AskedBefore } from '../live/asked-before.ts'
import { answeredAlike } from './answered-alike.ts'
import { baselineScore, candidateScore } from './harness-scores.ts'
import { type KeptReplies, keptReplies, readReplies } from './kept-replies.ts'
import { type CaseReplays, pinsOf } from './replays.ts'
import { judgingWith } from './verdicts.ts'

export type Side = 'search' | 'vault'

/** One case for a harness. */
export interface Job {
  readonly recording: PinnedRecording
  readonly settings: Settings
  /** Which draw of the model's answers, from 0. Absent: the first, or no model is asked anew. */
  readonly repeat?: number
  /** Question that a sealed case is replayed for. Absent: it is on the search side. */
  readonly question?: SealedQuestion
}

/** Where a harness runs. */
export interface HarnessRunner<K extends Replayer> {
  readonly replayer: K
  /** For people: "the harness module ./mine.ts". */
  readonly name: string
  /** Recorded runs of each side of the split. */
  readonly runs: Readonly<Record<Side, RunLoader>>
  /** Who judges for evaluators that are asked elsewhere; absent: nobody. */
  readonly verdicts?: VerdictSource | undefined
  /**
   * It is tried elsewhere on the first cases: what ended that there in words, null as long as nothing did. Asked before every block
   * of cases, since a run that has ended asks nothing more. Absent: it is tried here.
   */
  readonly tried?: (() => Promise<string | null>) | undefined
  /** Where the answers of the search side are kept; absent: nobody asks for them. */
  readonly aside?: Scratch
  /** A model answers its model steps anew, in both arms; absent: recorded answers do. */
  readonly live?: {
    /** How often the baseline of the search side is asked each case. */
    readonly repeats: number
    /** Is told what is about to be asked, before the first call. Throws where it cannot be asked. */
    begin(set: LiveSet): void
  }
  /** False: the code cannot be asked here, and what it answered then stands alone. @default true */
  readonly asksAgain?: boolean
  /**
   * Works on every item, several at once; `ask` has a job replayed. Results stand in the order of the items; those behind
   * the first that `ends` the work may be left out. Nothing that a first pass left in memory meets a second one.
   */
  map<T, R>(
    side: Side,
    pass: Pass,
    items: readonly T[],
    work: (item: T, ask: (job: Job) => Promise<HarnessReply>) => Promise<R>,
    ends?: (result: R) => boolean,
  ): Promise<R[]>
}

/** Cases that are held while they are replayed: many times as many as any runner works on at once. */
const CASES_UNDER_WAY = 512
/** Cases that are looked at before the rest: a harness that fails on all of them is not asked for thousands. */
const TRIED_FIRST = 16
/** Cases that are judged at once by answers on record. */
const JUDGED_AT_ONCE = 8

interface Tables {
  readonly suite: EvaluatorSuite
  readonly settings: SettingsTable
  readonly baseline: SettingsTable
}

/** Answers on record that stand for the harness's own, and who hears what it says now. */
interface Held {
  readonly replies: KeptReplies
  readonly tell: (asked: AskedAgain) => void
}

/** How a first pass goes. */
interface How<R> {
  /** Does a result end it? */
  readonly ends?: (result: R) => boolean
  /** No second pass follows. */
  readonly once?: boolean
  /** Which draw of the model's answers, from 0. */
  readonly repeat?: number
}

/**
 * Replays of cases in that runner. On the search side what a record rests on is asked twice, and two answers to a
 * candidate's case refuse the run; a held-out case is replayed by the gate alone.
 */
export function harnessReplays<K extends Replayer>(runner: HarnessRunner<K>): CaseReplays & { readonly replayer: K } {
  const { aside, verdicts, live } = runner
  const judging = { search: judgingWith(verdicts, 'search'), vault: judgingWith(verdicts, 'vault') }
  let reproductions = 0
  let kept: KeptReplies | null = null
  let held: Held | null = null

  /** Replays a case under one settings table, and judges it while its recorded run is at hand. */
  const replaying =
    <T extends { readonly case: ReplayCase }, R>(
      side: Side,
      tables: Tables,
      toResult: (item: T, replied: Replied, job: Job | null) => R,
      asked: Pick<Job, 'repeat' | 'question'> = {},
    ) =>
    async (item: T, ask: (job: Job) => Promise<HarnessReply>): Promise<R> => {
      const settings = settingsFor(tables.settings, item.case)
      const given = caseForHarness(item.case, settings, settingsFor(tables.baseline, item.case))
      const judged = (replied: Replied, job: Job | null) =>
        judging[side](tables.suite, () => toResult(item, replied, job))
      if ('unreplayable' in given) return await judged(given, null)
      const { recording, withheld } = given
      const run = await runner.runs[side](recording)
      const job = { recording: pinRecording(run, withheld, rulesOf(recording)), settings, ...asked }
      const reply = writable(await ask(job))
      return await judged({ run, recording, settings, ...(live && { live: true as const }), reply }, job)
    }

  /**
   * The first pass over search cases up to the first that ends it, with each reply kept: by the harness, or by what it
   * answered when the run was made. `repeat`: which draw of the model's answers.
   */
  const firstPass = async <T extends { readonly case: ReplayCase }, R>(
    items: readonly T[],
    tables: Tables,
    toResult: (item: T, replied: Replied) => R,
    { ends = () => false, once = false, repeat = 0 }: How<R> = {},
  ) => {
    const both = (item: T, replied: Replied, job: Job | null) => ({ replied, job, result: toResult(item, replied) })
    const replay = replaying('search', tables, both, { repeat })
    const isLast = ({ result }: { readonly result: R }) => ends(result)
    const replies = held?.replies
    const judged = replies
      ? judgedUpTo(
          items,
          (item) => replay(item, async () => replies.of(item.case.case_id, tables.settings, repeat)),
          isLast,
        )
      : runner.map('search', 'first', items, replay, isLast)
    const first = upTo(await judged, isLast)
    for (const [i, { replied }] of first.entries())
      if ('reply' in replied) kept?.keep(items[i]!.case.case_id, tables.settings, replied.reply, { once, repeat })
    return first
  }

  /**
   * Both passes over search cases: what the first made of each, and in what the second differs. Where answers on record
   * stand for the first, the second is the harness asked again, and what it says otherwise is told and changes nothing.
   */
  const twice = async <T extends { readonly case: ReplayCase }, R>(
    items: readonly T[],
    tables: Tables,
    toResult: (item: T, replied: Replied) => R,
    how: Omit<How<R>, 'repeat'> = {},
  ): Promise<{ readonly result: R; readonly reply: HarnessReply | null; readonly otherwise: string | null }[]> => {
    const first = (await firstPass(items, tables, toResult, how)).map((one) => ({
      ...one,
      reply: 'reply' in one.replied ? one.replied.reply : null,
    }))
    if (how.once || runner.asksAgain === false)
      return first.map(({ result, reply }) => ({ result, reply, otherwise: null }))
    const order = orderOf(items.slice(0, first.length), 'second')
    const differing = await runner.map('search', 'second', order, async (i, ask) => {
      const { replied, job } = first[i]!
      if (job === null || !('reply' in replied)) return null
      const otherwise = differenceOf(replied.reply, writable(await ask(job)))
      held?.tell({ of: `${items[i]!.case.case_id} under ${named(tables)}`, otherwise })
      return held === null ? otherwise : null
    })
    const otherwise = inOrder(order, differing)
    return first.map(({ result, reply }, i) => ({ result, reply, otherwise: otherwise[i]! }))
  }

  /** What the baseline itself came to, in a live run: a candidate is held against that, and not against the record. */
  const armOf = (caseId: string, baseline: SettingsTable): HarnessResult | null => {
    const reply = live && kept?.find(caseId, baseline)
    return reply && 'result' in reply ? reply.result : null
  }

  const replayTwice: CaseReplays['answerTwice'] = async (
    lines,
    settings,
    run,
    { stopsAtFailure = false, once = false, withReplies = false } = {},
  ) => {
    const pins = pinsOf(run)
    const answers = await twice(
      lines,
      { settings, baseline: pins.baseline, suite: run.evaluator_suite },
      (line, replied) =>
        harnessAnswer(line, replied, pins, run.evaluator_suite, line.arm ?? armOf(line.case.case_id, pins.baseline)),
      { ends: (answer) => stopsAtFailure && stopsRound(answer), once },
    )
    return answers.map(({ result, reply, otherwise }) => ({
      ...result,
      ...(otherwise !== null && { otherwise }),
      ...(withReplies && reply !== null && { reply }),
    }))
  }

  return {
    replayer: runner.replayer,

    ...(aside && {
      replies: {
        lines: () => kept?.lines() ?? [],
        async hold(lines: Lines, tell: Held['tell']) {
          held = { replies: await readReplies(aside, 'held', lines), tell }
        },
      },
    }),

    async *reproduce(lines, pins, side) {
      if (side === 'vault') throw new RangeError('a held-out version is sealed from its recorded runs alone')
      if (aside) kept = keptReplies(aside, `kept${++reproductions}`)
      const tables = { settings: pins.settings, baseline: pins.settings, suite: pins.suite }
      let isFirst = runner.tried === undefined
      for await (const texts of inShards(live ? await toldFirst(lines, live) : lines, CASES_UNDER_WAY, TRIED_FIRST)) {
        const ended = await runner.tried?.()
        if (ended) throw new UserError(ended)
        const items = texts.map((text) => ({ case: JSON.parse(text) as ReplayCase }))
        const baselineOf = (item: (typeof items)[number], replied: Replied) =>
          (live ? liveBaseline : harnessBaseline)(item.case, replied, pins)
        const results = await twice(items, tables, baselineOf)
        if (isFirst) refuseIfAllFailed(runner.name, items, results)
        isFirst = false
        const draws: BaselineReplay[][] = []
        // Further draws tell of noise, and are asked once.
        for (let repeat = 1; repeat < (live?.repeats ?? 1); repeat++)
          draws.push((await firstPass(items, tables, baselineOf, { repeat })).map(({ result: drawn }) => drawn))
        for (const [i, { result, otherwise }] of results.entries()) {
          const replayCase = items[i]!.case
          const recorded = () => judging.search(pins.suite, () => recordedBaseline(replayCase, pins))
          const lost = 'excluded' in result && 'measures' in (await recorded())
          const second = { otherwise, lost }
          const arm = live && armOf(replayCase.case_id, pins.settings)
          const again = live && { draws: draws.map((of) => of[i]!), arm: arm ?? null }
          yield { line: texts[i]!, case: headOf(replayCase), tracing: tracingOf(replayCase), result, second, ...again }
        }
      }
    },

    async answer(lines, settings, run, how) {
      return answeredAlike(lines.length, await replayTwice(lines, settings, run, how))
    },

    answerTwice: replayTwice,

    async *score(lines, run, change, pass, question) {
      const pins = pinsOf(run)
      const settings = applyPatch(pins.baseline, change?.patch ?? {})
      const tables = { settings, baseline: pins.baseline, suite: run.evaluator_suite }
      const score = (line: SealedLine, replied: Replied): AnsweredScore => ({
        ...(change === null ? baselineScore(line, replied, run) : candidateScore(line, replied, run)),
        ...('reply' in replied && replied.reply.answers && { answers: replied.reply.answers }),
      })
      const version = run.heldout_test_set?.version
      const asked = question === undefined || version === undefined ? {} : { question: { version, question } }
      for await (const texts of inShards(lines, CASES_UNDER_WAY)) {
        const sealed = texts.map((text) => JSON.parse(text) as SealedLine)
        const order = orderOf(sealed, pass)
        const scores = await runner.map(
          'vault',
          pass,
          order.map((i) => sealed[i]!),
          replaying('vault', tables, score, asked),
        )
        yield* inOrder(order, scores)
      }
    },
  }
}

/** Judges items by answers on record, several at once, up to the first that ends it. */
async function judgedUpTo<T, R>(
  items: readonly T[],
  judge: (item: T) => Promise<R>,
  ends: (result: R) => boolean,
): Promise<R[]> {
  const results: R[] = []
  for await (const result of ahead(items, JUDGED_AT_ONCE, judge)) {
    results.push(result)
    if (ends(result)) break
  }
  return results
}

/** All lines, after it was told how many there are and how often each asked a model when it was recorded. */
async function toldFirst(lines: Lines, live: NonNullable<HarnessRunner<Replayer>['live']>): Promise<string[]> {
  const texts = await Array.fromAsync(lines)
  const asked = new AskedBefore()
  for (const text of texts) asked.add(text)
  live.begin(asked.set)
  return texts
}

/** Settings, for people, by what they have otherwise than the baseline. */
function named({ settings, baseline }: Tables): string {
  if (isScoped(settings)) return digestOf(settings) === digestOf(baseline) ? 'the baseline' : 'settings by case'
  const before = isScoped(baseline) ? baseline.otherwise : baseline
  const changed = Object.keys(settings).filter((path) => canonical(settings[path]) !== canonical(before[path] ?? null))
  return changed.length === 0 ? 'the baseline' : changed.map((path) => `${path} ${settings[path]}`).join(', ')
}

/** The second pass takes the cases in another order: each follows another one than before. */
function orderOf(items: readonly { readonly case: ReplayCase }[], pass: Pass): number[] {
  const order = items.map((_, i) => i)
  if (pass === 'first') return order
  const keys = items.map((item) => digestOf([pass, item.case.case_id]))
  return order.sort((a, b) => byCodeUnit(keys[a]!, keys[b]!))
}

/** Results of a pass in the order of its items. */
function inOrder<R>(order: readonly number[], results: readonly R[]): R[] {
  const placed = new Array<R>(results.length)
  for (const [at, i] of order.entries()) placed[i] = results[at]!
  return placed
}

function refuseIfAllFailed(
  name: string,
  items: readonly { readonly case: ReplayCase }[],
  results: readonly { readonly result: BaselineReplay }[],
): void {
  const failures = results.flatMap(({ result }) =>
    'excluded' in result && result.excluded === 'failed' ? [result.detail] : [],
  )
  if (failures.length === results.length)
    throw new UserError(
      `${name} failed on all ${results.length} cases that were tried first.\n${items[0]!.case.case_id}: ${failures[0]}`,
    )
}
