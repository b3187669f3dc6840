/** A simulated year in a store: three intents, a sealed version every two weeks, questions on many days, corrections and scars. */
import { canonicalLines, digestOf, digestOfBytes } from '#core/canonical.ts'
import type { Store } from '#ports'
import type { LedgerItem } from '#schemas/heldout.ts'
import { keys } from '#schemas/s3-keys.ts'
import { publishPack, publishSuite } from '../../functions/steps/experience/documents.ts'
import { noteTraceImport } from '../../functions/steps/experience/trace-imports.ts'
import type { YearItem } from '../../functions/steps/heldout/year.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { memory } from '../steps/stores.ts'
import { aPack, aSuite } from '../support/builders.ts'

export const INTENTS = ['year.a', 'year.b', 'year.c'] as const
export const LEVEL = 0.002
/** Days before the last one on which a question was charged, for each intent. */
const EVERY = 14
export const ASKED_DAYS = Array.from({ length: 30 }, (_, n) => n * EVERY)
export const LAST_DAY = '2026-11-30'

export const daysBefore = (n: number): string =>
  new Date(Date.parse(`${LAST_DAY}T00:00:00Z`) - n * 86_400_000).toISOString().slice(0, 10)

export async function yearStore(): Promise<Store> {
  const store = memory()
  const { intents } = aPack()
  await publishPack(
    store,
    aPack({ intents: [...intents, ...INTENTS.map((intent_id) => ({ ...intents[0]!, intent_id }))] }),
  )
  await publishSuite(store, aSuite())
  const charged: YearItem['charged'][number][] = []
  for (const intent of INTENTS)
    for (const ago of ASKED_DAYS) {
      const version = digestOf({ intent, ago })
      const question = { k: 1, commit: digestOf({ version }), run_id: `run_${intent}_${ago}` }
      await store.table.create(...rowKeys.version(intent, version), itemOf(intent, version, question))
      charged.push({ ...question, intent, version, level: LEVEL, day: daysBefore(ago) })
    }
  const bands = digestOf('bands')
  const declared = [
    { budget: 0.1, by: null, on: daysBefore(400), bands },
    { budget: 0.25, by: 'olga@example.com', on: daysBefore(90), bands },
  ]
  await store.table.create(...rowKeys.yearBudget(), { declared, charged })
  await corrected(store)
  await noteTraceImport(store.objects, {
    ...{ unit: 'trace', family: 'session', dialects: ['openinference'], traces: 100, runs: 90, waiting: 3 },
    dropped: [
      { reason: 'no_output', n: 5, example: 't1' },
      { reason: 'cut', n: 2, example: 't2' },
    ],
    ...{ first: `${daysBefore(30)}T00:00:00.000Z`, last: `${daysBefore(29)}T00:00:00.000Z`, counts: {} },
  })
  return store
}

function itemOf(
  intent: string,
  version: string,
  question: { readonly k: number; readonly commit: string; readonly run_id: string },
): LedgerItem {
  const counts = { families: 100, cases: 100, labelled: 98, excluded: 2 }
  return {
    ...{ version, intent, alpha: 0.01, questions: 5, alpha_k: LEVEL, ...counts },
    scored: { policy: 100, safety: 100, approval: 100 },
    ...{ suite: 'evals.demo@1.0.0', baseline: digestOf('baseline'), used: 1, open: null, retired: 'superseded' },
    history: [{ ...question, answer: false, chain: digestOf({ version, question }) }],
    ...{ chain: digestOf({ version, question }), revision: 1 },
  }
}

/** Two corrections of the search side, of which one became a scar. */
async function corrected({ objects }: Store): Promise<void> {
  const said = ['x0', 'x1'].map((run_id) => ({
    ...{ run_id, at: `${daysBefore(20)}T12:00:00Z`, by: 'ana@example.com', outcome: { passed: false } },
  }))
  const lines = canonicalLines(said)
  await objects.put(keys.correctionSegment(digestOfBytes(lines)), lines)
  const index = canonicalLines(['x0', 'x1', 'x2'].map((run_id) => ({ run_id, date: daysBefore(40), family: 'f' })))
  await objects.put(keys.indexSegment(INTENTS[0], digestOfBytes(index)), index)
  const scar = { case_id: 'x1', run_id: 'x1', since: daysBefore(14) }
  await objects.put(keys.scar(INTENTS[0], 'x1'), canonicalLines([scar]))
}
