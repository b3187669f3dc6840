/** Every role against every door, from the templates alone. */
import { type Ask, policiesOf } from './iam.ts'
import { resolver, type Templates } from './resolve.ts'

const known = new WeakMap<Templates, Map<string, [stack: string, id: string][]>>()

/** Resources by type, with their stacks: every store under policies asks for some of the same templates. */
function idsOf(templates: Templates): Map<string, [stack: string, id: string][]> {
  const read = known.get(templates)
  if (read) return read
  const ids = new Map<string, [string, string][]>()
  for (const [stack, { Resources = {} }] of Object.entries(templates))
    for (const [id, { Type }] of Object.entries(Resources)) ids.set(Type, [...(ids.get(Type) ?? []), [stack, id]])
  known.set(templates, ids)
  return ids
}

/** ARN of the one resource of a type whose logical id starts so. Throws when there is none or more than one. */
export function arnOf(templates: Templates, type: string, start: string): string {
  const found = (idsOf(templates).get(type) ?? [])
    .filter(([, id]) => id.startsWith(start))
    .map((at) => `arn:${at.join('.')}`)
  if (found.length !== 1) throw new Error(`${found.length} resources ${type} start with ${start}`)
  return found[0]!
}

/** ARN of an execution of a machine as the policies write it, or, with `/LABEL`, of a child of one of its maps. */
export const executionArn = (templates: Templates, machine: string, map = ''): string => {
  const [stack, id] = machine.slice('arn:'.length).split('.')
  const name = resolver(templates, stack!)({ 'Fn::GetAtt': [id, 'Name'] })
  return `arn:AWS::Partition:states:AWS::Region:AWS::AccountId:execution:${name}${map}:question-1`
}

/** Doors of the one intent whose routing is in AppConfig; none where that is off. */
function appConfigDoors(templates: Templates): Record<string, Ask> {
  const types = Object.values(templates).flatMap(({ Resources = {} }) => Object.values(Resources).map((r) => r.Type))
  if (!types.includes('AWS::AppConfig::Application')) return {}
  const id = (type: string, start = '') => arnOf(templates, `AWS::AppConfig::${type}`, start).slice('arn:'.length)
  const all = 'arn:AWS::Partition:appconfig:AWS::Region:AWS::AccountId:'
  const application = `${all}application/${id('Application')}`
  const environment = `${application}/environment/${id('Environment')}`
  const profile = id('ConfigurationProfile')
  const may = (action: string, resource: string): Ask => ({ action: `appconfig:${action}`, resource })
  return {
    'write routing version': may('CreateHostedConfigurationVersion', `${application}/configurationprofile/${profile}`),
    'deploy routing': may('StartDeployment', environment),
    'deploy routing by another strategy': may('StartDeployment', `${all}deploymentstrategy/other`),
    'deploy to another application': may('StartDeployment', `${all}application/other/environment/other`),
    'stop deployment of routing': may('StopDeployment', `${environment}/deployment/1`),
    'change alarms of routing': may('UpdateEnvironment', environment),
    'read deployed routing': may('GetLatestConfiguration', `${environment}/configuration/${profile}`),
  }
}

/** Doors of the tables for SQL; none where they are off. */
function auditDoors(templates: Templates, experience: string): Record<string, Ask> {
  const types = Object.values(templates).flatMap(({ Resources = {} }) => Object.values(Resources).map((r) => r.Type))
  if (!types.includes('AWS::Athena::WorkGroup')) return {}
  const results = arnOf(templates, 'AWS::S3::Bucket', 'AuditSqlResults')
  const all = (service: string) => `arn:AWS::Partition:${service}:AWS::Region:AWS::AccountId:`
  const group = `${all('athena')}workgroup/AutotuneWorkflow-audit`
  const table = `${all('glue')}table/autotuneworkflow_audit/runs`
  return {
    'ask tables': { action: 'athena:StartQueryExecution', resource: group },
    'ask without a limit': { action: 'athena:StartQueryExecution', resource: `${all('athena')}workgroup/primary` },
    'change limit of questions': { action: 'athena:UpdateWorkGroup', resource: group },
    'read catalogue': { action: 'glue:GetTable', resource: table },
    'change catalogue': { action: 'glue:UpdateTable', resource: table },
    'read tables': { action: 's3:GetObject', resource: `${experience}/audit/runs/month=2026-11/part.jsonl` },
    'write tables': { action: 's3:PutObject', resource: `${experience}/audit/runs/month=2026-11/part.jsonl` },
    'remove tables': { action: 's3:DeleteObject', resource: `${experience}/audit/runs/month=2026-11/part.jsonl` },
    'read answers of questions': { action: 's3:GetObject', resource: `${results}/answers/1.csv` },
  }
}

/** Doors of attestations: the keys that a deployment signs with, where it does. */
function attestationDoors(templates: Templates, experience: string): Record<string, Ask> {
  const key = 's3:PutObject'
  const resource = `${experience}/attestations/r1/gate/0001.json`
  const doors: Record<string, Ask> = {
    'add attestation': { action: key, resource, context: { 's3:if-none-match': '*' } },
    'replace attestation': { action: key, resource },
  }
  for (const kind of ['Gate', 'Decisions', 'Promotions'])
    for (const [id, { Type }] of Object.entries(templates.AutotuneWorkflow!.Resources!))
      if (Type === 'AWS::KMS::Key' && id.startsWith(`Attestations${kind}Key`))
        doors[`sign ${kind.toLowerCase()}`] = { action: 'kms:Sign', resource: `arn:AutotuneWorkflow.${id}` }
  return doors
}

/** Doors that a machine goes through when its execution is redriven with a map that failed: the map's run is named by its label. */
const redriveDoors = (templates: Templates): Record<string, Ask> =>
  Object.fromEntries(
    [
      ['gate', 'AutotuneGateWorkflow', '/ScoreSealedShards'],
      ['tuning', 'AutotuneTuningWorkflow', '/ReplaySearchShards'],
      ['routine', 'CadenceDailyWorkflow', '/SliceIntents'],
    ].map(([name, machine, map]) => [
      `redrive map of ${name}`,
      {
        action: 'states:RedriveExecution',
        resource: executionArn(templates, arnOf(templates, 'AWS::StepFunctions::StateMachine', machine!), map),
      },
    ]),
  )

/** What S3 asks of a key for whoever reads or writes an object. */
export const viaS3 = { 'kms:ViaService': 's3.AWS::Region.amazonaws.com' }

/** The doors, each as one question. */
export function doorsOf(templates: Templates): Readonly<Record<string, Ask>> {
  const vault = arnOf(templates, 'AWS::S3::Bucket', 'VaultBucket')
  const logs = arnOf(templates, 'AWS::S3::Bucket', 'VaultAccessLogs')
  const key = arnOf(templates, 'AWS::KMS::Key', 'VaultKey')
  const releases = arnOf(templates, 'AWS::S3::Bucket', 'ReleasesBucket')
  const experience = arnOf(templates, 'AWS::S3::Bucket', 'ExperienceBucket')
  const heads = arnOf(templates, 'AWS::S3::Bucket', 'HeadsBucket')
  const headsKey = arnOf(templates, 'AWS::KMS::Key', 'HeadsKey')
  const table = arnOf(templates, 'AWS::DynamoDB::Table', 'LedgerTable')
  const gate = arnOf(templates, 'AWS::StepFunctions::StateMachine', 'AutotuneGateWorkflow')
  const scoring = arnOf(templates, 'AWS::Logs::LogGroup', 'AutotuneFunctionsScoreShardLog')
  const execution = executionArn(templates, gate)
  const link = arnOf(templates, 'AWS::KMS::Key', 'ReviewLinkKey')
  const review = arnOf(templates, 'AWS::StepFunctions::StateMachine', 'ReviewWorkflow')
  const item = (action: string, leadingKey: string): Ask => ({
    action: `dynamodb:${action}`,
    resource: table,
    context: { 'dynamodb:LeadingKeys': leadingKey },
  })
  return {
    'read vault': { action: 's3:GetObject', resource: `${vault}/goldens/order.refund/abc/test.jsonl` },
    'read vault version': { action: 's3:GetObjectVersion', resource: `${vault}/gate/abc/1/answer.json` },
    'list vault': { action: 's3:ListBucket', resource: vault },
    'remove vault version': { action: 's3:DeleteObjectVersion', resource: `${vault}/gate/abc/1/answer.json` },
    'unlock vault': { action: 's3:BypassGovernanceRetention', resource: `${vault}/gate/abc/1/answer.json` },
    'change vault policy': { action: 's3:PutBucketPolicy', resource: vault },
    'write vault': { action: 's3:PutObject', resource: `${vault}/experience/runs/2026-01-01/r1/trace.json` },
    'seal version': { action: 's3:PutObject', resource: `${vault}/goldens/order.refund/abc/test.jsonl` },
    'read vault logs': { action: 's3:GetObject', resource: `${logs}/1` },
    'write gate log': { action: 'logs:PutLogEvents', resource: scoring },
    'read gate log': { action: 'logs:GetLogEvents', resource: scoring },
    'read gate history': { action: 'states:GetExecutionHistory', resource: execution },
    'read gate progress': {
      action: 'states:DescribeMapRun',
      resource: executionArn(templates, gate, '/ScoreSealedShards').replace(':execution:', ':mapRun:'),
    },
    ...redriveDoors(templates),
    'read metrics': { action: 'cloudwatch:GetMetricData', resource: '*' },
    decrypt: { action: 'kms:Decrypt', resource: key, context: viaS3 },
    'decrypt by hand': { action: 'kms:Decrypt', resource: key },
    encrypt: { action: 'kms:GenerateDataKey', resource: key, context: viaS3 },
    'grant key': { action: 'kms:CreateGrant', resource: key },
    'change key policy': { action: 'kms:PutKeyPolicy', resource: key },
    'look at concurrency': { action: 'lambda:GetAccountSettings', resource: '*' },
    'ask gate': { action: 'states:StartExecution', resource: gate },
    'start tuning': {
      action: 'states:StartExecution',
      resource: arnOf(templates, 'AWS::StepFunctions::StateMachine', 'AutotuneTuningWorkflow'),
    },
    'start routine': {
      action: 'states:StartExecution',
      resource: arnOf(templates, 'AWS::StepFunctions::StateMachine', 'CadenceDailyWorkflow'),
    },
    'add judged day': {
      action: 's3:PutObject',
      resource: `${experience}/cadence/daily/2026-11-01.json`,
      context: { 's3:if-none-match': '*' },
    },
    'keep bands': {
      action: 's3:PutObject',
      resource: `${experience}/cadence/bands/0123.json`,
      context: { 's3:if-none-match': '*' },
    },
    'replace bands': { action: 's3:PutObject', resource: `${experience}/cadence/bands/0123.json` },
    'replace judged day': { action: 's3:PutObject', resource: `${experience}/cadence/daily/2026-11-01.json` },
    'add rows': {
      action: 's3:PutObject',
      resource: `${experience}/cadence/rows/2026-11-01/a-b.jsonl`,
      context: { 's3:if-none-match': '*' },
    },
    'add week': {
      action: 's3:PutObject',
      resource: `${experience}/cadence/weekly/2026-11-01.json`,
      context: { 's3:if-none-match': '*' },
    },
    'add quarter': {
      action: 's3:PutObject',
      resource: `${experience}/cadence/quarterly/2026-11-01.json`,
      context: { 's3:if-none-match': '*' },
    },
    'add re-split': {
      action: 's3:PutObject',
      resource: `${experience}/cadence/resplit/order.refund/2026-11-01.json`,
      context: { 's3:if-none-match': '*' },
    },
    'draw epoch': item('PutItem', 'epoch#order.refund'),
    'read epoch key': item('GetItem', 'epochkey#order.refund'),
    'charge year': item('UpdateItem', 'budget'),
    'replace rows': { action: 's3:PutObject', resource: `${experience}/cadence/rows/2026-11-01/a-b.jsonl` },
    'write answer': { action: 's3:PutObject', resource: `${experience}/autotune/work/r1/answer.json` },
    'read experience': { action: 's3:GetObject', resource: `${experience}/goldens/order.refund/search.jsonl` },
    'write search run': {
      action: 's3:PutObject',
      resource: `${experience}/experience/runs/2026-01-01/r1/trace.json`,
    },
    'read journal': { action: 's3:GetObject', resource: `${experience}/ingest/journal/abc.jsonl` },
    'write journal': { action: 's3:PutObject', resource: `${experience}/ingest/journal/abc.jsonl` },
    'file proposal': { action: 's3:PutObject', resource: `${experience}/proposals/pp_policy_0/a.json` },
    'write pack': { action: 's3:PutObject', resource: `${experience}/packs/p@1/pack.json` },
    'write run': { action: 's3:PutObject', resource: `${experience}/autotune/runs/r1/target.json` },
    'read release': { action: 's3:GetObject', resource: `${releases}/releases/r1.json` },
    'remove release': { action: 's3:DeleteObjectVersion', resource: `${releases}/releases/r1.json` },
    'unlock release': { action: 's3:BypassGovernanceRetention', resource: `${releases}/releases/r1.json` },
    'write release': { action: 's3:PutObject', resource: `${releases}/releases/r1.json` },
    SendTaskSuccess: { action: 'states:SendTaskSuccess', resource: review },
    SendTaskFailure: { action: 'states:SendTaskFailure', resource: review },
    'start review': { action: 'states:StartExecution', resource: review },
    'start rollout': {
      action: 'states:StartExecution',
      resource: arnOf(templates, 'AWS::StepFunctions::StateMachine', 'RolloutsWorkflow'),
    },
    'sign release': { action: 'kms:GenerateMac', resource: arnOf(templates, 'AWS::KMS::Key', 'ReleasesSigningKey') },
    'read head': { action: 's3:GetObject', resource: `${heads}/heads/00000001.json` },
    'add head': {
      action: 's3:PutObject',
      resource: `${heads}/heads/00000001.json`,
      context: { 's3:if-none-match': '*' },
    },
    'replace head': { action: 's3:PutObject', resource: `${heads}/heads/00000001.json` },
    'remove head': { action: 's3:DeleteObject', resource: `${heads}/heads/00000001.json` },
    'remove head version': { action: 's3:DeleteObjectVersion', resource: `${heads}/heads/00000001.json` },
    'unlock head': { action: 's3:BypassGovernanceRetention', resource: `${heads}/heads/00000001.json` },
    'sign head': { action: 'kms:GenerateMac', resource: headsKey },
    'check head': { action: 'kms:VerifyMac', resource: headsKey },
    'check release': { action: 'kms:VerifyMac', resource: arnOf(templates, 'AWS::KMS::Key', 'ReleasesSigningKey') },
    'write manifest': { action: 's3:PutObject', resource: `${experience}/autotune/runs/r1/manifest.json` },
    'read routing': { action: 's3:GetObject', resource: `${releases}/rollouts/ro_r1/0000/routing.json` },
    'hand in production': { action: 's3:PutObject', resource: `${experience}/inbox/production/ro_r1/1.jsonl` },
    'write production log': item('PutItem', 'production#ro_r1'),
    'write rollout item': item('UpdateItem', 'rollout'),
    'write tuple in force': item('UpdateItem', 'release'),
    'sign link': { action: 'kms:GenerateMac', resource: link },
    'check link': { action: 'kms:VerifyMac', resource: link },
    'read token item': item('Query', 'token#rv_r1_1'),
    'write token item': item('PutItem', 'token#rv_r1_1'),
    'read review item': item('GetItem', 'review'),
    'write review item': item('UpdateItem', 'review'),
    'read held-out item': item('GetItem', 'heldout#order.refund'),
    'write held-out item': item('UpdateItem', 'heldout#order.refund'),
    'claim family': item('PutItem', 'family#a#order.refund'),
    'write lock': item('PutItem', 'lock'),
    'note end of execution': item('PutItem', 'ended'),
    'write rejection': item('PutItem', 'rejection#order.refund'),
    'write run item': item('PutItem', 'run#order.refund'),
    'fix split rule': item('PutItem', 'split'),
    'hold import lock': item('UpdateItem', 'import'),
    'change split rule': item('UpdateItem', 'split'),
    'scan ledger': { action: 'dynamodb:Scan', resource: table },
    ...appConfigDoors(templates),
    ...auditDoors(templates, experience),
    ...attestationDoors(templates, experience),
  }
}

/** A function that somebody else has made, and passed a role to. */
export const STRANGER = 'arn:elsewhere.Function'

/** Logical id of a role without its hash. */
export const roleName = (arn: string): string => arn.slice(arn.indexOf('.') + 1).replace(/[0-9A-F]{8}$/, '')

/**
 * Doors that are open to each role, in the order of the doors; roles by their logical id without its hash. A role of functions is
 * asked from its functions. Where a function of somebody else that is passed the role finds less open, that is a row of its own.
 */
export function securityTable(templates: Templates, only?: string): Readonly<Record<string, readonly string[]>> {
  const policies = policiesOf(templates)
  const doors = Object.entries(doorsOf(templates))
  const open = (role: string, from: string | null) =>
    doors.filter(([, ask]) => policies.may(role, from === null ? ask : fromFunction(ask, from))).map(([name]) => name)
  return Object.fromEntries(
    policies.roles
      .flatMap((role) => {
        const name = roleName(role)
        if (only !== undefined && name !== only) return []
        const functions = policies.functions.get(role)
        if (!functions) return [[name, open(role, null)] as const]
        const any = new Set(functions.flatMap((f) => open(role, f)))
        const own = doors.map(([door]) => door).filter((door) => any.has(door))
        const strangers = open(role, STRANGER)
        return [
          [name, own] as const,
          ...(strangers.length < own.length ? [[`${name}, passed on`, strangers] as const] : []),
        ]
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** The same question as code of a function asks it. */
export const fromFunction = (ask: Ask, arn: string): Ask => ({
  ...ask,
  context: { ...ask.context, 'lambda:SourceFunctionArn': arn },
})
