/** The search side as a look sees it: baseline replayed, cases at hand, nothing asked, sealed or written. */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import { Gathered, headOf, type Reproduction, type SealedLine } from '#core/baseline/reproduce.ts'
import { RecordList, TEXT } from '#core/bytes/record-list.ts'
import type { Records } from '#core/bytes/records.ts'
import type { Panel } from '#core/evaluate/panel.ts'
import type { SlimCase } from '#core/replay/slim.ts'
import { harnessView } from '#core/search/harness-replayer.ts'
import type { CaseAnswer, CaseView, Round } from '#core/search/replayer.ts'
import { SearchCases } from '#core/search/search-cases.ts'
import { searchProblems } from '#core/search/search-set.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import { Scopes } from '#core/space/scopes.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { UserError } from '../../errors.ts'
import type { Lines, ReplayEngine, VerdictSource } from '../../ports.ts'
import type { CaseReplays } from './replays.ts'
import { reproduceLines } from './reproduce.ts'
import { judgingWith } from './verdicts.ts'

/** A harness of the user's own, as far as a look needs it. */
export type LookingEngine = Pick<ReplayEngine, 'replayer' | 'reproduce'> & Pick<CaseReplays, 'answer'>

/** Replays of a look: what is known for free, and answers in the order of a round's cases. */
interface LookReplays {
  readonly view: CaseView
  answer(round: Round): readonly CaseAnswer[] | Promise<readonly CaseAnswer[]>
}

interface SearchLook {
  readonly reproduction: Reproduction
  /** The panel with its cases. */
  readonly panel: Panel<SlimCase>
  /** Replays of the records themselves, whoever replayed the baseline. */
  readonly records: LookReplays
  /** Replays by whoever replayed the baseline. */
  readonly replays: LookReplays
}

/**
 * Replays the baseline over case lines and keeps what a look goes on with.
 * @param aside takes the cases that memory does not carry
 * @param changes of those that are for some cases the reach is counted
 * @param engine null: the transcript replayer in this process
 */
export async function lookAtSearch(
  lines: Lines,
  pins: BaselinePins,
  engine: LookingEngine | null,
  aside: Records,
  verdicts: VerdictSource | undefined,
  changes: ConstructorParameters<typeof Scopes>[0] = null,
): Promise<SearchLook> {
  const judge = judgingWith(verdicts, 'search')
  const gathered = new Gathered()
  const scopes = new Scopes(changes)
  const cases = new SearchCases(aside)
  const whole = new RecordList(aside, TEXT)
  const keep = (replayCase: ReplayCase, result: object): void => {
    if (!('measures' in result)) return
    cases.add(replayCase)
    scopes.add(replayCase)
  }
  const reproduced = engine
    ? engine.reproduce(lines, pins, 'search')
    : reproduceLines(lines, pins, judge, ({ case: replayCase, result }) => keep(replayCase, result))
  for await (const { line, ...one } of reproduced) {
    const { result } = one
    gathered.add({ ...one, case: headOf(one.case) })
    if (!engine || !('measures' in result)) continue
    keep(JSON.parse(line) as ReplayCase, result)
    whole.add(line)
  }
  const reproduction = { ...gathered.reproduction(pins.draw, { withExamples: true }), ...scopes.counts() }
  const panel = { ...reproduction.panel, cases }
  const replayPins = { baseline: pins.settings, prices: pins.prices }
  const { view, answer } = transcriptReplayer(panel, replayPins, pins.suite)
  const records: LookReplays = { view, answer: (round) => judge(pins.suite, () => answer(round)) }
  if (!engine) return { reproduction, panel, records, replays: records }
  const judged = { pack: { settings: pins.settings }, price_table: pins.prices, evaluator_suite: pins.suite }
  const lineAt = (i: number): SealedLine => ({
    case: JSON.parse(whole.at(i)!) as ReplayCase,
    baseline: panel.baseline.at(i)!,
  })
  const replays: LookReplays = {
    view: harnessView(replayPins),
    answer: ({ cases: indices, settings }) => engine.answer(indices.map(lineAt), settings, judged),
  }
  return { reproduction, panel, records, replays }
}

/** Throws UserError where nothing could be certified on the records of a look, whatever the change. */
export function needComparable(...looked: Parameters<typeof searchProblems>): void {
  const problems = searchProblems(...looked)
  if (problems.length > 0)
    throw new UserError(
      `these records do not bear a comparison ("autotune doctor" says more):\n${problems.map((p) => `  ${p}`).join('\n')}`,
    )
}

/** Answers every round of a question about the search side until it ends. */
export async function answered<T>(
  asking: Generator<Round, T, readonly CaseAnswer[]>,
  { answer }: Pick<LookReplays, 'answer'>,
): Promise<T> {
  for (let step = asking.next(); ; step = asking.next(await answer(step.value))) if (step.done) return step.value
}
