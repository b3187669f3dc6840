/** What a run is asked for, and whether its contract stands: the documents of its target, and what is in its way. */
import { contractReasons, resolveTarget } from '#core/contract/contract.ts'
import type { ResolvedTarget } from '#core/contract/resolve.ts'
import type { Standing } from '#core/contract/standing.ts'
import type { Proposing } from '#core/proposers/proposer.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { ContextPack, PriceTable } from '#schemas/pack.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Store } from '../../ports.ts'
import { pinnedDocuments } from '../experience/documents.ts'
import { ContractRefused } from './refusal.ts'

export interface RunRequest {
  readonly target: TuningTarget
  /** Hand-written changes, already bounded; null: search. */
  readonly candidates: readonly CandidateChange[] | null
  /** Who else proposes changes; absent: those that the target names. */
  readonly proposing?: Proposing
  /** Chosen by the caller, or made from the clock and the metric. */
  readonly runId: string | null
  readonly demonstration: string | null
  /** Command line that goes on with the run when it is interrupted. */
  readonly command?: string
}

/** The documents of a target whose contract is answered, and what follows from them. */
export interface AnsweredContract {
  readonly pack: ContextPack
  readonly suite: EvaluatorSuite
  readonly prices: PriceTable | null
  readonly resolved: ResolvedTarget
  readonly riskClass: string
}

/** Reads what a target pins. Throws ContractRefused naming every question that is not answered. */
export async function answeredContract(store: Pick<Store, 'objects'>, target: TuningTarget): Promise<AnsweredContract> {
  const { pack, suite, prices } = await pinnedDocuments(store.objects, target)
  const reasons = contractReasons({ target, pack, evaluator_suite: suite, price_table: prices })
  if (reasons.length > 0 || !pack || !suite) throw new ContractRefused(reasons)
  const resolved = resolveTarget(target)
  const riskClass = pack.intents.find((i) => i.intent_id === resolved.intent)!.risk_class
  return { pack, suite, prices, resolved, riskClass }
}

/** Why a run may not start, with what stands in its way. */
export const reasonsOf = (
  { target, candidates }: Pick<RunRequest, 'target' | 'candidates'>,
  { pack, suite, prices }: Pick<AnsweredContract, 'pack' | 'suite' | 'prices'>,
  standing: Standing,
): string[] => contractReasons({ target, pack, evaluator_suite: suite, price_table: prices, standing, candidates })
