/** Given changes are read to their end, and end as a search of the same list has them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveTarget } from '#core/contract/resolve.ts'
import { type AssessOptions, assess } from '#core/search/assess.ts'
import type { Round } from '#core/search/replayer.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import { asCandidate, tunableFields } from '#core/space/lattice.ts'
import { aFamily, aPack, aSuite, aTarget, type FamilyParts, INTENT } from '../../support/builders.ts'
import { searchPanel } from './panel.ts'
import { searched } from './worlds.ts'

const K = 'evidence.orders.top_k'
const pack = aPack()
const suite = aSuite()
const to = (k: number) => asCandidate({ [K]: { from: 4, to: k } }, pack, 'a test')

function inputOf(parts: readonly Omit<FamilyParts, 'side'>[], changes: readonly number[], over: object = {}) {
  const target = resolveTarget(aTarget({ search_space: [K], ...over }))
  const runs = parts.map((p, i) => aFamily(`s${i}`, { side: 'search', ...p }))
  const panel = searchPanel(runs, pack, suite)
  const fields = tunableFields(pack, INTENT, [K])
  const replayPins = { baseline: pack.settings, prices: null }
  return { target, pack, suite, pins: replayPins, fields, panel, rejections: [], candidates: changes.map(to) }
}

function assessed(input: ReturnType<typeof inputOf>, options: AssessOptions = {}) {
  const { view, answer } = transcriptReplayer(input.panel, input.pins, suite)
  const rounds: Round[] = []
  const asking = assess(input.candidates, input, view, options)
  for (let step = asking.next(); ; step = asking.next(answer(step.value))) {
    if (step.done) return { found: step.value, rounds }
    rounds.push(step.value)
  }
}

const one = (parts: readonly Omit<FamilyParts, 'side'>[], k: number, over: object = {}) =>
  assessed(inputOf(parts, [k], over)).found[0]!

describe('a change', () => {
  test('within every limit has its metric with the delta, its rows and its reach', () => {
    const found = one([{ required: 1 }, { required: 1 }, { gold: 2 }, {}], 2)
    expect(found).toMatchObject({ fate: 'committed', survives: true, examples: [] })
    expect(found.metric).toEqual({ baseline: 1000, candidate: 800, delta: -200 })
    expect(found.guardrails.map((r) => [r.guardrail, r.verdict])).toEqual([
      ['policy', 'pass'],
      ['safety', 'pass'],
      ['approval_bypass_rate', 'not_measured'],
      ['utility_delta', 'pass'],
      ['p95_latency_delta', 'not_measured'],
      ['economics_delta', 'not_measured'],
    ])
    expect(found.blast_radius).toMatchObject({ fields: 1, b_context: 1, b_decision: 0, negative_flip_rate: 0 })
  })

  test('that breaks a floor has all its figures, and the first case of each limit with rule and place', () => {
    const found = one([{ required: 1 }, { required: 3 }, { required: 4, gold: 3 }, {}], 2)
    expect(found).toMatchObject({ fate: 'search_guardrail', survives: false })
    expect(found.guardrails[0]).toMatchObject({ guardrail: 'policy', verdict: 'block', observed: 0.5, limit: 1 })
    expect(found.guardrails[3]).toMatchObject({ guardrail: 'utility_delta', verdict: 'block', observed: -0.25 })
    expect(found.search).toMatchObject({ regressions: 1, improvements: 0, policy_violations: 2 })
    expect(found.blast_radius).toMatchObject({ b_decision: 0.25, negative_flip_rate: 0.25 })
    expect(found.examples).toEqual([
      {
        guardrail: 'policy',
        case_id: 's1',
        rule: 'required_evidence',
        says: 'required evidence fell out of the context (s1-e3)',
      },
      {
        guardrail: 'utility_delta',
        case_id: 's2',
        rule: 'gold_coverage',
        says: '1 of 1 passages of a complete answer are not in the context',
      },
    ])
  })

  test('that the records cannot speak about has no figures, and is not read', () => {
    const { found, rounds } = assessed(
      inputOf([{ over: { offers: { orders: { depth: 4, exhausted: false } } } }, {}], [5]),
    )
    expect(found[0]).toMatchObject({ fate: 'unreplayable', search: null, blast_radius: null })
    expect(found[0]!.metric).toEqual({ baseline: 1000, candidate: null, delta: null })
    expect(found[0]!.guardrails.every((r) => r.verdict === 'not_evaluated')).toBe(true)
    expect(rounds.filter((r) => r.candidate_id !== 'control')).toEqual([])
  })

  test('that is no gain keeps its figures', () => {
    expect(one([{}, {}], 5)).toMatchObject({ fate: 'no_gain', survives: false, metric: { delta: 100 } })
  })

  test('whose utility is not measured reads null, never 0', () => {
    const found = one([{ passed: null }, { passed: null }], 2)
    expect(found.search).toMatchObject({ utility: null, regressions: null, labelled: 0 })
    expect(found.guardrails[3]).toMatchObject({ guardrail: 'utility_delta', verdict: 'block', observed: null })
  })
})

test('every fate is the one of a search over the same list, whatever the block', () => {
  const rank = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined })
  const family = fc.record({ required: rank, gold: rank, passed: fc.boolean() }).map(({ required, gold, passed }) => ({
    ...(required && { required }),
    ...(gold && { gold }),
    passed,
  }))
  const changes = fc.uniqueArray(fc.constantFrom(1, 2, 3, 5), { minLength: 1 })
  const decision = fc.constantFrom(0.1, 1)
  fc.assert(
    fc.property(
      fc.array(family, { minLength: 2, maxLength: 12 }),
      changes,
      decision,
      fc.integer({ min: 1, max: 20 }),
      (families, list, max_decision, block) => {
        const input = inputOf(families, list, { blast_radius: { max_fields: 2, max_decision } })
        if (input.panel.families < 2) return
        const { found } = assessed(input, { block })
        const { candidates } = searched(input, () => {})
        const fates = new Map(candidates.map((c) => [c.digest, c.fate]))
        expect(found.map((f) => f.fate)).toEqual(found.map((f) => fates.get(f.digest)))
        expect(found.map((f) => f.survives)).toEqual(found.map((f) => ['committed', 'dominated'].includes(f.fate)))
      },
    ),
    { numRuns: 150 },
  )
})
