/** The export of a store: every table, the same bytes again, only what is asked for, and nothing of the sealed side. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { ObjectStore, Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { type ExportScope, exportTables } from '../../../functions/steps/export/export.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { readLines } from '../../../functions/streams/read-object.ts'
import { INTENT } from '../../support/builders.ts'
import { memoryStore } from '../../support/memory/memory-store.ts'
import { ID, releasedStore, rolloutOf } from '../release/support.ts'
import { twin } from '../stores.ts'

let base: Store
beforeAll(async () => {
  base = await releasedStore()
  await base.table.create(...rowKeys.yearBudget(), {
    declared: [{ budget: 0.2, by: null, on: '2026-11-01', bands: `sha256:${'a'.repeat(64)}` }],
    charged: [],
  })
})

const files = async (out: ObjectStore): Promise<Record<string, string>> => {
  const all: Record<string, string> = {}
  for await (const key of out.list('')) all[key] = Buffer.from((await out.get(key))!).toString()
  return all
}

const exported = async (store: Store, scope: ExportScope = {}, out = memoryStore()) => ({
  out,
  report: await exportTables(store, out, scope),
})

type Row = Readonly<Record<string, unknown>>
const rowsOf = async (out: ObjectStore, table: string): Promise<Row[]> => {
  const all: Row[] = []
  for await (const key of out.list(`${table}/`)) all.push(...(await readLines<Row>(out, key)))
  return all
}

describe('tables', () => {
  test('tell the run, its winner with every limit, and the question that it spent', async () => {
    const { out, report } = await exported(base)
    expect(await rowsOf(out, 'runs')).toMatchObject([{ run_id: 'r', verdict: 'certified', questions_billed: 1 }])
    const [won] = (await rowsOf(out, 'candidates')).filter(({ fate }) => fate === 'won')
    expect(won).toMatchObject({ run_id: 'r', heldout_p: expect.any(Number) })
    const limits = (await rowsOf(out, 'guardrails')).filter((row) => row.candidate_id === won!.candidate_id)
    expect(new Set(limits.map(({ part }) => part))).toEqual(new Set(['search', 'heldout']))
    const [version] = await rowsOf(out, 'versions')
    expect(version).toMatchObject({ retired: 'passed', used: 1 })
    expect(await rowsOf(out, 'questions')).toMatchObject([
      { version: version!.version, k: 1, run_id: 'r', answer: true, level: version!.alpha_k, charged: false },
    ])
    expect(report.rows).toMatchObject({ runs: 1, versions: 1, questions: 1, budgets: 1 })
  })

  test('tell who approved which digest, and every release with its rollback target', async () => {
    const { out } = await exported(base)
    const [review] = await rowsOf(out, 'reviews')
    expect((await rowsOf(out, 'decisions')).map(({ n, reviewer, decision }) => [n, reviewer, decision])).toEqual([
      [1, 'ana', 'approved'],
      [2, 'ben', 'approved'],
    ])
    for (const one of await rowsOf(out, 'decisions')) expect(one.proposal_digest).toBe(review!.proposal_digest)
    const { baseline, records } = await rolloutOf(base)
    expect(await rowsOf(out, 'releases')).toMatchObject([
      { rollout_id: ID, rollback_target: baseline.release_tuple_id, status: 'released' },
    ])
    expect((await rowsOf(out, 'promotions')).map(({ seq }) => seq)).toEqual(records.map(({ seq }) => seq))
    expect(await rowsOf(out, 'stages')).toHaveLength(5)
  })

  test('tell each production run once, with its arm, by the last word on it', async () => {
    const { out } = await exported(base)
    const runs = await rowsOf(out, 'production')
    expect(new Set(runs.map(({ run_id }) => run_id)).size).toBe(runs.length)
    expect(new Set(runs.map(({ arm }) => arm))).toEqual(new Set(['baseline', 'candidate']))
  })

  test('hold no nonce of a link and nothing of the vault', async () => {
    const untouched: Store = { ...base, vault: new Proxy({} as ObjectStore, { get: () => expect.unreachable() }) }
    const text = Object.values(await files((await exported(untouched)).out)).join('')
    const review = await base.table.get<{ review: { seats: { nonce: string }[] } }>(...rowKeys.review('rv_r_1'))
    for (const { nonce } of review!.body.review.seats) expect(text).not.toContain(nonce)
  })
})

describe('bytes', () => {
  test('are the same again, and then nothing is written', async () => {
    const { out } = await exported(base)
    expect(await files((await exported(base)).out)).toEqual(await files(out))
    const again = await exportTables(base, out, {})
    expect([again.written, again.removed]).toEqual([0, 0])
  })

  test('are whole after a kill at any write and the same command again', async () => {
    const whole = await files((await exported(base)).out)
    const n = Object.keys(whole).length
    for (const die of [0, 1, Math.floor(n / 2), n - 1]) {
      const out = memoryStore()
      let writes = 0
      const killed: ObjectStore = {
        ...out,
        put: async (key, bytes) => {
          if (writes++ === die) throw new Error('killed')
          return await out.put(key, bytes)
        },
      }
      await expect(exportTables(base, killed, {})).rejects.toThrow('killed')
      await exportTables(base, out, {})
      expect(await files(out)).toEqual(whole)
    }
  })

  test('of what is gone go, and no file of somebody else', async () => {
    const { out } = await exported(base)
    const stale = 'runs/month=2020-01/day=2020-01-01/intent=gone/part.jsonl'
    await out.put(stale, '{}\n')
    await out.put('runs/notes.txt', 'mine')
    expect((await exportTables(base, out, {})).removed).toBe(1)
    expect([await out.get(stale), await out.get('runs/notes.txt')]).toEqual([null, expect.anything()])
  })
})

describe('a part', () => {
  test('since a day leaves earlier days as they stand, and tells all of what changes later', async () => {
    const { out } = await exported(base)
    const [part] = await Array.fromAsync(out.list('runs/'))
    await out.put(part!, 'as it was\n')
    const { rows } = await exportTables(base, out, { since: '2099-01-01' })
    expect(Buffer.from((await out.get(part!))!).toString()).toBe('as it was\n')
    expect(rows).toMatchObject({ runs: 0, candidates: 0, production: 0, releases: 1, questions: 1 })
  })

  test('of an intent leaves others out, and keeps what is of no single one', async () => {
    expect((await exported(base, { intent: INTENT })).report.rows).toMatchObject({ runs: 1, budgets: 1 })
    expect((await exported(base, { intent: 'other' })).report.rows).toMatchObject({ runs: 0, releases: 0, budgets: 1 })
  })
})

test('a production log that was changed is not told', async () => {
  const store = await twin(base)
  const [segment] = await Array.fromAsync(store.objects.list('production/'))
  await store.objects.put(segment!, '{}\n')
  await expect(exported(store)).rejects.toThrow(/its digest is no longer/)
})

test('a run whose manifest cannot be read is named', async () => {
  const store = await twin(base)
  await store.objects.put(keys.autotuneRun('r', 'manifest.json'), '{')
  await expect(exported(store)).rejects.toThrow(/manifest.json/)
})
