import '../support/workflow/quiet.ts'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../steps/stores.ts'
import { synthesize } from '../support/infra/deployment.ts'
import { policiesOf } from '../support/infra/iam.ts'
import type { Templates } from '../support/infra/resolve.ts'
import { machinesOf } from '../support/workflow/deployed.ts'
import { guarded } from '../support/workflow/guarded.ts'
import type { Machine } from '../support/workflow/runner.ts'

type Report = { isValid: boolean; errors: readonly unknown[] }
const validate = createRequire(import.meta.url)('asl-validator') as (definition: unknown) => Report

describe('the synthesized definitions', () => {
  let templates: Templates
  let machines: readonly (readonly [string, Machine])[]
  beforeAll(() => {
    templates = synthesize().templates
    machines = Object.entries(machinesOf(templates))
  }, 60_000)

  it('are valid Amazon States Language', () => {
    expect(machines).toHaveLength(2)
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
      machines.map(([arn, d]) => [/\.Autotune(\w+?)Workflow/.exec(arn)![1]!, JSON.stringify(d)]),
    )
    expect(text.Tuning).toContain('"ResultWriter"')
    for (const definition of Object.values(text)) {
      expect(definition).toContain('"ToleratedFailurePercentage":0')
      expect(definition.match(/"Retry":\[[^\]]*States\.ALL/)).toBeNull()
    }
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
