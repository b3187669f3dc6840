/** Reads the record of a run that was refused. Apart from writing one, which loads no contract. */
import { digestOf } from '#core/canonical.ts'
import { RunRefusal } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { jsonOf, readText } from '../../streams/read-object.ts'

/** Why a run was refused; null: nothing says so. Throws UserError when somebody changed it. */
export async function readRefusal(objects: Store['objects'], runId: string): Promise<RunRefusal | null> {
  const text = await readText(objects, keys.refusal(runId))
  if (text === null) return null
  const refusal = RunRefusal.safeParse(jsonOf(text))
  const { digest, ...body } = refusal.data ?? ({} as RunRefusal)
  if (!refusal.success || digest !== digestOf(body))
    throw new UserError(`refusal.json of run ${runId} was changed: its digest does not cover its content`)
  return refusal.data
}
