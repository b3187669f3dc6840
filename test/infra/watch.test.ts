import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { synthesize, templatesOf } from '../support/infra/deployment.ts'
import { resolver, type Templates } from '../support/infra/resolve.ts'

const ofType = (templates: Templates, type: string) =>
  Object.values(templates).flatMap((t) =>
    Object.entries(t.Resources ?? {}).flatMap(([id, r]) => (r.Type === type ? [{ id, p: r.Properties! }] : [])),
  )

describe('what operators see', () => {
  let templates: Templates
  beforeAll(() => {
    templates = templatesOf({ auditsql: 'on', attestations: 'on' })
  })

  it('has a section of the runbook for each alarm, and an alarm for each section', () => {
    const anchors = [...readFileSync('docs/runbook.md', 'utf8').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!)
    const linked = ofType(templates, 'AWS::CloudWatch::Alarm').map(
      ({ id, p }) => /docs\/runbook\.md#([a-z-]+)$/.exec(String(p.AlarmDescription))?.[1] ?? `${id} links nowhere`,
    )
    expect([...new Set(linked)].sort()).toEqual([...anchors].sort())
  })

  it('tells in each section what it means, what to look at, what to do and when it is over', () => {
    const sections = readFileSync('docs/runbook.md', 'utf8').split(/^## /m).slice(1)
    for (const section of sections)
      for (const part of ['**Means**', '**Look at**', '**Do**', '**Over when**']) expect(section).toContain(part)
  })

  it('rings for each of the five signals, from the first one on', () => {
    const alarms = Object.fromEntries(
      ofType(templates, 'AWS::CloudWatch::Alarm').map(({ id, p }) => [
        id.replace(/^AutotuneWatch/, '').replace(/[0-9A-F]{8}$/, ''),
        [p.MetricName ?? 'expression', p.Threshold, p.TreatMissingData],
      ]),
    )
    expect(alarms).toMatchObject({
      RunFailed: ['expression', 1, 'notBreaching'],
      BudgetSpent: ['SpentIntents', 1, 'notBreaching'],
      VaultDenied: ['ApproximateNumberOfMessagesVisible', 1, 'notBreaching'],
      DeadLettersWaiting: ['ApproximateNumberOfMessagesVisible', 1, 'notBreaching'],
      // A look at the ledger that stopped rings too.
      LockOld: ['OldestLockHours', 24, 'breaching'],
    })
  })

  it('records who else touches the vault beside its access logs, and keeps each refused access', () => {
    const [trail, ...others] = ofType(templates, 'AWS::CloudTrail::Trail')
    expect(others).toEqual([])
    const resolve = resolver(templates, 'AutotuneData')
    expect(String(resolve(trail!.p.S3BucketName))).toContain('VaultAccessLogs')
    expect(trail!.p.EventSelectors).toBeUndefined()
    const session = (role: string) =>
      expect.stringMatching(new RegExp(`:assumed-role/AutotuneData\\.Vault${role}[0-9A-F]{8}/$`))
    const sealed = [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
      { Field: 'resources.ARN', StartsWith: [expect.stringMatching(/^arn:AutotuneData\.VaultBucket\w+\/$/)] },
    ]
    expect(
      (resolve(trail!.p.AdvancedEventSelectors) as { FieldSelectors: unknown }[]).map((s) => s.FieldSelectors),
    ).toEqual([
      [...sealed, { Field: 'userIdentity.arn', NotStartsWith: ['Ingest', 'Sealer', 'Gate'].map(session) }],
      [
        ...sealed,
        { Field: 'readOnly', Equals: ['true'] },
        { Field: 'userIdentity.arn', StartsWith: [session('Ingest')] },
      ],
    ])
    const rule = ofType(templates, 'AWS::Events::Rule').find(({ id }) => id.includes('VaultRefused'))!
    expect(rule.p.State).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS')
    expect(resolver(templates, 'AutotuneWorkflow')(rule.p.EventPattern)).toMatchObject({
      detail: {
        errorCode: ['AccessDenied'],
        requestParameters: { bucketName: [expect.stringContaining('VaultBucket')] },
      },
    })
  })

  it('shows nothing of the gate on the dashboard', () => {
    const [dashboard] = ofType(templates, 'AWS::CloudWatch::Dashboard')
    const text = JSON.stringify(dashboard!.p.DashboardBody)
    expect(text).toContain('AutotuneTuningWorkflow')
    expect(text).not.toMatch(/AutotuneGateWorkflow|ScoreShard|SealAnswer|PublishAnswer|ReserveQuestion|SealVersion/)
  })

  it('calls the topic that the context names, and refuses what is none', () => {
    const alarms = 'arn:aws:sns:us-east-1:123456789012:on-call'
    const called = ofType(templatesOf({ alarms }), 'AWS::CloudWatch::Alarm')
    for (const { id, p } of called) expect([id, p.AlarmActions, p.OKActions]).toEqual([id, [alarms], [alarms]])
    expect(() => synthesize({ alarms: 'me@example.com' })).toThrow(/"alarms" is "me@example.com"; it is the ARN/)
  })
})
