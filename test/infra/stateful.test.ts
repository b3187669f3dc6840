import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { synthesize, templatesIn, templatesOf, UNBUNDLED, validated } from '../support/infra/deployment.ts'
import type { Template, Templates } from '../support/infra/resolve.ts'

const folder = mkdtempSync(join(tmpdir(), 'autotune-validated-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const harness = join(folder, 'mine.mjs')
writeFileSync(harness, 'export const replay = () => null; export const judge = () => null')

const ALARMS = 'arn:aws:sns:us-east-1:123456789012:on-call'
const ofType = (templates: Templates, type: string) =>
  Object.values(templates).flatMap((t: Template) =>
    Object.entries(t.Resources ?? {}).flatMap(([id, r]) => (r.Type === type ? [{ id, ...r }] : [])),
  )

describe('what is deployed', () => {
  let templates: Templates
  beforeAll(() => {
    templates = templatesOf()
  }, 60_000)

  it.each([
    {},
    { stage: 'throwaway', appconfig: 'on' },
    { appconfig: 'on', auditsql: 'on', attestations: 'on', deliver: 'flagd', alarms: ALARMS, harness, judges: harness },
  ])("has no finding of cdk-nag or of CloudFormation's own validation: %o", (context) => {
    expect(Object.keys(validated(() => synthesize(context)).templates)).toHaveLength(2)
  })

  it('is stopped by such a finding', () => {
    const app = new App({ context: UNBUNDLED })
    new CfnBucket(new Stack(app, 'Other'), 'Bucket').addPropertyOverride('NoSuchProperty', 1)
    expect(() => validated(() => templatesIn(app))).toThrow('NoSuchProperty')
  })

  it('keeps every bucket private, versioned, encrypted and retained', () => {
    const buckets = ofType(templates, 'AWS::S3::Bucket')
    expect(buckets.length).toBeGreaterThan(3)
    for (const { id, Properties: p, DeletionPolicy, UpdateReplacePolicy } of buckets) {
      expect(p!.PublicAccessBlockConfiguration, id).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      })
      expect(p!.VersioningConfiguration, id).toEqual({ Status: 'Enabled' })
      expect(p!.BucketEncryption, id).toBeDefined()
      expect([DeletionPolicy, UpdateReplacePolicy], id).toEqual(['Retain', 'Retain'])
    }
  })

  it('ends uploads in parts that nobody ends, in every bucket', () => {
    for (const { id, Properties: p } of ofType(templates, 'AWS::S3::Bucket')) {
      const { Rules } = p!.LifecycleConfiguration as { Rules: { AbortIncompleteMultipartUpload?: unknown }[] }
      const ends = Rules.map((rule) => rule.AbortIncompleteMultipartUpload).filter(Boolean)
      expect([id, ends]).toEqual([id, [{ DaysAfterInitiation: 7 }]])
    }
  })

  it('locks the vault, the releases and the journal of heads, and nothing that must expire', () => {
    const locked = ofType(templates, 'AWS::S3::Bucket').filter((b) => b.Properties!.ObjectLockEnabled)
    expect(locked.map((b) => b.id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([
      'HeadsBucket',
      'ReleasesBucket',
      'VaultBucket',
    ])
  })

  it('encrypts the vault under its own rotated key and nothing else under it', () => {
    const vault = ofType(templates, 'AWS::S3::Bucket').filter((b) =>
      JSON.stringify(b.Properties).includes('KMSMasterKeyID'),
    )
    expect(vault.map((b) => b.id.replace(/[0-9A-F]{8}$/, ''))).toEqual(['VaultBucket'])
    expect(
      ofType(templates, 'AWS::KMS::Key').map(({ id, Properties: p }) => [
        id.slice(0, -8),
        p!.KeySpec,
        p!.EnableKeyRotation,
      ]),
    ).toEqual([
      ['VaultKey', undefined, true],
      // KMS refuses rotation of HMAC keys.
      ['ReleasesSigningKey', 'HMAC_256', undefined],
      ['HeadsKey', 'HMAC_256', undefined],
      ['ReviewLinkKey', 'HMAC_256', undefined],
    ])
  })

  it('has one table, on demand, recoverable, protected', () => {
    const [table, ...others] = ofType(templates, 'AWS::DynamoDB::Table')
    expect(others).toEqual([])
    expect(table!.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    })
    expect(table!.DeletionPolicy).toBe('Retain')
  })

  it('lets access logs and trails go after 400 days, and nothing else but work files', () => {
    const expiring = ofType(templates, 'AWS::S3::Bucket').flatMap(({ id, Properties: p }) => {
      const { Rules } = p!.LifecycleConfiguration as { Rules: { ExpirationInDays?: number }[] }
      return Rules.flatMap(({ ExpirationInDays: days }) => (days ? [[id.slice(0, -8), days]] : []))
    })
    expect(expiring).toEqual([
      ['ExperienceAccessLogs', 400],
      ['ExperienceBucket', 30],
      ['VaultAccessLogs', 400],
      ['VaultBucket', 30],
      ['ReleasesAccessLogs', 400],
      ['HeadsAccessLogs', 400],
    ])
  })

  it('goes away with its stack on a stage that says so, whatever could be kept', () => {
    const kept = Object.entries(templatesOf({ stage: 'throwaway', appconfig: 'on' })).flatMap(([, t]) =>
      Object.entries(t.Resources ?? {}).flatMap(([id, r]) =>
        (r.DeletionPolicy ?? 'Delete') === 'Delete' && (r.UpdateReplacePolicy ?? 'Delete') === 'Delete' ? [] : [id],
      ),
    )
    expect(kept).toEqual([])
  })

  it.each([undefined, 'production', '', 3])('fails at synthesis on the stage %j, naming the allowed ones', (stage) => {
    expect(() => synthesize({ stage })).toThrow(/"stage" is .*prod, staging, throwaway/)
  })
})
