/** Baseline replays as a stream of case lines: what every engine gives, and what a step makes of it. */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import { recordedBaseline } from '#core/baseline/recorded-baseline.ts'
import { type CaseReplay, Gathered, headOf, type Reproduction, reproduceLine } from '#core/baseline/reproduce.ts'
import type { Records } from '#core/bytes/records.ts'
import { digestOf } from '#core/canonical.ts'
import { asksElsewhere } from '#core/evaluate/asked.ts'
import type { Panel } from '#core/evaluate/panel.ts'
import { Scopes } from '#core/space/scopes.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { Lines, ReproducedLine, Store } from '../../ports.ts'
import { inTextBlocks } from '../../streams/groups.ts'
import { type Judging, judgingWith } from './verdicts.ts'

/** Lines that are judged together where an evaluator is asked elsewhere, and characters beyond which a block ends. */
export const JUDGED_AT_ONCE = { most: 128, mostChars: 4 * 1024 * 1024 }

/** Judges each line, a block of them at once where an evaluator is asked elsewhere. */
export async function* judgedLines<T>(
  lines: Lines,
  suite: EvaluatorSuite,
  judge: Judging,
  work: (line: string) => T,
): AsyncGenerator<T> {
  if (!asksElsewhere(suite)) for await (const line of lines) yield work(line)
  else
    for await (const block of inTextBlocks(lines, JUDGED_AT_ONCE, (line) => line.length))
      yield* await judge(suite, () => block.map(work))
}

/** Replays the baseline of recorded cases in this process; `see` is shown each whole case. */
export async function* reproduceLines(
  lines: Lines,
  pins: BaselinePins,
  judge: Judging,
  see: (reproduced: CaseReplay) => void = () => {},
): AsyncGenerator<ReproducedLine> {
  const replayed = judgedLines(lines, pins.suite, judge, (line) => ({ line, ...reproduceLine(line, pins) }))
  for await (const reproduced of replayed) {
    see(reproduced)
    yield { ...reproduced, case: headOf(reproduced.case) }
  }
}

/** What recorded cases say of their baseline by themselves, where a harness of the user's own replays them later. */
export function recordedLines(lines: Lines, pins: BaselinePins, judge: Judging): AsyncGenerator<ReproducedLine> {
  return judgedLines(lines, pins.suite, judge, (line) => {
    const replayCase = JSON.parse(line) as ReplayCase
    return { line, case: headOf(replayCase), result: recordedBaseline(replayCase, pins) }
  })
}

/**
 * All baseline replays of the search side, with an example of each exclusion.
 * @param draw as `makePanel` takes it
 * @param changes of those that are for some cases the reach is counted
 * @param aside as `Gathered` takes it
 */
export async function gather(
  reproduced: AsyncIterable<ReproducedLine>,
  draw: string | undefined,
  changes: ConstructorParameters<typeof Scopes>[0] = null,
  aside?: Records,
): Promise<Reproduction> {
  const gathered = new Gathered(aside)
  const scopes = new Scopes(changes)
  for await (const { line, ...one } of reproduced) {
    gathered.add(one)
    if (!scopes.isEmpty && 'measures' in one.result) scopes.add(JSON.parse(line) as ReplayCase)
  }
  return { ...gathered.reproduction(draw, { withExamples: true }), ...scopes.counts() }
}

/** Digest of what a baseline replay came to, case by case. */
export const baselineResults = ({ cases, baseline }: Panel): string =>
  digestOf(Array.from(cases, ({ case_id }, i) => [case_id, baseline.at(i)!]))

/** What a deployed review and rollout replay with: recorded runs, and nothing but their baseline. */
export const baselineOnly = ({ verdicts }: Pick<Store, 'verdicts'>) => ({
  reproduce: (lines: Lines, pins: BaselinePins) => reproduceLines(lines, pins, judgingWith(verdicts, 'search')),
})
