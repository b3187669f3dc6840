/** What the functions of the routine may do, under the synthesized policies. */
import { describe, expect, it } from 'vitest'
import type { Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { memory } from '../steps/stores.ts'
import { DAYS } from '../support/bands.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { policiesOf } from '../support/infra/iam.ts'
import { guarded } from '../support/workflow/guarded.ts'

const [FIRST] = DAYS

describe('what the functions of the routine may do', () => {
  const as = (role: string, store: Store) => {
    const templates = templatesOf()
    const name = policiesOf(templates).roles.find((one) => one.includes(`.Cadence${role}Role`))!
    return guarded(store, templates, name)
  }
  const refused: readonly (readonly [string, (store: Store) => Promise<unknown>])[] = [
    ['read the vault', (s) => s.vault.get('goldens/a/b/test.jsonl')],
    ['list the vault', (s) => Array.fromAsync(s.vault.list('experience/'))],
    ['write the vault', (s) => s.vault.put('experience/x', '')],
    ['read releases', (s) => s.releases.get('tuples/x.json')],
    ['write releases', (s) => s.releases.put('tuples/x.json', '')],
    ['write a pack', (s) => s.objects.put(keys.pack('p@1.0.0'), '')],
    ['write a run', (s) => s.objects.put(keys.autotuneRun('r', 'target.json'), '')],
    ['write a recorded run', (s) => s.objects.put('experience/runs/x', '')],
    ['remove rows', (s) => s.objects.delete('cadence/rows/2026-11-01/a-b.jsonl')],
    ['replace rows', (s) => s.objects.put('cadence/rows/2026-11-01/a-b.jsonl', '')],
    ['replace a judged day', (s) => s.objects.put(keys.dailyCadence(FIRST), '')],
    ['read the journal of imports', (s) => s.objects.get(keys.journalSegment(`sha256:${'a'.repeat(64)}`))],
    ['take a lock', (s) => s.table.create('lock', 'x', {})],
    ['spend a question', (s) => s.table.update('heldout#a', 'x', 0, {})],
    ['move a rollout', (s) => s.table.update('rollout', 'x', 0, {})],
    ['read a held-out family', (s) => Array.fromAsync(s.table.query('family#a'))],
    ['read the key of an epoch', (s) => Array.fromAsync(s.table.query('epochkey#a'))],
    ['draw an epoch', (s) => s.table.create('epoch#a', '0001', {})],
    ['charge the year', (s) => s.table.update('budget', 'year', 0, {})],
  ]
  it.each(
    ['PlanDays', 'SliceIntent', 'JudgeDays', 'ReviewWeek', 'ReviewQuarter'].flatMap((role) =>
      refused.map(([what, act]) => [role, what, act] as const),
    ),
  )('%s may not %s', async (role, _, act) => {
    await expect(act(as(role, memory()))).rejects.toThrow('may not')
  })

  it('keeps apart what they add: rows by the one that measures, days by the one that judges', async () => {
    const [slice, judge] = [as('SliceIntent', memory()), as('JudgeDays', memory())]
    await slice.objects.putIfAbsent('cadence/rows/2026-11-01/a-b.jsonl', '')
    await judge.objects.putIfAbsent(keys.dailyCadence(FIRST), '')
    await expect(slice.objects.putIfAbsent(keys.dailyCadence(FIRST), '')).rejects.toThrow('may not')
    await expect(judge.objects.putIfAbsent('cadence/rows/2026-11-01/a-b.jsonl', '')).rejects.toThrow('may not')
    expect(await Array.fromAsync(slice.table.query('production#ro_r'))).toEqual([])
    expect(await slice.objects.get('production/ro_r/000001-a.jsonl')).toBeNull()
    await expect(slice.table.create('production#ro_r', 'x', {})).rejects.toThrow('may not')
    await expect(slice.table.get('lock', 'x')).rejects.toThrow('may not')
    await expect(judge.objects.get('experience/index/a/b.jsonl')).rejects.toThrow('may not')
  })
})
