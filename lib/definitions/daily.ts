/** The daily routine: plan the days, slice every intent, judge, tell people, and start the runs that broken bands queue. */
import type { Bands } from '#schemas/bands.ts'
import { ALREADY_STARTED } from './rollout.ts'
import { integration, lambdaTask } from './task.ts'
import { telling } from './telling.ts'

/** What the routine calls, and by which bands. */
interface DailyParts {
  /** ARN of a function, as the two below. */
  readonly planDays: string
  /** Sealer: which production logs of an intent hold no sealed run. */
  readonly clearLogs: string
  /** Measures one intent. */
  readonly sliceIntent: string
  /** Judges, and says which runs are to be started. */
  readonly judgeDays: string
  /** As they were parsed at synthesis, with their targets. */
  readonly bands: Bands
  /** ARN of the tuning workflow. */
  readonly tuningMachine: string
  /** ARN of the topic that is told what moved; null: nobody is told. */
  readonly topic: string | null
}

const PAYLOAD = '{% $states.result.Payload %}'
const BANDS = '{% $bands %}'
const PLAN = '{% $plan %}'
const NOTHING = '{% {} %}'
const MORE = 'Choose Whether There Is More'

/** Intents that are measured at once, and runs that are started at once. */
const AT_ONCE = { intents: 40, runs: 10 } as const

/** Definition in Amazon States Language. Started again at any time it judges no day twice, and starts no run twice. */
export function dailyDefinition(parts: DailyParts): Record<string, unknown> {
  const { bands, topic } = parts
  return {
    Comment:
      'The daily routine. Its input may name the last day to judge as "date"; without it that is the newest ready.',
    QueryLanguage: 'JSONata',
    StartAt: 'Read Bands',
    TimeoutSeconds: 12 * 60 * 60,
    States: {
      'Read Bands': {
        Type: 'Pass',
        Assign: { bands, date: '{% $exists($states.input.date) ? $states.input.date : null %}' },
        Output: NOTHING,
        Next: 'Plan Days',
      },
      'Plan Days': {
        ...lambdaTask({
          function: parts.planDays,
          payload: { bands: BANDS, date: '{% $date %}' },
          seconds: 300,
          assign: { plan: PAYLOAD, slices: '{% [] %}' },
          resumes: true,
        }),
        Next: 'Choose Whether To Slice',
      },
      'Choose Whether To Slice': {
        Type: 'Choice',
        // Nothing is ready: runs that were queued and not started are looked for all the same.
        Choices: [{ Condition: '{% $count($plan.days) = 0 %}', Next: 'Judge Days' }],
        Default: 'Slice Intents',
      },
      'Slice Intents': sliceMap(parts),
      'Judge Days': {
        ...lambdaTask({
          function: parts.judgeDays,
          payload: { bands: BANDS, plan: PLAN, slices: '{% $slices %}' },
          seconds: 900,
          assign: { judged: PAYLOAD },
          resumes: true,
        }),
        Next: topic === null ? MORE : 'Choose Whether To Tell',
      },
      ...(topic === null ? {} : telling(topic, 'judged', MORE)),
      [MORE]: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $plan.more %}', Next: 'Plan Days' }],
        Default: 'Start Runs',
      },
      'Start Runs': startMap(parts),
      'Days Judged': {
        Type: 'Succeed',
        Output: { judged: '{% $judged.judged %}', runs: '{% [$judged.runs.run_id] %}' },
      },
    },
  }
}

/** One child an intent. What it returns is small: the digest of the rows of each day. */
function sliceMap({ clearLogs, sliceIntent }: DailyParts): Record<string, unknown> {
  return {
    Type: 'Map',
    Label: 'SliceIntents',
    MaxConcurrency: AT_ONCE.intents,
    // A day is judged whole: the false alarms are promised over all series together.
    ToleratedFailurePercentage: 0,
    Items: '{% $bands.intents %}',
    ItemSelector: { of: '{% $states.context.Map.Item.Value %}', plan: PLAN },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'Clear Logs',
      States: {
        'Clear Logs': {
          ...lambdaTask({
            function: clearLogs,
            payload: { intent: '{% $states.input.of.intent %}' },
            seconds: 900,
            // Between brackets: a list of one, or of none, would be none.
            assign: { cleared: '{% [$states.result.Payload] %}' },
            resumes: true,
          }),
          Output: '{% $states.input %}',
          Next: 'Slice Intent',
        },
        'Slice Intent': {
          ...lambdaTask({
            function: sliceIntent,
            payload: "{% $merge([$states.input, {'cleared': $cleared}]) %}",
            seconds: 900,
            resumes: true,
          }),
          Output: PAYLOAD,
          End: true,
        },
      },
    },
    Assign: { slices: '{% $states.result %}' },
    Output: NOTHING,
    Next: 'Judge Days',
  }
}

/** One execution of the tuning workflow a queued run. Its name is its run, so that the same run is never started twice. */
function startMap({ tuningMachine }: DailyParts): Record<string, unknown> {
  return {
    Type: 'Map',
    MaxConcurrency: AT_ONCE.runs,
    Items: '{% $judged.runs %}',
    ItemProcessor: {
      ProcessorConfig: { Mode: 'INLINE' },
      StartAt: 'Start Run',
      States: {
        'Start Run': {
          Type: 'Task',
          Resource: integration('states:startExecution'),
          Arguments: {
            StateMachineArn: tuningMachine,
            Name: '{% $states.input.name %}',
            Input: { target: '{% $states.input.target %}', run_id: '{% $states.input.run_id %}' },
          },
          // It is under way, or failed and waits to be redriven.
          Catch: [{ ErrorEquals: [ALREADY_STARTED], Output: NOTHING, Next: 'Run Stands' }],
          Output: NOTHING,
          Next: 'Run Stands',
        },
        'Run Stands': { Type: 'Succeed', Output: NOTHING },
      },
    },
    Output: NOTHING,
    Next: 'Days Judged',
  }
}
