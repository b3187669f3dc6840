/** What runs: the workflows over the stores of the stateful stack. Can be removed and deployed again at any time. */
import { Annotations, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { Attestations } from './constructs/attestations.ts'
import { AuditSql } from './constructs/audit-sql.ts'
import { Autotune, endingOf } from './constructs/autotune.ts'
import { Cadence } from './constructs/cadence.ts'
import { needNear } from './constructs/environments.ts'
import { fixStage } from './constructs/fixed-stage.ts'
import { ReviewDesk } from './constructs/review-desk.ts'
import { Rollouts } from './constructs/rollouts.ts'
import { RUNTIME, type RuntimeSettings, setRuntime } from './constructs/runtime-settings.ts'
import type { AllStores } from './constructs/workflow-rights.ts'
import { bandsOf, liveModelOf, reviewersOf, rolloutConfigsOf, targetsOf } from './context/documents.ts'
import {
  alarmTopicOf,
  attestationsAreOn,
  auditSqlIsOn,
  dailyTime,
  deliveredAs,
  harnessOf,
  judgesOf,
  servicesOf,
} from './context/values.ts'
import { needHarness, targetsOfBands } from './contracts.ts'
import { A_STAGE, A_STATEFUL_STACK, stackProps, warnUnknown } from './props.ts'

/** What the workflows work on, beside what every stack takes. */
export interface AutotuneStackProps extends StackProps, RuntimeSettings {
  /** Stores of the stateful stack; handed over as constructs, so that rights are granted where they are needed. */
  readonly stores: AllStores
  /**
   * The stage that the stack is and stays, as that of its stores.
   * @default - none is fixed: nothing of this stack is kept
   */
  readonly stage?: string
}

/**
 * The workflow stack of a deployment. What of it is deployed is read from the context (docs/deploy.md).
 * @throws RangeError for a context value that is missing or wrong
 */
export class AutotuneStack extends Stack {
  /** The tuning side; always there. */
  readonly autotune: Autotune
  /** Null: nobody is named who could review (context value `reviewers`). */
  readonly review: ReviewDesk | null
  /** Null: no intent says how it is rolled out (context value `rollouts`). */
  readonly rollouts: Rollouts | null
  /** Null: nothing is watched from day to day (context value `bands`). */
  readonly cadence: Cadence | null
  /** Null: nobody asks in SQL (context value `auditsql`). */
  readonly auditSql: AuditSql | null
  /** Null: nothing is signed by the deployment (context value `attestations`). */
  readonly attestations: Attestations | null

  constructor(scope: Construct, id: string, given: AutotuneStackProps) {
    const { stores, stage, ...props } = stackProps(given, 'stores')
    super(scope, id, props)
    A_STATEFUL_STACK('stores', stores)
    warnUnknown<AutotuneStackProps>(this, props, { ...RUNTIME, stores: null, stage: null })
    setRuntime(this, props)
    if (stage !== undefined) {
      A_STAGE('stage', stage)
      fixStage(this, stage)
    }
    // All of the context first: one that is wrong is said before anything is bundled.
    const targets = targetsOf(this.node)
    const harness = harnessOf(this.node, liveModelOf(this.node))
    const judging = judgesOf(this.node)
    const bands = bandsOf(this.node)
    const tuned = { ...targets, ...targetsOfBands(bands) }
    needHarness(tuned, harness)
    const configs = rolloutConfigsOf(this.node, tuned)
    const services = servicesOf(this.node, configs !== null)
    const deliver = deliveredAs(this.node, configs !== null)
    const config = reviewersOf(this.node, tuned)
    const topicArn = alarmTopicOf(this.node)
    if (topicArn !== null) needNear('context value "alarms"', topicArn, this)
    const signs = attestationsAreOn(this.node)
    const inSql = auditSqlIsOn(this.node)
    const time = (name: 'daily' | 'weekly' | 'quarterly') => dailyTime(this.node, bands !== null, name)
    const times = { at: time('daily'), weekly: time('weekly'), quarterly: time('quarterly') }
    const yearBudget = bands?.error_budget_per_year
    this.autotune = new Autotune(this, 'Autotune', {
      stores,
      targets,
      yearBudget,
      judges: judging,
      ...(harness ? { harness } : {}),
    })
    const { judges } = this.autotune
    const topic = topicArn === null ? undefined : Topic.fromTopicArn(this, 'Alarms', topicArn)
    if (topic) this.autotune.watch.notify(new SnsAction(topic))
    new CfnOutput(this, 'TuningWorkflowArn', { value: this.autotune.tuning.stateMachineArn })
    new CfnOutput(this, 'EraseRunsFunction', { value: this.autotune.eraseRuns.functionName })
    const { tuning, deadLetters } = this.autotune
    this.cadence =
      bands && new Cadence(this, 'Cadence', { stores, bands, tuning, deadLetters, judges, ...times, topic })
    if (topic) this.cadence?.notify(new SnsAction(topic))
    const routine = this.cadence && { workflow: this.cadence.daily }
    this.say('DailyWorkflowArn', routine, 'no routine: "-c bands=FILE" says what is watched (docs/routine.md)')
    if (this.cadence) {
      new CfnOutput(this, 'WeeklyWorkflowArn', { value: this.cadence.weekly.stateMachineArn })
      new CfnOutput(this, 'QuarterlyWorkflowArn', { value: this.cadence.quarterly.stateMachineArn })
    }
    this.rollouts =
      configs && new Rollouts(this, 'Rollouts', { stores, configs, deadLetters, judges, services, deliver })
    const rollout = this.rollouts?.workflow
    this.review = config && new ReviewDesk(this, 'Review', { stores, config, tuning, deadLetters, judges, rollout })
    this.say('ReviewWorkflowArn', this.review, 'no review desk: "-c reviewers=FILE" names who reviews (docs/review.md)')
    const after = endingOf({ tuning, rollouts: this.rollouts, review: this.review, routine: this.cadence })
    this.auditSql = inSql ? new AuditSql(this, 'AuditSql', { stores, deadLetters, after }) : null
    this.attestations = signs ? new Attestations(this, 'Attestations', { stores, deadLetters, after }) : null
    if (topic) for (const part of [this.auditSql, this.attestations]) part?.notify(new SnsAction(topic))
    // Outputs of the stack itself keep the names that people and the command line look for.
    if (this.rollouts) {
      const { stop, resume, runtime, services } = this.rollouts
      new CfnOutput(this, 'StopRolloutFunction', { value: stop.functionName })
      new CfnOutput(this, 'ResumeRolloutFunction', { value: resume.functionName })
      new CfnOutput(this, 'RuntimeRoleArn', { value: runtime.roleArn })
      for (const { output } of Object.values(services))
        new CfnOutput(this, output.name, { value: this.toJsonString(output.value) })
    }
    if (this.auditSql) {
      new CfnOutput(this, 'AuditWorkGroup', { value: this.auditSql.workGroup })
      new CfnOutput(this, 'AuditDatabase', { value: this.auditSql.catalogue.database })
      new CfnOutput(this, 'SqlAuditorRoleArn', { value: this.auditSql.auditor.roleArn })
    }
    if (this.attestations) new CfnOutput(this, 'AttestationKeys', { value: this.toJsonString(this.attestations.keys) })
    this.say('RolloutWorkflowArn', this.rollouts, 'no rollouts: "-c rollouts=FOLDER" says how (docs/rollout.md)')
  }

  /** Where a part's workflow is, or that the part is not deployed. */
  private say(output: string, part: { readonly workflow: StateMachine } | null, absent: string): void {
    if (part) new CfnOutput(this, output, { value: part.workflow.stateMachineArn })
    else Annotations.of(this).addInfo(absent)
  }
}
