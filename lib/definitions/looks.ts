/** The weekly and the quarterly routine: look back, tell people, and, where somebody asks for it, split intents anew. */
import type { Bands } from '#schemas/bands.ts'
import { lambdaTask } from './task.ts'
import { telling } from './telling.ts'

/** By which bands, and who is told. */
interface LookParts {
  /** As they were parsed at synthesis, with their targets. */
  readonly bands: Bands
  /** ARN of the topic that is told what waits; null: nobody is told. */
  readonly topic: string | null
}

/** What the week calls, by ARN. */
interface WeeklyParts extends LookParts {
  /** Sealer: counts what there is to seal. */
  readonly refreshSealed: string
  readonly reviewWeek: string
}

/** What the quarter calls, by ARN. */
interface QuarterlyParts extends LookParts {
  readonly reviewQuarter: string
  /** Sealer: splits one intent anew. */
  readonly resplitIntent: string
}

const PAYLOAD = '{% $states.result.Payload %}'
const BANDS = '{% $bands %}'
const DATE = '{% $date %}'
const NOTHING = '{% {} %}'
const given = (name: string, otherwise: string): string =>
  `{% $exists($states.input.${name}) ? $states.input.${name} : ${otherwise} %}`

/** Definition in Amazon States Language. Started again at any time it looks at no week twice. */
export function weeklyDefinition({ bands, topic, refreshSealed, reviewWeek }: WeeklyParts): Record<string, unknown> {
  const done = 'Week Looked At'
  return {
    Comment: 'The weekly routine. Its input may name the last day of the week as "date".',
    QueryLanguage: 'JSONata',
    StartAt: 'Read Bands',
    TimeoutSeconds: 2 * 60 * 60,
    States: {
      'Read Bands': {
        Type: 'Pass',
        Assign: { bands, date: given('date', 'null') },
        Output: NOTHING,
        Next: 'Count Sealed',
      },
      'Count Sealed': {
        ...lambdaTask({
          function: refreshSealed,
          payload: { intents: '{% [$bands.intents.intent] %}' },
          seconds: 900,
          assign: { refreshed: '{% [$states.result.Payload] %}' },
          resumes: true,
        }),
        Next: 'Review Week',
      },
      'Review Week': {
        ...lambdaTask({
          function: reviewWeek,
          payload: { bands: BANDS, date: DATE, refreshed: '{% $refreshed %}' },
          seconds: 900,
          assign: { looked: PAYLOAD },
          resumes: true,
        }),
        Next: topic === null ? done : 'Choose Whether To Tell',
      },
      ...(topic === null ? {} : telling(topic, 'looked', done)),
      [done]: { Type: 'Succeed', Output: { reviewed: '{% $looked.reviewed %}' } },
    },
  }
}

/** The same of quarters. Intents are split anew one after the other, each once a quarter. */
export function quarterlyDefinition(parts: QuarterlyParts): Record<string, unknown> {
  const { bands, topic, reviewQuarter, resplitIntent } = parts
  const next = 'Split Intents'
  return {
    Comment:
      'The quarterly routine. Its input may name the last day as "date", an imported suite as "suite", and intents that are split anew as "resplit", with the person who asks for that as "by".',
    QueryLanguage: 'JSONata',
    StartAt: 'Read Bands',
    TimeoutSeconds: 6 * 60 * 60,
    States: {
      'Read Bands': {
        Type: 'Pass',
        Assign: {
          bands,
          date: given('date', 'null'),
          suite: given('suite', 'null'),
          resplit: given('resplit', '[]'),
          by: given('by', '""'),
        },
        Output: NOTHING,
        Next: 'Review Quarter',
      },
      'Review Quarter': {
        ...lambdaTask({
          function: reviewQuarter,
          payload: { bands: BANDS, date: DATE, suite: '{% $suite %}' },
          seconds: 900,
          assign: { looked: PAYLOAD },
          resumes: true,
        }),
        Next: topic === null ? next : 'Choose Whether To Tell',
      },
      ...(topic === null ? {} : telling(topic, 'looked', next)),
      [next]: {
        Type: 'Map',
        MaxConcurrency: 1,
        Items: '{% $resplit %}',
        ItemSelector: { intent: '{% $states.context.Map.Item.Value %}', by: '{% $by %}' },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Split Intent',
          States: {
            'Split Intent': {
              ...lambdaTask({ function: resplitIntent, payload: '{% $states.input %}', seconds: 900, resumes: true }),
              Output: PAYLOAD,
              End: true,
            },
          },
        },
        Assign: { split: '{% $states.result %}' },
        Output: NOTHING,
        Next: 'Quarter Looked At',
      },
      'Quarter Looked At': {
        Type: 'Succeed',
        Output: { reviewed: '{% $looked.reviewed %}', split: '{% $split %}' },
      },
    },
  }
}
