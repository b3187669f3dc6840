/** Keeps the line about a run that ended, beside the runs and newest first. A deployment keeps none: its functions may write only their own. */
import { canonical } from '#core/canonical.ts'
import type { RunLine } from '#schemas/run-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'

export async function keepRunLine(
  { objects, rolesApart }: Pick<Store, 'objects' | 'rolesApart'>,
  line: RunLine,
): Promise<void> {
  if (!rolesApart) await objects.put(keys.runLine(line.date, line.run_id), `${canonical(line)}\n`)
}
