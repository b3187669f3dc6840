/** Limits of the checked rows, off the recorded runs of the search alone: nothing held out is read. */
import { SearchRecords } from '#core/gate/pinned-limits.ts'
import type { SettingsTable } from '#schemas/common.ts'
import type { PinnedLimits } from '#schemas/heldout.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { Lines, ReproducedLine } from '../../ports.ts'
import { judgedLines } from '../replay/reproduce.ts'
import type { Judging } from '../replay/verdicts.ts'

export async function pinnedLimits(
  searchLines: Lines,
  baseline: SettingsTable,
  suite: EvaluatorSuite,
  judge: Judging,
): Promise<PinnedLimits> {
  const records = new SearchRecords(baseline, suite)
  const looked = judgedLines(searchLines, suite, judge, (line) => records.look(JSON.parse(line) as ReplayCase))
  for await (const one of looked) if (one) records.add(one)
  return records.pinned()
}

/**
 * The same of a search set while its baseline is replayed, where whoever replays it looks at that too.
 * @param again reads its lines anew, where nobody looked
 */
export function limitsOnTheWay(baseline: SettingsTable, suite: EvaluatorSuite, again: () => Promise<PinnedLimits>) {
  const records = new SearchRecords(baseline, suite)
  let isLooked = false
  return {
    async *seen(reproduced: AsyncIterable<ReproducedLine>): AsyncGenerator<ReproducedLine> {
      for await (const one of reproduced) {
        isLooked ||= one.looked !== undefined
        if (one.looked) records.add(one.looked)
        yield one
      }
    },
    pinned: async (): Promise<PinnedLimits> => (isLooked ? records.pinned() : await again()),
  }
}
