/**
 * The gate workflow: reserve the question, score every sealed shard of every listed candidate, answer with one bit. The
 * answer is sealed when it is known and published when it is due, a fixed time after the question was opened, whatever it
 * is: neither its content nor its moment tells more than one bit.
 */
import { lambdaTask } from './task.ts'

/** What the gate calls, and its limits. */
interface GateParts {
  /** ARN of a function, as the three below. */
  readonly reserveQuestion: string
  /** One call a sealed shard, under as many candidates as it scores together. */
  readonly scoreShard: string
  /** Decides the one bit. */
  readonly sealAnswer: string
  /** Lets it out when it is due. */
  readonly publishAnswer: string
  /** Shards that are scored at once. */
  readonly maxConcurrency: number
  /** From the start of the gate to its answer, in seconds. */
  readonly answerAfterSeconds: number
}

/** Seconds that the gate has beyond the moment of its answer: a throttled account must not lose one. */
const PUBLISH_WITHIN = 60 * 60

const ASKED = '{% $asked %}'
const RESERVED = '{% $reserved %}'
const NOTHING = '{% {} %}'
const INPUT = '{% $states.input %}'

/** What goes wrong is not told apart: it waits until the answer is due, and is answered "no". */
const catchAll = (next: string, assign?: Readonly<Record<string, string>>) => [
  { ErrorEquals: ['States.ALL'], Output: NOTHING, ...(assign ? { Assign: assign } : {}), Next: next },
]

const IN_TIME = '$toMillis($states.context.State.EnteredTime) < $toMillis($reserved.due)'

/** Where the answer lies; the answer itself never passes through here. */
const ANSWER = '{% $states.result.Payload.answer %}'

/**
 * Definition in Amazon States Language. Its payloads hold numbers; cases, scores and answers never pass through it. It
 * always succeeds: a failure would tell more than one bit (the held-out gate, "The answer is one bit").
 */
export function gateDefinition(parts: GateParts): Record<string, unknown> {
  // The clock of a question starts with its gate, moments before it is opened, so that a crash while opening it keeps the time.
  const due = `{% $fromMillis($toMillis($states.context.Execution.StartTime) + ${1000 * parts.answerAfterSeconds}) %}`
  return {
    Comment: 'One question to the held-out set. Always succeeds; what it answered lies with the run.',
    QueryLanguage: 'JSONata',
    StartAt: 'Reserve Question',
    TimeoutSeconds: parts.answerAfterSeconds + PUBLISH_WITHIN,
    States: {
      'Reserve Question': {
        ...lambdaTask({
          function: parts.reserveQuestion,
          payload: { asked: INPUT, due },
          seconds: 900,
          assign: { asked: INPUT, reserved: '{% $states.result.Payload %}', answer: ANSWER },
          resumes: true,
          patience: parts.answerAfterSeconds,
        }),
        Catch: catchAll('Wait Out Question', { asked: INPUT, due }),
        Next: 'Choose Whether To Score',
      },
      'Choose Whether To Score': {
        Type: 'Choice',
        Choices: [
          { Condition: `{% $reserved.items > 0 and ${IN_TIME} %}`, Next: 'Score Until Due' },
          // A gate that died is followed by another one: past its time it publishes what there is, and scores nothing.
          { Condition: '{% $reserved.items > 0 %}', Next: 'Publish Answer' },
        ],
        Default: 'Question Answered',
      },
      'Score Until Due': {
        Type: 'Parallel',
        // The second branch ends the state when the answer is due: it stops what still works, or has waited for it.
        Branches: [scoring(parts), waiting()],
        Catch: catchAll('Publish Answer'),
        Next: 'Publish Answer',
      },
      'Wait Out Question': { Type: 'Wait', Timestamp: '{% $due %}', Next: 'Publish Answer' },
      'Publish Answer': {
        ...lambdaTask({
          function: parts.publishAnswer,
          payload: ASKED,
          seconds: 900,
          assign: { answer: ANSWER },
          resumes: true,
          patience: PUBLISH_WITHIN,
        }),
        Next: 'Question Answered',
      },
      'Question Answered': { Type: 'Succeed', Output: { answer: '{% $answer %}' } },
    },
  }
}

function scoring(parts: GateParts): Record<string, unknown> {
  return {
    StartAt: 'Score Sealed Shards',
    States: {
      'Score Sealed Shards': {
        Type: 'Map',
        Label: 'ScoreSealedShards',
        MaxConcurrency: parts.maxConcurrency,
        ToleratedFailurePercentage: 0,
        Items: '{% [0..($reserved.items - 1)] %}',
        ItemSelector: { asked: ASKED, reserved: RESERVED, item: '{% $states.context.Map.Item.Value %}' },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Score Shard',
          States: {
            'Score Shard': {
              ...lambdaTask({
                function: parts.scoreShard,
                payload: '{% $states.input %}',
                seconds: 900,
                resumes: true,
                patience: parts.answerAfterSeconds,
              }),
              End: true,
            },
          },
        },
        Catch: catchAll('Scoring Ended'),
        Output: NOTHING,
        Next: 'Seal Answer',
      },
      'Seal Answer': {
        ...lambdaTask({
          function: parts.sealAnswer,
          payload: { asked: ASKED, reserved: RESERVED },
          seconds: 900,
          resumes: true,
          patience: parts.answerAfterSeconds,
        }),
        Catch: catchAll('Scoring Ended'),
        Next: 'Scoring Ended',
      },
      'Scoring Ended': { Type: 'Succeed', Output: NOTHING },
    },
  }
}

const waiting = (): Record<string, unknown> => ({
  StartAt: 'Wait Until Due',
  States: {
    'Wait Until Due': { Type: 'Wait', Timestamp: '{% $reserved.due %}', Next: 'Due' },
    Due: { Type: 'Fail', Error: 'Due', Cause: 'The answer is due.' },
  },
})
