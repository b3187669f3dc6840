/**
 * The AWS half for a CDK app of your own, `contextos-autotune/cdk`. Needs aws-cdk-lib, constructs and esbuild beside it,
 * and the recommended feature flags in the app's context, as `cdk init` writes them.
 */

export { Bands } from '#schemas/bands.ts'
export { RolloutConfig } from '#schemas/release.ts'
export { ReviewDeskConfig } from '#schemas/reviewers.ts'
export { TuningTarget } from '#schemas/target.ts'
export { AutotuneStack, type AutotuneStackProps } from './autotune-stack.ts'
export { Attestations, type AttestationsProps } from './constructs/attestations.ts'
export { AuditSql, type AuditSqlProps, type AuditSqlSettings } from './constructs/audit-sql.ts'
export { Autotune } from './constructs/autotune.ts'
export type { AutotuneProps } from './constructs/autotune-props.ts'
export { Cadence, type CadenceProps } from './constructs/cadence.ts'
export { Harness, type HarnessProps } from './constructs/harness.ts'
export { type JudgeProps, Judges } from './constructs/judges.ts'
export { ReviewDesk, type ReviewDeskProps } from './constructs/review-desk.ts'
export { Rollouts, type RolloutsProps } from './constructs/rollouts.ts'
export type { RuntimeSettings } from './constructs/runtime-settings.ts'
export type { DailyTime } from './daily-time.ts'
export { StatefulStack, type StatefulStackProps } from './stateful-stack.ts'
