/** Replays by a user's own harness, wherever it runs: both sides of the split, and what its replies are worth. */

import { type BaselineReplay, baselinePins } from '#core/baseline/baseline.ts'
import { harnessBaseline, type Replied } from '#core/baseline/harness-baseline.ts'
import { liveBaseline } from '#core/baseline/live-baseline.ts'
import { recordedBaseline } from '#core/baseline/recorded-baseline.ts'
import { headOf, type SealedLine } from '#core/baseline/reproduce.ts'
import { floorLetters, lettersOfScores } from '#core/evaluate/floor-letters.ts'
import { type AnsweredScore, type CaseScore, unreplayableScore } from '#core/gate/score.ts'
import { liveOf } from '#core/replay/cage.ts'
import { tracingOf } from '#core/replay/tracing.ts'
import { harnessAnswer } from '#core/search/harness-replayer.ts'
import { stopsRound } from '#core/search/replayer.ts'
import { applyPatch } from '#core/space/scope.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'
import { UserError } from '../../errors.ts'
import type { Lines } from '../../ports.ts'
import { inShards } from '../../streams/groups.ts'
import { AskedBefore } from '../live/asked-before.ts'
import { answeredAlike } from './answered-alike.ts'
import { HarnessPasses } from './harness-passes.ts'
import type { HarnessRunner } from './harness-runner.ts'
import { type CaseReplays, pinsOf } from './replays.ts'

/** Cases that are held while they are replayed: many times as many as any runner works on at once. */
const CASES_UNDER_WAY = 512
/** Cases that are looked at before the rest: a harness that fails on all of them is not asked for thousands. */
const TRIED_FIRST = 16

/**
 * Replays of cases in that runner. On the search side what a record rests on is asked twice, and two answers to a
 * candidate's case refuse the run; a held-out case is replayed by the gate alone.
 */
export function harnessReplays<K extends Replayer>(runner: HarnessRunner<K>): CaseReplays & { readonly replayer: K } {
  const passes = new HarnessPasses(runner)
  const answerTwice = answeringTwice(passes)
  return {
    replayer: runner.replayer,
    ...(runner.aside && {
      replies: { lines: () => passes.lines(), hold: (lines, tell) => passes.hold(lines, tell) },
    }),
    reproduce: reproducing(runner, passes),
    answer: async (lines, settings, run, how) =>
      answeredAlike(lines.length, await answerTwice(lines, settings, run, how)),
    answerTwice,
    score: scoring(passes),
  }
}

/** Baselines of search cases, block by block, each with what a second pass and further draws came to. */
const reproducing = (runner: HarnessRunner<Replayer>, passes: HarnessPasses): CaseReplays['reproduce'] =>
  async function* (lines, pins, side) {
    if (side === 'vault') throw new RangeError('a held-out version is sealed from its recorded runs alone')
    const { live } = runner
    passes.begin()
    const tables = { settings: pins.settings, baseline: pins.settings, suite: pins.suite }
    let isFirst = runner.tried === undefined
    for await (const texts of inShards(live ? await toldFirst(lines, live) : lines, CASES_UNDER_WAY, TRIED_FIRST)) {
      const ended = await runner.tried?.()
      if (ended) throw new UserError(ended)
      const items = texts.map((text) => ({ case: JSON.parse(text) as ReplayCase }))
      const baselineOf = (item: (typeof items)[number], replied: Replied) =>
        (live ? liveBaseline : harnessBaseline)(item.case, replied, pins)
      const results = await passes.twice(items, tables, baselineOf)
      if (isFirst) refuseIfAllFailed(runner.name, items, results)
      isFirst = false
      const draws: BaselineReplay[][] = []
      // Further draws tell of noise, and are asked once.
      for (let repeat = 1; repeat < (live?.repeats ?? 1); repeat++)
        draws.push((await passes.first(items, tables, baselineOf, { repeat })).map(({ result }) => result))
      for (const [i, { result, otherwise }] of results.entries()) {
        const replayCase = items[i]!.case
        const recorded = () => passes.judged('search', pins.suite, () => recordedBaseline(replayCase, pins))
        const lost = 'excluded' in result && 'measures' in (await recorded())
        const second = { otherwise, lost }
        const again = live && {
          draws: draws.map((of) => of[i]!),
          arm: passes.armOf(replayCase.case_id, pins.settings),
        }
        yield { line: texts[i]!, case: headOf(replayCase), tracing: tracingOf(replayCase), result, second, ...again }
      }
    }
  }

/** Answers of search cases, each with in what a second one differs. */
const answeringTwice =
  (passes: HarnessPasses): CaseReplays['answerTwice'] =>
  async (lines, settings, run, { stopsAtFailure = false, once = false, withReplies = false } = {}) => {
    const pins = pinsOf(run)
    const suite = run.evaluator_suite
    const answers = await passes.twice(
      lines,
      { settings, baseline: pins.baseline, suite },
      (line, replied) =>
        harnessAnswer(line, replied, pins, suite, line.arm ?? passes.armOf(line.case.case_id, pins.baseline)),
      { ends: (answer) => stopsAtFailure && stopsRound(answer), once },
    )
    return answers.map(({ result, reply, otherwise }) => ({
      ...result,
      ...(otherwise !== null && { otherwise }),
      ...(withReplies && reply !== null && { reply }),
    }))
  }

/** Scores of sealed cases under a candidate's settings, or the baseline's, in their order. */
const scoring = (passes: HarnessPasses): CaseReplays['score'] =>
  async function* (lines, run, change, pass, question) {
    const { baseline } = pinsOf(run)
    const tables = { settings: applyPatch(baseline, change?.patch ?? {}), baseline, suite: run.evaluator_suite }
    const score = (line: SealedLine, replied: Replied): AnsweredScore => ({
      ...(change === null ? baselineScore(line, replied, run) : candidateScore(line, replied, run)),
      ...('reply' in replied && replied.reply.answers && { answers: replied.reply.answers }),
    })
    const version = run.heldout_test_set?.version
    const asked = question === undefined || version === undefined ? {} : { question: { version, question } }
    for await (const texts of inShards(lines, CASES_UNDER_WAY))
      yield* await passes.sealed(
        texts.map((text) => JSON.parse(text) as SealedLine),
        tables,
        pass,
        score,
        asked,
      )
  }

/** All lines, after it was told how many there are and how often each asked a model when it was recorded. */
async function toldFirst(lines: Lines, live: NonNullable<HarnessRunner<Replayer>['live']>): Promise<string[]> {
  const texts = await Array.fromAsync(lines)
  const asked = new AskedBefore()
  for (const text of texts) asked.add(text)
  live.begin(asked.set)
  return texts
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

/**
 * A held-out baseline that does not decide as recorded is as good as failed: the gate says no. A live one need not decide so;
 * one without an answer is lost, and counts against every candidate later.
 */
function baselineScore({ case: replayCase }: SealedLine, replied: Replied, run: AutotuneRun): CaseScore {
  const live = liveOf(run.replayer) !== null
  const result = (live ? liveBaseline : harnessBaseline)(replayCase, replied, baselinePins(run))
  if ('measures' in result)
    return { status: 'replayed', measures: result.measures, floors: floorLetters(result.floors).baseline }
  const isLost = live && result.excluded !== 'failed'
  return { ...unreplayableScore(run.evaluator_suite), status: isLost ? 'unreplayable' : 'failed' }
}

/** `unchanged` as far as the decision tells; what it cost and took is held against the harness's own baseline later. */
function candidateScore({ case: replayCase }: SealedLine, replied: Replied, run: AutotuneRun): CaseScore {
  const { evaluator_suite: suite } = run
  const answer = harnessAnswer({ case: replayCase, baseline: null }, replied, pinsOf(run), suite)
  const { status } = answer.result
  if (status !== 'replayed') return { ...unreplayableScore(suite), status }
  const { measures } = answer
  // Two draws of a model have other words: what counts is whether they are judged otherwise, which is looked at beside the baseline.
  const isChanged = !liveOf(run.replayer) && (answer.contextChanged || answer.decisionChanged)
  const floors = lettersOfScores(suite, answer.result.scorecard!.scores, measures.approval_bypass === true)
  return { status: isChanged ? 'replayed' : 'unchanged', measures, floors }
}
