import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Vpc } from 'aws-cdk-lib/aws-ec2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENV } from '#schemas/env-names.ts'
import type { DeployedJudge } from '#schemas/judge-call.ts'
import { Judges } from '../../lib/constructs/judges.ts'
import { setRuntime } from '../../lib/constructs/runtime-settings.ts'
import { synthesize, templatesIn, templatesOf, UNBUNDLED } from '../support/infra/deployment.ts'
import { policiesOf } from '../support/infra/iam.ts'
import { type Resource, resolver, type Templates } from '../support/infra/resolve.ts'
import { fromFunction, roleName, securityTable } from '../support/infra/security-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'autotune-judges-test-'))
const named = (name: string, text = 'export const judge = () => true\n'): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Roles whose functions may call an ARN. */
const callers = (templates: Templates, resource: string): string[] => {
  const policies = policiesOf(templates)
  const ask = { action: 'lambda:InvokeFunction', resource }
  return policies.roles
    .filter((role) => (policies.functions.get(role) ?? []).some((from) => policies.may(role, fromFunction(ask, from))))
    .map(roleName)
    .sort()
}

describe('modules that judge in the deployment', () => {
  let templates: Templates
  let told: Readonly<Record<string, readonly DeployedJudge[]>>
  let judging: [string, Resource][]
  beforeAll(() => {
    const judges = `${named('one.mjs')},${named('two.mjs', 'export const judge = () => null\n')}`
    templates = synthesize({ judges }).templates
    const resources = Object.entries(templates.AutotuneWorkflow!.Resources!)
    const resolve = resolver(templates, 'AutotuneWorkflow')
    judging = resources.filter(([id, r]) => /^AutotuneJudges/.test(id) && r.Type === 'AWS::Lambda::Function')
    told = Object.fromEntries(
      resources.flatMap(([id, r]) => {
        const { Variables = {} } = (r.Properties?.Environment ?? {}) as { Variables?: Record<string, unknown> }
        const name = /^(?:AutotuneFunctions|Cadence|Review|Rollouts)(\w+?)Function/.exec(id)?.[1]
        return ENV.judges in Variables ? [[name!, JSON.parse(String(resolve(Variables[ENV.judges])))]] : []
      }),
    )
  }, 60_000)

  it('are not there by default: no template says a word of them', () => {
    expect(JSON.stringify(templatesOf())).not.toMatch(/AUTOTUNE_JUDGES|AutotuneJudges/)
  })

  it('are two functions a module, with no variable, no trace, a bounded number of calls, and a role that may nothing', () => {
    expect(judging).toHaveLength(4)
    const policies = policiesOf(templates)
    const table = securityTable(templates)
    for (const [id, { Properties: p }] of judging) {
      expect([p!.Environment, p!.TracingConfig, p!.ReservedConcurrentExecutions]).toEqual([undefined, undefined, 20])
      expect(p!.Timeout).toBe(380)
      const role = policies.roles.find((arn) => policies.functions.get(arn)?.some((f) => f.includes(id)))!
      expect(table[roleName(role)]).toEqual([])
      for (const action of ['logs:PutLogEvents', 'logs:CreateLogStream', 'xray:PutTraceSegments', 's3:GetObject'])
        expect(policies.may(role, fromFunction({ action, resource: '*' }, `arn:AutotuneWorkflow.${id}`))).toBe(false)
    }
    const { Resources } = templates.AutotuneWorkflow!
    const attached = Object.values(Resources!).filter(
      (r) => /Policy$/.test(r.Type) && JSON.stringify(r.Properties!.Roles ?? []).includes('AutotuneJudges'),
    )
    expect(attached).toEqual([])
  })

  it('are named to those that judge, by digest and published version: each side has its own', () => {
    const sides = Object.fromEntries(
      Object.entries(told).map(([name, judges]) => [
        name,
        [...new Set(judges.map(({ function_arn }) => /Judges(Search|Sealed)/.exec(function_arn)![1]))].join(),
      ]),
    )
    expect(sides).toEqual({
      AskProposers: 'Search',
      LayOutSealed: 'Sealed',
      LayOutSearch: 'Search',
      OpenReview: 'Search',
      ReplayShard: 'Search',
      ScoreShard: 'Sealed',
      SliceIntent: 'Search',
      StartRollout: 'Search',
      StartRun: 'Search',
    })
    for (const judges of Object.values(told)) {
      expect(judges).toHaveLength(2)
      for (const { digest, function_arn, at_once } of judges) {
        expect(at_once).toBe(20)
        expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
        const id = function_arn.split('.').at(-1)!
        expect(templates.AutotuneWorkflow!.Resources![id]!.Type).toBe('AWS::Lambda::Version')
      }
    }
  })

  it('are called by the functions that judge on that side, in just that version', () => {
    const [search, sealed] = [told.ReplayShard![0]!.function_arn, told.ScoreShard![0]!.function_arn]
    expect(callers(templates, search)).toEqual([
      'AutotuneFunctionsAskProposersRole',
      'AutotuneFunctionsLayOutSearchRole',
      'AutotuneFunctionsReplayShardRole',
      'CadenceSliceIntentRole',
      'ReleasesReleaser',
      'ReviewOpenReviewRole',
    ])
    expect(callers(templates, sealed)).toEqual(['VaultGate', 'VaultSealer'])
    for (const [id] of judging) expect(callers(templates, `arn:AutotuneWorkflow.${id}`)).toEqual([])
  })

  it('have no way out of a VPC', () => {
    const app = new App({ context: UNBUNDLED })
    const stack = new Stack(app, 'S')
    setRuntime(stack, { vpc: new Vpc(stack, 'Vpc', { natGateways: 1, restrictDefaultSecurityGroup: false }) })
    new Judges(stack, 'Judges', [{ path: named('three.mjs') }])
    const templates = templatesIn(app)
    const resources = Object.values(templates.S!.Resources!)
    const groups = resources.filter((r) => r.Type === 'AWS::EC2::SecurityGroup')
    expect(groups).toHaveLength(2)
    // What CDK writes for "nothing": a rule that no packet fits.
    for (const { Properties: p } of groups)
      expect(p!.SecurityGroupEgress).toEqual([expect.objectContaining({ CidrIp: '255.255.255.255/32' })])
    const functions = resources.filter(
      (r) => r.Type === 'AWS::Lambda::Function' && r.Properties!.ReservedConcurrentExecutions,
    )
    expect(functions).toHaveLength(2)
    for (const { Properties: p } of functions) expect(p!.VpcConfig).toBeDefined()
    const policies = policiesOf(templates)
    const roles = [...policies.functions].filter(([role]) => role.includes('Judges'))
    expect(roles).toHaveLength(2)
    for (const [role, [arn]] of roles) {
      const ask = { action: 'ec2:CreateNetworkInterface', resource: '*' }
      expect([policies.may(role, ask), policies.may(role, fromFunction(ask, arn!))]).toEqual([true, false])
    }
  })

  it('stop the synthesis in words where they cannot be deployed', () => {
    const judges = (...given: ConstructorParameters<typeof Judges>[2]) => {
      const app = new App({ context: UNBUNDLED })
      return () => new Judges(new Stack(app, 'S'), 'Judges', given)
    }
    const path = named('four.mjs')
    expect(judges({ path: './nowhere.mjs' })).toThrow(/the module that judges, \.\/nowhere\.mjs does not exist/)
    expect(judges({ path }, { path: named('five.mjs') })).not.toThrow()
    expect(judges({ path }, { path })).toThrow(/twice, or two modules of the same bytes/)
    expect(judges({ path, memory: 512 })).toThrow(
      /memory of the judge .* is 512; it is a whole number from 1769 to 10240/,
    )
    expect(judges({ path, concurrency: 0 })).toThrow(/concurrency of the judge .* is 0/)
    named('kept.json', '{}')
    symlinkSync(join(folder, 'kept.json'), join(folder, 'linked.json'))
    expect(judges({ path: named('six.mjs', 'import "./linked.json"; export const judge = () => true') })).toThrow(
      /has links, which are plain files in a deployment/,
    )
    expect(() => synthesize({ judges: 7 })).toThrow(/context value "judges" is 7; it is the path of a module/)
  })
})
