/** Context values of the review desk and of the rollouts: what is deployed without them, and what is wrong with them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ROUTING_PUBLISHERS } from '#adapters/aws/routing-services.ts'
import { ROUTING_SERVICE_NAMES } from '../../lib/constructs/routing-services.ts'
import { reviewersOf, rolloutConfigsOf } from '../../lib/context/documents.ts'
import { servicesOf } from '../../lib/context/values.ts'
import { aConfig } from '../core/release/builders.ts'
import { aTarget } from '../support/builders.ts'
import { synthesize, templatesOf } from '../support/infra/deployment.ts'
import { resolver } from '../support/infra/resolve.ts'

const dir = mkdtempSync(join(tmpdir(), 'autotune-context-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const file = (name: string, value: unknown): string => {
  writeFileSync(join(dir, name), typeof value === 'string' ? value : JSON.stringify(value))
  return join(dir, name)
}
type Node = Parameters<typeof reviewersOf>[0]
const node = (value: unknown): Node => ({ tryGetContext: () => value }) as unknown as Node
const reviewers = { sender: 'a@example.com', roles: { policy: ['ben@example.com'] } }
const target = (roles: string[]) =>
  aTarget({ release_path: { ...aTarget().release_path!, requires_reviewers: roles }, owner: 'ben@example.com' })

describe('without reviewers, rollouts and bands', () => {
  it('the tuning side is deployed alone, and says what is missing', () => {
    const { templates, workflow } = synthesize({ reviewers: undefined, rollouts: undefined, bands: undefined })
    const ids = Object.keys(templates.AutotuneWorkflow!.Resources!)
    expect(ids.filter((id) => /^(Cadence|Review|Rollouts)/.test(id))).toEqual([])
    const notes = workflow.node.metadata.map((m) => String(m.data))
    expect(notes.filter((n) => n.startsWith('no '))).toEqual([
      expect.stringContaining('-c bands=FILE'),
      expect.stringContaining('-c reviewers=FILE'),
      expect.stringContaining('-c rollouts=FOLDER'),
    ])
  })
})

describe('reviewers', () => {
  it('are read with their default expiry', () => {
    expect(reviewersOf(node(file('good.json', reviewers)), {})).toEqual({ ...reviewers, expires_hours: 72 })
    expect(reviewersOf(node(undefined), {})).toBeNull()
  })

  it.each([
    ['no file', 'nowhere.json', /"reviewers" is "nowhere.json"; it names a file/],
    ['no JSON', file('broken.json', '{'), /is no JSON/],
    ['no address', file('names.json', { ...reviewers, roles: { policy: ['ben'] } }), /roles.policy.0: an address is/],
    ['no role', file('none.json', { ...reviewers, roles: {} }), /roles: name at least one role/],
    ['a field that is not ours', file('more.json', { ...reviewers, quorum: 1 }), /quorum/],
  ])('fail at synthesis: %s', (_, value, message) => {
    expect(() => reviewersOf(node(value), {})).toThrow(message)
  })

  it('fail for a registered target whose role nobody but its owner is named for', () => {
    const path = file('roles.json', reviewers)
    expect(() => reviewersOf(node(path), { Cents: target(['safety']) })).toThrow(
      'target Cents requires a reviewer as "safety"',
    )
    expect(() => reviewersOf(node(path), { Cents: target(['policy']) })).toThrow('nobody but its owner')
  })
})

describe('rollouts', () => {
  it('are read by intent, and fail naming file and field', () => {
    const folder = mkdtempSync(join(dir, 'rollouts-'))
    expect(() => rolloutConfigsOf(node(folder), {})).toThrow('holds no .json file')
    expect(() => rolloutConfigsOf(node('nowhere'), {})).toThrow('"rollouts" is "nowhere"')
    writeFileSync(join(folder, 'support.refund.json'), JSON.stringify(aConfig()))
    expect(rolloutConfigsOf(node(folder), { Cents: aTarget() })).toEqual({ 'support.refund': aConfig() })
    expect(() => rolloutConfigsOf(node(folder), { Cents: aTarget({ intent: 'order.change' }) })).toThrow(
      'order.change.json, and target Cents is of intent "order.change"',
    )
    writeFileSync(join(folder, 'a.json'), JSON.stringify({ ...aConfig(), false_rollback_rate: 2 }))
    expect(() => rolloutConfigsOf(node(folder), {})).toThrow(/a\.json: false_rollback_rate/)
  })
})

describe('appconfig', () => {
  const mentions = (over: Record<string, unknown>) =>
    (JSON.stringify(templatesOf(over)).match(/app-?config[^"]*/gi) ?? []).sort()

  it('is not in one resource, permission or variable of the templates when it is off', () => {
    expect(mentions({})).toEqual([])
    expect(mentions({ appconfig: 'off' })).toEqual([])
  }, 60_000)

  it('is one application, environment and profile an intent, with its alarm, its shape and two strategies', () => {
    const templates = templatesOf({ appconfig: 'on' })
    const { Resources = {}, Outputs = {} } = templates.AutotuneWorkflow!
    const told = JSON.parse(String(resolver(templates, 'AutotuneWorkflow')(Outputs.RoutingInAppConfig!.Value)))
    expect(told).toEqual({
      'support.refund': {
        application: expect.any(String),
        environment: expect.any(String),
        profile: expect.any(String),
      },
    })
    const of = (type: string) => Object.values(Resources).filter((r) => r.Type === `AWS::AppConfig::${type}`)
    expect(of('Application')).toHaveLength(1)
    for (const kept of ['Application', 'Environment', 'ConfigurationProfile'])
      expect(of(kept)[0]!.DeletionPolicy).toBe('Retain')
    const [environment] = of('Environment')
    const [monitor] = environment!.Properties!.Monitors as { AlarmArn: { 'Fn::GetAtt': [string, string] } }[]
    expect(Resources[monitor!.AlarmArn['Fn::GetAtt'][0]]!.Properties).toMatchObject({
      MetricName: 'Failed',
      Dimensions: [{ Name: 'service', Value: 'evaluate-stage' }],
    })
    const [profile] = of('ConfigurationProfile')
    expect(profile!.Properties).toMatchObject({ LocationUri: 'hosted', Validators: [{ Type: 'JSON_SCHEMA' }] })
    const [{ Content }] = profile!.Properties!.Validators as [{ Content: string }]
    expect(Content.length).toBeLessThan(32_768)
    expect(JSON.parse(Content)).toMatchObject({ $schema: 'http://json-schema.org/draft-04/schema#', type: 'object' })
    // Words that draft 4 does not know.
    expect(Content).not.toMatch(/"(const|propertyNames|if|contains)":|"exclusive(Minimum|Maximum)":\d/)
    expect(of('DeploymentStrategy').map((s) => s.Properties)).toEqual([
      expect.objectContaining({ DeploymentDurationInMinutes: 30, FinalBakeTimeInMinutes: 10, GrowthFactor: 20 }),
      expect.objectContaining({ DeploymentDurationInMinutes: 0, FinalBakeTimeInMinutes: 0, GrowthFactor: 100 }),
    ])
  }, 60_000)

  it('has an adapter of each name that a deployment switches on, and no other', () => {
    expect(Object.keys(ROUTING_PUBLISHERS)).toEqual(ROUTING_SERVICE_NAMES)
  })

  it('is on or off, and on only with rollouts', () => {
    expect(servicesOf(node(undefined), true)).toEqual([])
    expect(servicesOf(node('on'), true)).toEqual(['appconfig'])
    expect(() => servicesOf(node('yes'), true)).toThrow('"appconfig" is "yes"; it is "on" or "off"')
    expect(() => servicesOf(node('on'), false)).toThrow('no rollouts are deployed')
  })
})
