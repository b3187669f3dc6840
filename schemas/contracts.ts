/** Every contract by the name of its artifact, and its JSON Schema. */
import * as z from 'zod'
import { AttestationKeys } from './attestation.ts'
import { Bands } from './bands.ts'
import { BlockLibrary } from './block-library.ts'
import { DailyCadence } from './cadence.ts'
import { CandidateChange, CandidateScore, HandWrittenChange, ReplayResult } from './candidate.ts'
import { Correction } from './correction.ts'
import { Envelope } from './envelope.ts'
import { ExperienceRun } from './experience-run.ts'
import { HarnessResult } from './harness.ts'
import { HarnessManifest } from './harness-manifest.ts'
import { GateAnswer, HeldoutQuestion, HeldoutVersion, LedgerItem } from './heldout.ts'
import { InboxAnswer, InboxEntry } from './inbox.ts'
import { Insight } from './insight.ts'
import { LiveModel } from './live-model.ts'
import { ContextPack, PriceTable, ReleaseTuple } from './pack.ts'
import { PartProposal, PartProposalFile } from './part-proposal.ts'
import { RejectionLift, RejectionRecord, TuningProposal } from './proposal.ts'
import { ProposerModel } from './proposer-model.ts'
import { QuarterlyCadence } from './quarterly.ts'
import { RecordedParts, RecordingPlan } from './recording-plan.ts'
import { RedactionRules } from './redaction.ts'
import { ProductionRun, PromotionRecord, Rollout, RolloutConfig, Routing } from './release.ts'
import { ReplayCase } from './replay-case.ts'
import { Resplit } from './resplit.ts'
import { Review, ReviewAttempt, ReviewDecision } from './review.ts'
import { ReviewLinkClaims } from './review-link.ts'
import { Reviewers } from './reviewers.ts'
import { SignedRollout } from './rollout-artifact.ts'
import { AuditLine, AutotuneRun, RunManifest, RunSummary } from './run.ts'
import { StrategyRule } from './strategy-rule.ts'
import { EvaluatorSuite, EvaluatorVerdict, Scorecard, ScoreDelta } from './suite.ts'
import { TunableSurface } from './surface.ts'
import { TuningTarget } from './target.ts'
import { WeeklyCadence } from './weekly.ts'
import { StartRequest } from './workflow.ts'

/**
 * Name of the artifact -> its contract. The name becomes the file and the `$id` of the JSON Schema: never rename one.
 */
export const CONTRACTS: Readonly<Record<string, z.core.$ZodType>> = {
  'context-pack': ContextPack,
  'tunable-surface': TunableSurface,
  'release-tuple': ReleaseTuple,
  'price-table': PriceTable,
  'evaluator-suite': EvaluatorSuite,
  'evaluator-verdict': EvaluatorVerdict,
  'experience-run': ExperienceRun,
  correction: Correction,
  'replay-case': ReplayCase,
  'recording-plan': RecordingPlan,
  'recorded-parts': RecordedParts,
  'tuning-target': TuningTarget,
  'hand-written-change': HandWrittenChange,
  'candidate-change': CandidateChange,
  'strategy-rule': StrategyRule,
  'candidate-score': CandidateScore,
  'replay-result': ReplayResult,
  'inbox-entry': InboxEntry,
  'inbox-answer': InboxAnswer,
  'harness-result': HarnessResult,
  'harness-manifest': HarnessManifest,
  scorecard: Scorecard,
  'score-delta': ScoreDelta,
  'heldout-version': HeldoutVersion,
  'heldout-question': HeldoutQuestion,
  'gate-answer': GateAnswer,
  'ledger-item': LedgerItem,
  'tuning-proposal': TuningProposal,
  'part-proposal': PartProposal,
  'part-proposal-file': PartProposalFile,
  review: Review,
  'review-attempt': ReviewAttempt,
  'review-decision': ReviewDecision,
  reviewers: Reviewers,
  'review-link-claims': ReviewLinkClaims,
  'production-run': ProductionRun,
  'promotion-record': PromotionRecord,
  rollout: Rollout,
  'rollout-config': RolloutConfig,
  routing: Routing,
  'signed-rollout': SignedRollout,
  'rejection-record': RejectionRecord,
  'rejection-lift': RejectionLift,
  'autotune-run': AutotuneRun,
  'redaction-rules': RedactionRules,
  'live-model': LiveModel,
  'attestation-keys': AttestationKeys,
  'attestation-envelope': Envelope,
  'start-request': StartRequest,
  'run-summary': RunSummary,
  'audit-line': AuditLine,
  'run-manifest': RunManifest,
  bands: Bands,
  'daily-cadence': DailyCadence,
  insight: Insight,
  'block-library': BlockLibrary,
  'proposer-model': ProposerModel,
  'quarterly-cadence': QuarterlyCadence,
  resplit: Resplit,
  'weekly-cadence': WeeklyCadence,
}

/**
 * JSON Schema (2020-12) of one contract, as committed, with a newline at its end. `io: input`: a field with a default
 * may be left out. Rules over several fields (`superRefine`) are not in it: only a parse refuses them.
 * @throws Error for a shape that JSON Schema cannot say
 * @throws TypeError for a name that `CONTRACTS` does not hold
 */
export function jsonSchemaText(name: string): string {
  const schema = z.toJSONSchema(CONTRACTS[name]!, { target: 'draft-2020-12', io: 'input', unrepresentable: 'throw' })
  return `${JSON.stringify({ $id: `https://contextosai.com/schemas/autotune/${name}.v1.schema.json`, title: name, ...schema }, null, 2)}\n`
}
