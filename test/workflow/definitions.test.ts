import { createRequire } from 'node:module'
import * as bedrock from '@aws-sdk/client-bedrock-runtime'
import * as dynamodb from '@aws-sdk/client-dynamodb'
import * as kms from '@aws-sdk/client-kms'
import * as lambda from '@aws-sdk/client-lambda'
import * as ses from '@aws-sdk/client-sesv2'
import { beforeAll, describe, expect, it } from 'vitest'
import * as ours from '../../functions/errors.ts'
import { memory } from '../steps/stores.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { policiesOf } from '../support/infra/iam.ts'
import { resolver, type Templates } from '../support/infra/resolve.ts'
import { machinesOf } from '../support/workflow/deployed.ts'
import { guarded } from '../support/workflow/guarded.ts'
import type { Machine } from '../support/workflow/machine.ts'
import { STEPS } from '../support/workflow/steps.ts'

/** Names that are no class of ours or of the SDK: as Step Functions, Lambda and S3 document them. */
const DOCUMENTED: readonly string[] = [
  'States.ALL',
  'States.Timeout',
  // "Handle transient Lambda service exceptions", best practices of Step Functions
  'Lambda.AWSLambdaException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.SdkClientException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  // StartExecution of Step Functions
  'StepFunctions.ExecutionAlreadyExistsException',
  // error responses of S3
  'InternalError',
  'ServiceUnavailable',
  'SlowDown',
]

/** Every error name in a value's retriers and catchers. */
const errorNames = (value: unknown): string[] =>
  value === null || typeof value !== 'object'
    ? []
    : Object.entries(value).flatMap(([key, inner]) => (key === 'ErrorEquals' ? (inner as string[]) : errorNames(inner)))

type Report = { isValid: boolean; errors: readonly unknown[] }
const validate = createRequire(import.meta.url)('asl-validator') as (definition: unknown) => Report

describe('the synthesized definitions', () => {
  let templates: Templates
  let machines: readonly (readonly [string, Machine])[]
  beforeAll(() => {
    templates = templatesOf()
    machines = Object.entries(machinesOf(templates))
  }, 60_000)

  it('are valid Amazon States Language', () => {
    expect(machines).toHaveLength(7)
    for (const [arn, definition] of machines) {
      // The validator wants ARNs; ours are names until a deployment.
      const text = JSON.stringify(definition).replaceAll(
        /"arn:Autotune[^"]*"/g,
        '"arn:aws:lambda:eu-central-1:1:function:f"',
      )
      const { isValid, errors } = validate(JSON.parse(text))
      expect({ arn, isValid, errors }).toEqual({ arn, isValid: true, errors: [] })
    }
  })

  it('write the results of the search map out, tolerate no failed child, and never retry everything', () => {
    const text = Object.fromEntries(
      machines.map(([arn, d]) => [/\.(?:Autotune)?(\w+?)Workflow/.exec(arn)![1]!, JSON.stringify(d)]),
    )
    expect(text.Tuning).toContain('"ResultWriter"')
    for (const definition of Object.values(text)) {
      // The others have no distributed map.
      if (definition.includes('"DISTRIBUTED"')) expect(definition).toContain('"ToleratedFailurePercentage":0')
      expect(definition.match(/"Retry":\[[^\]]*States\.ALL/)).toBeNull()
    }
  })

  it('retry and catch only errors that exist: a class of ours or of the SDK, or a documented name', () => {
    const classes = new Set([
      ...Object.keys(ours),
      ...Object.keys(dynamodb),
      ...Object.keys(kms),
      ...Object.keys(ses),
      ...Object.keys(bedrock),
      ...Object.keys(lambda).flatMap((name) => [name, `Lambda.${name}`]),
    ])
    const names = new Set(machines.flatMap(([, definition]) => errorNames(definition)))
    expect(names.size).toBeGreaterThan(10)
    expect([...names].filter((name) => !classes.has(name) && !DOCUMENTED.includes(name))).toEqual([])
    expect(DOCUMENTED.filter((name) => !names.has(name))).toEqual([])
  })

  it('leave no log and no trace of the sealed side: its functions and its machine write none', () => {
    const resources = Object.entries(templates.AutotuneWorkflow!.Resources!)
    const resolve = resolver(templates, 'AutotuneWorkflow')
    const sealed = resources.flatMap(([id, { Type, Properties: p = {} }]) => {
      const name = /^AutotuneFunctions(\w+?)Function/.exec(id)?.[1]
      if (Type !== 'AWS::Lambda::Function' || !name) return []
      const isSealed = /\.Vault(Gate|Sealer)/.test(String(resolve(p.Role)))
      expect([name, STEPS[name]!.sealed !== undefined, p.TracingConfig === undefined]).toEqual([
        name,
        isSealed,
        isSealed,
      ])
      return isSealed ? [name] : []
    })
    expect(sealed).toHaveLength(8)
    const gate = resources.find(([id, r]) => r.Type === 'AWS::StepFunctions::StateMachine' && id.includes('Gate'))![1]
    expect([gate.Properties!.LoggingConfiguration, gate.Properties!.TracingConfiguration]).toEqual([
      undefined,
      undefined,
    ])
  })

  it('gives no function more than its role: the guard of the workflow tests refuses what the policies refuse', async () => {
    const role = policiesOf(templates).roles.find((r) => r.includes('ReplayShardRole'))!
    const store = guarded(memory(), templates, role)
    await expect(store.vault.get('goldens/a/b/test.jsonl')).rejects.toThrow('may not s3:GetObject')
    await expect(store.objects.put('autotune/work/r/answer.json', '')).rejects.toThrow('may not s3:PutObject')
    await expect(store.table.get('lock', 'x')).rejects.toThrow('may not dynamodb:GetItem')
    await store.objects.put('autotune/work/r/answers/a/000000.jsonl', '')
  })
})
