/** Runs that should not start: refused before anything is sealed or asked, with a record of why. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import type { ContextPack } from '#schemas/pack.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { openLocks } from '../../../functions/steps/run/lock.ts'
import { proposeChanges } from '../../../functions/steps/run/propose.ts'
import { readRefusal } from '../../../functions/steps/run/read-refusal.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { aFamily, aPack, aTarget, aWorld, INTENT } from '../../support/builders.ts'
import { approve, certified, reviewed, rolloutOf, start } from '../release/support.ts'
import { contents, imported, items, memory, run, stocked, watched } from '../stores.ts'

const world = aWorld({ search: 6, heldout: 100 })
const message = (store: Store, over = {}) =>
  run(store, { runId: 'again', ...over }).then(
    ({ verdict }) => verdict,
    (e: Error) => `${e.name}: ${e.message}`,
  )
const fileOf = (id: string, file: (typeof RUN_FILES)[number] = 'decision-record.json') =>
  `${keys.run('2026-05-12', id)}${file}`

describe('a run is refused', () => {
  test('while a proposal of the same baseline is under review, or approved and not released', async () => {
    const store = await certified()
    await imported(
      store,
      Array.from({ length: 100 }, (_, i) => aFamily(`fresh${i}`, { side: 'heldout' })),
    )
    await reviewed(store, 'r')
    expect(await message(store)).toMatch(/^UserError: .*\n {2}open review rv_r_1 of support.refund stands/)
    await approve(store, 'r')
    expect(await message(store)).toMatch(/approved review rv_r_1 of support.refund stands/)
    expect((await items(store)).filter((v) => !v.retired)).toEqual([])
  })

  test('while a rollout is on its way, and from a baseline that is no longer in force', async () => {
    const store = await certified()
    await approve(store, 'r')
    await start(store)
    expect(await message(store)).toMatch(/rollout ro_r of support.refund stands.*autotune rollout stop ro_r/)
    const { candidate } = await rolloutOf(store)
    const [pk, sk] = rowKeys.rollout('ro_r')
    const row = (await store.table.get<{ rollout: object }>(pk, sk))!
    const released = { ...row.body, rollout: { ...row.body.rollout, status: 'released' } }
    await store.table.update(pk, sk, row.revision, released)
    const place = (await store.table.get(...rowKeys.inForce(INTENT)))!
    await store.table.update(place.pk, place.sk, place.revision, {
      release_tuple_id: candidate.release_tuple_id,
      rollout_id: null,
    })
    expect(await message(store)).toMatch(
      /baseline_tuple is not in force: support.refund runs on ctxpack.support@1\.1\.0/,
    )
  })

  test('before its question, where another tuple came into force while it searched; a question that is open is answered', async () => {
    const live = { release_tuple_id: 'rt_live', rollout_id: null }
    const lived = async (before: 'search' | 'answer') => {
      const store = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
      let moved: Promise<unknown> | null = null
      const move = () => {
        moved ??= store.table.create(...rowKeys.inForce(INTENT), live)
      }
      const watching = watched(store, (act, side, key) => {
        const is = before === 'search' ? key.endsWith('target.json') : side === 'vault' && key.includes('gate/')
        if (act === 'write' && is) move()
      })
      const summary = await run(watching, { runId: 'r' })
      await moved
      return {
        summary,
        used: (await items(store)).map((item) => item.used),
        verified: await verifyRun(store, 'r', transcriptEngine()),
      }
    }
    const { summary, used, verified } = await lived('search')
    expect([summary.verdict, used]).toEqual(['refused', [0]])
    expect(summary.reasons[0]).toMatch(
      /^meanwhile: baseline_tuple is not in force: .*runs on rt_live.*No question was asked$/,
    )
    expect(verified).toMatchObject({ reproducible: true })
    expect(await lived('answer')).toMatchObject({ summary: { verdict: 'certified' }, used: [1] })
  })

  test('with a change that was released, however it is written; propose says so before', async () => {
    const store = await certified()
    await approve(store, 'r')
    await start(store)
    const { candidate } = await rolloutOf(store)
    const [pk, sk] = rowKeys.rollout('ro_r')
    const row = (await store.table.get<{ rollout: object }>(pk, sk))!
    await store.table.update(pk, sk, row.revision, {
      ...row.body,
      rollout: { ...row.body.rollout, status: 'kept' },
    })
    const pack = aPack()
    const released = (await readJson<ContextPack>(store.objects, keys.pack(candidate.refs.pack)))!.settings
    const paths = Object.keys(released).filter((path) => released[path] !== pack.settings[path])
    expect(paths).toHaveLength(1)
    const [path] = paths as [string]
    const [was, is] = [pack.settings[path]!, released[path]!]
    const ways = [{ [path]: is }, { [path]: { to: is } }, { [path]: { from: was, to: is } }]
    const other = { [path]: Number(is) + 1 }
    // Alone, since the same change twice in one file is out of bounds.
    const found = async (patch: object): Promise<string | null> =>
      (await proposeChanges(store, aTarget(), [{ at: 'f:1', change: { patch } as never }], null)).changes[0]!.released
    for (const way of ways)
      expect(await found(way)).toContain(`was released already: ${candidate.refs.pack}, by rollout ro_r`)
    expect(await found(other)).toBeNull()
  })

  test('and leaves one record, which says what, when and why; no lock, no seal', async () => {
    const store = await stocked(memory(), world)
    const before = await contents(store)
    await store.objects.delete(fileOf('s3'))
    expect(await message(store)).toContain('1 of 6 recorded runs of support.refund are not as they were imported')
    const after = await contents(store)
    expect(Object.keys(after).filter((key) => !(key in before))).toEqual([
      expect.stringMatching(/^open\/autotune\/newest\/.*-again\.json$/),
      'open/autotune/runs/again/refusal.json',
    ])
    expect(await readRefusal(store.objects, 'again')).toMatchObject({
      run_id: 'again',
      verdict: 'refused',
      target: { intent: INTENT },
      reasons: [expect.stringContaining('1 missing): s3.')],
    })
    expect(await Array.fromAsync(openLocks(store))).toEqual([])
    expect(await items(store)).toEqual([])
  })

  test('for an unanswered question too, under an id of its own', async () => {
    const store = await stocked(memory(), world)
    await expect(run(store, { target: {} as never })).rejects.toThrow('intent is missing')
    const { owner: _, ...unowned } = aTarget()
    await expect(run(store, { target: unowned })).rejects.toThrow('owner is missing')
    await expect(run(store, { target: unowned })).rejects.toThrow('owner is missing')
    const records = Object.keys(await contents(store)).filter((key) => key.endsWith('/refusal.json'))
    expect(records).toHaveLength(3)
    expect(await run(store)).toMatchObject({ verdict: 'certified' })
  })

  test('whose record somebody changed is told as damaged', async () => {
    const store = await stocked(memory(), world)
    await expect(run(store, { runId: 'x', target: { ...aTarget(), owner: undefined } as never })).rejects.toThrow()
    const text = Buffer.from((await store.objects.get(keys.refusal('x')))!).toString()
    await store.objects.put(keys.refusal('x'), text.replace('owner is missing', 'owner is there'))
    await expect(readRefusal(store.objects, 'x')).rejects.toThrow('refusal.json of run x was changed')
  })
})

describe('recorded runs', () => {
  const small = aWorld({ search: 4, heldout: 100 })

  test('any of which is deleted or changed, on either side, in any file, is noticed; the same import restores it', async () => {
    const store = await stocked(memory(), small)
    const whole = await contents(store)
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: small.length - 1 }),
        fc.constantFrom(...RUN_FILES),
        fc.boolean(),
        async (i, file, isDeleted) => {
          const { run_id, split } = small[i]!
          const side = split === 'search' ? store.objects : store.vault
          if (isDeleted) await side.delete(fileOf(run_id, file))
          else await side.put(fileOf(run_id, file), '{}\n')
          const said = await message(store)
          const which = split === 'search' ? '4 recorded' : '100 held-out'
          expect(said).toContain(`1 of ${which} runs of ${INTENT} are not as they were imported`)
          expect(said).toContain(isDeleted ? '(1 missing)' : '(1 changed)')
          if (split === 'search') expect(said).toContain(run_id)
          else expect(said).not.toMatch(new RegExp(`\\b${run_id}\\b`))
          expect(said).not.toMatch(/remove/)
          expect(await imported(store, small)).toMatchObject({ stored: 0, restored: 1 })
          const { 'open/autotune/runs/again/refusal.json': _, ...now } = await contents(store)
          const besides = Object.entries(now).filter(([key]) => !key.startsWith('open/autotune/newest/'))
          expect(Object.fromEntries(besides)).toEqual(whole)
        },
      ),
      { numRuns: 10 },
    )
    expect(await run(store)).toMatchObject({ verdict: 'certified' })
  })

  test('that were replaced by others which seal themselves are noticed', async () => {
    const store = await stocked(memory(), small)
    const other = memory()
    await imported(other, [{ ...small[0]!, outcome: { ...small[0]!.outcome, passed: false } }])
    for (const file of RUN_FILES)
      await store.objects.put(fileOf('s0', file), (await other.objects.get(fileOf('s0', file)))!)
    expect(await message(store)).toContain('(1 changed): s0.')
  })

  test('that an index lists no more are noticed; the same import lists them again', async () => {
    for (const [side, says] of [
      ['objects', '4 recorded runs that were imported are in no index'],
      ['vault', '100 held-out runs that were imported are in no index'],
    ] as const) {
      const store = await stocked(memory(), small)
      for await (const key of store[side].list(keys.index(INTENT))) await store[side].delete(key)
      expect(await message(store)).toContain(says)
      await imported(store, small)
      expect(await run(store)).toMatchObject({ verdict: 'certified' })
    }
  })

  test('of a killed import are no loss: what it did not come to list is no run yet', async () => {
    const store = await stocked(memory(), small)
    await imported(store, [aFamily('new', { side: 'search', required: 1, gold: 1 })])
    expect(await run(store)).toMatchObject({ verdict: 'certified' })
    // Runs of a retired version lie on both sides.
    expect(await message(store)).not.toContain('not as they were imported')
  })
})
