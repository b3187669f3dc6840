/** The tuning workflow: contract, compile, seal, pin, then rounds of replays as the search asks, the gate, the outcome. */
import { integration, lambdaTask, RETRY } from './task.ts'

/** What a run calls, where its work files lie, and its limits. */
interface TuningParts {
  /** ARN of a function, as the twelve below; what each does stands in constructs/workflow-functions.ts. */
  readonly askProposers: string
  readonly startRun: string
  readonly openRetired: string
  readonly compileSearch: string
  readonly layOutSearch: string
  readonly gatherSearch: string
  readonly planSeal: string
  readonly layOutSealed: string
  readonly sealVersion: string
  readonly pinRun: string
  readonly advanceRun: string
  readonly finishRun: string
  readonly replayShard: string
  /** ARN of the gate workflow. */
  readonly gateMachine: string
  /** Name of the bucket of the work files. */
  readonly bucket: string
  /** Shards that are replayed at once. */
  readonly maxConcurrency: number
  /** From the start of the gate to its answer, in seconds. */
  readonly answerAfterSeconds: number
}

/** What Step Functions asks Lambda for the account's limits with. */
const ACCOUNT_SETTINGS = integration('aws-sdk:lambda:getAccountSettings')

/** Concurrent executions that no function has reserved, below which no question is opened. */
const LEAST_CONCURRENCY = 10

const TOO_LITTLE = `fewer than ${LEAST_CONCURRENCY} concurrent executions of Lambda are unreserved in this account: no question was opened. Raise the quota or reserve less, then redrive this execution`

/** Seconds that a throttled piece or shard of the search is tried again: then the run fails, and can be redriven. */
const REPLAY_PATIENCE = 60 * 60

/** When this execution was started, or redriven last. */
const BEGUN =
  '$exists($states.context.Execution.RedriveTime) ? $states.context.Execution.RedriveTime : $states.context.Execution.StartTime'
const RUN = `{% $merge([$run, {'begun': ${BEGUN}}]) %}`
const PINNED = '{% $pinned %}'
const PAYLOAD = '{% $states.result.Payload %}'

/** Definition in Amazon States Language. Stable state names: dashboards show them. */
export function tuningDefinition(parts: TuningParts): Record<string, unknown> {
  return {
    Comment: 'One tuning run. Its only reach into the vault is the sealer and the gate workflow.',
    QueryLanguage: 'JSONata',
    StartAt: 'Choose Who Proposes',
    TimeoutSeconds: parts.answerAfterSeconds + 6 * 60 * 60,
    States: {
      'Choose Who Proposes': {
        Type: 'Choice',
        Choices: [
          {
            Condition:
              '{% $exists($states.input.target.proposers) and $not($exists($states.input.proposed.proposers)) %}',
            Next: 'Ask Proposers',
          },
        ],
        Default: 'Start Run',
      },
      'Ask Proposers': {
        ...lambdaTask({
          function: parts.askProposers,
          payload: { request: '{% $states.input %}' },
          seconds: 900,
          resumes: true,
        }),
        Output: PAYLOAD,
        Next: 'Start Run',
      },
      'Start Run': {
        ...lambdaTask({
          function: parts.startRun,
          payload: {
            request: '{% $states.input %}',
            execution: '{% $states.context.Execution.Id %}',
            begun: `{% ${BEGUN} %}`,
          },
          seconds: 60,
          assign: { run: PAYLOAD, answer: null, kept: null },
        }),
        Next: 'Open Retired Versions',
      },
      'Open Retired Versions': {
        ...lambdaTask({ function: parts.openRetired, payload: { run: RUN }, seconds: 900 }),
        Next: 'Compile Search Set',
      },
      'Compile Search Set': {
        ...lambdaTask({
          function: parts.compileSearch,
          payload: { run: RUN },
          seconds: 900,
          assign: { compiled: PAYLOAD },
        }),
        Next: 'Lay Out Search Set',
      },
      'Lay Out Search Set': layOutMap(parts),
      'Gather Search Set': {
        ...lambdaTask({
          function: parts.gatherSearch,
          payload: { run: RUN, pins: '{% $compiled.pins %}', pieces: '{% $compiled.pieces %}' },
          seconds: 900,
          assign: { gathered: PAYLOAD },
        }),
        Next: 'Choose Whether To Seal',
      },
      'Choose Whether To Seal': {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $exists($gathered.refused) %}', Next: 'Run Refused' },
          // A piece could not be laid out, and the execution was redriven since.
          { Condition: '{% $exists($gathered.again) %}', Next: 'Lay Out Search Set' },
        ],
        Default: 'Plan Seal',
      },
      'Plan Seal': {
        ...lambdaTask({
          function: parts.planSeal,
          payload: { run: RUN },
          seconds: 900,
          assign: { sealing: PAYLOAD },
        }),
        Next: 'Choose Whether To Lay Out',
      },
      'Choose Whether To Lay Out': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $sealing.pieces > 0 %}', Next: 'Lay Out Held-Out Set' }],
        Default: 'Seal Held-Out Set',
      },
      'Lay Out Held-Out Set': sealedMap(parts),
      'Seal Held-Out Set': {
        ...lambdaTask({
          function: parts.sealVersion,
          payload: { run: RUN, limits: '{% $gathered.limits %}', pieces: '{% $sealing.pieces %}' },
          seconds: 900,
          assign: { heldout: PAYLOAD },
        }),
        Next: 'Pin Run',
      },
      'Pin Run': {
        ...lambdaTask({
          function: parts.pinRun,
          payload: {
            run: RUN,
            search_set: '{% $compiled.search_set %}',
            panel: '{% $gathered.panel %}',
            heldout: '{% $heldout %}',
          },
          seconds: 300,
          assign: { pinned: PAYLOAD },
        }),
        Next: 'Advance Run',
      },
      'Advance Run': {
        ...lambdaTask({
          function: parts.advanceRun,
          payload: { run: RUN, pinned: PINNED, answer: '{% $answer %}', kept: '{% $kept %}' },
          seconds: 900,
          assign: {
            need: PAYLOAD,
            kept: '{% $exists($states.result.Payload.kept) ? $states.result.Payload.kept : null %}',
          },
        }),
        Next: 'Choose What Is Needed',
      },
      'Choose What Is Needed': {
        Type: 'Choice',
        Choices: [
          { Condition: "{% $need.kind = 'replays' %}", Next: 'Replay Search Shards' },
          { Condition: "{% $need.kind = 'more' %}", Next: 'Advance Run' },
          { Condition: "{% $need.kind = 'gate' %}", Next: 'Look At Concurrency' },
          { Condition: "{% $need.kind = 'refused' %}", Next: 'Run Refused' },
        ],
        Default: 'Finish Run',
      },
      'Replay Search Shards': replayMap(parts),
      // Before a question is opened: one that nobody can score in time is spent all the same.
      'Look At Concurrency': {
        Type: 'Task',
        Resource: ACCOUNT_SETTINGS,
        Arguments: {},
        TimeoutSeconds: 60,
        Retry: [RETRY],
        Output: `{% $states.result.AccountLimit.UnreservedConcurrentExecutions >= ${LEAST_CONCURRENCY} ? {} : $error('${TOO_LITTLE}') %}`,
        Next: 'Ask Held-Out Set',
      },
      'Ask Held-Out Set': {
        Type: 'Task',
        Resource: integration('states:startExecution.sync:2'),
        Arguments: {
          StateMachineArn: parts.gateMachine,
          Input: { run: RUN, pinned: PINNED, question: '{% $need.question %}' },
        },
        TimeoutSeconds: parts.answerAfterSeconds + 2 * 60 * 60,
        Assign: { answer: '{% $states.result.Output.answer %}' },
        Output: '{% {} %}',
        Next: 'Advance Run',
      },
      'Finish Run': {
        ...lambdaTask({
          function: parts.finishRun,
          payload: { run: RUN, pinned: PINNED, outcome: '{% $need.outcome %}' },
          seconds: 900,
          assign: { finished: PAYLOAD },
          resumes: true,
        }),
        Next: 'Run Finished',
      },
      'Run Finished': {
        Type: 'Succeed',
        Output: { run_id: '{% $run.run_id %}', verdict: '{% $finished.verdict %}' },
      },
      // Said in words by the record that it left, and nothing of the deployment failed.
      'Run Refused': { Type: 'Succeed', Output: { run_id: '{% $run.run_id %}', verdict: 'refused' } },
    },
  }
}

/** One line of the round each: a shard under as many candidates as one call replays. */
const replayMap = (parts: TuningParts): Record<string, unknown> => ({
  ...searchMap(parts, { label: 'ReplaySearchShards', state: 'Replay Shard', of: parts.replayShard, items: 'need' }),
  Next: 'Advance Run',
})

/** One piece of the compiled search set each. */
const layOutMap = (parts: TuningParts): Record<string, unknown> => ({
  ...searchMap(parts, { label: 'LayOutSearchSet', state: 'Lay Out Piece', of: parts.layOutSearch, items: 'compiled' }),
  ItemSelector: {
    run: RUN,
    pins: '{% $compiled.pins %}',
    piece: '{% $states.context.Map.Item.Value.piece %}',
    piece_version: '{% $states.context.Map.Item.Value.piece_version %}',
  },
  Next: 'Gather Search Set',
})

/** One piece of what is to be sealed each: numbers alone, and nothing comes out. */
const sealedMap = ({ layOutSealed, maxConcurrency }: TuningParts): Record<string, unknown> => ({
  Type: 'Map',
  Label: 'LayOutHeldOutSet',
  MaxConcurrency: maxConcurrency,
  ToleratedFailurePercentage: 0,
  Items: '{% [0..($sealing.pieces - 1)] %}',
  ItemSelector: { run: RUN, piece: '{% $states.context.Map.Item.Value %}' },
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Lay Out Sealed Piece',
    States: {
      'Lay Out Sealed Piece': {
        ...lambdaTask({
          function: layOutSealed,
          payload: '{% $states.input %}',
          seconds: 900,
          patience: REPLAY_PATIENCE,
        }),
        End: true,
      },
    },
  },
  Output: '{% {} %}',
  Next: 'Seal Held-Out Set',
})

interface SearchMap {
  readonly label: string
  /** Name of the one state of each child. */
  readonly state: string
  /** ARN of the function that it calls. */
  readonly of: string
  /** Variable whose `items` are listed in an object. */
  readonly items: string
}

/** A map over items that are listed in an object. No failed child is tolerated: a case that nobody replayed is missing evidence. */
function searchMap(
  { bucket, maxConcurrency }: TuningParts,
  { label, state, of, items }: SearchMap,
): Record<string, unknown> {
  return {
    Type: 'Map',
    Label: label,
    MaxConcurrency: maxConcurrency,
    ToleratedFailurePercentage: 0,
    ItemReader: {
      Resource: integration('s3:getObject'),
      ReaderConfig: { InputType: 'JSONL' },
      Arguments: {
        Bucket: bucket,
        Key: `{% $${items}.items.key %}`,
        VersionId: `{% $${items}.items.version_id %}`,
      },
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: state,
      States: {
        [state]: {
          ...lambdaTask({ function: of, payload: '{% $states.input %}', seconds: 900, patience: REPLAY_PATIENCE }),
          // Exported: what the function says of its item.
          Output: PAYLOAD,
          End: true,
        },
      },
    },
    ResultWriter: {
      Resource: integration('s3:putObject'),
      WriterConfig: { Transformation: 'COMPACT', OutputType: 'JSONL' },
      Arguments: { Bucket: bucket, Prefix: "{% 'autotune/work/' & $run.run_id & '/exports' %}" },
    },
    Output: '{% {} %}',
  }
}
