import { beforeAll, describe, expect, it } from 'vitest'
import { templatesOf } from '../support/infra/deployment.ts'
import type { Templates } from '../support/infra/resolve.ts'
import { doorsOf, securityTable } from '../support/infra/security-table.ts'

/** Roles that sign what was decided: they check the store as it is open, and add signatures. */
const ATTESTS = [
  'read release',
  'read head',
  'check head',
  'read routing',
  'read review item',
  'read held-out item',
  'add attestation',
]
/** Roles that decide something: they read, check and add lines of the journal of heads; nobody replaces or removes one. */
const DECIDES = ['read head', 'add head', 'sign head', 'check head']

/** Every role and every door that is open to it. A door that is not named is shut. */
const TABLE = {
  // It checks, and writes nothing.
  Auditor: [
    'read experience',
    'read release',
    'read head',
    'check head',
    'check release',
    'read routing',
    'read review item',
    'read held-out item',
  ],
  // People sign under keys of their own: it adds what they signed, and sees what an auditor sees.
  Attestor: [
    'read experience',
    'read release',
    'read head',
    'check head',
    'check release',
    'read routing',
    'read review item',
    'read held-out item',
    'add attestation',
  ],
  // Each signs one kind of decision under its own key, sees nothing recorded, and replaces no signature.
  AttestationsDecisionsRole: [...ATTESTS, 'sign decisions'],
  AttestationsGateRole: [...ATTESTS, 'sign gate'],
  AttestationsPromotionsRole: [...ATTESTS, 'sign promotions'],
  // It asks the tables in SQL, and sees neither the store nor anything sealed.
  AuditSqlAuditor: ['ask tables', 'read catalogue', 'read tables', 'read answers of questions'],
  // It writes copies: of the store it reads what an auditor reads, and changes nothing.
  AuditSqlExportTablesRole: [
    'read release',
    'read head',
    'check head',
    'read routing',
    'read review item',
    'read held-out item',
    'read tables',
    'write tables',
    'remove tables',
  ],
  // The search: it signs no head, and finishes no run.
  AutotuneFunctionsAdvanceRunRole: ['write run', 'read held-out item', 'write lock', 'write run item'],
  // It reads what a caller who asks proposers reads, and writes nothing.
  AutotuneFunctionsAskProposersRole: [],
  AutotuneFunctionsCompileSearchRole: ['read experience'],
  AutotuneFunctionsFinishRunRole: [
    ...DECIDES,
    'write manifest',
    'read held-out item',
    'write lock',
    'write rejection',
    'write run item',
  ],
  // It ends a run that the records, or its harness, refuse.
  AutotuneFunctionsGatherSearchRole: ['write lock', 'write run item'],
  // It reads the one piece that it is handed.
  AutotuneFunctionsLayOutSearchRole: [],
  AutotuneFunctionsPinRunRole: ['write lock'],
  AutotuneFunctionsRecordFailureRole: ['write lock', 'note end of execution', 'write run item'],
  AutotuneFunctionsReplayShardRole: [],
  // It looks whether a review of the same baseline is open.
  AutotuneFunctionsStartRunRole: ['read review item', 'read held-out item', 'write lock', 'write run item'],
  // Each machine with a map starts its children itself, and redrives them.
  AutotuneGateWorkflowRole: ['redrive map of gate', 'ask gate'],
  AutotuneTuningWorkflowRole: ['redrive map of tuning', 'look at concurrency', 'ask gate', 'start tuning'],
  AutotuneWatchLedgerRole: ['read held-out item'],
  // The routine starts tuning runs, and has no other door.
  CadenceDailyWorkflowRole: ['redrive map of routine', 'start tuning', 'start routine'],
  // It judges: it sees what is under way and left to ask, and adds judged days with their bands.
  CadenceJudgeDaysRole: ['add judged day', 'keep bands', ...DECIDES, 'read review item', 'read held-out item'],
  CadencePlanDaysRole: [],
  // They call their functions, and start nothing.
  CadenceQuarterlyWorkflowRole: [],
  // They look back: they see what was decided and asked, and add weeks, scars and quarters.
  CadenceReviewQuarterRole: ['add quarter', ...DECIDES, 'read review item', 'read held-out item'],
  CadenceReviewWeekRole: ['add week', ...DECIDES, 'read review item', 'read held-out item'],
  // It measures what the search may see, and adds rows.
  CadenceSliceIntentRole: ['add rows'],
  CadenceWeeklyWorkflowRole: [],
  // It lifts rejections for people: it adds to memory, and has no other door.
  Memory: [...DECIDES, 'write rejection'],
  // The one role that writes releases, and with them the pack version that an approval makes.
  ReleasesReleaser: [
    'read experience',
    'write pack',
    'read release',
    'write release',
    'sign release',
    ...DECIDES,
    'check release',
    'read routing',
    'write rollout item',
    'write tuple in force',
    'read review item',
    'read held-out item',
    'write rejection',
    'write routing version',
    'deploy routing',
    'stop deployment of routing',
  ],
  // It keeps tokens and reads none; the desk's page reads neither tokens nor writes reviews; one function answers.
  ReviewHoldReviewRole: ['write token item', 'read review item'],
  ReviewNotifyReviewersRole: ['sign link', 'read review item'],
  // It files, and opens no review.
  ReviewFileProposalRole: [
    'read experience',
    'file proposal',
    ...DECIDES,
    'read routing',
    'read review item',
    'read held-out item',
  ],
  ReviewOpenReviewRole: [
    'read experience',
    ...DECIDES,
    'read routing',
    'read review item',
    'write review item',
    'read held-out item',
    'write rejection',
  ],
  ReviewRecordDecisionRole: [
    'SendTaskSuccess',
    ...DECIDES,
    'check link',
    'read token item',
    'read review item',
    'write review item',
    'write rejection',
  ],
  ReviewSettleReviewRole: [...DECIDES, 'read review item', 'write review item', 'write rejection'],
  ReviewShowReviewRole: ['check link', 'read review item'],
  // The page of a rollout: it reads, and writes nothing at all.
  ReviewShowRolloutRole: ['check link', 'read review item'],
  ReviewWorkflowEventsRole: ['start review'],
  ReviewWorkflowRole: ['start rollout'],
  RolloutsRecordProductionRole: [...DECIDES, 'write production log'],
  // Looks at alarms.
  RolloutsRoutingMonitor: [],
  RolloutsRuntime: ['read routing', 'hand in production', 'read deployed routing'],
  // It hands over to itself.
  RolloutsWorkflowRole: ['start rollout'],
  // Scheduler.
  SchedulerRoleForTarget544a4c: ['start routine'],
  SchedulerRoleForTarget5eb18d: [],
  SchedulerRoleForTargetdca7e0: [],
  // A person calls its one function: the only way past a lock.
  VaultEraser: [
    'read vault',
    'read vault version',
    'list vault',
    'remove vault version',
    'unlock vault',
    'write vault',
    'seal version',
    'decrypt',
    'encrypt',
    'add rows',
    'add week',
    'replace rows',
    'read experience',
    'write search run',
    'read journal',
    'write journal',
    'write run',
    'read head',
    'add head',
    'sign head',
    'check head',
    'write manifest',
    'read review item',
    'read held-out item',
    'write held-out item',
    'write rejection',
    'hold import lock',
  ],
  'VaultEraser, passed on': ['decrypt', 'encrypt'],
  VaultGate: [
    'read vault',
    'read vault version',
    'list vault',
    'write vault',
    'seal version',
    'decrypt',
    'encrypt',
    'charge year',
    'write answer',
    ...DECIDES,
    'read held-out item',
    'write held-out item',
  ],
  // In a function that somebody else made and passed the role to: a key that opens nothing but through the shut bucket.
  'VaultGate, passed on': ['decrypt', 'encrypt'],
  VaultIngest: [
    'write vault',
    'encrypt',
    'read epoch key',
    'write search run',
    'read journal',
    'write journal',
    'write pack',
    ...DECIDES,
    'read held-out item',
    'fix split rule',
    'hold import lock',
  ],
  VaultSealer: [
    'read vault',
    'read vault version',
    'list vault',
    'write vault',
    'seal version',
    'decrypt',
    'encrypt',
    // It alone splits anew.
    'add re-split',
    'draw epoch',
    'read epoch key',
    'write search run',
    ...DECIDES,
    'read held-out item',
    'write held-out item',
    'claim family',
    'write lock',
    'hold import lock',
  ],
  'VaultSealer, passed on': ['decrypt', 'encrypt'],
}

describe('who may do what', () => {
  let templates: Templates
  beforeAll(() => {
    templates = templatesOf({ appconfig: 'on', auditsql: 'on', attestations: 'on' })
  }, 180_000)

  it('is this table and nothing else', () => {
    expect(securityTable(templates)).toEqual(TABLE)
  })

  /** Changes one resource of a copy of the templates. */
  const changed = (type: string, start: string, change: (properties: Record<string, unknown>) => void): Templates => {
    const copy = structuredClone(templates) as Templates
    for (const template of Object.values(copy))
      for (const [id, resource] of Object.entries(template.Resources ?? {}))
        if (resource.Type === type && id.startsWith(start)) {
          change(resource.Properties!)
          return copy
        }
    throw new Error(`no ${type} starts with ${start}`)
  }
  type Document = { Statement: Record<string, unknown>[] }
  const without = (policy: unknown, sid: string) => {
    const document = policy as Document
    const before = document.Statement.length
    document.Statement = document.Statement.filter((s) => s.Sid !== sid)
    if (document.Statement.length !== before - 1) throw new Error(`no statement ${sid}`)
  }
  const grant = (policy: unknown, action: string) =>
    (policy as Document).Statement.push({ Effect: 'Allow', Action: action, Resource: '*' })

  it('shows a broad grant as soon as the deny of vault reads is gone', () => {
    const open = changed('AWS::IAM::Policy', 'ReleasesReleaser', (p) => grant(p.PolicyDocument, 's3:*'))
    expect(securityTable(open, 'ReleasesReleaser').ReleasesReleaser).not.toContain('read vault')
    const opened = structuredClone(open) as Templates
    for (const t of Object.values(opened))
      for (const [id, r] of Object.entries(t.Resources ?? {}))
        if (r.Type === 'AWS::S3::BucketPolicy' && id.startsWith('VaultBucket'))
          without(r.Properties!.PolicyDocument, 'DenyObjectReads')
    expect(securityTable(opened, 'ReleasesReleaser').ReleasesReleaser).toContain('read vault')
  })

  it('shows a broad key grant as soon as the deny of decryption is gone', () => {
    const open = changed('AWS::IAM::Policy', 'VaultIngest', (p) => grant(p.PolicyDocument, 'kms:*'))
    expect(securityTable(open, 'VaultIngest').VaultIngest).not.toContain('decrypt')
    const opened = structuredClone(open) as Templates
    for (const t of Object.values(opened))
      for (const [id, r] of Object.entries(t.Resources ?? {}))
        if (r.Type === 'AWS::KMS::Key' && id.startsWith('VaultKey')) without(r.Properties!.KeyPolicy, 'DenyDecrypt')
    expect(securityTable(opened, 'VaultIngest').VaultIngest).toContain('decrypt')
  })

  it('shows a bucket policy that names another role', () => {
    const opened = changed('AWS::S3::BucketPolicy', 'VaultBucket', (p) => {
      const document = p.PolicyDocument as Document
      const deny = document.Statement.find((s) => s.Sid === 'DenyObjectReads')!
      const releaser = Object.keys(templates.AutotuneData!.Resources!).find(
        (id) => id.startsWith('ReleasesReleaser') && !id.includes('Default'),
      )!
      const arn = { 'Fn::GetAtt': [releaser, 'Arn'] }
      ;(deny.Condition as Record<string, Record<string, unknown[]>>).ArnNotEquals!['aws:PrincipalArn']!.push(arn)
      document.Statement.push({ Effect: 'Allow', Principal: { AWS: arn }, Action: 's3:GetObject', Resource: '*' })
    })
    expect(securityTable(opened, 'ReleasesReleaser').ReleasesReleaser).toContain('read vault')
  })

  it('shows who else could sign a link as soon as the deny of signing is gone', () => {
    const open = changed('AWS::IAM::Policy', 'ReviewShowReviewPolicy', (p) => grant(p.PolicyDocument, 'kms:*'))
    expect(securityTable(open, 'ReviewShowReviewRole').ReviewShowReviewRole).not.toContain('sign link')
    for (const t of Object.values(open))
      for (const [id, r] of Object.entries(t.Resources ?? {}))
        if (r.Type === 'AWS::KMS::Key' && id.startsWith('ReviewLinkKey'))
          without(r.Properties!.KeyPolicy, 'DenySigning')
    expect(securityTable(open, 'ReviewShowReviewRole').ReviewShowReviewRole).toContain('sign link')
  })

  it('shows who else could sign a head as soon as a role is marked that must not, or the deny is gone', () => {
    const search = 'AutotuneFunctionsAdvanceRun'
    const open = changed('AWS::IAM::Policy', `${search}Policy`, (p) => grant(p.PolicyDocument, 'kms:*'))
    expect(securityTable(open, `${search}Role`)[`${search}Role`]).not.toContain('sign head')
    const marked = structuredClone(open) as Templates
    const undenied = structuredClone(open) as Templates
    for (const t of Object.values(marked))
      for (const [id, r] of Object.entries(t.Resources ?? {}))
        if (r.Type === 'AWS::IAM::Role' && id.startsWith(`${search}Role`))
          r.Properties!.Tags = [{ Key: 'autotune:decides', Value: 'yes' }]
    expect(securityTable(marked, `${search}Role`)[`${search}Role`]).toContain('sign head')
    for (const t of Object.values(undenied))
      for (const [id, r] of Object.entries(t.Resources ?? {}))
        if (r.Type === 'AWS::KMS::Key' && id.startsWith('HeadsKey')) without(r.Properties!.KeyPolicy, 'DenySigning')
    expect(securityTable(undenied, `${search}Role`)[`${search}Role`]).toContain('sign head')
  })

  it.each([
    ['add head', 's3:PutObject', 'HeadsBucket', 'DenyWrites', 'RolloutsRuntime'],
    ['replace head', 's3:PutObject', 'HeadsBucket', 'DenyReplacing', 'ReleasesReleaser'],
    ['remove head', 's3:DeleteObject', 'HeadsBucket', 'DenyRemoval', 'ReleasesReleaser'],
    ['remove head version', 's3:DeleteObjectVersion', 'HeadsBucket', 'DenyRemoval', 'ReleasesReleaser'],
    ['unlock head', 's3:BypassGovernanceRetention', 'HeadsBucket', 'DenyRemoval', 'ReleasesReleaser'],
    ['write vault', 's3:PutObject', 'VaultBucket', 'DenyObjectWrites', 'ReleasesReleaser'],
    ['remove vault version', 's3:DeleteObjectVersion', 'VaultBucket', 'DenyUnlocking', 'VaultGate'],
    ['unlock vault', 's3:BypassGovernanceRetention', 'VaultBucket', 'DenyUnlocking', 'VaultIngest'],
    ['write release', 's3:PutObject', 'ReleasesBucket', 'DenyWrites', 'VaultSealer'],
    ['read journal', 's3:GetObject', 'ExperienceBucket', 'DenyJournal', 'ReleasesReleaser'],
    ['write journal', 's3:PutObject', 'ExperienceBucket', 'DenyJournal', 'ReleasesReleaser'],
    ['read vault logs', 's3:GetObject', 'VaultAccessLogs', 'DenyLogReads', 'ReleasesReleaser'],
  ])('shows the door "%s" when its deny is gone and somebody is granted it', (door, action, bucket, sid, role) => {
    const granted = changed('AWS::IAM::Policy', role, (p) => grant(p.PolicyDocument, action))
    expect(securityTable(granted, role)[role]).not.toContain(door)
    const opened = structuredClone(granted) as Templates
    for (const t of Object.values(opened))
      for (const [id, r] of Object.entries(t.Resources ?? {}))
        if (r.Type === 'AWS::S3::BucketPolicy' && id.startsWith(bucket)) without(r.Properties!.PolicyDocument, sid)
    expect(securityTable(opened, role)[role]).toContain(door)
  })

  it('shows every door as soon as a role is granted it and nothing denies it', () => {
    const role = 'AutotuneFunctionsReplayShardRole'
    expect(TABLE[role]).toEqual([])
    const opened = changed('AWS::IAM::Policy', 'AutotuneFunctionsReplayShardPolicy', () => {})
    const statements = policyOf(opened, 'AWS::IAM::Policy', 'AutotuneFunctionsReplayShardPolicy')
    const before = [...statements]
    const seen: Record<string, readonly string[]> = {}
    for (const t of Object.values(opened))
      for (const { Type, Properties } of Object.values(t.Resources ?? {})) {
        const policy = { 'AWS::S3::BucketPolicy': 'PolicyDocument', 'AWS::KMS::Key': 'KeyPolicy' }[Type]
        const document = policy ? (Properties![policy] as Document) : null
        if (document) document.Statement = document.Statement.filter((s) => s.Effect !== 'Deny')
      }
    for (const [door, { action }] of Object.entries(doorsOf(opened))) {
      statements.splice(0, statements.length, ...before, { Effect: 'Allow', Action: action, Resource: '*' })
      seen[door] = securityTable(opened, role)[role]!
    }
    for (const [door, open] of Object.entries(seen))
      expect([door, open]).toEqual([door, expect.arrayContaining([door])])
  })

  const policyOf = (all: Templates, type: string, start: string): Document['Statement'] => {
    for (const template of Object.values(all))
      for (const [id, resource] of Object.entries(template.Resources ?? {}))
        if (resource.Type === type && id.startsWith(start))
          return (resource.Properties!.PolicyDocument as Document).Statement
    throw new Error(`no ${type} starts with ${start}`)
  }
})
