/** The steps of all functions of a deployment. */
import { advanceRunFunction } from '../../../functions/handlers/advance-run.ts'
import { askProposersFunction } from '../../../functions/handlers/ask-proposers.ts'
import { clearLogsFunction } from '../../../functions/handlers/clear-logs.ts'
import { compileSearchFunction } from '../../../functions/handlers/compile-search.ts'
import { eraseRunsFunction } from '../../../functions/handlers/erase-runs.ts'
import { evaluateStageFunction } from '../../../functions/handlers/evaluate-stage.ts'
import { exportTablesFunction } from '../../../functions/handlers/export-tables.ts'
import { fileProposalFunction } from '../../../functions/handlers/file-proposal.ts'
import { finishRunFunction } from '../../../functions/handlers/finish-run.ts'
import { gatherSearchFunction } from '../../../functions/handlers/gather-search.ts'
import { holdReviewFunction } from '../../../functions/handlers/hold-review.ts'
import { judgeDaysFunction } from '../../../functions/handlers/judge-days.ts'
import { layOutSealedFunction } from '../../../functions/handlers/lay-out-sealed.ts'
import { layOutSearchFunction } from '../../../functions/handlers/lay-out-search.ts'
import { notifyReviewersFunction } from '../../../functions/handlers/notify-reviewers.ts'
import { openRetiredFunction } from '../../../functions/handlers/open-retired.ts'
import { openReviewFunction } from '../../../functions/handlers/open-review.ts'
import { pinRunFunction } from '../../../functions/handlers/pin-run.ts'
import { planDaysFunction } from '../../../functions/handlers/plan-days.ts'
import { planSealFunction } from '../../../functions/handlers/plan-seal.ts'
import { publishAnswerFunction } from '../../../functions/handlers/publish-answer.ts'
import { recordDecisionFunction } from '../../../functions/handlers/record-decision.ts'
import { recordFailureFunction } from '../../../functions/handlers/record-failure.ts'
import { recordProductionFunction } from '../../../functions/handlers/record-production.ts'
import { refreshSealedFunction } from '../../../functions/handlers/refresh-sealed.ts'
import { replayShardFunction } from '../../../functions/handlers/replay-shard.ts'
import { reserveQuestionFunction } from '../../../functions/handlers/reserve-question.ts'
import { resplitIntentFunction } from '../../../functions/handlers/resplit-intent.ts'
import { resumeRolloutFunction } from '../../../functions/handlers/resume-rollout.ts'
import { reviewQuarterFunction } from '../../../functions/handlers/review-quarter.ts'
import { reviewWeekFunction } from '../../../functions/handlers/review-week.ts'
import { scoreShardFunction } from '../../../functions/handlers/score-shard.ts'
import { sealAnswerFunction } from '../../../functions/handlers/seal-answer.ts'
import { sealVersionFunction } from '../../../functions/handlers/seal-version.ts'
import { settleReviewFunction } from '../../../functions/handlers/settle-review.ts'
import { showReviewFunction } from '../../../functions/handlers/show-review.ts'
import { showRolloutFunction } from '../../../functions/handlers/show-rollout.ts'
import { signAttestationsFunction } from '../../../functions/handlers/sign-attestations.ts'
import { sliceIntentFunction } from '../../../functions/handlers/slice-intent.ts'
import { startRolloutFunction } from '../../../functions/handlers/start-rollout.ts'
import { startRunFunction } from '../../../functions/handlers/start-run.ts'
import { stopRolloutFunction } from '../../../functions/handlers/stop-rollout.ts'
import type { Step } from '../../../functions/lambda/step.ts'

/** Every step by the name of its function. */
export const STEPS = {
  AdvanceRun: advanceRunFunction,
  AskProposers: askProposersFunction,
  ClearLogs: clearLogsFunction,
  CompileSearch: compileSearchFunction,
  EraseRuns: eraseRunsFunction,
  EvaluateStage: evaluateStageFunction,
  ExportTables: exportTablesFunction,
  FileProposal: fileProposalFunction,
  FinishRun: finishRunFunction,
  GatherSearch: gatherSearchFunction,
  LayOutSearch: layOutSearchFunction,
  LayOutSealed: layOutSealedFunction,
  PlanSeal: planSealFunction,
  HoldReview: holdReviewFunction,
  JudgeDays: judgeDaysFunction,
  NotifyReviewers: notifyReviewersFunction,
  OpenRetired: openRetiredFunction,
  OpenReview: openReviewFunction,
  PinRun: pinRunFunction,
  PlanDays: planDaysFunction,
  PublishAnswer: publishAnswerFunction,
  RecordDecision: recordDecisionFunction,
  RecordFailure: recordFailureFunction,
  RecordProduction: recordProductionFunction,
  RefreshSealed: refreshSealedFunction,
  ReplayShard: replayShardFunction,
  ReserveQuestion: reserveQuestionFunction,
  ResplitIntent: resplitIntentFunction,
  ResumeRollout: resumeRolloutFunction,
  ReviewQuarter: reviewQuarterFunction,
  ReviewWeek: reviewWeekFunction,
  ScoreShard: scoreShardFunction,
  SealAnswer: sealAnswerFunction,
  SealVersion: sealVersionFunction,
  SettleReview: settleReviewFunction,
  ShowReview: showReviewFunction,
  ShowRollout: showRolloutFunction,
  SignAttestations: signAttestationsFunction,
  SliceIntent: sliceIntentFunction,
  StartRollout: startRolloutFunction,
  StartRun: startRunFunction,
  StopRollout: stopRolloutFunction,
} as unknown as Readonly<Record<string, Step<unknown, unknown>>>
