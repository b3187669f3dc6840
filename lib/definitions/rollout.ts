/** The rollout workflow: start, then every hour take in production and look, until the release is kept or taken back. */
import type { StartRolloutInput } from '#schemas/rollout-payloads.ts'
import { integration, lambdaTask } from './task.ts'

/** What the rollout calls, and by which rules. */
interface RolloutParts {
  /** ARN of a function, as the two below. */
  readonly startRollout: string
  /** Takes in what the runtime handed in. */
  readonly recordProduction: string
  /** Looks at production and moves the rollout. */
  readonly evaluateStage: string
  /** Rollout configurations, as they were parsed at synthesis. */
  readonly configs: StartRolloutInput['configs']
}

const PAYLOAD = '{% $states.result.Payload %}'
const ROLLOUT_ID = '{% $rollout.rollout_id %}'

/**
 * An execution holds 25,000 events and a look makes about thirty: after this many the rollout goes on in a new execution,
 * three weeks later.
 */
const MOST_LOOKS = 500

/** The longest that this many looks take, and a week. */
const TIMEOUT_SECONDS = (MOST_LOOKS + 7 * 24) * 3600

/** Definition in Amazon States Language. It is a clock: what happens is decided by the item of the rollout. */
export function rolloutDefinition(parts: RolloutParts): Record<string, unknown> {
  const looking = { payload: { rollout_id: ROLLOUT_ID }, resumes: true }
  return {
    Comment: 'One rollout. A stop by hand takes effect by itself; this notices at its next look.',
    QueryLanguage: 'JSONata',
    StartAt: 'Start Rollout',
    TimeoutSeconds: TIMEOUT_SECONDS,
    States: {
      'Start Rollout': {
        ...lambdaTask({
          function: parts.startRollout,
          payload: { run_id: '{% $states.input.run_id %}', configs: parts.configs },
          seconds: 900,
          assign: {
            rollout: PAYLOAD,
            run_id: '{% $states.input.run_id %}',
            part: '{% $exists($states.input.part) ? $states.input.part : 1 %}',
            looks: '{% 0 %}',
          },
          resumes: true,
        }),
        Next: 'Choose Whether It Goes On',
      },
      'Choose Whether It Goes On': {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $not($rollout.goes_on) %}', Next: 'Rollout Ended' },
          { Condition: `{% $looks >= ${MOST_LOOKS} %}`, Next: 'Hand Over' },
        ],
        Default: 'Wait For Production',
      },
      'Wait For Production': { Type: 'Wait', Seconds: '{% $rollout.seconds %}', Next: 'Record Production' },
      'Record Production': {
        ...lambdaTask({ function: parts.recordProduction, seconds: 900, ...looking }),
        Next: 'Evaluate Stage',
      },
      'Evaluate Stage': {
        ...lambdaTask({
          function: parts.evaluateStage,
          seconds: 900,
          ...looking,
          assign: { rollout: PAYLOAD, looks: '{% $looks + 1 %}' },
        }),
        Next: 'Choose Whether It Goes On',
      },
      'Hand Over': {
        Type: 'Task',
        Resource: integration('states:startExecution'),
        Arguments: {
          StateMachineArn: '{% $states.context.StateMachine.Id %}',
          Name: "{% $rollout.name & '-' & $string($part + 1) %}",
          Input: { run_id: '{% $run_id %}', part: '{% $part + 1 %}' },
        },
        // Started by an attempt of this very state whose answer was lost.
        Catch: [{ ErrorEquals: [ALREADY_STARTED], Output: '{% {} %}', Next: 'Handed Over' }],
        Output: '{% {} %}',
        Next: 'Handed Over',
      },
      'Handed Over': { Type: 'Succeed', Output: { rollout_id: ROLLOUT_ID, status: '{% $rollout.status %}' } },
      'Rollout Ended': { Type: 'Succeed', Output: { rollout_id: ROLLOUT_ID, status: '{% $rollout.status %}' } },
    },
  }
}

/** Error of Step Functions: an execution of this name exists. A name is used once in ninety days. */
export const ALREADY_STARTED = 'StepFunctions.ExecutionAlreadyExistsException'
