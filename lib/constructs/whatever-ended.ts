/** Functions that look at the store after whatever ended: a call that is lost is made up for by the next one. */
import { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { endOfAny } from './state-machine.ts'

/** What is called, after what. */
interface AfterEnds {
  /** Called with the event, or the time of day; whatever it is, they look at the store. */
  readonly functions: readonly IFunction[]
  /** Workflows after whose ends they are called. */
  readonly after: readonly StateMachine[]
  /** Takes calls that never came to an end. */
  readonly deadLetters: IQueue
  /** What the rules do, for people. */
  readonly description: string
}

/** After whatever ended, well or not; and once a day, for rollouts, which move for weeks before they end. Makes `Ended` and `EveryDay` in the scope. */
export function callAfterEnds(scope: Construct, { functions, after, deadLetters, description }: AfterEnds): void {
  const targets = functions.map(
    (one) =>
      new LambdaFunction(one, { deadLetterQueue: deadLetters, retryAttempts: 10, maxEventAge: Duration.hours(12) }),
  )
  new Rule(scope, 'Ended', {
    description,
    eventPattern: endOfAny(after, 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'),
    targets,
  })
  new Rule(scope, 'EveryDay', { description, schedule: Schedule.rate(Duration.days(1)), targets })
}
