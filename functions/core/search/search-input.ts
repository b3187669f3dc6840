/** What a search is given: contract, pins, declared fields, search panel and memory. Never a held-out case. */
import type { CandidateChange } from '#schemas/candidate.ts'
import type { LiveNoise } from '#schemas/live-model.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { Replayer } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import type { CaseHead, Panel } from '../evaluate/panel.ts'
import type { TablePins } from '../replay/transcript.ts'
import type { TunableField } from '../space/lattice.ts'
import type { ScopeCounts } from '../space/scopes.ts'
import type { Control } from './control.ts'
import type { ScarPlace } from './scars.ts'

export interface SearchInput<C extends CaseHead = CaseHead> {
  readonly target: ResolvedTarget
  readonly pack: ContextPack
  readonly suite: EvaluatorSuite
  readonly pins: TablePins
  readonly fields: readonly TunableField[]
  readonly panel: Panel<C>
  /** Key under which the speaking cases of the panel are drawn (`makePanel`): whoever is handed its cases draws them again. */
  readonly draw?: string
  readonly rejections: readonly RejectionRecord[]
  /** Absent: the transcript replayer. */
  readonly replayer?: Replayer['kind']
  /** What the negative control of this search saw; absent: it is run first. */
  readonly control?: Control
  /** Cases that no candidate may fail; absent: none. */
  readonly scars?: readonly ScarPlace[]
  /** How far a baseline that is asked live differs from itself. Absent: replays have no noise. */
  readonly noise?: LiveNoise
  /** How far those of `candidates` reach that are for some cases; absent: there are none. */
  readonly scopes?: ScopeCounts
  /** Hand-written changes in place of the lattice; null: search. */
  readonly candidates: readonly CandidateChange[] | null
  /** What proposers made: looked at beside either; absent: none was asked. */
  readonly proposed?: readonly CandidateChange[]
}

/** Changes that somebody wrote or proposed, those of the search aside; null: there are none. */
export const writtenChanges = ({
  candidates,
  proposed,
}: Pick<SearchInput, 'candidates' | 'proposed'>): readonly CandidateChange[] | null =>
  proposed === undefined ? candidates : [...(candidates ?? []), ...proposed]
