import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { signedBy } from '#core/live/live-model.ts'
import type { LiveModel } from '#schemas/live-model.ts'
import { synthesize, templatesOf } from '../support/infra/deployment.ts'
import { policiesOf } from '../support/infra/iam.ts'
import { resolver, type Templates } from '../support/infra/resolve.ts'
import { fromFunction, roleName, securityTable } from '../support/infra/security-table.ts'
import { DOCUMENT } from '../support/live-engine.ts'

const FUNCTION = 'arn:aws:lambda:eu-central-1:111122223333:function:desk:7'
const MODEL = 'arn:aws:bedrock:eu-central-1::foundation-model/small'
const ENDPOINT = { provider: 'openai', base_url: 'https://models.example/v1', model: 'small' } as const
const SECRET = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:model-key-a1B2c3'
const SHUT = JSON.stringify([
  { CidrIp: '255.255.255.255/32', Description: 'Disallow all traffic', FromPort: 252, IpProtocol: 'icmp', ToPort: 86 },
])

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

  /** But for what erases: answers may lie there from before. */
  const said = (templates: Templates): string =>
    JSON.stringify(templates, (key, value) => (key.startsWith('AutotuneErase') ? undefined : value))

  it('is not there by default: no template says a word of it or of Bedrock', () => {
    expect(said(without)).not.toMatch(/bedrock|AUTOTUNE_HARNESS|model-cache/i)
    expect(said(withHarness)).not.toMatch(/bedrock|model-cache/i)
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
    const { templates } = synthesize({ harness: file })
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

  const liveIn = (folder: string, over: Partial<LiveModel> = {}, isSigned = true): string => {
    const model = { provider: 'bedrock', model_arn: MODEL } as const
    const words: LiveModel = { ...DOCUMENT, model, seed: null, ...over }
    const file = join(folder, 'live.json')
    writeFileSync(file, JSON.stringify(isSigned ? signedBy(words, 'ana@example.com', '2026-11-29') : words))
    return file
  }

  it.each<[string, Partial<LiveModel>, string | undefined, string]>([
    ['a Bedrock model', {}, undefined, 'bedrock:InvokeModel'],
    ['an endpoint by its secret', { model: ENDPOINT }, SECRET, 'secretsmanager:GetSecretValue'],
  ])(
    'asks %s live: those who replay may ask it and no other, and its module reaches nothing',
    (_, over, livekey, action) => {
      const folder = mkdtempSync(join(tmpdir(), 'autotune-live-test-'))
      const file = join(folder, 'harness.mjs')
      writeFileSync(file, 'export const replay = () => null\n')
      const { templates } = synthesize({ harness: file, live: liveIn(folder, over), livekey })
      rmSync(folder, { recursive: true })
      const asked = livekey ?? MODEL
      expect(who(templates, action, asked)).toEqual(REPLAYING)
      expect(who(templates, action, `${asked}x`)).toEqual([])
      expect(who(templates, 'bedrock:InvokeModel', `${MODEL}-other`)).toEqual([])
      const resources = Object.entries(templates.AutotuneWorkflow!.Resources!)
      // Of the gate the one function that scores.
      const policies = policiesOf(templates)
      const gate = policies.roles.find((role) => roleName(role) === 'VaultGate')!
      const from = (policies.functions.get(gate) ?? []).filter((f) =>
        policies.may(gate, fromFunction({ action, resource: asked }, f)),
      )
      expect(from).toEqual([expect.stringContaining('ScoreShard')])
      // No way out of the module's network: no gateway, no NAT, no rule that lets anything out.
      const types = resources.map(([, { Type }]) => Type)
      expect(types.filter((type) => /InternetGateway|NatGateway|EIP|VPCEndpoint/.test(type))).toEqual([])
      const modules = resources.filter(
        ([id, r]) => r.Type === 'AWS::Lambda::Function' && id.startsWith('AutotuneHarness'),
      )
      expect(modules).toHaveLength(2)
      for (const [, { Properties }] of modules) expect(Properties!.VpcConfig).toBeDefined()
      const groups = resources.filter(
        ([id, r]) => r.Type === 'AWS::EC2::SecurityGroup' && id.startsWith('AutotuneHarness'),
      )
      expect(groups.map(([, { Properties }]) => JSON.stringify(Properties!.SecurityGroupEgress))).toEqual([SHUT, SHUT])
      const told = resources.flatMap(([id, r]) => {
        const { Variables } = (r.Properties?.Environment ?? {}) as { Variables?: Record<string, unknown> }
        return Variables?.AUTOTUNE_LIVE ? [/^AutotuneFunctions(\w+?)Function/.exec(id)![1]] : []
      })
      expect(told.sort()).toEqual(['LayOutSearch', 'ReplayShard', 'ScoreShard', 'StartRun'])
      const table = securityTable(templates)
      const own = Object.keys(table).filter((role) => role.includes('AutotuneHarness'))
      expect(own.map((role) => table[role])).toEqual([[], []])
    },
    60_000,
  )

  it.each<[string, Partial<LiveModel>, boolean, object, RegExp]>([
    ['nobody signed', {}, false, {}, /live: nobody signed it: its owner signs/],
    [
      'an endpoint in the clear',
      { model: { ...ENDPOINT, base_url: 'http://models.example/v1' } },
      true,
      {},
      /asked in the clear/,
    ],
    ['a key for Bedrock', {}, true, { livekey: SECRET }, /a key goes with an OpenAI-compatible endpoint/],
    ['a key that is none', { model: ENDPOINT }, true, { livekey: 'sk-1234' }, /it is the ARN of a secret/],
    ['a function', {}, true, { harness: FUNCTION }, /live goes with path, a module/],
    ['no harness', {}, true, { harness: undefined }, /"live" names a model that a harness module asks/],
  ])('stops synthesis for a model asked live with %s', (_, over, isSigned, context, says) => {
    const folder = mkdtempSync(join(tmpdir(), 'autotune-live-test-'))
    const harness = join(folder, 'harness.mjs')
    writeFileSync(harness, 'export const replay = () => null\n')
    const live = liveIn(folder, over, isSigned)
    expect(() => synthesize({ harness, live, ...context })).toThrow(says)
    rmSync(folder, { recursive: true })
  })

  it.each([
    [{ harness: FUNCTION.replace(/7$/, '$LATEST') }, /version number.*LATEST/],
    [{ harness: FUNCTION.replace(/7$/, 'live') }, /version number/],
    [{ harness: FUNCTION.replace(/:7$/, '') }, /version number/],
    [{ harness: 'desk' }, /version number/],
    [{ harness: 7 }, /"harness" is 7; it is an ARN/],
    [{ model: MODEL }, /"harness" names none/],
    [
      { harness: FUNCTION, livekey: SECRET },
      /"livekey" names the key of a model that is asked live, and "live" names none/,
    ],
    [{ harness: './nowhere.mjs' }, /the harness module \.\/nowhere\.mjs does not exist/],
    [{ harness: './nowhere.mjs', model: MODEL }, /modelArn goes with functionArn/],
  ])('stops synthesis on the context %j', (context, says) => {
    expect(() => synthesize(context)).toThrow(says)
  })
})
