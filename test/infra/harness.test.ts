import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { synthesize, templatesOf } from '../support/infra/deployment.ts'
import { policiesOf } from '../support/infra/iam.ts'
import { resolver, type Templates } from '../support/infra/resolve.ts'
import { fromFunction, roleName, securityTable } from '../support/infra/security-table.ts'

const FUNCTION = 'arn:aws:lambda:eu-central-1:111122223333:function:desk:7'
const MODEL = 'arn:aws:bedrock:eu-central-1::foundation-model/small'

/** Roles whose functions may, by their logical id without its hash. */
const who = (templates: Templates, action: string, resource: string): string[] => {
  const policies = policiesOf(templates)
  return policies.roles
    .filter((role) => {
      const ask = { action, resource }
      return (policies.functions.get(role) ?? []).some((from) => policies.may(role, fromFunction(ask, from)))
    })
    .map(roleName)
    .sort()
}

/** The search side, and on the sealed side the gate alone, which asks after OPEN: never the sealer. */
const REPLAYING = ['AutotuneFunctionsLayOutSearchRole', 'AutotuneFunctionsReplayShardRole', 'VaultGate']

describe('a harness of your own in the deployment', () => {
  let without: Templates
  let withHarness: Templates
  let withModel: Templates
  beforeAll(() => {
    without = templatesOf()
    withHarness = templatesOf({ harness: FUNCTION })
    withModel = templatesOf({ harness: FUNCTION, model: MODEL })
  }, 60_000)

  it('is not there by default: no template says a word of it or of Bedrock', () => {
    expect(JSON.stringify(without)).not.toMatch(/bedrock|AUTOTUNE_HARNESS|model-cache/i)
    expect(JSON.stringify(withHarness)).not.toMatch(/bedrock|model-cache/i)
    expect(who(without, 'lambda:InvokeFunction', FUNCTION)).toEqual([])
  })

  it('is called by those who replay, under just that version', () => {
    expect(who(withHarness, 'lambda:InvokeFunction', FUNCTION)).toEqual(REPLAYING)
    for (const other of [FUNCTION.replace(/7$/, '8'), FUNCTION.replace(/:7$/, ''), FUNCTION.replace('desk', 'other')])
      expect(who(withHarness, 'lambda:InvokeFunction', other)).toEqual([])
  })

  it('may ask just the model that is named', () => {
    expect(who(withModel, 'bedrock:InvokeModel', MODEL)).toEqual(REPLAYING)
    expect(who(withModel, 'bedrock:InvokeModel', `${MODEL}-other`)).toEqual([])
  })

  it('is pinned by whoever starts a run', () => {
    const environments = Object.values(withModel.AutotuneWorkflow!.Resources!).flatMap((r) => {
      const { Variables } = (r.Properties?.Environment ?? {}) as { Variables?: Record<string, string> }
      return Variables?.AUTOTUNE_HARNESS ? [JSON.parse(Variables.AUTOTUNE_HARNESS)] : []
    })
    expect(environments).toEqual([
      {
        kind: 'lambda',
        function_arn: FUNCTION,
        limit_ms: 10_000,
        model: { model_arn: MODEL, max_tokens: 4096 },
      },
    ])
  })

  it('is deployed as the module that it is: a function a side, which may nothing, and is called by those who replay there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'autotune-harness-test-'))
    const file = join(folder, 'harness.mjs')
    writeFileSync(file, 'export const replay = () => null\n')
    const templates = synthesize({ harness: file }).templates
    rmSync(folder, { recursive: true })
    const resolve = resolver(templates, 'AutotuneWorkflow')
    const told = Object.entries(templates.AutotuneWorkflow!.Resources!).flatMap(([id, r]) => {
      const { Variables } = (r.Properties?.Environment ?? {}) as { Variables?: Record<string, unknown> }
      const name = /^AutotuneFunctions(\w+?)Function/.exec(id)?.[1]
      return Variables?.AUTOTUNE_HARNESS ? [[name, JSON.parse(String(resolve(Variables.AUTOTUNE_HARNESS)))]] : []
    })
    expect(
      told.map(([name, { function_arn }]) => `${name} ${/Harness(Search|Sealed)/.exec(function_arn)?.[1]}`).sort(),
    ).toEqual(['LayOutSearch Search', 'ReplayShard Search', 'ScoreShard Sealed', 'StartRun Search'])
    const arns = new Map(
      told.map(([, { function_arn }]) => [/Harness(Search|Sealed)/.exec(function_arn)![1], function_arn]),
    )
    expect(who(templates, 'lambda:InvokeFunction', arns.get('Search'))).toEqual(REPLAYING.slice(0, 2))
    expect(who(templates, 'lambda:InvokeFunction', arns.get('Sealed'))).toEqual(['VaultGate'])
    const table = securityTable(templates)
    const own = Object.keys(table).filter((role) => role.includes('AutotuneHarness'))
    expect(own.map((role) => table[role])).toEqual([[], []])
    for (const [id, { Type, Properties: p }] of Object.entries(templates.AutotuneWorkflow!.Resources!))
      if (Type === 'AWS::Lambda::Function' && id.startsWith('AutotuneHarness'))
        expect([p!.Environment, p!.TracingConfig, p!.Timeout]).toEqual([undefined, undefined, 80])
  }, 60_000)

  it.each([
    [{ harness: FUNCTION.replace(/7$/, '$LATEST') }, /version number.*LATEST/],
    [{ harness: FUNCTION.replace(/7$/, 'live') }, /version number/],
    [{ harness: FUNCTION.replace(/:7$/, '') }, /version number/],
    [{ harness: 'desk' }, /version number/],
    [{ harness: 7 }, /"harness" is 7; it is an ARN/],
    [{ model: MODEL }, /"harness" names none/],
    [{ harness: './nowhere.mjs' }, /the harness module \.\/nowhere\.mjs does not exist/],
    [{ harness: './nowhere.mjs', model: MODEL }, /modelArn goes with functionArn/],
  ])('stops synthesis on the context %j', (context, says) => {
    expect(() => synthesize(context)).toThrow(says)
  })
})
