/** Sealing: a version is its content, a family belongs to one asked version ever, and only an unasked one makes room. */
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { sealedItem } from '#core/gate/ledger.ts'
import type { Store } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { LedgerItem } from '#schemas/heldout.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { waitingFamilies } from '../../../functions/steps/cadence/refresh.ts'
import { claimsOf } from '../../../functions/steps/experience/families.ts'
import { noteOpened } from '../../../functions/steps/experience/opened.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { aFamily, aPack, aSuite, aTarget, aWorld, INTENT } from '../../support/builders.ts'
import { contents, imported, items, memory, run, stocked } from '../stores.ts'

/** Asks no question: the policy rate it wants to exclude needs more families than there are. */
const unasked = (over: Partial<TuningTarget> = {}) =>
  aTarget({ guardrails: { ...aTarget().guardrails, policy: { min: 1, max_violation_rate: 0.001 } }, ...over })
const small = { search: 6, heldout: 100 }
const no = { ...small, extra: [{ side: 'heldout', required: 3 } as const] }
/** K = 2 at the level that a hundred families can still answer. */
const twice = (over: Partial<TuningTarget> = {}) =>
  aTarget({ scoring: { replayer: 'transcript', questions: 2 }, ...over })
const sealed = async (store: Store, target = unasked()): Promise<LedgerItem> => {
  expect((await run(store, { target })).verdict).toBe('inconclusive')
  return (await items(store)).find((i) => i.retired === null)!
}
const more = (n: number, prefix = 'm', parts: Partial<Parameters<typeof aFamily>[1]> = {}): ExperienceRun[] =>
  Array.from({ length: n }, (_, i) => aFamily(`${prefix}${i}`, { side: 'heldout', required: 1, gold: 1, ...parts }))

describe('a version', () => {
  test('is the digest of its content: families, cases, baseline outcomes, counts, alpha and K', async () => {
    const item = await sealed(await stocked(memory(), aWorld(small)))
    expect(LedgerItem.parse(item)).toEqual(item)
    expect(item).toMatchObject({
      families: 100,
      cases: 100,
      labelled: 100,
      scored: { policy: 100, safety: 100, approval: 0 },
      excluded: 0,
      alpha: 0.05,
      questions: 1,
      used: 0,
      open: null,
      history: [],
      retired: null,
    })
  })

  test('pins the limits of checked rows off the recorded runs of the search, and keeps them while it stands', async () => {
    const slow = Array.from({ length: 10 }, (_, i) =>
      aFamily(`s${i}`, {
        side: 'search',
        required: 1,
        gold: 1,
        over: { outcome: { latency_ms: 100 * (i + 1) } } as never,
      }),
    )
    const store = await stocked(memory(), [...aWorld({ search: 0, heldout: 100 }), ...slow])
    const item = await sealed(store)
    expect(item.pinned).toEqual({ p95_latency_ms: 1000, p50_latency_ms: 600, decisions: 1 })
    await imported(store, [
      aFamily('late', { side: 'search', required: 1, gold: 1, over: { outcome: { latency_ms: 9000 } } as never }),
    ])
    expect(await sealed(store)).toEqual(item)
  })

  test('that version 0.1.0 sealed is sealed again while nobody has asked it', async () => {
    const store = await stocked(memory(), aWorld(small))
    const item = await sealed(store)
    const [pk, sk] = rowKeys.version(INTENT, item.version)
    const { pinned, used: _u, open: _o, history: _h, retired: _r, chain: _c, revision: _v, ...old } = item
    const row = (await store.table.get<LedgerItem>(pk, sk))!
    expect(await store.table.update(pk, sk, row.revision, sealedItem(old))).toBe(true)
    const again = await sealed(store)
    expect(again.version).toBe(item.version)
    expect(again.pinned).toEqual(pinned)
  })

  test('is asked as often as the declared alpha lets its counts carry', async () => {
    // 500 labelled families and v = .01: five questions need 459 at 5 %, 480 at 4 %.
    const strictest = { ...aTarget().guardrails, policy: { min: 1 }, safety: { min: 1 } }
    const of = async (alpha: number) => {
      const store = await stocked(memory(), aWorld({ search: 6, heldout: 500 }))
      await run(store, { target: aTarget({ guardrails: strictest, scoring: { replayer: 'transcript', alpha } }) })
      return (await items(store))[0]!.questions
    }
    expect(await of(0.05)).toBe(5)
    expect(await of(0.03)).toBe(2)
  })

  test('is the same whatever the order and the parts in which its runs were imported', async () => {
    const world = aWorld(small)
    const versionOf = async (runs: readonly ExperienceRun[]) => (await sealed(await stocked(memory(), runs))).version
    expect(await versionOf(world.toReversed())).toBe(await versionOf(world))
    const halves = await stocked(
      memory(),
      world.filter((_, i) => i % 2 === 0),
    )
    await imported(halves, world)
    expect((await sealed(halves)).version).toBe(await versionOf(world))
  })

  test('is another one as soon as a case, an outcome, alpha or K differs', async () => {
    const base = aWorld(small)
    const versionOf = async (runs: readonly ExperienceRun[], target = unasked()) =>
      (await sealed(await stocked(memory(), runs), target)).version
    const versions = new Set([
      await versionOf(base),
      await versionOf(base.slice(0, -1)),
      await versionOf([...base.slice(0, -1), aFamily('h99', { side: 'heldout', required: 1, gold: 1, passed: false })]),
      await versionOf(base, unasked({ scoring: { replayer: 'transcript', alpha: 0.04 } })),
      await versionOf(base, unasked({ scoring: { replayer: 'transcript', questions: 3 } })),
    ])
    expect(versions.size).toBe(5)
  })

  test('leaves out cases whose baseline does not reproduce, and counts them', async () => {
    const drifted = more(3, 'd').map((r) => ({ ...r, policy_bundle_version: 'policy.returns@0.9.0' }))
    const item = await sealed(await stocked(memory(), [...aWorld(small), ...drifted]))
    expect(item).toMatchObject({ families: 100, excluded: 3 })
  })

  test('never holds a family that a person opened while it was on the search side, and says which', async () => {
    const said: string[] = []
    const store = { ...(await stocked(memory(), aWorld(small))), progress: (line: string) => said.push(line) }
    const opened: string[] = []
    for (const n of [3, 5, 3])
      opened.push((await noteOpened(store, { intent_id: INTENT, family_id: `family-h${n}` }, 'ana')).family)
    await noteOpened(store, { intent_id: INTENT, family_id: 'family-s1' }, 'ana')
    await noteOpened(store, { intent_id: 'another', family_id: 'family-h7' }, 'ana')
    const item = await sealed(store)
    expect(item).toMatchObject({ families: 98, cases: 98 })
    const claims = await Array.fromAsync(claimsOf(store.table, INTENT))
    expect(claims.filter(({ sk }) => opened.includes(sk))).toEqual([])
    const names = [...new Set(opened)].sort()
    expect(said.filter((line) => line.startsWith('burnt'))[0]).toBe(
      `burnt: 2 held-out families were opened by a person while on the search side (e.g. ${names.join(', ')}): never sealed`,
    )
    const { waiting, burnt } = await waitingFamilies(store, INTENT, [])
    expect([waiting.length, burnt]).toEqual([98, names])
  })

  test('counts families, not cases, and utility only where a label is', async () => {
    const second = more(5, 'second').map((r, i) => ({ ...r, family_id: `family-h${i}` }))
    const unlabelled = more(2, 'u', { passed: null })
    const item = await sealed(await stocked(memory(), [...aWorld(small), ...second, ...unlabelled]))
    expect(item).toMatchObject({ families: 102, cases: 107, labelled: 100, scored: { policy: 102 } })
  })

  test('has as many questions as its size carries, unless told', async () => {
    const loose = (questions?: number) =>
      unasked({ scoring: { replayer: 'transcript', ...(questions ? { questions } : {}) } })
    const big = await stocked(memory(), aWorld({ search: 4, heldout: 300 }))
    expect(await sealed(big, loose())).toMatchObject({ questions: 1 })
    const target = aTarget({
      guardrails: { ...aTarget().guardrails, utility_delta: { min: 0 } },
      search_space: ['evidence.orders.top_k'],
    })
    const roomy = await stocked(memory(), aWorld({ search: 4, heldout: 300 }))
    await run(roomy, { target })
    expect((await items(roomy))[0]).toMatchObject({ questions: 2, alpha_k: 0.025 })
  })
})

describe('superseding', () => {
  test('makes room for a newer seal while nothing was asked, and its families move along', async () => {
    const store = await stocked(memory(), aWorld(small))
    const first = await sealed(store)
    await imported(store, more(5))
    const second = await sealed(store)
    expect(second.version).not.toBe(first.version)
    expect(second.families).toBe(105)
    expect((await items(store)).map((i) => [i.version === first.version, i.retired])).toEqual(
      expect.arrayContaining([
        [true, 'superseded'],
        [false, null],
      ]),
    )
  })

  test('goes back to content that was sealed before, as unasked as it was', async () => {
    const store = await stocked(memory(), aWorld(small))
    const first = await sealed(store)
    await sealed(store, unasked({ scoring: { replayer: 'transcript', alpha: 0.04 } }))
    const back = await sealed(store)
    expect(back).toEqual({ ...first, revision: back.revision })
  })

  test('never happens to a version that was asked: new families wait until it is retired', async () => {
    const store = await stocked(memory(), aWorld(no))
    expect((await run(store, { target: twice() })).verdict).toBe('not_certified')
    const [asked] = await items(store)
    await imported(store, more(20))
    await run(store, { target: twice({ owner: 'other' }) })
    expect((await items(store)).map((i) => i.version)).toEqual([asked!.version])
    expect((await items(store))[0]!.used).toBe(1)
  })

  test('that was asked and is no longer in the vault is missed before a question is spent', async () => {
    const store = await stocked(memory(), aWorld(no))
    await run(store, { target: twice() })
    const [asked] = await items(store)
    await store.vault.delete(keys.sealed(INTENT, asked!.version))
    await expect(run(store, { target: twice({ owner: 'other' }) })).rejects.toThrow(
      /test\.jsonl is missing.*restore it/,
    )
    expect(await items(store)).toEqual([asked])
    expect(await Array.fromAsync(store.table.query('lock'))).toEqual([])
  })

  test('that was not asked and is no longer in the vault is sealed again', async () => {
    const store = await stocked(memory(), aWorld(small))
    const { version } = await sealed(store)
    const bytes = await store.vault.get(keys.sealed(INTENT, version))
    await store.vault.delete(keys.sealed(INTENT, version))
    expect((await sealed(store)).version).toBe(version)
    expect(await store.vault.get(keys.sealed(INTENT, version))).toEqual(bytes)
  })

  test('takes the baseline and suite of the newest seal where the content is the same', async () => {
    const store = await stocked(memory(), aWorld(small))
    const first = await sealed(store)
    const suite = aSuite({ suite: 'evals.refund@1.0.1' })
    const { publishSuite } = await import('../../../functions/steps/experience/documents.ts')
    await publishSuite(store, suite)
    const target = unasked({ baseline_tuple: { ...aTarget().baseline_tuple!, evals: suite.suite } })
    const second = await sealed(store, target)
    expect(second.version).toBe(first.version)
    expect(second).toMatchObject({ suite: suite.suite, used: 0 })
    const asking = aTarget({ baseline_tuple: target.baseline_tuple! })
    expect((await run(store, { target: asking })).verdict).toBe('certified')
  })
})

describe('families of an asked version', () => {
  test('join the search set once it is retired, and are never sealed again', async () => {
    const store = await stocked(memory(), aWorld(small))
    expect((await run(store)).verdict).toBe('certified')
    const { version } = (await items(store))[0]!
    const second = await run(store, { runId: 'second' })
    expect(second).toMatchObject({ verdict: 'refused', heldout_families: null })
    expect(second.reasons[0]).toMatch('no live held-out version: every sealed family has answered')
    expect((await items(store)).map((i) => i.version)).toEqual([version])
    const target = JSON.parse((await contents(store))['open/autotune/runs/second/target.json']!)
    expect(target.search_set.cases).toBe(106)
  })

  test('are not sealed again under another suite, alpha or K, nor with one case more', async () => {
    const store = await stocked(memory(), aWorld(no))
    await run(store)
    expect((await items(store))[0]).toMatchObject({ retired: 'exhausted' })
    for (const scoring of [{ alpha: 0.04 }, { questions: 3 }]) {
      const target = aTarget({ scoring: { replayer: 'transcript', ...scoring } })
      expect((await run(store, { target, runId: `r${Object.keys(scoring)[0]}` })).verdict).toBe('refused')
    }
    await imported(store, more(1, 'more', { family: 'family-h0' }))
    expect((await run(store, { runId: 'more' })).verdict).toBe('refused')
    expect(await items(store)).toHaveLength(1)
  })

  test('leave room for families that were never sealed', async () => {
    const store = await stocked(memory(), aWorld(small))
    await run(store)
    await imported(store, more(110))
    expect(await run(store, { runId: 'second' })).toMatchObject({ verdict: 'certified', heldout_families: 110 })
    expect((await items(store)).filter((i) => i.retired === 'passed')).toHaveLength(2)
  })

  test('keep their baseline while their version lives: another one is refused, with the way out', async () => {
    const store = await stocked(memory(), aWorld(no))
    await run(store, { target: twice() })
    const pack = aPack({ pack: 'ctxpack.support@1.1.0' })
    const { publishPack } = await import('../../../functions/steps/experience/documents.ts')
    await publishPack(store, pack)
    const target = twice({
      baseline_tuple: { ...aTarget().baseline_tuple!, pack: pack.pack },
      release_path: { ...aTarget().release_path!, rollback_target: pack.pack },
    })
    await expect(run(store, { target })).rejects.toThrow(
      /was sealed for another baseline.* and has answered questions.*Import families that were never sealed/,
    )
  })
})

describe('sealing', () => {
  test('claims every family by hash, so that no name leaves the vault', async () => {
    const store = await stocked(memory(), aWorld(small))
    await sealed(store)
    const claims = await Array.fromAsync(claimsOf(store.table, INTENT))
    expect(claims).toHaveLength(100)
    expect(JSON.stringify(claims)).not.toContain('family-h')
    expect(new Set(claims.map((c) => c.body.version)).size).toBe(1)
  })

  test('leaves a family out that an asked version of a deployment has claimed, where no role reads that version for it', async () => {
    const store: Store = { ...(await stocked(memory(), aWorld(small))), rolesApart: true }
    const version = digestOf('asked elsewhere')
    const facts = { ...(await sealed(await stocked(memory(), aWorld(small)))), version }
    const { used: _u, open: _o, history: _h, retired: _r, chain: _c, revision: _v, ...published } = facts
    await store.table.create(`heldout#${INTENT}`, version, {
      ...sealedItem(published),
      used: 1,
      retired: 'exhausted',
    })
    const claims = await Array.fromAsync(claimsOf((await claimedBy(aWorld(small))).table, INTENT))
    await store.table.create(claims[0]!.pk, claims[0]!.sk, { version })
    const summary = await run(store, { target: unasked() })
    expect(summary).toMatchObject({ verdict: 'inconclusive', heldout_families: 99 })
  })

  test('has nothing to seal where every family went to the search', async () => {
    const store = await stocked(memory(), aWorld({ search: 6, heldout: 0 }))
    const summary = await run(store)
    expect(summary).toMatchObject({ verdict: 'refused', heldout_families: null, needed_families: null })
    expect(await items(store)).toEqual([])
  })
})

async function claimedBy(runs: readonly ExperienceRun[]): Promise<Store> {
  const store = await stocked(memory(), runs)
  await sealed(store)
  return store
}

describe('claims of a store of version 0.2.0, which lie in one partition', () => {
  /** Puts all claims where that version had them. */
  async function asBefore(store: Store): Promise<number> {
    let moved = 0
    for (const { pk, sk, revision, body } of await Array.fromAsync(claimsOf(store.table, INTENT))) {
      await store.table.remove(pk, sk, revision)
      await store.table.create(`family#${INTENT}`, sk, body)
      moved++
    }
    return moved
  }

  test('hold: a version that was asked keeps its families, and the next run opens them to the search', async () => {
    const store = await stocked(memory(), aWorld(small))
    await run(store, { runId: 'first' })
    expect(await asBefore(store)).toBe(100)
    const next = await run(store, { runId: 'second' })
    expect(next).toMatchObject({ verdict: 'refused', heldout_families: null })
  })

  test('move to another version where they stand, beside those of families that are new', async () => {
    const store = await stocked(memory(), aWorld(small))
    await sealed(store)
    await asBefore(store)
    await imported(store, [aFamily('new', { side: 'heldout', required: 1, gold: 1 })])
    const { version } = await sealed(store)
    const claims = await Array.fromAsync(claimsOf(store.table, INTENT))
    expect(Map.groupBy(claims, ({ pk }) => pk === `family#${INTENT}`).get(true)).toHaveLength(100)
    expect(claims.map(({ body }) => body.version)).toEqual(Array.from({ length: 101 }, () => version))
  })
})
