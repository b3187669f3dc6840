/** Findings of the security rules that stand, each with the construct it belongs to and the reason. */
import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

export interface Acknowledgement {
  /** Path of the construct below the app, as `aws:cdk:path` shows it. */
  readonly path: string
  readonly id: string
  readonly reason: string
}

const WHOLE_STORE =
  'object keys hold run ids and digests that do not exist at synthesis; the bucket policy names who may, and test/infra proves who may not'

export const WORK_FILES =
  'one folder a run, whose id does not exist at synthesis; each function is given the one kind of file that it reads or writes'
export const TRACES = 'X-Ray knows no resource to write a segment to'
const UNTRACED =
  'a log or a trace of the sealed side would tell how long a question took and how it went; failures lie in the vault'
const SYNCHRONOUS =
  'called by Step Functions, which keeps the failure and redrives; the one that EventBridge calls has its dead-letter queue at the rule'
const EXECUTIONS = 'the executions of one state machine have names that do not exist at synthesis'
const READ_BY_PEOPLE = 'nobody takes messages from it by program: it keeps refused accesses until somebody has looked'
const IS_THE_QUEUE = 'it is the dead-letter queue'

/** How the rule writes the ARN of the experience bucket, seen from the workflow stack. */
const EXPERIENCE =
  '{"Fn::GetStackOutput":{"StackName":"AutotuneData","Region":{"Ref":"AWS::Region"},"OutputName":"PublishOutputFnGetAttExperienceBucket96636D14Arn99100560"}}'

const WORKFLOW = 'AutotuneWorkflow/Autotune'
export const wildcard = (resource: string): string => `AwsSolutions-IAM5[Resource::${resource}]`

/** How a finding names keys of the releases bucket. */
export const inReleases = (pattern: string): string =>
  wildcard(
    `{"Fn::GetStackOutput":{"StackName":"AutotuneData","Region":{"Ref":"AWS::Region"},"OutputName":"PublishOutputFnGetAttReleasesBucketEA8ED4CAArnC6B77728"}}/${pattern}`,
  )

/** How a finding names keys of the experience bucket. */
export const inExperience = (pattern: string): string => wildcard(`${EXPERIENCE}/${pattern}`)

/** Key patterns of the experience bucket by the policy that names them. */
const KEY_PATTERNS: Readonly<Record<string, readonly string[]>> = {
  'Functions/AdvanceRun/Policy/Resource': [
    'autotune/runs/*',
    'autotune/work/*',
    'autotune/work/*/question.json',
    'autotune/work/*/rounds/*',
    'autotune/work/*/settings/*',
  ],
  // The last of these are there with a harness and a model only.
  'Functions/CompileSearch/Policy/Resource': [
    'autotune/work/*/request.json',
    'experience/*',
    'goldens/*',
    'packs/*',
    'model-cache/*',
  ],
  'Functions/OpenRetired/Policy/Resource': [
    'autotune/work/*/request.json',
    'experience/*',
    'experience/index/*',
    'packs/*',
  ],
  'Functions/PinRun/Policy/Resource': [
    'autotune/work/*/panel.json',
    'autotune/work/*/request.json',
    'autotune/work/*/run.json',
    'autotune/work/*/shards/*',
    'goldens/*',
    'packs/*',
    'experience/*',
    'model-cache/*',
  ],
  'Functions/ReplayShard/Policy/Resource': [
    'autotune/work/*/answers/*',
    'autotune/work/*/run.json',
    'autotune/work/*/settings/*',
    'autotune/work/*/shards/*',
    'experience/*',
    'model-cache/*',
  ],
  'Functions/ReserveQuestion/Policy/Resource': [
    'autotune/work/*/answer.json',
    'autotune/work/*/question.json',
    'autotune/work/*/run.json',
  ],
  'Functions/StartRun/Policy/Resource': ['autotune/runs/*/manifest.json', 'autotune/work/*/request.json', 'packs/*'],
  'Watch/Ledger/Policy/Resource': ['packs/*'],
  'TuningWorkflowRole/DefaultPolicy/Resource': ['autotune/work/*/exports/*', 'autotune/work/*/rounds/*'],
}

const OWN_ROLES = ['StartRun', 'CompileSearch', 'PinRun', 'AdvanceRun', 'ReplayShard', 'RecordFailure']
const BORROWED_ROLES = ['OpenRetired', 'SealVersion', 'ReserveQuestion', 'ScoreShard', 'SealAnswer', 'PublishAnswer']
const executionsOf = (machine: string): string =>
  wildcard(`arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${machine}.Name>:*`)
const GATE_EXECUTIONS = executionsOf('AutotuneGateWorkflow8075CBCB')
const TUNING_EXECUTIONS = executionsOf('AutotuneTuningWorkflowC8435D2D')

/** Everything but key patterns: path below the workflow, finding, reason. */
const OTHERS: readonly (readonly [path: string, id: string, reason: string])[] = [
  ...OWN_ROLES.map((f) => [`Functions/${f}/Role/DefaultPolicy/Resource`, wildcard('*'), TRACES] as const),
  ...[...OWN_ROLES, ...BORROWED_ROLES].map(
    (f) => [`Functions/${f}/Function/Resource`, 'Serverless-LambdaDLQ', SYNCHRONOUS] as const,
  ),
  ...BORROWED_ROLES.map((f) => [`Functions/${f}/Function/Resource`, 'Serverless-LambdaTracing', UNTRACED] as const),
  ...['AwsSolutions-SF1', 'AwsSolutions-SF2', 'Serverless-StepFunctionStateMachineXray'].map(
    (id) => ['GateWorkflow/Resource', id, UNTRACED] as const,
  ),
  ['TuningWorkflowRole/DefaultPolicy/Resource', wildcard('*'), TRACES],
  ['TuningWorkflowRole/DefaultPolicy/Resource', GATE_EXECUTIONS, EXECUTIONS],
  ['TuningWorkflowMapRights/Resource', TUNING_EXECUTIONS, EXECUTIONS],
  ['GateWorkflowMapRights/Resource', GATE_EXECUTIONS, EXECUTIONS],
  ['Watch/Ledger/Role/DefaultPolicy/Resource', wildcard('*'), TRACES],
  ['Watch/Ledger/Function/Resource', 'Serverless-LambdaDLQ', SYNCHRONOUS],
  ['Watch/Denied/Resource', 'AwsSolutions-SQS3', READ_BY_PEOPLE],
  ['Watch/Denied/Resource', 'Serverless-SQSRedrivePolicy', READ_BY_PEOPLE],
  ['DeadLetters/Resource', 'AwsSolutions-SQS3', IS_THE_QUEUE],
  ['DeadLetters/Resource', 'Serverless-SQSRedrivePolicy', IS_THE_QUEUE],
]

export const ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  {
    path: 'AutotuneData/Vault/Ingest/DefaultPolicy/Resource',
    id: 'AwsSolutions-IAM5[Resource::<VaultBucket0925C477.Arn>/experience/*]',
    reason: WHOLE_STORE,
  },
  ...['experience/*', 'ingest/*', 'packs/*'].map((pattern) => ({
    path: 'AutotuneData/Vault/Ingest/DefaultPolicy/Resource',
    id: wildcard(`<ExperienceBucket96636D14.Arn>/${pattern}`),
    reason: WHOLE_STORE,
  })),
  {
    path: 'AutotuneData/Vault/Sealer/DefaultPolicy/Resource',
    id: 'AwsSolutions-IAM5[Resource::<VaultBucket0925C477.Arn>/*]',
    reason: WHOLE_STORE,
  },
  {
    path: 'AutotuneData/Vault/Gate/DefaultPolicy/Resource',
    id: 'AwsSolutions-IAM5[Resource::<VaultBucket0925C477.Arn>/*]',
    reason: WHOLE_STORE,
  },
  {
    path: 'AutotuneData/Releases/Releaser/DefaultPolicy/Resource',
    id: 'AwsSolutions-IAM5[Resource::<ReleasesBucketEA8ED4CA.Arn>/*]',
    reason: WHOLE_STORE,
  },
  ...Object.entries(KEY_PATTERNS).flatMap(([path, patterns]) =>
    patterns.map((p) => ({ path: `${WORKFLOW}/${path}`, id: inExperience(p), reason: WORK_FILES })),
  ),
  ...OTHERS.map(([path, id, reason]) => ({ path: `${WORKFLOW}/${path}`, id, reason })),
]

/** Puts every acknowledgement on its construct. Throws when a path names none: a rename must not hide a finding. */
export function acknowledge(app: IConstruct, table: readonly Acknowledgement[] = ACKNOWLEDGEMENTS): void {
  for (const { path, id, reason } of table) {
    let construct: IConstruct | undefined = app
    for (const name of path.split('/')) construct = construct?.node.tryFindChild(name)
    if (!construct) throw new RangeError(`acknowledgement ${id}: there is no construct ${path}`)
    Validations.of(construct).acknowledge({ id, reason })
  }
}
