/** `autotune insights`: from what people said was needed to a change that `propose` judges. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { anOffer, aPack, aSuite, aTarget, aWorld, INTENT } from '../support/builders.ts'
import { placeOfEachTest } from './command-line.ts'

const place = placeOfEachTest()

/** One band on one intent. */
const bandsOf = (intent: string, evals: string) => ({
  false_alarms_per_quarter: 1,
  ready_after_hours: 1,
  revised_for_days: 1,
  cooldown_days: 1,
  runs_per_quarter: 1,
  intents: [{ intent, measured_by: { evals }, bands: [{ metric: 'utility', below: 0.5 }] }],
})

test('passages that people said were needed become a change, which propose takes', async () => {
  const pack = aPack()
  const path = 'evidence.orders.top_k'
  const depth = pack.settings[path] as number
  const world = aWorld().map((run) => ({
    ...run,
    evidence: [...run.evidence, anOffer('late', { bucket: 'orders', ranks: { as_ranked: depth + 1 }, gold: false })],
    offers: { ...run.offers, orders: { depth: depth + 1, exhausted: true } },
  }))
  const documents = ['--pack', place.file('pack.json', pack), '--suite', place.file('suite.json', aSuite())]
  expect((await place.at('import', place.runs('runs.jsonl', world), ...documents, '--split', 'recorded')).err).toBe('')
  const bands = place.file('bands.json', bandsOf(INTENT, aSuite().suite))
  const file = join(place.dir, 'changes.jsonl')
  const look = () => place.at('insights', '--bands', bands, '--changes', file, '--json')
  const before = (await look()).json() as { insights: { kind: string }[]; changes: string | null }
  expect(before.insights.filter(({ kind }) => kind === 'unread_passage')).toEqual([])
  expect([before.changes, existsSync(file)]).toEqual([null, false])

  const said = world.slice(0, 20).map(({ run_id }) => ({
    run_id,
    at: '2026-11-20T00:00:00Z',
    by: 'ana@example.com',
    evidence: { late: { gold: true } },
  }))
  const corrections = place.file('corrections.jsonl', said.map((one) => `${JSON.stringify(one)}\n`).join(''))
  expect((await place.at('correct', corrections)).code).toBe(0)
  const after = (await look()).json() as {
    insights: { insight_id: string; kind: string; occurrences: number; suggests: object | null }[]
  }
  const unread = after.insights.find(({ kind }) => kind === 'unread_passage')!
  expect(unread).toMatchObject({ suggests: { path, to: depth + 1 } })
  expect(unread.occurrences).toBeGreaterThanOrEqual(5)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    patch: { [path]: depth + 1 },
    origin: unread.insight_id,
  })
  const proposed = await place.at('propose', file, '--target', place.file('target.json', aTarget()))
  expect(proposed.err + proposed.out).toMatch(new RegExp(`${path}`))
})

test('an intent that the bands do not have is refused by name', async () => {
  const bands = place.file('bands.json', bandsOf('a', 'e@1.0.0'))
  expect((await place.at('insights', '--bands', bands, '--intent', 'b')).err).toMatch(/has no intent "b": it has a/)
})
