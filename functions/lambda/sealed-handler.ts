/**
 * The shape of a function that works on sealed cases. It writes no log and no metric: CloudWatch would show to whoever
 * may read it how long scoring took and how it failed. What went wrong lies in the vault, where sealer and gate read it.
 */
import type { Context } from 'aws-lambda'
import { canonical } from '#core/canonical.ts'
import { TRANSIENT_ERRORS } from '#schemas/transient-errors.ts'
import { gateKeys } from '#schemas/work-keys.ts'
import { parseAs } from '../steps/experience/parse.ts'
import type { SealedStep } from './step.ts'
import type { StoreWorld } from './world.ts'

/** What the workflow learns of a failure on the sealed side: that there was one. */
class SealedFailure extends Error {
  override name = 'SealedFailure'
}

/** The handler of a sealed step. What it throws carries no text of its own but what the sealer says to people. */
export function sealedHandler<I, O, W extends StoreWorld>(step: SealedStep<I, O, W>, open: () => W) {
  return async (event: unknown, { awsRequestId }: Context): Promise<O> => {
    const world = open()
    try {
      return await step.work(parseAs(step.input, event, step.name), world)
    } catch (error) {
      await keepFailure(step, event, error as Error, awsRequestId, world)
      throw publicError(step, error as Error)
    }
  }
}

function publicError({ sealed }: Pick<SealedStep<never, never>, 'sealed'>, error: Error): Error {
  // Named as it is, so that the workflow tries again; without its text.
  if (TRANSIENT_ERRORS.includes(error.name)) return Object.assign(new Error(), { name: error.name })
  return sealed === 'sealer' && error.name === 'UserError' ? error : new SealedFailure()
}

/** Never stands in the way of the failure itself. */
async function keepFailure(
  { name: step, forgets }: Pick<SealedStep<never, never>, 'name' | 'forgets'>,
  event: unknown,
  { name, message, stack }: Error,
  request: string,
  { store }: StoreWorld,
): Promise<void> {
  const said = forgets ? { error: { name } } : { event, error: { name, message, stack: stack ?? null } }
  await store.vault.put(gateKeys.failure(step, request), canonical({ step, ...said })).catch(() => {})
}
