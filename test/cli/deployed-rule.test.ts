/** A rule in a deployment, from what recurs there to its certificate: the words of a folder. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { aPack, aSuite, aTarget, aWorld, INTENT } from '../support/builders.ts'
import { bothPlaces, stack } from './both-places.ts'
import { autotune } from './command-line.ts'

const twin = bothPlaces()
const bandsOf = (intent: string, evals: string) => ({
  ...{ false_alarms_per_quarter: 1, ready_after_hours: 1, revised_for_days: 1, cooldown_days: 1, runs_per_quarter: 1 },
  intents: [{ intent, measured_by: { evals }, bands: [{ metric: 'utility', below: 0.5 }] }],
})

test('goes from an insight of the search side to a certified rule, and verifies', async () => {
  const { place } = twin
  // What a right answer of the EU needs stands one place too deep.
  const world = aWorld({ search: 10, heldout: 120 }).map((run, i) => ({
    ...run,
    attributes: { region: i % 2 === 0 ? 'EU' : 'US' },
    evidence: run.evidence.map((offer, at) => ({ ...offer, gold: at === (i % 2 === 0 ? 4 : 0) })),
  }))
  const { utility_delta: _, ...guardrails } = aTarget().guardrails!
  const target = place.file(
    'target.json',
    aTarget({
      ...{ metric: 'utility', direction: 'increase', guardrails, blast_radius: { max_fields: 1, max_decision: 1 } },
      not_measured: { ...aTarget().not_measured, economics: 'no prices here' },
    }),
  )
  const documents = ['--pack', place.file('pack.json', aPack()), '--suite', place.file('suite.json', aSuite())]
  await twin.both(
    'import',
    place.runs('runs.jsonl', world),
    ...documents,
    '--split',
    'recorded',
    '--split-key',
    'key-of-these-tests',
  )
  const bands = place.file('bands.json', bandsOf(INTENT, aSuite().suite))
  const rulesIn = async (...where: string[]) => {
    const rules = join(place.dir, `rules-${where[0]}.jsonl`)
    const { code, err } = await autotune('insights', '--bands', bands, '--rules', rules, ...where)
    expect([code, err]).toEqual([0, ''])
    return rules
  }
  const rules = await rulesIn('--store', place.store)
  expect(readFileSync(await rulesIn(...stack), 'utf8')).toBe(readFileSync(rules, 'utf8'))

  const [here, there] = (await twin.both('propose', rules, '--target', target)) as { changes: object[] }[]
  expect(there!.changes).toEqual(here!.changes)
  expect(there!.changes).toMatchObject([{ assessed: { survives: true, applies_to: { families: 5, of: 10 } } }])
  const run = ['run', '--target', target, '--candidates', rules, '--run-id', 'rule']
  const [embedded, deployed] = (await twin.both(...run)) as { verdict: string }[]
  expect([embedded!.verdict, deployed!.verdict]).toEqual(['certified', 'certified'])
  for (const where of [['--store', place.store], stack]) {
    expect((await autotune('explain', 'rule', ...where)).out).toMatch(/top_k 4 -> 5 where region is "EU"/)
    expect((await autotune('verify', 'rule', ...where)).code).toBe(0)
  }
}, 120_000)
