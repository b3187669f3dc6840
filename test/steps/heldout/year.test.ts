/** The error budget of a year: who is charged, what two runs at once may spend, and how it is declared, lowered and raised. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import type { LedgerItem } from '#schemas/heldout.ts'
import { publishPack } from '../../../functions/steps/experience/documents.ts'
import { chargeYear, declareBudget, dischargeYear, yearProblem } from '../../../functions/steps/heldout/year.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { aPack, aTarget, INTENT } from '../../support/builders.ts'
import { journaled } from '../../support/journaled.ts'
import { items, memory, run, stocked } from '../stores.ts'

const item = (over: Partial<LedgerItem> = {}): LedgerItem =>
  ({ intent: INTENT, version: 'sha256:v', alpha_k: 0.01, ...over }) as LedgerItem
const question = (name: string) => ({ commit: `commit of ${name}`, run_id: name })
const declared = (store: Store, budget: number | null, signed: { owner: string; on: string } | null = null) =>
  declareBudget(store, { budget, bands: 'sha256:b', signed: signed && budget !== null ? { budget, ...signed } : null })
async function withBudget(budget: number): Promise<Store> {
  const store = journaled(memory())
  await publishPack(store, aPack())
  expect(await declared(store, budget)).toBeNull()
  return store
}

describe('a question', () => {
  test('is charged once, and refused with what was spent, by what, and when it frees', async () => {
    const store = await withBudget(0.02)
    expect(await chargeYear(store, item(), question('a'))).toBeNull()
    expect(await chargeYear(store, item(), question('a'))).toBeNull()
    expect(await chargeYear(store, item({ intent: 'order.change', version: 'sha256:w' }), question('b'))).toBeNull()
    expect(await chargeYear(store, item(), question('c'))).toMatch(
      /spent 0\.02 of 0\.02 \(.*0\.01 by run b on order\.change \(2026-11-23\).*it may spend 0\.01\. It fits again on 2027-11-23\. Its owner raises it/,
    )
    expect(await chargeYear(store, item(), question('a'))).toBeNull()
    await dischargeYear(store, question('b').commit)
    expect(await chargeYear(store, item(), question('c'))).toBeNull()
  })

  test('of two runs that ask at once only one is charged where there is room for one', async () => {
    const store = await withBudget(0.01)
    const both = await Promise.all(['a', 'b'].map((name) => chargeYear(store, item(), question(name))))
    expect(both.filter((refused) => refused === null)).toHaveLength(1)
    let raced = false
    const racing: Store = {
      ...(await withBudget(0.01)),
    }
    const { update } = racing.table
    const table: Store['table'] = {
      ...racing.table,
      async update(pk, sk, revision, body) {
        if (!raced) {
          raced = true
          await chargeYear(racing, item({ intent: 'order.change' }), question('first'))
        }
        return await update(pk, sk, revision, body)
      },
    }
    expect(await chargeYear({ ...racing, table }, item(), question('second'))).toMatch(/by run first on order\.change/)
  })

  test('is charged to nobody where no budget is declared, and to that of a deployment where it has one', async () => {
    const store = journaled(memory())
    await publishPack(store, aPack())
    expect(await chargeYear(store, item(), question('a'))).toBeNull()
    expect(await store.table.get(...rowKeys.yearBudget())).toBeNull()
    const deployed = { ...store, yearBudget: 0.01 }
    expect(await chargeYear(deployed, item(), question('a'))).toBeNull()
    expect(await chargeYear(deployed, item(), question('b'))).toMatch(/spent 0\.01 of 0\.01/)
  })
})

test.each([
  ['the first holds at once', [[0.05, null]], 0.05, null],
  [
    'a lower one holds at once',
    [
      [0.05, null],
      [0.02, null],
    ],
    0.02,
    null,
  ],
  [
    'a higher one takes a signature',
    [
      [0.02, null],
      [0.05, null],
    ],
    0.02,
    /0\.05 a year, and 0\.02 holds since 2026-11-23.*sign budget 0\.05/,
  ],
  [
    'a signed one is higher',
    [
      [0.02, null],
      [0.05, { owner: 'ana', on: '2026-11-23' }],
    ],
    0.05,
    null,
  ],
  [
    'an old signature raises nothing',
    [
      [0.02, null],
      [0.05, { owner: 'ana', on: '2026-11-22' }],
    ],
    0.02,
    /takes its owner's signature/,
  ],
  [
    'one that is left out holds on',
    [
      [0.02, null],
      [null, null],
    ],
    0.02,
    /declare no error budget, and 0\.02 a year holds/,
  ],
] as const)('a declared budget: %s', async (_, steps, holds, says) => {
  const store = journaled(memory())
  let left: string | null = null
  for (const [budget, signed] of steps) left = await declared(store, budget, signed)
  const body = (await store.table.get<{ declared: { budget: number }[] }>(...rowKeys.yearBudget()))!.body
  expect(body.declared.at(-1)!.budget).toBe(holds)
  if (says === null) expect(left).toBeNull()
  else expect(left).toMatch(says)
})

describe('a run that a person starts', () => {
  let store: Store
  beforeAll(async () => {
    store = await stocked(journaled(memory()))
    await declared(store, 0.001)
  })

  test('is refused before it searches, and asks nothing', async () => {
    const summary = await run(store, { runId: 'r' }).catch((error: { reasons: readonly string[] }) => error)
    expect(summary.reasons).toEqual([expect.stringMatching(/No day frees it: one question spends more than the whole/)])
    expect(await items(store)).toEqual([])
    expect(await yearProblem(store, INTENT, 0.05)).toMatch(/may spend 0\.05/)
  })

  test('is refused by the gate too, where the budget was lowered while it searched', async () => {
    const fresh = await stocked(journaled(memory()))
    const { spend } = fresh.table
    let lowered = false
    const get: Store['table']['get'] = async (pk, sk) => {
      const row = await fresh.table.get(pk, sk)
      // The run looked at the year when it started; the gate looks again.
      if (pk === rowKeys.yearBudget()[0] && row === null && lowered) await declared(fresh, 0.001)
      if (pk === rowKeys.yearBudget()[0]) lowered = true
      return (await fresh.table.get(pk, sk)) as never
    }
    const summary = await run({ ...fresh, table: { ...fresh.table, get, spend } }, { runId: 'r', target: aTarget() })
    expect(summary).toMatchObject({ verdict: 'refused' })
    expect(summary.reasons[0]).toMatch(/the year's error budget does not hold this question/)
    expect((await items(fresh)).map(({ used }) => used)).toEqual([0])
  })
})
