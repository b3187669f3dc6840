/** Findings of the security rules that stand in the stores and on the tuning side, each with its reason. */
import { AUTOTUNE_FILES } from '#schemas/s3-keys.ts'
import { ERASED_FROM } from '../constructs/erase-runs.ts'
import {
  type Acknowledgement,
  below,
  EXECUTIONS,
  executionsOf,
  HEADS,
  inExperience,
  inVault,
  LINES,
  type Row,
  TRACES,
  WHOLE_VAULT,
  wildcard,
} from './acknowledge.ts'

const WHOLE_STORE =
  'object keys hold run ids and digests that do not exist at synthesis; the bucket policy names who may, and test/infra proves who may not'

const WORK_FILES =
  'one folder a run, whose id does not exist at synthesis; each function is given the one kind of file that it reads or writes'
const UNTRACED =
  'a log or a trace of the sealed side would tell how long a question took and how it went; failures lie in the vault'
const READ_BY_PEOPLE = 'nobody takes messages from it by program: it keeps refused accesses until somebody has looked'
const IS_THE_QUEUE = 'it is the dead-letter queue'

/** Key patterns of the experience bucket by the policy that names them. */
const KEY_PATTERNS: Readonly<Record<string, readonly string[]>> = {
  'Functions/AskProposers/Policy/Resource': ['autotune/runs/*/selected-proposal.json', 'experience/*', 'packs/*'],
  'Functions/AdvanceRun/Policy/Resource': [
    'autotune/runs/*/refusal.json',
    ...AUTOTUNE_FILES.filter((file) => file !== 'manifest.json').map((file) => `autotune/runs/*/${file}`),
    'autotune/work/*',
    'autotune/work/*/outcome.json',
    'autotune/work/*/question.json',
    'autotune/work/*/rounds/*',
    'autotune/work/*/search/*',
    'autotune/work/*/settings/*',
  ],
  // Some of these are there with a live model only.
  'Functions/FinishRun/Policy/Resource': [
    'autotune/runs/*/harness-replies.jsonl',
    'autotune/runs/*/manifest.json',
    'autotune/usage/*',
    'autotune/work/*/answer.json',
    'autotune/work/*/outcome.json',
    'autotune/work/*/request.json',
    'autotune/work/*/run.json',
    'model-cache/*',
  ],
  'Functions/CompileSearch/Policy/Resource': [
    'autotune/work/*/layout.json',
    'autotune/work/*/pieces.jsonl',
    'autotune/work/*/pieces/*',
    'autotune/work/*/request.json',
    'autotune/work/*/run.json',
    'experience/*',
    'goldens/*',
    'packs/*',
  ],
  // The last of these are there with a harness and a model only.
  'Functions/LayOutSearch/Policy/Resource': [
    'autotune/work/*/laid/*',
    'autotune/work/*/layout.json',
    'autotune/work/*/pieces/*',
    'autotune/work/*/shards/*',
    'experience/*',
    'model-cache/*',
  ],
  'Functions/GatherSearch/Policy/Resource': [
    'autotune/runs/*/refusal.json',
    'autotune/work/*/draws.jsonl',
    'autotune/work/*/laid/*',
    'autotune/work/*/layout.json',
    'autotune/work/*/panel.json',
  ],
  'Functions/SealerRights/Resource': [
    'autotune/work/*/request.json',
    'experience/*',
    'experience/index/*',
    'experience/links/*',
    'packs/*',
  ],
  'Functions/PinRun/Policy/Resource': [
    'autotune/work/*/request.json',
    'autotune/work/*/run.json',
    'experience/near-copies/*',
    'experience/traces/*',
    'packs/*',
    'scars/*',
  ],
  'Functions/ReplayShard/Policy/Resource': [
    'autotune/work/*/answers/*',
    'autotune/work/*/run.json',
    'autotune/work/*/settings/*',
    'autotune/work/*/shards/*',
    'experience/*',
    'model-cache/*',
  ],
  'Functions/GateRights/Resource': [
    'autotune/runs/*/manifest.json',
    'packs/*',
    'autotune/work/*/answer.json',
    'autotune/work/*/question.json',
    'autotune/work/*/run.json',
  ],
  'Functions/StartRun/Policy/Resource': [
    'autotune/runs/*/manifest.json',
    'autotune/runs/*/refusal.json',
    'autotune/runs/*/target.json',
    'autotune/work/*/request.json',
    'packs/*',
  ],
  'EraserRights/Resource': [...ERASED_FROM, 'packs/*'],
  'EraserRewrites/Resource': ERASED_FROM,
  'TuningWorkflowRole/DefaultPolicy/Resource': [
    'autotune/work/*/exports/*',
    'autotune/work/*/pieces.jsonl',
    'autotune/work/*/rounds/*',
  ],
}

const gateExecutions = (map = '') => executionsOf('AutotuneGateWorkflow8075CBCB', map)
const tuningExecutions = (map = '') => executionsOf('AutotuneTuningWorkflowC8435D2D', map)

const KEYS: readonly Row[] = Object.entries(KEY_PATTERNS).flatMap(([path, patterns]) =>
  patterns.map((p) => [path, inExperience(p), WORK_FILES] as const),
)

/** Everything but key patterns. */
const OTHERS: readonly Row[] = [
  ...['Sealer', 'Gate'].flatMap(
    (role) =>
      [
        [`Functions/${role}Vault/Resource`, inVault('*'), WHOLE_VAULT],
        [`Functions/${role}Heads/Resource`, HEADS, LINES],
      ] as const,
  ),
  ['EraserVault/Resource', inVault('*'), WHOLE_VAULT],
  ['EraserVersions/Resource', inVault('*'), WHOLE_VAULT],
  ['EraserHeads/Resource', HEADS, LINES],
  ...['AwsSolutions-SF1', 'AwsSolutions-SF2', 'Serverless-StepFunctionStateMachineXray'].map(
    (id) => ['GateWorkflow/Resource', id, UNTRACED] as const,
  ),
  [
    'TuningWorkflowRole/DefaultPolicy/Resource',
    wildcard('*'),
    `${TRACES}, and Lambda none to ask the limits of the account of`,
  ],
  ['TuningWorkflowRole/DefaultPolicy/Resource', gateExecutions(), EXECUTIONS],
  ['TuningWorkflowMapRights/Resource', tuningExecutions(), EXECUTIONS],
  ['TuningWorkflowMapRights/Resource', tuningExecutions('/LayOutSearchSet'), EXECUTIONS],
  ['TuningWorkflowMapRights/Resource', tuningExecutions('/LayOutHeldOutSet'), EXECUTIONS],
  ['TuningWorkflowMapRights/Resource', tuningExecutions('/ReplaySearchShards'), EXECUTIONS],
  ['GateWorkflowMapRights/Resource', gateExecutions(), EXECUTIONS],
  ['GateWorkflowMapRights/Resource', gateExecutions('/ScoreSealedShards'), EXECUTIONS],
  ['Watch/Denied/Resource', 'AwsSolutions-SQS3', READ_BY_PEOPLE],
  ['Watch/Denied/Resource', 'Serverless-SQSRedrivePolicy', READ_BY_PEOPLE],
  ['DeadLetters/Resource', 'AwsSolutions-SQS3', IS_THE_QUEUE],
  ['DeadLetters/Resource', 'Serverless-SQSRedrivePolicy', IS_THE_QUEUE],
]

/** Roles of the stores, each over a whole store or a part of it. */
const STORES: readonly Row[] = [
  ['Vault/Ingest/DefaultPolicy/Resource', wildcard('<VaultBucket0925C477.Arn>/experience/*'), WHOLE_STORE],
  ...['experience/*', 'ingest/*', 'packs/*', 'autotune/runs/*/manifest.json'].map(
    (p) =>
      ['Vault/Ingest/DefaultPolicy/Resource', wildcard(`<ExperienceBucket96636D14.Arn>/${p}`), WHOLE_STORE] as const,
  ),
  ['Releases/Releaser/DefaultPolicy/Resource', wildcard('<ReleasesBucketEA8ED4CA.Arn>/*'), WHOLE_STORE],
  ...[
    'attestations/*',
    'autotune/runs/*',
    'cadence/*',
    'experience/*',
    'goldens/*',
    'packs/*',
    'production/*',
    'proposals/*',
    'scars/*',
  ].flatMap((p) =>
    ['Attestor', 'Auditor'].map(
      (role) =>
        [`${role}/DefaultPolicy/Resource`, wildcard(`<ExperienceBucket96636D14.Arn>/${p}`), WHOLE_STORE] as const,
    ),
  ),
  ['Attestor/DefaultPolicy/Resource', wildcard('<ReleasesBucketEA8ED4CA.Arn>/*'), WHOLE_STORE],
  ['Auditor/DefaultPolicy/Resource', wildcard('<ReleasesBucketEA8ED4CA.Arn>/*'), WHOLE_STORE],
  ['Memory/DefaultPolicy/Resource', wildcard('<ExperienceBucket96636D14.Arn>/packs/*'), WHOLE_STORE],
  ...['Attestor', 'Auditor', 'Memory', 'Vault/Ingest', 'Releases/Releaser'].map(
    (role) => [`${role}/DefaultPolicy/Resource`, wildcard('<HeadsBucket0A4B513A.Arn>/heads/*'), LINES] as const,
  ),
]

/** Of both stacks as they are always deployed. Some stand only with a harness and a model, and are there without too. */
export const ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  ...below('Data', STORES),
  ...below('Workflow/Autotune', KEYS),
  ...below('Workflow/Autotune', OTHERS),
]
