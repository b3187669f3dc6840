/** A deployment of many intents: what grows with them stays within what IAM, Lambda and Step Functions take, or stops the synthesis. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { ManagedPolicy, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { afterAll, describe, expect, it } from 'vitest'
import { LIMITS, watchLimits } from '../../lib/limits.ts'
import { aConfig } from '../core/release/builders.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import type { Resource, Templates } from '../support/infra/resolve.ts'

const dir = mkdtempSync(join(tmpdir(), 'autotune-many-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const nameOf = (i: number) => `support.intent_with_a_name_${i}`

/** Synthesizes the rollouts of so many intents; `different`: no two are rolled out alike. */
function withIntents(n: number, appconfig: 'on' | 'off', different = false): Templates {
  const rollouts = join(dir, `${n}-${different}`)
  mkdirSync(rollouts, { recursive: true })
  for (let i = 0; i < n; i++) {
    const config = aConfig()
    const window = { ...config.window, hours: config.window.hours + (different ? i : 0) }
    writeFileSync(join(rollouts, `${nameOf(i)}.json`), JSON.stringify({ ...config, window }))
  }
  return templatesOf({ rollouts, appconfig, bands: undefined, reviewers: undefined })
}

/** Longest that a value can be once it is deployed. */
const deployed = (value: unknown): string =>
  JSON.stringify(value, (_, v) => {
    if (v?.['Fn::Join']) return (v['Fn::Join'][1] as unknown[]).map((p) => JSON.parse(deployed(p))).join('')
    if (v?.Ref === 'AWS::Partition') return 'aws-us-gov'
    if (v?.Ref === 'AWS::Region') return 'ap-southeast-2'
    if (v?.Ref === 'AWS::AccountId') return '111122223333'
    if (/^RolloutsRouting/.test(v?.Ref ?? '')) return 'abc1234'
    if (v?.Ref) return 'N'.repeat(64)
    if (v && Object.keys(v).some((k) => k.startsWith('Fn::'))) return 'A'.repeat(110)
    return v
  })

const resources = (templates: Templates): [string, Resource][] =>
  Object.values(templates).flatMap((t) => Object.entries(t.Resources ?? {}))

/** What a deployment uses at most of each limit. */
function most(templates: Templates) {
  const inline = new Map<string, number>()
  const most = { inlinePolicies: 0, managedPolicy: 0, environment: 0 }
  for (const [, { Type, Properties = {} }] of resources(templates)) {
    const length = deployed(Properties.PolicyDocument ?? '').length
    if (Type === 'AWS::IAM::ManagedPolicy') most.managedPolicy = Math.max(most.managedPolicy, length)
    if (Type === 'AWS::IAM::Policy')
      for (const role of Properties.Roles as unknown[]) {
        // A role of the data stack is an output of it there, and a reference here.
        const name = /(Releaser|Sealer|Gate|Ingest)[0-9A-F]{8}/.exec(JSON.stringify(role))?.[0] ?? JSON.stringify(role)
        inline.set(name, (inline.get(name) ?? 0) + length)
      }
    const { Variables = {} } = (Properties.Environment ?? {}) as { Variables?: Record<string, unknown> }
    const bytes = Object.entries(Variables).reduce((n, [k, v]) => n + k.length + JSON.parse(deployed(v)).length, 0)
    if (Type === 'AWS::Lambda::Function') most.environment = Math.max(most.environment, bytes)
  }
  most.inlinePolicies = Math.max(...inline.values())
  return most
}

describe('a deployment of many intents', () => {
  it.each([
    [10, 'on'],
    [42, 'on'],
    [200, 'off'],
  ] as const)(
    'of %d, AppConfig %s, stays within what IAM and Lambda take',
    (n, appconfig) => {
      const templates = withIntents(n, appconfig)
      const used = most(templates)
      for (const [name, limit] of Object.entries(LIMITS))
        expect([name, used[name as keyof typeof used]]).toEqual([name, expect.toSatisfy((x: number) => x <= limit)])
      const names = (JSON.stringify(templates).match(/support\.intent_with_a_name_\d+/g) ?? []).length
      expect(names).toBeGreaterThanOrEqual(n)
    },
    60_000,
  )

  it('gives no role more the more intents there are, where ids share no prefix but in managed policies', () => {
    const { inlinePolicies } = most(withIntents(42, 'on'))
    expect(inlinePolicies - most(withIntents(1, 'on')).inlinePolicies).toBe(0)
  }, 60_000)

  it('hands on each rollout configuration once, with the intents that share it', () => {
    const text = JSON.stringify(
      resources(withIntents(200, 'off')).flatMap(([, r]) =>
        r.Type === 'AWS::StepFunctions::StateMachine' ? [r.Properties!.DefinitionString] : [],
      ),
    )
    expect(text.match(/false_rollback_rate/g)).toHaveLength(1)
  }, 60_000)

  it('is refused by name and figure where a limit is passed', () => {
    expect(() => withIntents(200, 'on')).toThrow(
      /variables of the function AutotuneWorkflow\/Rollouts\/StopRollout\/\S+ come to about \d{5} bytes, and AWS takes 4096/,
    )
    expect(() => withIntents(200, 'off', true)).toThrow(
      /200 different rollout configurations come to \d{6} bytes; a workflow hands on 250000/,
    )
  }, 60_000)
})

describe('the limits of any app that a deployment stands in', () => {
  const stackWith = (fill: (stack: Stack, role: Role) => void) => {
    const app = new App()
    const stack = new Stack(app, 'Mine')
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    watchLimits(stack)
    // Asked for twice, said once.
    watchLimits(role)
    fill(stack, role)
    return app
  }
  const wide = (n: number) =>
    new PolicyStatement({
      actions: ['s3:GetObject'],
      resources: Array.from(
        { length: n },
        (_, i) => `arn:aws:s3:::a-bucket-with-a-name/${String(i).padStart(60, '0')}`,
      ),
    })

  it('stops the synthesis on a managed policy that IAM would refuse', () => {
    const with_ = (n: number) =>
      stackWith((stack, role) => new ManagedPolicy(stack, 'Wide', { roles: [role], statements: [wide(n)] }))
    expect(() => with_(50).synth()).not.toThrow()
    expect(() => with_(100).synth()).toThrow(
      /managed policy Mine\/Wide\/Resource come to about \d+ characters, and AWS takes 6144/,
    )
  })

  it('adds up all inline policies of a role', () => {
    const with_ = (n: number) =>
      stackWith((stack, role) => {
        role.attachInlinePolicy(policy(stack, 'First', n))
        role.attachInlinePolicy(policy(stack, 'Second', n))
      })
    expect(() => with_(40).synth()).not.toThrow()
    expect(() => with_(60).synth()).toThrow(
      /^(?!.*inline.*inline).*inline policies of the role Mine\/Role\/Resource come to about 1\d{4} characters, and AWS takes 10240/s,
    )
  })

  const policy = (stack: Stack, id: string, n: number) => new Policy(stack, id, { statements: [wide(n)] })
})
