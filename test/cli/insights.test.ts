/** `autotune insights`: from what people said was needed to a change that `propose` judges. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StrategyRule } from '#schemas/strategy-rule.ts'
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

test('a rule of what was not read goes from its insight to a certified change of the cases that share it', async () => {
  const path = 'evidence.orders.top_k'
  // Of every other family, all of them of the EU, the passage that a right answer needs stands one place too deep.
  const world = aWorld({ search: 20, heldout: 120 }).map((run, i) => ({
    ...run,
    attributes: { region: i % 2 === 0 ? 'EU' : 'US' },
    evidence: run.evidence.map((offer, at) => ({ ...offer, gold: at === (i % 2 === 0 ? 4 : 0) })),
  }))
  const documents = ['--pack', place.file('pack.json', aPack()), '--suite', place.file('suite.json', aSuite())]
  expect((await place.at('import', place.runs('runs.jsonl', world), ...documents, '--split', 'recorded')).err).toBe('')
  const bands = place.file('bands.json', bandsOf(INTENT, aSuite().suite))
  const rules = join(place.dir, 'rules.jsonl')
  const looked = await place.at('insights', '--bands', bands, '--rules', rules)
  expect(looked.out).toMatch(/try evidence\.orders\.top_k = 5 where region is EU/)
  const rule = StrategyRule.parse(JSON.parse(readFileSync(rules, 'utf8')))
  expect(rule).toMatchObject({
    producer: 'insights',
    trigger: { from_insight: expect.stringMatching(/^in_/) },
    condition: { '==': [{ var: 'attributes.region' }, 'EU'] },
    action: { layer: 'retrieval', set: { [path]: 5 } },
  })
  expect(rule.evidence_refs).toHaveLength(10)

  const { utility_delta: _, ...guardrails } = aTarget().guardrails!
  const not_measured = { ...aTarget().not_measured, economics: 'no prices here' }
  const asked = {
    metric: 'utility',
    direction: 'increase',
    guardrails,
    not_measured,
    blast_radius: { max_fields: 1, max_decision: 1 },
  } as const
  const target = place.file('target.json', aTarget(asked))
  const proposed = await place.at('propose', rules, '--target', target)
  expect([proposed.code, proposed.err]).toEqual([0, ''])
  expect(proposed.out).toMatch(/top_k 4 -> 5 where region is "EU"/)
  expect(proposed.out).toMatch(/scope +applies to 10 of 20 families; all others are the baseline/)
  const ran = await place.at('run', '--target', target, '--candidates', rules, '--run-id', 'r')
  expect([ran.code, ran.out]).toEqual([0, expect.stringMatching(/CERTIFIED/)])
  expect((await place.at('verify', 'r')).code).toBe(0)
  expect((await place.at('explain', 'r')).out).toMatch(/top_k 4 -> 5 where region is "EU"/)
  // What a file may get wrong is told by file, line and field, and nothing is spent on it.
  const wrong: [object, RegExp][] = [
    [
      { ...rule, condition: { '==': [{ var: 'label.passed' }, false] } },
      /rules\.json.*condition.*"label\.passed" is known when a case has run/,
    ],
    [{ ...rule, applies_to: { intent: 'support.status' } }, /applies_to\.intent is "support\.status"/],
    [{ ...rule, action: { layer: 'retrieval', set: { [path]: 50 } } }, /50 is outside 1\.\.5/],
    [{ ...rule, status: 'released' }, /status.*is "proposed"/],
    [{ ...rule, certified: true }, /certified/],
    [{ ...rule, kind: 'strategy_rules' }, /is no kind of proposal.*strategy_rule/],
    [{ ...rule, rationale: 'x'.repeat(1_000_000) }, /rationale/],
  ]
  for (const [bad, words] of wrong) {
    const { code, out, err } = await place.at('propose', place.file('rules.json', bad), '--target', target)
    expect([code, out + err]).toEqual([2, expect.stringMatching(words)])
    expect((out + err).length).toBeLessThan(3000)
  }
})
