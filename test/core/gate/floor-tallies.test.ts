/** One N, x and p per evaluator: what was exposed, what was not at stake, what nobody knows, and what was left out. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveTarget } from '#core/contract/resolve.ts'
import { stakesOf } from '#core/contract/stakes.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { floorNeeds } from '#core/gate/floor-needs.ts'
import { floorP, floorTally, floorViolations } from '#core/gate/floor-tallies.ts'
import { casesForFailures } from '#core/statistics/binomial.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { anEvaluator, aSuite, aTarget, measuresLike } from '../../support/builders.ts'

const NONE = { some: 0, all: 0 }
const STRICT = { allowed: 0, rate: 0.01 }
const transcript = { settings: {}, replayer: 'transcript' } as const

/** Facts of a version of so many families, by exposure of its one policy floor. */
const factsOf = (exposed: number, not_at_stake: number, not_recorded: number, over: Partial<HeldoutVersion> = {}) =>
  ({
    alpha: 0.05,
    questions: 5,
    families: exposed + not_at_stake + not_recorded,
    exposure: { required_evidence: { exposed, not_at_stake, not_recorded } },
    excluded_families: NONE,
    ...over,
  }) as HeldoutVersion
const suite = aSuite({ evaluators: [anEvaluator({ check: 'required_evidence' })] })
const target = resolveTarget(aTarget({ guardrails: { policy: { min: 1 } }, not_at_stake: {} }))
const [stake] = stakesOf(suite, target, 'transcript')
const needs = (facts: HeldoutVersion, seen: Record<string, number> | null = { required_evidence: 1 }, over = {}) =>
  floorNeeds(facts, { ...target, ...over }, suite, transcript, seen)[0]!

test('excluded families count as failures: 459, 662 and 838 are needed for 0, 1 and 2 of them', () => {
  expect([0, 1, 2].map((e) => casesForFailures(e, 0.01, 0.01))).toEqual([459, 662, 838])
  expect(floorP(0, 661, { some: 1, all: 1 }, STRICT)).toBeLessThanOrEqual(0.01)
  expect(floorP(0, 660, { some: 1, all: 1 }, STRICT)).toBeGreaterThan(0.01)
  expect(needs(factsOf(660, 0, 0, { excluded_families: { some: 1, all: 1 } }))).toMatchObject({
    verdict: 'inconclusive',
    families: 660,
    needed: 661,
    note: 'N=660 beside 1 excluded, needs 661',
  })
})

test('what is exposed and what is not at stake are told apart, each with its bound', () => {
  const tally = floorTally(stake!, factsOf(210, 386, 0), { violations: 0, exposed: 0 }, { ...STRICT, level: 0.01 })
  expect(tally).toMatchObject({ exposed: 210, not_at_stake: 386, violations: 0, exposed_violations: 0 })
  expect(tally.p).toBeCloseTo(0.99 ** 596, 12)
  expect(tally.exposed_bound).toBeCloseTo(0.0217, 4)
  expect(tally.bound).toBeCloseTo(0.0077, 4)
})

test('a family of which nothing is recorded proves nothing, and blocks above the declared share', () => {
  expect(needs(factsOf(460, 0, 9))).toMatchObject({ verdict: 'ready', families: 460 })
  expect(needs(factsOf(390, 0, 130))).toMatchObject({
    verdict: 'inconclusive',
    needed: null,
    note: 'required_evidence knows nothing of 130 of 520 families (25 %, at most 2 % may be so): no passage is marked as required or as gold: import "needed" or "gold" with the evidence',
  })
  expect(needs(factsOf(460, 0, 130), { required_evidence: 1 }, { max_not_recorded: 0.25 })).toMatchObject({
    verdict: 'ready',
  })
})

test('a floor that was seen to fail on the search side answers nothing on a sealed side where nothing could break', () => {
  const seen = { required_evidence: 3 }
  expect(needs(factsOf(0, 500, 0), seen)).toMatchObject({ verdict: 'inconclusive', needed: null, records_lack: true })
  expect(needs(factsOf(0, 500, 0), seen).note).toMatch(
    /^required_evidence has nothing to look at on the sealed side: in none of 500 families .* say why in not_at_stake/,
  )
  expect(needs(factsOf(1, 499, 0), seen).verdict).toBe('ready')
})

test('a floor that nothing destructive breaks is blind', () => {
  expect(needs(factsOf(0, 500, 0), {})).toMatchObject({ verdict: 'inconclusive', needed: null })
  expect(needs(factsOf(0, 500, 0), {}).note).toMatch(/^required_evidence is blind: .* say why in not_at_stake/)
  expect(needs(factsOf(0, 500, 0), null).verdict).toBe('ready')
})

test('what nothing can break, or what the owner declares, is said so and not certified; a record may contradict it', () => {
  const approvalOnly = { search_space: ['approval.refund.threshold'] }
  expect(needs(factsOf(500, 0, 0), {}, approvalOnly)).toMatchObject({
    verdict: 'ready',
    note: 'not at stake: required_evidence (no change of approval_gate can break it)',
  })
  const declared = { not_at_stake: { policy: 'no passage is ever required' } }
  expect(needs(factsOf(0, 500, 0), {}, declared).note).toBe(
    'not at stake: required_evidence (declared: no passage is ever required)',
  )
  expect(needs(factsOf(3, 497, 0), {}, declared)).toMatchObject({
    verdict: 'inconclusive',
    note: 'required_evidence is declared not at stake ("no passage is ever required"), and 3 sealed families show that it is: take it out of not_at_stake',
  })
})

test('a version of 0.1.0 that was asked is asked with that version', () => {
  const { exposure: _, ...old } = factsOf(500, 0, 0)
  expect(needs(old as HeldoutVersion).note).toContain('sealed by 0.1.0')
})

describe('by property', () => {
  const n = fc.integer({ min: 0, max: 60 })
  const excluded = fc
    .record({ some: fc.integer({ min: 0, max: 4 }), all: fc.integer({ min: 0, max: 4 }) })
    .map(({ some, all }) => ({ some: Math.max(some, all), all: Math.min(some, all) }))
  const limit = fc.constantFrom(STRICT, { allowed: 0, rate: 0.1 }, { allowed: 0.05, rate: 0.05 })

  test('p never falls when one more family violates or is left out', () => {
    fc.assert(
      fc.property(n, n, excluded, limit, (x, N, e, of) => {
        const p = floorP(x, N, e, of)
        expect(floorP(x + 1, N, e, of)).toBeGreaterThanOrEqual(p - 1e-12)
        expect(floorP(x, N, { some: e.some + 1, all: e.all + 1 }, of)).toBeGreaterThanOrEqual(p - 1e-12)
        expect(floorP(x, N, { ...e, some: e.some + 1 }, of)).toBeGreaterThanOrEqual(p - 1e-12)
      }),
    )
  })

  test('more violations than families that could tell prove nothing', () => {
    fc.assert(
      fc.property(n, excluded, limit, (N, e, of) => {
        expect(floorP(N + 1, N, e, of)).toBe(1)
      }),
    )
  })

  test('a family in which nothing can fail changes nothing of what is said of the exposed', () => {
    fc.assert(
      fc.property(n, n, n, (exposed, idle, more) => {
        const of = (not_at_stake: number) =>
          floorTally(
            stake!,
            factsOf(exposed, not_at_stake, 0),
            { violations: 0, exposed: 0 },
            { ...STRICT, level: 0.01 },
          )
        expect(of(idle + more).exposed_bound).toBe(of(idle).exposed_bound)
        expect(of(idle + more).exposed).toBe(exposed)
      }),
    )
  })

  test('a violation is counted whatever its family is told to be, and in any order of the cases', () => {
    const case_ = fc.record({
      family: fc.integer({ min: 0, max: 5 }),
      look: fc.constantFrom('e', 'n', '?'),
      base: fc.constantFrom('p', 'f', '?'),
      now: fc.constantFrom('p', 'f', '?'),
    })
    fc.assert(
      fc.property(fc.array(case_, { minLength: 1 }), (cases) => {
        const count = (order: readonly (typeof cases)[number][], ids: readonly number[]) => {
          const heads = order.map(({ family, look, base }, i) => ({
            case_id: `c${String(ids[i]).padStart(3, '0')}`,
            family_id: `f${family}`,
            digest: '',
            floors: `${look}/${base}`,
          }))
          const panel = makePanel(
            heads,
            heads.map(() => measuresLike()),
          )
          const nowOf = new Map(heads.map((h, i) => [h.case_id, order[i]!.now]))
          const scores = Array.from(panel.cases, (c) => ({
            status: 'replayed' as const,
            measures: measuresLike(),
            floors: nowOf.get(c.case_id)!,
          }))
          return floorViolations(panel, scores, 1)[0]!
        }
        const ids = cases.map((_, i) => i)
        const found = count(cases, ids)
        const failing = cases.filter((c) => c.now === 'f' || (c.now === '?' && c.base !== '?'))
        expect(found.violations).toBe(new Set(failing.map((c) => c.family)).size)
        expect(found.exposed).toBeLessThanOrEqual(found.violations)
        expect(count(cases.toReversed(), ids.toReversed())).toEqual(found)
      }),
    )
  })
})
