/** The constructs in an app of somebody's own: everything by props, grants, metrics, own stores, and what is refused in words. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, Duration, NestedStack, RemovalPolicy, Stack, TimeZone } from 'aws-cdk-lib'
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { AccountPrincipal, AccountRootPrincipal, Group, type IGrantable, Role, User } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import type { Construct } from 'constructs'
import { beforeAll, describe, expect, it } from 'vitest'
import { Autotune, type AutotuneProps, StatefulStack, type StatefulStackProps, TuningTarget } from '../../lib/index.ts'
import { aConfig } from '../core/release/builders.ts'
import { theBands } from '../support/bands.ts'
import { INTENT } from '../support/builders.ts'
import { templatesIn, UNBUNDLED } from '../support/infra/deployment.ts'
import { policiesOf } from '../support/infra/iam.ts'
import type { Resource, Templates } from '../support/infra/resolve.ts'
import { arnOf, fromFunction } from '../support/infra/security-table.ts'

const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/11111111-1111-1111-1111-111111111111'
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'))
const target = TuningTarget.parse(json('functions/demo/target.json'))

/** An app with both stacks; `fill` sees them before they are synthesized. */
function synthesized(
  props: Partial<AutotuneProps> = {},
  stored: Partial<StatefulStackProps> = {},
  fill: (autotune: Autotune, stores: StatefulStack, stack: Stack) => void = () => {},
): Templates {
  const app = new App({ context: UNBUNDLED })
  const stores = new StatefulStack(app, 'SupportData', { retain: true, ...stored })
  const stack = new Stack(app, 'Support')
  fill(new Autotune(stack, 'Autotune', { stores, ...props }), stores, stack)
  return templatesIn(app)
}

const ofType = (templates: Templates, type: string): Resource[] =>
  Object.values(templates).flatMap((t) => Object.values(t.Resources ?? {}).filter((r) => r.Type === type))

/** What AWSLambdaVPCAccessExecutionRole grants of EC2. */
const JOINING = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
]

describe('an app of its own', () => {
  it('has desk, rollouts and routine as props of one construct', () => {
    const templates = synthesized({
      review: {
        config: {
          sender: 'a@example.com',
          roles: Object.fromEntries(
            ['reliability', 'policy', 'domain_owner'].map((role) => [role, ['ben@example.com']]),
          ),
          expires_hours: 72,
        },
      },
      rollouts: { configs: { [INTENT]: aConfig() } },
      routine: { bands: theBands() as never },
    })
    // Gate, tuning, rollout, review; daily, weekly and quarterly.
    expect(ofType(templates, 'AWS::StepFunctions::StateMachine')).toHaveLength(7)
    expect(ofType(templates, 'AWS::ApiGatewayV2::Api')).toHaveLength(1)
    expect(ofType(templates, 'AWS::Scheduler::Schedule')).toHaveLength(3)
  })

  it('starts each target by its own schedule, on the clock of its place', () => {
    const tokens = { ...target, metric: 'economics_tokens_per_decision' } as const
    const berlin = ScheduleExpression.cron({ hour: '6', minute: '30', timeZone: TimeZone.EUROPE_BERLIN })
    const templates = synthesized({ targets: { One: target, Two: tokens }, schedules: { Two: berlin } })
    expect(
      ofType(templates, 'AWS::Scheduler::Schedule').map(({ Properties: p }) => [
        p!.ScheduleExpression,
        p!.ScheduleExpressionTimezone,
      ]),
    ).toEqual([
      ['cron(0 3 * * ? *)', 'Etc/UTC'],
      ['cron(30 6 * * ? *)', 'Europe/Berlin'],
    ])
    expect(() => synthesized({ targets: { One: target }, schedules: { Won: berlin } })).toThrow(
      'schedules names "Won", and targets holds none of that name',
    )
  })

  it('keeps logs, and runs, as it says, in every function and workflow', () => {
    const templates = synthesized({
      logRetention: RetentionDays.ONE_YEAR,
      logRemoval: RemovalPolicy.DESTROY,
      memory: { 'compile-search': 10_240 },
    })
    for (const { Properties: p, DeletionPolicy } of ofType(templates, 'AWS::Logs::LogGroup'))
      expect([p!.RetentionInDays, DeletionPolicy]).toEqual([365, 'Delete'])
    const sizes = ofType(templates, 'AWS::Lambda::Function').map(({ Properties: p }) => p!.MemorySize)
    expect(sizes.filter((mb) => mb === 10_240)).toHaveLength(1)
    expect(() => synthesized({ memory: { 'compile-search': 64 } })).toThrow('memory of "compile-search" is 64')
    expect(() => synthesized({ memory: { 'compile-serach': 2048 } })).toThrow(
      '"compile-serach", which is no function: they are advance-run,',
    )
  })

  it('runs every function in a VPC of its own, which Lambda alone may join under its role', () => {
    const app = new App({ context: UNBUNDLED })
    const stores = new StatefulStack(app, 'SupportData', { retain: true })
    const stack = new Stack(app, 'Support')
    new Autotune(stack, 'Autotune', {
      stores,
      vpc: new Vpc(stack, 'Vpc', { natGateways: 1, restrictDefaultSecurityGroup: false }),
    })
    const { SupportData, Support } = templatesIn(app)
    const ours = Object.entries(Support!.Resources!).filter(
      ([, r]) =>
        r.Type === 'AWS::Lambda::Function' && JSON.stringify(r.Properties!.Environment ?? {}).includes('AUTOTUNE_'),
    )
    expect(ours.length).toBeGreaterThan(10)
    const { functions, may } = policiesOf({ SupportData: SupportData!, Support: Support! })
    for (const [id, resource] of ours) {
      const { Properties: p, DependsOn = [] } = resource as Resource & { DependsOn?: string[] }
      expect(p!.VpcConfig).toBeDefined()
      const [role] = [...functions].find(([, arns]) => arns.includes(`arn:Support.${id}`))!
      for (const action of JOINING) {
        const ask = { action, resource: '*' }
        expect([id, action, may(role, ask)]).toEqual([id, action, true])
        expect(may(role, fromFunction(ask, `arn:Support.${id}`))).toBe(false)
      }
      // Lambda looks for these rights when the function is made.
      expect(DependsOn.join()).toMatch(/Policy/)
    }
  })

  it('gives nobody a right on networks without a VPC', () => {
    expect(JSON.stringify(synthesized({}))).not.toContain('ec2:')
  })

  it('has names of its own in a nested stack, and stands alone in its stack', () => {
    const app = new App({ context: UNBUNDLED })
    const stores = new StatefulStack(app, 'SupportData', { retain: true })
    const above = new Stack(app, 'Support')
    const rollouts = { configs: { [INTENT]: aConfig() }, services: ['appconfig'] } as const
    const nested = ['Inner', 'Other'].map((id) => new NestedStack(above, id))
    for (const stack of nested) new Autotune(stack, 'Autotune', { stores, auditSql: {}, rollouts })
    expect(() => new Autotune(nested[0]!, 'Second', { stores })).toThrow(
      'Support/Inner/Autotune and Support/Inner/Second have metrics and tables of one name',
    )
    nested[0]!.node.tryRemoveChild('Second')
    const { directory } = app.synth()
    const texts = readdirSync(directory).flatMap((file) =>
      file.endsWith('nested.template.json') ? [readFileSync(join(directory, file), 'utf8')] : [],
    )
    for (const name of ['_audit"', '-audit"', '-Forward"', `-${INTENT}"`]) {
      const called = texts.map((text) => new RegExp(`"Name": "(\\w[^"]*${name})`).exec(text)?.[1])
      expect(new Set(called).size).toBe(2)
      expect(called.join()).toMatch(/support.(inner|other)/i)
    }
    expect(texts.join()).not.toMatch(/token/i)
  })

  it('works on a bucket, a table and a key of its own', () => {
    const table = { pk: { name: 'pk', type: AttributeType.STRING }, sk: { name: 'sk', type: AttributeType.STRING } }
    const app = new App({ context: UNBUNDLED })
    const own = new Stack(app, 'Own')
    const stores = new StatefulStack(app, 'SupportData', {
      retain: true,
      experienceBucket: (scope) => new Bucket(scope, 'Mine', { versioned: true }),
      ledgerTable: new Table(own, 'Ledger', { partitionKey: table.pk, sortKey: table.sk }),
      vaultKey: (scope) => new Key(scope, 'MyKey'),
      vaultLock: Duration.days(90),
    })
    new Autotune(new Stack(app, 'Support'), 'Autotune', { stores })
    const { SupportData } = templatesIn(app)
    const of = (type: string, start = '') =>
      Object.entries(SupportData!.Resources!).flatMap(([id, r]) =>
        r.Type === type && id.startsWith(start) ? [JSON.stringify(r.Properties)] : [],
      )
    expect(of('AWS::DynamoDB::Table')).toEqual([])
    expect(of('AWS::S3::Bucket', 'Experience')).toEqual([])
    expect(of('AWS::S3::Bucket', 'Mine')[0]).toContain('WorkFilesExpire')
    expect(of('AWS::S3::BucketPolicy', 'Mine')[0]).toContain('DenyJournal')
    expect(of('AWS::KMS::Key', 'Vault')).toEqual([])
    for (const wall of ['DenyDecrypt', 'DenyEncrypt', 'DenyDirectUse'])
      expect(of('AWS::KMS::Key', 'MyKey')[0]).toContain(wall)
    expect(of('AWS::S3::Bucket', 'VaultBucket')[0]).toContain('"Days":90')
  })

  it('refuses a bucket that keeps no versions', () => {
    expect(() => synthesized({}, { experienceBucket: (scope) => new Bucket(scope, 'Mine') })).toThrow(
      'experienceBucket SupportData/Mine keeps no versions: make it with "versioned: true"',
    )
  })

  it('refuses a bucket or table under a key that no role may use, and a bucket or key that exists', () => {
    const mine = (scope: Construct) =>
      new Bucket(scope, 'Mine', { versioned: true, encryptionKey: new Key(scope, 'MineKey') })
    expect(() => synthesized({}, { experienceBucket: mine })).toThrow(
      'SupportData/Mine is encrypted under a key of its own',
    )
    const there = (scope: Construct) => Bucket.fromBucketName(scope, 'There', 'there') as Bucket
    expect(() => synthesized({}, { experienceBucket: there })).toThrow('experienceBucket is a bucket that exists')
    const key = (scope: Construct) => Key.fromKeyArn(scope, 'There', KEY_ARN) as Key
    expect(() => synthesized({}, { vaultKey: key })).toThrow('vaultKey is a key that exists')
    const ledgerTable = Table.fromTableAttributes(new Stack(), 'T', {
      tableName: 't',
      encryptionKey: Key.fromKeyArn(new Stack(), 'K', KEY_ARN),
    })
    expect(() => synthesized({}, { ledgerTable })).toThrow('ledgerTable is encrypted under a key of its own')
  })

  it('says which feature flags it needs, and where they go', () => {
    expect(() => new StatefulStack(new App(), 'Data', { retain: true })).toThrow(
      /put "@aws-cdk\/aws-s3:createDefaultLoggingPolicy": true, "@aws-cdk\/aws-s3:serverAccessLogsUseBucketPolicy": true, "@aws-cdk\/aws-iam:minimizePolicies": true into "context" of cdk.json/,
    )
  })

  it('counts what people want to see of it', () => {
    const seen: unknown[] = []
    synthesized({}, {}, (autotune) => {
      const stack = Stack.of(autotune)
      for (const metric of [autotune.metricVerdict('certified'), autotune.metricSpentIntents()])
        seen.push(stack.resolve(metric.toMetricConfig().metricStat))
      seen.push(stack.resolve(autotune.metricRunFailed().toMetricConfig().mathExpression))
    })
    expect(seen).toEqual([
      expect.objectContaining({ namespace: 'Support', metricName: expect.stringContaining('ertified') }),
      expect.objectContaining({ namespace: 'Support' }),
      expect.objectContaining({ expression: 'failed + timedOut + aborted' }),
    ])
  })
})

describe('what is granted to somebody', () => {
  let templates: Templates
  beforeAll(() => {
    templates = synthesized({}, {}, (autotune, stores, stack) => {
      const role = (id: string) => new Role(stack, id, { assumedBy: new AccountRootPrincipal() })
      autotune.grantStart(role('Starter'))
      stores.grantImport(role('Importer'))
      stores.grantAudit(role('Checker'))
      stores.grantForget(role('Forgetter'))
      stores.grantRead(role('Reader'))
      stores.grantPropose(role('Proposer'))
    })
  }, 60_000)

  it('is that and nothing else; no grant reaches the vault', () => {
    const policies = policiesOf(templates)
    const find = (type: string, start: string) => arnOf(templates, type, start)
    const vault = find('AWS::S3::Bucket', 'VaultBucket')
    const experience = find('AWS::S3::Bucket', 'ExperienceBucket')
    const doors = {
      start: ['states:StartExecution', find('AWS::StepFunctions::StateMachine', 'AutotuneTuning')],
      ask: ['states:StartExecution', find('AWS::StepFunctions::StateMachine', 'AutotuneGate')],
      import: ['sts:AssumeRole', find('AWS::IAM::Role', 'VaultIngest')],
      audit: ['sts:AssumeRole', find('AWS::IAM::Role', 'Auditor')],
      forget: ['sts:AssumeRole', find('AWS::IAM::Role', 'Memory')],
      read: ['s3:GetObject', `${experience}/autotune/runs/r/target.json`],
      propose: ['s3:PutObject', `${experience}/inbox/changes/a/2026-Q4/000001.json`, { 's3:if-none-match': '*' }],
      replace: ['s3:PutObject', `${experience}/inbox/changes/a/2026-Q4/000001.json`],
      write: ['s3:PutObject', `${experience}/autotune/runs/r/target.json`],
      vault: ['s3:GetObject', `${vault}/goldens/a/b/test.jsonl`],
    } as const
    const open = (start: string) => {
      const role = policies.roles.find((r) => r.includes(`.${start}`))!
      return Object.entries(doors).flatMap(([door, [action, resource, context]]) =>
        policies.may(role, { action, resource, ...(context && { context }) }) ? [door] : [],
      )
    }
    expect(
      Object.fromEntries(
        ['Starter', 'Importer', 'Checker', 'Forgetter', 'Reader', 'Proposer'].map((r) => [r, open(r)]),
      ),
    ).toEqual({
      Starter: ['start'],
      Importer: ['import'],
      Checker: ['audit'],
      Forgetter: ['forget'],
      Reader: ['read'],
      Proposer: ['read', 'propose'],
    })
  })

  it('is refused to somebody of the stack of the stores, where it rests on them', () => {
    const app = new App({ context: UNBUNDLED })
    const stores = new StatefulStack(app, 'SupportData', { retain: true })
    const autotune = new Autotune(new Stack(app, 'Support'), 'Autotune', { stores })
    const role = new Role(stores, 'Operators', { assumedBy: new AccountRootPrincipal() })
    expect(() => autotune.grantStart(role)).toThrow(
      'grantStart: SupportData/Operators is of the stack of the stores, on which Support rests: make it in another stack',
    )
    expect(stores.grantAudit(role).success).toBe(true)
  })

  const ENV = { account: '111122223333', region: 'eu-central-1' }
  const OURS = 'arn:aws:iam::111122223333:role/people'
  const people = new AccountRootPrincipal()

  it.each<readonly [string, (scope: Stack) => IGrantable, RegExp | null]>([
    ['a role', (s) => new Role(s, 'Who', { assumedBy: people }), null],
    ['a user', (s) => new User(s, 'Who'), null],
    ['a group', (s) => new Group(s, 'Who'), null],
    ['a role that is imported', (s) => Role.fromRoleArn(s, 'Who', OURS), null],
    [
      'one that is not changed',
      (s) => Role.fromRoleArn(s, 'Who', OURS, { mutable: false }),
      /has policies that this app does not write: add to them \[\{/,
    ],
    ['one that is done', (s) => new Role(s, 'Who', { assumedBy: people }).withoutPolicyUpdates(), /does not write/],
    [
      'a role of another account',
      (s) => Role.fromRoleArn(s, 'Who', 'arn:aws:iam::444455556666:role/people'),
      /is of account 444455556666, and what is granted opens to account 111122223333 alone/,
    ],
    [
      'a role that this app makes in another account',
      (s) =>
        new Role(new Stack(s.node.root, 'Else', { env: { ...ENV, account: '444455556666' } }), 'Who', {
          assumedBy: people,
        }),
      /is of account 444455556666/,
    ],
    [
      'another account',
      () => new AccountPrincipal('444455556666'),
      /AccountPrincipal:.*444455556666.* gave|is of account 444455556666/,
    ],
    ['this account', () => people, /does not write/],
  ])('%s: gets every grant, or a warning says that it got none', (_, who, warns) => {
    const app = new App({ context: UNBUNDLED })
    const stores = new StatefulStack(app, 'SupportData', { retain: true, env: ENV })
    const stack = new Stack(app, 'Support', { env: ENV })
    const autotune = new Autotune(stack, 'Autotune', { stores })
    const grantee = who(stack)
    const grants = {
      grantStart: autotune.grantStart(grantee),
      grantErase: autotune.grantErase(grantee),
      grantImport: stores.grantImport(grantee),
      grantAudit: stores.grantAudit(grantee),
      grantForget: stores.grantForget(grantee),
      grantAttest: stores.grantAttest(grantee),
      grantRead: stores.grantRead(grantee),
      grantPropose: stores.grantPropose(grantee),
    }
    const said = [autotune, stores].flatMap(({ node }) => node.metadata.map(({ data }) => String(data)))
    for (const [name, { success }] of Object.entries(grants)) {
      expect([name, success]).toEqual([name, warns === null])
      const warning = said.find((text) => text.startsWith(`${name} gave `))
      if (warns === null) expect(warning).toBeUndefined()
      else expect(warning).toMatch(warns)
    }
  })
})
