/** One open run per intent and risk class: a live holder keeps others out by name, a dead one is resumed by its own target only. */
import { describe, expect, test } from 'vitest'
import { Id } from '#schemas/common.ts'
import { publishPack } from '../../../functions/steps/experience/documents.ts'
import { releaseLock, takeLock } from '../../../functions/steps/run/lock.ts'
import { aPack, aTarget, aWorld, INTENT } from '../../support/builders.ts'
import { contents, holder, items, Killed, killedAtWrite, memory, run, stocked } from '../stores.ts'

const wanted = (run_id: string, about = 'target A') => ({ run_id, about })
const taken = async (by = 'first') => {
  const store = memory()
  await takeLock(store, INTENT, 'destructive', wanted('run_1'), holder(by))
  return store
}

describe('takeLock', () => {
  test('is refused by a live holder, whatever the target, naming run and process', async () => {
    const store = await taken()
    for (const about of ['target A', 'target B'])
      await expect(
        takeLock(store, INTENT, 'destructive', wanted('run_2', about), holder('second', ['first'])),
      ).rejects.toThrow(
        /^run run_1 is open on support.refund \(destructive\): process first is working on it since 2026-11-23T/,
      )
  })

  test('resumes the run of a dead holder on the same target, under its id', async () => {
    const store = await taken()
    expect(await takeLock(store, INTENT, 'destructive', wanted('run_2'), holder('second'))).toEqual({
      run_id: 'run_1',
      resumed: true,
    })
    await expect(takeLock(store, INTENT, 'destructive', wanted('run_3'), holder('third', ['second']))).rejects.toThrow(
      'process second is working on it',
    )
  })

  test('is refused by a dead holder of another target, naming the run and the way out', async () => {
    const store = await taken()
    await expect(takeLock(store, INTENT, 'destructive', wanted('run_2', 'target B'), holder('second'))).rejects.toThrow(
      /run_1 is open .* its process is gone.*finish it, or give it up with "autotune run --abandon run_1"/,
    )
  })

  test('is free for another intent, and for another risk class', async () => {
    const store = await taken()
    for (const [intent, risk] of [
      ['support.status', 'destructive'],
      [INTENT, 'read_only'],
    ] as const)
      expect(await takeLock(store, intent, risk, wanted('run_2'), holder('second', ['first']))).toMatchObject({
        resumed: false,
      })
  })

  test('is won by one of many at once', async () => {
    const store = memory()
    const names = Array.from({ length: 20 }, (_, i) => `p${i}`)
    const tries = await Promise.allSettled(
      names.map((name) => takeLock(store, INTENT, 'destructive', wanted(name), holder(name, names))),
    )
    expect(tries.filter((t) => t.status === 'fulfilled')).toHaveLength(1)
  })

  test('of a dead holder is resumed by one of many at once', async () => {
    const store = await taken('gone')
    const names = Array.from({ length: 20 }, (_, i) => `p${i}`)
    const tries = await Promise.allSettled(
      names.map((name) => takeLock(store, INTENT, 'destructive', wanted(name), holder(name, names))),
    )
    expect(tries.filter((t) => t.status === 'fulfilled')).toHaveLength(1)
  })
})

describe('releaseLock', () => {
  test('gives back the own lock only', async () => {
    const store = await taken()
    await releaseLock(store, INTENT, 'destructive', 'run_2')
    expect(await Array.fromAsync(store.table.query('lock'))).toHaveLength(1)
    await releaseLock(store, INTENT, 'destructive', 'run_1')
    expect(await Array.fromAsync(store.table.query('lock'))).toEqual([])
  })
})

describe('a run', () => {
  const small = { search: 6, heldout: 100 }

  test('gives its lock back, also when it is refused or fails', async () => {
    const store = await stocked(memory(), aWorld({ search: 1, heldout: 100 }))
    await run(store).catch(() => {})
    expect(await Array.fromAsync(store.table.query('lock'))).toEqual([])
    const empty = await stocked(memory(), [])
    await expect(run(empty)).rejects.toThrow('no recorded run of intent "support.refund" is in this store')
    expect(await Array.fromAsync(empty.table.query('lock'))).toEqual([])
  })

  test('is refused while another one works, and has then written nothing', async () => {
    const store = await stocked(memory(), aWorld(small))
    await takeLock(store, INTENT, 'destructive', wanted('run_1'), holder('first'))
    const before = await contents(store)
    await expect(run(store, { holder: holder('second', ['first']) })).rejects.toThrow('run run_1 is open')
    expect(await contents(store)).toEqual(before)
    expect(await items(store)).toEqual([])
  })

  test('that died is resumed by its own target and refused to another one', async () => {
    const store = await stocked(memory(), aWorld(small))
    const died = killedAtWrite(store, 115)
    await expect(run(died.store, { runId: 'run_1', holder: holder('first') })).rejects.toThrow(Killed)
    const other = aTarget({ owner: 'somebody-else' })
    await expect(run(store, { target: other, holder: holder('second') })).rejects.toThrow('--abandon run_1')
    const hand = [
      {
        candidate_id: 'c',
        layer: 'retrieval' as const,
        patch: { 'evidence.orders.top_k': { from: 4, to: 2 } },
        rationale: 'r',
      },
    ]
    await expect(run(store, { candidates: hand, holder: holder('second') })).rejects.toThrow('--abandon run_1')
    expect(await run(store, { holder: holder('second') })).toMatchObject({ run: 'run_1', verdict: 'certified' })
  })

  test('never overwrites a finished one', async () => {
    const store = await stocked(memory(), aWorld(small))
    await run(store, { runId: 'run_1' })
    const before = await contents(store)
    await expect(run(store, { runId: 'run_1' })).rejects.toThrow('run run_1 exists already: choose another --run-id')
    expect(await contents(store)).toEqual(before)
  })

  test('is named after day, intent and metric, and numbered when that name is taken', async () => {
    const store = await stocked(memory(), aWorld(small))
    expect((await run(store)).run).toBe('at_2026_11_23_refund_tokens')
    expect((await run(store)).run).toBe('at_2026_11_23_refund_tokens_2')
  })

  test('never shares its id with one of another intent that ends in the same word', async () => {
    const store = memory()
    await takeLock(store, 'travel.refund', 'destructive', wanted('at_2026_11_23_refund_tokens'), holder('first'))
    await stocked(store, aWorld(small))
    const second = holder('second', ['first'])
    expect((await run(store, { holder: second })).run).toBe('at_2026_11_23_refund_tokens_2')
    const named = run(store, { runId: 'at_2026_11_23_refund_tokens', holder: second })
    await expect(named).rejects.toThrow('is open on another intent: choose another --run-id')
  })

  test('of an intent with a long name has an id that every verb takes', async () => {
    const intent = `support.${'x'.repeat(115)}`
    const pack = aPack({
      intents: [{ intent_id: intent, risk_class: 'read_only', owner: 'o' }],
      tunable_surfaces: [{ ...aPack().tunable_surfaces[0]!, intents: [intent] }],
    })
    const world = aWorld(small).map((r) => ({ ...r, intent_id: intent }))
    const store = await stocked(memory(), world, { pack })
    const target = aTarget({ intent, visible_data: { search_set: `goldens/${intent}/search` } })
    const { run: id } = await run(store, { target })
    expect(Id.safeParse(id).success).toBe(true)
  })

  test('of another intent may go on at the same time', async () => {
    const pack = aPack({
      pack: 'ctxpack.support@2.0.0',
      tunable_surfaces: [{ ...aPack().tunable_surfaces[0]!, intents: [INTENT, 'support.status'] }],
    })
    const world = aWorld(small).map((r) => ({ ...r, run_id: `${r.run_id}-b`, intent_id: 'support.status' }))
    const store = await stocked(memory(), [...aWorld(small), ...world])
    await publishPack(store, pack)
    const target = aTarget({
      intent: 'support.status',
      baseline_tuple: { ...aTarget().baseline_tuple!, pack: pack.pack },
      visible_data: { search_set: 'goldens/support.status/search' },
      release_path: { ...aTarget().release_path!, rollback_target: pack.pack },
    })
    const [a, b] = await Promise.all([run(store), run(store, { target })])
    expect([a.verdict, b.verdict]).toEqual(['certified', 'certified'])
    expect(a.run).not.toBe(b.run)
  })
})
