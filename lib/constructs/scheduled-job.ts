/** A function that runs again and again: what it reads, when, and why the findings that the security rules have of it stand. */
import { type Schedule as Rate, Rule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { type Acknowledgement, below, inExperience, type Row } from '../acknowledgements/acknowledge.ts'
import { mayRead } from './rights.ts'
import { RuntimeFunction, type RuntimeFunctionProps } from './runtime-function.ts'
import type { Stores } from './workflow-rights.ts'

/** A handler as `RuntimeFunction` takes it, with its hours. */
interface ScheduledJobProps extends Omit<RuntimeFunctionProps, 'failure'> {
  /** Its bucket and table are named to the handler. */
  readonly stores: Pick<Stores, 'experience' | 'ledger'>
  /** What it reads of the experience bucket, by key; each may hold `*`. */
  readonly reads: readonly string[]
  /** Why a `*` among them stands, for whoever audits the deployment. */
  readonly why: string
  readonly schedule: Rate
  /** What the rule does, for people. */
  readonly description: string
  /** Takes calls that never came to an end. */
  readonly deadLetterQueue: IQueue
}

/** Called by EventBridge, three times where it fails; then the call lies in the queue. */
export class ScheduledJob extends RuntimeFunction {
  private readonly read: readonly Row[]

  constructor(scope: Construct, id: string, props: ScheduledJobProps) {
    const { stores, reads, why, schedule, description, deadLetterQueue } = props
    const { bucket } = stores.experience
    super(scope, id, {
      ...props,
      failure: 'called by a rule of EventBridge, which has a dead-letter queue',
      environment: {
        [ENV.bucket]: bucket.bucketName,
        [ENV.table]: stores.ledger.table.tableName,
        ...props.environment,
      },
      statements: [...mayRead(bucket, ...reads), ...props.statements],
    })
    const target = new LambdaFunction(this.function, { deadLetterQueue, retryAttempts: 2 })
    new Rule(this, 'Rule', { description, schedule, targets: [target] })
    this.read = reads.filter((key) => key.includes('*')).map((key) => ['Policy/Resource', inExperience(key), why])
  }

  /** The same, and of what it reads. */
  override acknowledgements(stacks: string): Acknowledgement[] {
    return [...super.acknowledgements(stacks), ...below(this.node.path.slice(stacks.length), this.read)]
  }
}
