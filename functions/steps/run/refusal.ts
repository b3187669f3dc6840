/** A run whose contract was refused leaves one record: what was asked, when, and why not. Nothing else of it is there. */
import { canonical, digestOf } from '#core/canonical.ts'
import { refusedLine } from '#core/run-line.ts'
import type { RunRefusal } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { freshRunId, isTaken } from './finish.ts'
import { keepRunLine } from './keep-run-line.ts'

/** The contract of a run does not stand. */
export class ContractRefused extends UserError {
  readonly reasons: readonly string[]

  constructor(reasons: readonly string[]) {
    super(`the contract is not answered:\n${reasons.map((r) => `  ${r}`).join('\n')}`)
    this.reasons = reasons
  }
}

/** Keeps a refusal; a later one of the same run id stands in its place. */
export async function keepRefusal(
  store: Pick<Store, 'objects' | 'clock' | 'rolesApart'>,
  runId: string,
  target: TuningTarget,
  reasons: readonly string[],
): Promise<void> {
  const body: Omit<RunRefusal, 'digest'> = {
    run_id: runId,
    verdict: 'refused',
    refused_at: store.clock.now(),
    reasons: [...reasons],
    target,
  }
  await keepRunLine(store, refusedLine(body))
  await store.objects.put(keys.refusal(runId), `${canonical({ ...body, digest: digestOf(body) })}\n`)
}

/** Keeps the record of a refusal, and refuses. A finished run keeps its own. */
export async function leaveRefusal(
  store: Store,
  { target }: { readonly target: TuningTarget },
  runId: string | null,
  refused: ContractRefused,
): Promise<never> {
  const id = runId ?? (await freshRunId(store, target, store.clock.now()))
  if (!(await isTaken(store, id))) await keepRefusal(store, id, target, refused.reasons)
  throw refused
}
