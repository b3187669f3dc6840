/** What the servers for agents are handed. There is no vault in it, and nothing that decides: only the inbox can be written. */
import type { TuningTarget } from '#schemas/target.ts'
import type { Store } from '../ports.ts'
import type { InboxObjects } from '../steps/run/inbox.ts'
import type { LookedAt } from '../steps/run/propose.ts'
import type { Verification } from '../steps/run/verify.ts'

/** The open side and the ledger, of which nothing can be written. */
export type OpenSide = Pick<Store, 'objects' | 'table'>

/** Works on the store as it lies now; it is closed when the work is done. */
type Reading<S> = <T>(work: (store: S) => Promise<T>) => Promise<T>

export interface ProposerPorts {
  readonly target: TuningTarget
  readonly reading: Reading<LookedAt & Pick<Store, 'clock'>>
  readonly inbox: InboxObjects
}

export interface ReviewerPorts {
  readonly reading: Reading<OpenSide>
}

export interface AuditorPorts extends ReviewerPorts {
  /** Recomputes a run with the vault closed. Throws UserError where there is no such run, or none that can be recomputed here. */
  readonly verify: (run: string) => Promise<Verification>
}
