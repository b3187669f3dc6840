/** Passes of a harness over cases: what each was given and answered, what is kept of that, and in what a second one differs. */
import type { Replied } from '#core/baseline/harness-baseline.ts'
import { differenceOf } from '#core/baseline/two-answers.ts'
import { byCodeUnit, canonical, digestOf } from '#core/canonical.ts'
import { caseForHarness, type HarnessReply } from '#core/replay/harness.ts'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import { writable } from '#core/replay/harness-reply.ts'
import { upTo } from '#core/search/replayer.ts'
import { isScoped, settingsFor } from '#core/space/scope.ts'
import type { SettingsTable } from '#schemas/common.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import type { HarnessResult } from '#schemas/harness.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { Replayer } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { AskedAgain, Lines, Pass } from '../../ports.ts'
import { ahead } from '../../streams/groups.ts'
import type { HarnessRunner, Job, Side } from './harness-runner.ts'
import { type KeptReplies, keptReplies, readReplies } from './kept-replies.ts'
import { judgingWith } from './verdicts.ts'

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

export class HarnessPasses {
  readonly #runner: HarnessRunner<Replayer>
  readonly #judging: Readonly<Record<Side, ReturnType<typeof judgingWith>>>
  #reproductions = 0
  #kept: KeptReplies | null = null
  #held: Held | null = null

  constructor(runner: HarnessRunner<Replayer>) {
    this.#runner = runner
    this.#judging = { search: judgingWith(runner.verdicts, 'search'), vault: judgingWith(runner.verdicts, 'vault') }
  }

  /** Answers of another reproduction are kept apart from those before it. */
  begin(): void {
    const { aside } = this.#runner
    if (aside) this.#kept = keptReplies(aside, `kept${++this.#reproductions}`)
  }

  /** Lines of the answers of this reproduction and of what was asked since. */
  lines(): Iterable<string> {
    return this.#kept?.lines() ?? []
  }

  /** From here answers on record stand for the harness's own. */
  async hold(lines: Lines, tell: Held['tell']): Promise<void> {
    this.#held = { replies: await readReplies(this.#runner.aside!, 'held', lines), tell }
  }

  /** What `work` makes of it is judged by the verdicts of that side. */
  judged<R>(side: Side, suite: EvaluatorSuite, work: () => R): R | Promise<R> {
    return this.#judging[side](suite, work)
  }

  /** What the baseline itself came to, in a live run: a candidate is held against that, and not against the record. */
  armOf(caseId: string, baseline: SettingsTable): HarnessResult | null {
    const reply = this.#runner.live && this.#kept?.find(caseId, baseline)
    return reply && 'result' in reply ? reply.result : null
  }

  /**
   * The first pass over search cases up to the first that ends it, with each reply kept: by the harness, or by what it
   * answered when the run was made.
   */
  async first<T extends { readonly case: ReplayCase }, R>(
    items: readonly T[],
    tables: Tables,
    toResult: (item: T, replied: Replied) => R,
    { ends = () => false, once = false, repeat = 0 }: How<R> = {},
  ) {
    const both = (item: T, replied: Replied, job: Job | null) => ({ replied, job, result: toResult(item, replied) })
    const replay = this.#replaying('search', tables, both, { repeat })
    const isLast = ({ result }: { readonly result: R }) => ends(result)
    const replies = this.#held?.replies
    const judged = replies
      ? judgedUpTo(
          items,
          (item) => replay(item, async () => replies.of(item.case.case_id, tables.settings, repeat)),
          isLast,
        )
      : this.#runner.map('search', 'first', items, replay, isLast)
    const first = upTo(await judged, isLast)
    for (const [i, { replied }] of first.entries())
      if ('reply' in replied) this.#kept?.keep(items[i]!.case.case_id, tables.settings, replied.reply, { once, repeat })
    return first
  }

  /**
   * Both passes over search cases: what the first made of each, and in what the second differs. Where answers on record
   * stand for the first, the second is the harness asked again, and what it says otherwise is told and changes nothing.
   */
  async twice<T extends { readonly case: ReplayCase }, R>(
    items: readonly T[],
    tables: Tables,
    toResult: (item: T, replied: Replied) => R,
    how: Omit<How<R>, 'repeat'> = {},
  ): Promise<{ readonly result: R; readonly reply: HarnessReply | null; readonly otherwise: string | null }[]> {
    const first = await this.first(items, tables, toResult, how)
    const asksAgain = !how.once && this.#runner.asksAgain !== false
    const otherwise = asksAgain ? await this.#second(items, tables, first) : []
    return first.map(({ result, replied }, i) => ({
      result,
      reply: 'reply' in replied ? replied.reply : null,
      otherwise: otherwise[i] ?? null,
    }))
  }

  /** In what the second answer to each case of a first pass differs. */
  async #second(
    items: readonly { readonly case: ReplayCase }[],
    tables: Tables,
    first: readonly { readonly replied: Replied; readonly job: Job | null }[],
  ): Promise<(string | null)[]> {
    const order = orderOf(items.slice(0, first.length), 'second')
    const held = this.#held
    const differing = await this.#runner.map('search', 'second', order, async (i, ask) => {
      const { replied, job } = first[i]!
      if (job === null || !('reply' in replied)) return null
      const otherwise = differenceOf(replied.reply, writable(await ask(job)))
      held?.tell({ of: `${items[i]!.case.case_id} under ${named(tables)}`, otherwise })
      return held === null ? otherwise : null
    })
    return inOrder(order, differing)
  }

  /** One pass of the gate over sealed cases, in their order. */
  async sealed<T extends { readonly case: ReplayCase }, R>(
    items: readonly T[],
    tables: Tables,
    pass: Pass,
    toResult: (item: T, replied: Replied) => R,
    asked: Pick<Job, 'question'>,
  ): Promise<R[]> {
    const order = orderOf(items, pass)
    const replay = this.#replaying('vault', tables, toResult, asked)
    const results = await this.#runner.map(
      'vault',
      pass,
      order.map((i) => items[i]!),
      replay,
    )
    return inOrder(order, results)
  }

  /** Replays a case under one settings table, and judges it while its recorded run is at hand. */
  #replaying<T extends { readonly case: ReplayCase }, R>(
    side: Side,
    tables: Tables,
    toResult: (item: T, replied: Replied, job: Job | null) => R,
    asked: Pick<Job, 'repeat' | 'question'>,
  ) {
    const { runs, live } = this.#runner
    return async (item: T, ask: (job: Job) => Promise<HarnessReply>): Promise<R> => {
      const settings = settingsFor(tables.settings, item.case)
      const given = caseForHarness(item.case, settings, settingsFor(tables.baseline, item.case))
      const judged = (replied: Replied, job: Job | null) =>
        this.judged(side, tables.suite, () => toResult(item, replied, job))
      if ('unreplayable' in given) return await judged(given, null)
      const { recording, withheld } = given
      const run = await runs[side](recording)
      const job = { recording: pinRecording(run, withheld, rulesOf(recording)), settings, ...asked }
      const reply = writable(await ask(job))
      return await judged({ run, recording, settings, ...(live && { live: true as const }), reply }, job)
    }
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
