/** Limits of the checked rows, off the recorded runs of the search alone: nothing held out is read. */
import { SearchRecords } from '#core/gate/pinned-limits.ts'
import type { SettingsTable } from '#schemas/common.ts'
import type { PinnedLimits } from '#schemas/heldout.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { Lines } from '../../ports.ts'

export async function pinnedLimits(
  searchLines: Lines,
  baseline: SettingsTable,
  suite: EvaluatorSuite,
): Promise<PinnedLimits> {
  const records = new SearchRecords(baseline, suite)
  for await (const line of searchLines) records.add(JSON.parse(line) as ReplayCase)
  return records.pinned()
}
