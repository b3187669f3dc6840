/** What a certificate of code that replays stands on: sealed cases after OPEN alone, everything twice, and nothing that `verify` denies. */
import { describe, expect, test } from 'vitest'
import { resolveTarget } from '#core/contract/resolve.ts'
import { upperRate } from '#core/statistics/binomial.ts'
import type { ReplayEngine, Store } from '#ports'
import type { RunSummary } from '#schemas/run.ts'
import { drawFrom } from '../../../functions/demo/draw.ts'
import type { Pass } from '../../../functions/ports.ts'
import { planSeal, replayedHere } from '../../../functions/steps/heldout/seal.ts'
import { readRefusal } from '../../../functions/steps/run/read-refusal.ts'
import { runTarget } from '../../../functions/steps/run/run.ts'
import { type Verification, verifyRun } from '../../../functions/steps/run/verify.ts'
import { baselinePins } from '../../adapters/module/support.ts'
import { aTarget, aWorld, type FamilyParts } from '../../support/builders.ts'
import { desk, inProcess, type Replay, TOP_K } from '../../support/harness-engine.ts'
import { contents, holder, items, Killed, memory, stocked, twin, watched } from '../stores.ts'

const target = aTarget({ scoring: { replayer: 'module' } })
const world = { search: 20, heldout: 100 }
const isSealed = ({ case_id }: Parameters<Replay>[0]): boolean => !case_id.startsWith('s')
const isBaseline = (settings: Parameters<Replay>[1]): boolean => settings[TOP_K] === 4
const start = (store: Store, engine: ReplayEngine, runId = 'r') =>
  runTarget(store, { target, candidates: null, runId, demonstration: null }, holder(), engine)

interface Ended {
  readonly store: Store
  /** null: the run was refused by an error, with its words. */
  readonly summary: RunSummary | null
  readonly said: string
  /** null: nothing was finished, so there is nothing to verify. */
  readonly verified: Verification | null
}

/** A whole run, and what `verify` says of it in a process of its own. */
async function ended(replay: (pass: Pass | 'verify') => Replay, runs = aWorld(world)): Promise<Ended> {
  const store = await stocked(memory(), runs)
  let said = ''
  const summary = await start(store, inProcess(store, replay)).catch((error: Error) => {
    said = error.message
    return null
  })
  if (summary) said = summary.reasons.join('\n')
  const isFinished = summary !== null && summary.verdict !== 'refused'
  const verified = isFinished
    ? await verifyRun(
        store,
        'r',
        inProcess(store, () => replay('verify')),
      )
    : null
  return { store, summary, said, verified }
}

const gateBytes = async (store: Store): Promise<string> => (await contents(store))['open/autotune/runs/r/gate.json']!

/** Keeps one passage less than it should. */
const drops: Replay = async (recorded, settings, pinned) =>
  desk()(recorded, { ...settings, [TOP_K]: (settings[TOP_K] as number) - 1 }, pinned)
const dropsIf = (is: (...given: Parameters<Replay>) => boolean): Replay =>
  desk((...given) => (is(...given) ? drops(...given) : null))

describe('a harness that is a function of its arguments', () => {
  test('is certified, and verify comes to the same bytes', async () => {
    const { store, summary, said, verified } = await ended(() => desk())
    expect(summary!.verdict).toBe('certified')
    expect(said).toContain('0 of 20 search cases got two answers from the harness under the baseline (< 14 % at 95 %)')
    expect(verified).toMatchObject({ run: 'r', reproducible: true, scope: 'gate', differences: [] })
    const { asked } = verified!.third_look!
    expect(asked).toBeGreaterThan(2 * (world.search + world.heldout))
    expect(verified!.third_look).toEqual({
      asked,
      differing: 0,
      examples: [],
      sealed: 0,
      bound: upperRate(0, 2 * asked, 0.05),
      finding: null,
    })
    const proposal = JSON.parse((await contents(store))['open/autotune/runs/r/selected-proposal.json']!)
    expect(proposal.wording.join('\n')).toContain('0 of 20 search cases got two answers from the harness')
    expect(proposal.excluded_cases.heldout).toEqual({ families: 0, share: 0 })
  })
})

describe('a harness that gives two answers', () => {
  const chance = (share: number, seed: number) => {
    const draw = drawFrom(seed)
    return dropsIf(() => draw.chance(share))
  }
  let clock = 0
  const last = { id: '' }
  const kinds: readonly (readonly [string, (pass: Pass | 'verify') => Replay])[] = [
    ['drops a passage by chance in 3 % of calls', (pass) => chance(0.03, pass.length)],
    [
      'counts its calls',
      () => {
        let calls = 0
        return dropsIf(() => ++calls % 7 === 0)
      },
    ],
    ['reads the clock', () => dropsIf(() => clock++ % 3 === 0)],
    ['depends on how its process started', (pass) => dropsIf(() => pass === 'second')],
    [
      'depends on the case before',
      () =>
        dropsIf(({ case_id }) => {
          const before = last.id
          last.id = case_id
          return before > case_id
        }),
    ],
    [
      'throws by chance',
      (pass) => {
        const draw = drawFrom(pass.length)
        return desk(() => {
          if (draw.chance(0.1)) throw new Error('lost connection')
        })
      },
    ],
  ]

  test.each(kinds)('one that %s is refused before anything is sealed, with the cases', async (_, replay) => {
    const { store, summary, said } = await ended(replay)
    expect(summary!.verdict).toBe('refused')
    expect(said).toMatch(
      /^the harness gave two answers to \d+ of 20 search cases under the same settings \(< \d+ % at 95 %\): s\d+: /,
    )
    expect(said).toMatch(
      /no clock, no chance, nothing kept from one case to the next\. Mend the harness and start again; nothing was spent/,
    )
    expect(await items(store)).toEqual([])
  })

  test('to candidates alone refuses the run before the question, and leaves the record of a refusal alone', async () => {
    const draw = drawFrom(1)
    const { store, summary, said } = await ended(() =>
      dropsIf((_, settings) => !isBaseline(settings) && draw.chance(0.1)),
    )
    expect(summary!.verdict).toBe('refused')
    expect(said).toMatch(/^the harness gave two answers to \d+ of \d+ search cases under the same settings/)
    expect((await items(store))[0]).toMatchObject({ used: 0, open: null })
    expect((await readRefusal(store.objects, 'r'))!.reasons).toEqual([said])
    const left = Object.keys(await contents(store)).filter((key) => key.startsWith('open/autotune/runs/r/'))
    expect(left.filter((key) => !key.endsWith('refusal.json'))).toEqual([])
    // The lock is free and the id too: a mended harness starts afresh, and its run has no trace of the refusal.
    expect(
      (
        await start(
          store,
          inProcess(store, () => desk()),
        )
      ).verdict,
    ).toBe('certified')
  })

  test('to candidates of a run whose question was open when it was killed answers nothing by itself', async () => {
    const store = await stocked(memory(), aWorld(world))
    const dying = watched(store, (act, side, key) => {
      if (act === 'write' && side === 'vault' && key.startsWith('gate/')) throw new Killed('at the gate')
    })
    const killed = start(
      dying,
      inProcess(dying, () => desk()),
    )
    await expect(killed).rejects.toThrow('at the gate')
    const draw = drawFrom(1)
    const drawing = inProcess(store, () => dropsIf((_, settings) => !isBaseline(settings) && draw.chance(0.3)))
    await expect(start(store, drawing)).rejects.toThrow(
      /two answers[\s\S]*question 1 of this run is open[\s\S]*--abandon r/,
    )
    expect((await items(store))[0]).toMatchObject({ used: 1, open: { run_id: 'r' } })
  })

  test.each([0.005, 0.02])('by chance in a share of %s of calls is never certified and then denied', async (share) => {
    for (let seed = 1; seed <= 12; seed++) {
      const { summary, verified } = await ended((pass) => chance(share, 1000 * seed + pass.length))
      expect([seed, summary?.verdict === 'certified' && !verified!.reproducible]).toEqual([seed, false])
    }
  })
})

describe('a harness that does otherwise on sealed cases', () => {
  const draws = { one: drawFrom(3) }
  const kinds: readonly (readonly [string, (pass: Pass | 'verify') => Replay])[] = [
    [
      'throws under the candidate',
      () =>
        desk((recorded, settings) => {
          if (recorded.case_id === 'h7' && !isBaseline(settings)) throw new Error('h7')
        }),
    ],
    [
      'throws under any settings',
      () =>
        desk((recorded) => {
          if (recorded.case_id === 'h7') throw new Error('h7')
        }),
    ],
    ['does not decide as recorded', () => dropsIf(({ case_id }, settings) => case_id === 'h7' && isBaseline(settings))],
    [
      'gives two answers under the baseline',
      (pass) => dropsIf((r, s) => r.case_id === 'h7' && isBaseline(s) && pass === 'second'),
    ],
    [
      'gives two answers under a candidate',
      (pass) => dropsIf(({ case_id }, s) => case_id === 'h7' && !isBaseline(s) && pass === 'second'),
    ],
    ['draws', () => dropsIf((recorded) => isSealed(recorded) && draws.one.chance(0.05))],
  ]

  test.each(kinds)('one that %s is answered by the canonical no', async (_, replay) => {
    const { store, summary, verified } = await ended(replay)
    const [item] = await items(store)
    expect(summary!.verdict).toBe('not_certified')
    expect(await gateBytes(store)).toBe(`{"certified":false,"question":1,"version":"${item!.version}"}\n`)
    expect(JSON.stringify(summary)).not.toMatch(/h7|threw|two answers to/)
    // The version is retired: its log says why, and another replay is not asked to repeat a chance.
    expect(verified).toMatchObject({ reproducible: true, differences: [] })
  })

  test('one that throws where the candidate would break policy is not certified, and says so where the search side shows it', async () => {
    const broken = (side: FamilyParts['side'], n: number): FamilyParts[] =>
      Array(n).fill({ side, required: 3, gold: 1 })
    const replay = () =>
      desk((recorded) => {
        if (recorded.case_id.startsWith('x')) throw new Error('cannot read this order')
      })
    const sealedOnly = await ended(replay, aWorld({ ...world, extra: broken('heldout', 1) }))
    expect(sealedOnly.summary!.verdict).toBe('not_certified')

    const both = await ended(replay, aWorld({ ...world, extra: [...broken('search', 1), ...broken('heldout', 1)] }))
    expect(both.summary!.verdict).toBe('inconclusive')
    expect(both.said).toContain(
      'harness_baseline: the harness does not decide as recorded in 1 of 21 search families, and one such family of 101 sealed ones is a "no" (power 0.01): "autotune doctor" names a case; mend the harness',
    )
    expect(both.summary!.excluded).toEqual({ cases: { failed: 1 }, share: 1 / 21 })
    expect((await items(both.store))[0]).toMatchObject({ used: 0 })
  })
})

describe('sealed cases', () => {
  /** Calls of the harness, in their order. */
  function counted(store: Store, answers: Replay = desk()) {
    const calls: { readonly id: string; readonly settings: string; readonly pass: Pass; readonly open: boolean }[] = []
    const engine = inProcess(store, (pass) =>
      desk(async (...given) => {
        const [item] = await items(store)
        const [{ case_id: id }, settings] = given
        calls.push({ id, settings: String(settings[TOP_K]), pass, open: item?.open != null })
        return await answers(...given)
      }),
    )
    return { engine, calls, sealed: () => calls.filter((c) => !c.id.startsWith('s')) }
  }

  test('are never replayed by a run that asks nothing, nor by a look; what is published does not depend on the harness', async () => {
    const facts: unknown[] = []
    for (const answers of [desk(), desk((recorded) => (isSealed(recorded) ? Promise.reject(new Error('no')) : null))]) {
      const store = await stocked(memory(), aWorld({ search: 20, heldout: 20 }))
      const { engine, sealed } = counted(store, answers)
      const pins = { ...baselinePins(), prices: null, replayer: engine.replayer! }
      const limits = async () => ({ p50_latency_ms: null, p95_latency_ms: null }) as never
      const resolved = resolveTarget(target)
      const unsealed = replayedHere(store, resolved.intent, pins, engine)
      const planned = await planSeal(store, resolved, pins, unsealed, limits)
      expect(planned.facts!.families).toBe(20)
      expect((await start(store, engine)).verdict).toBe('inconclusive')
      expect(sealed()).toEqual([])
      facts.push((await items(store))[0])
    }
    expect(facts[1]).toEqual(facts[0])
  })

  test.each([
    ['a yes', desk()],
    [
      'a no at the first case',
      desk((recorded) => (recorded.case_id === 'h0' ? Promise.reject(new Error('no')) : null)),
    ],
  ])(
    'are replayed after OPEN, twice each under the baseline and every listed candidate, whatever comes of it: %s',
    async (_, answers) => {
      const store = await stocked(memory(), aWorld(world))
      const { engine, sealed } = counted(store, answers)
      const summary = await start(store, engine)
      const listed = summary.candidates.filter((c) => c.fate === 'won' || c.fate === 'committed').length
      expect(sealed().every((call) => call.open)).toBe(true)
      const each = Map.groupBy(sealed(), ({ id, settings, pass }) => `${id} ${settings} ${pass}`)
      expect(each.size).toBe(2 * (1 + listed) * world.heldout)
      expect([...each.values()].every((calls) => calls.length === 1)).toBe(true)
      const orders = ['first', 'second'].map((pass) =>
        sealed()
          .filter((c) => c.pass === pass && c.settings === '4')
          .map((c) => c.id),
      )
      expect(orders[0]).not.toEqual(orders[1])
      expect(orders[0]!.toSorted()).toEqual(orders[1]!.toSorted())
    },
  )

  test('of a killed gate are taken from its record, and never replayed again where they stand in it', async () => {
    const base = await stocked(memory(), aWorld(world))
    const whole = await twin(base)
    await start(
      whole,
      inProcess(whole, () => desk()),
    )
    const bytes = await gateBytes(whole)
    const left: number[] = []
    for (let n = 1; ; n++) {
      const store = await twin(base)
      let writes = 0
      const dying = watched(store, (act, side, key) => {
        if (act === 'write' && side === 'vault' && key.startsWith('gate/') && ++writes >= n) throw new Killed(`${n}`)
      })
      const died = await start(
        dying,
        inProcess(dying, () => desk()),
      ).then(
        () => false,
        () => true,
      )
      if (!died) break
      const recorded = Object.entries(await contents(store)).flatMap(([key, text]) =>
        /(baseline|scores-\d)(-second)?\.jsonl$/.test(key) ? [text.trim().split('\n').length] : [],
      )
      const { engine, sealed } = counted(store)
      await runTarget(store, { target, candidates: null, runId: 'r', demonstration: null }, holder('next'), engine)
      expect([n, await gateBytes(store)]).toEqual([n, bytes])
      expect(sealed().length + recorded.reduce((a, b) => a + b, 0)).toBe(4 * world.heldout)
      expect((await items(store))[0]!.used).toBe(1)
      left.push(sealed().length)
    }
    // Both passes over the baseline, both over the one listed candidate, then the answer.
    expect(left).toEqual([400, 300, 200, 100, 0])
  })
})
