/** Signs all that a store decided, for a role of a deployment: every statement of one kind that its key has not signed yet. */
import type { Attested } from '#schemas/envelope.ts'
import { UserError } from '../../errors.ts'
import type { Attestor, Store } from '../../ports.ts'
import { needHeads } from '../heads/check.ts'
import { storedRuns } from '../heads/stored-heads.ts'
import { partIds } from '../review/part-proposals.ts'
import { signKinds } from './sign.ts'

/** What a function of a deployment signs: that a run recomputes, only who recomputes it says. */
export type SignedByDeployment = Exclude<Attested, 'verification'>

export interface AllSigned {
  /** Statements that were signed now. */
  readonly signed: number
  /** Proposals that are not as they were attested, erased ones among them: nothing was added to theirs. */
  readonly refused: readonly string[]
}

/** Throws UserError, with nothing written, where the store is not what its journal of heads says. */
export async function signAll(store: Store, attestor: Attestor, kind: SignedByDeployment): Promise<AllSigned> {
  await needHeads(store)
  const certified: string[] = []
  for await (const { run, verdict } of storedRuns(store.objects)) if (verdict === 'certified') certified.push(run)
  let signed = 0
  const refused: string[] = []
  for (const runId of [...certified, ...(await partIds(store))])
    try {
      const all = await signKinds(store, { runId, attestor, kinds: new Set([kind]), recompute: neverAsked })
      signed += all.filter(({ before }) => !before).length
    } catch (error) {
      // One that somebody broke keeps no other from being signed.
      if (!(error instanceof UserError)) throw error
      refused.push(runId)
    }
  return { signed, refused }
}

const neverAsked = async (): Promise<never> => {
  throw new Error('a function of a deployment recomputes no run')
}
