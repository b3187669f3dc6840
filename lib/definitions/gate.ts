/** The gate workflow: reserve the question, score every sealed shard of every listed candidate, answer with one bit. */
import { lambdaTask } from './task.ts'

export interface GateParts {
  /** ARNs. */
  readonly reserveQuestion: string
  readonly scoreShard: string
  readonly answerQuestion: string
  readonly giveUpQuestion: string
  readonly maxConcurrency: number
}

/** Whatever goes wrong is answered "no": a crashed gate must look like any other no. */
const GIVE_UP = [{ ErrorEquals: ['States.ALL'], Output: '{% {} %}', Next: 'Give Up Question' }]

/** Definition in Amazon States Language. Its payloads hold numbers; cases, scores and answers never pass through it. */
export function gateDefinition(parts: GateParts): Record<string, unknown> {
  const run = '{% $run %}'
  const reserved = '{% $reserved %}'
  return {
    Comment: 'One question to the held-out set. Always succeeds; what it answered lies with the run.',
    QueryLanguage: 'JSONata',
    StartAt: 'Reserve Question',
    TimeoutSeconds: 2 * 60 * 60,
    States: {
      'Reserve Question': {
        ...lambdaTask({
          function: parts.reserveQuestion,
          payload: { run: '{% $states.input.run %}' },
          seconds: 900,
          assign: { run: '{% $states.input.run %}', reserved: '{% $states.result.Payload %}' },
          resumes: true,
        }),
        Catch: [{ ...GIVE_UP[0], Assign: { run: '{% $states.input.run %}' } }],
        Next: 'Choose Whether To Score',
      },
      'Choose Whether To Score': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $reserved.items > 0 %}', Next: 'Score Sealed Shards' }],
        Default: 'Question Answered',
      },
      'Score Sealed Shards': {
        Type: 'Map',
        Label: 'ScoreSealedShards',
        MaxConcurrency: parts.maxConcurrency,
        ToleratedFailurePercentage: 0,
        Items: '{% [0..($reserved.items - 1)] %}',
        ItemSelector: { run, reserved, item: '{% $states.context.Map.Item.Value %}' },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Score Shard',
          States: {
            'Score Shard': {
              ...lambdaTask({
                function: parts.scoreShard,
                payload: '{% $states.input %}',
                seconds: 300,
                resumes: true,
              }),
              End: true,
            },
          },
        },
        Catch: GIVE_UP,
        Output: '{% {} %}',
        Next: 'Answer Question',
      },
      'Answer Question': {
        ...lambdaTask({ function: parts.answerQuestion, payload: { run, reserved }, seconds: 900, resumes: true }),
        Catch: GIVE_UP,
        Next: 'Question Answered',
      },
      'Give Up Question': {
        ...lambdaTask({ function: parts.giveUpQuestion, payload: { run }, seconds: 300, resumes: true }),
        Next: 'Question Answered',
      },
      'Question Answered': { Type: 'Succeed', Output: '{% {} %}' },
    },
  }
}
