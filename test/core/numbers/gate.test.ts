/** What the gate decides over numbers that are no measurement, on the sealed set and in what was published of it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkedRows } from '#core/gate/checked-rows.ts'
import { preflight } from '#core/gate/preflight.ts'
import * as acceptance from '#core/statistics/acceptance.ts'
import * as betting from '#core/statistics/betting-mean.ts'
import * as binomial from '#core/statistics/binomial.ts'
import * as graded from '#core/statistics/evidence.ts'
import * as sequence from '#core/statistics/fixed-sequence.ts'
import * as power from '#core/statistics/mean-power.ts'
import * as paired from '#core/statistics/non-inferiority.ts'
import * as tail from '#core/statistics/tail-share.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { aSuite } from '../../support/builders.ts'
import { BASE, COUNTS, certified, change, FAMILIES, facts, GOOD, gate, READ, target } from './gate-world.ts'
import { NO_MEASUREMENT, noLimit, noMeasurement, numbersIn, withNumber } from './values.ts'

describe('a certificate', () => {
  test('is given to what is better, and never where a measure of either arm is none', () => {
    expect(certified(BASE, GOOD)).toBe(true)
    fc.assert(
      fc.property(
        fc.constantFrom(...READ),
        noMeasurement,
        fc.constantFrom('base', 'now', 'both'),
        (name, value, arm) => {
          const bad = { [name]: value }
          const passed = certified(
            arm === 'now' ? BASE : { ...BASE, ...bad },
            arm === 'base' ? { ...GOOD, utility_score: 0.5 } : { ...GOOD, ...bad },
          )
          expect(passed).toBe(false)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('is never given over published facts that no sealing could have published', () => {
    fc.assert(
      fc.property(fc.constantFrom(...COUNTS), noMeasurement, (path, value) => {
        expect(() => certified(BASE, GOOD, { facts: withNumber(facts, path, value) })).toThrow(RangeError)
      }),
      { numRuns: 60 },
    )
    for (const value of NO_MEASUREMENT)
      expect(certified(BASE, GOOD, { facts: withNumber(facts, ['pinned', 'p95_latency_ms'], value) })).toBe(false)
  })

  test('is never given under a limit that is no number', () => {
    const limits = numbersIn({ guardrails: target.guardrails, ranges: target.ranges })
    fc.assert(
      fc.property(fc.constantFrom(...limits), noLimit, (path, limit) => {
        let passed = false
        try {
          passed = certified(BASE, GOOD, { target: withNumber(target, path, limit) })
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
        expect(passed).toBe(false)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a checked row', () => {
  test('passes over none of ten families whose measure is none', () => {
    const { panel } = gate(BASE)
    fc.assert(
      fc.property(
        fc.constantFrom('latency_ms', 'economics_cents', 'economics_tokens'),
        noMeasurement,
        (name, value) => {
          const now = Array.from({ length: FAMILIES }, (_, i) => (i < 100 ? { ...GOOD, [name]: value } : GOOD))
          const rows = checkedRows({ ...gate(BASE), patch: change.patch }, panel, now)
          const guardrail = { latency_ms: 'p95_latency_delta', economics_cents: 'economics_delta' }[
            name as 'latency_ms'
          ]
          expect(rows.find((r) => r.guardrail === (guardrail ?? target.metric))!.passed).toBe(false)
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('the preflight', () => {
  const ready = (of: HeldoutVersion) =>
    preflight(
      of,
      { ...target, search_space: Object.keys(change.patch) },
      aSuite(),
      { settings: {}, replayer: 'transcript' },
      null,
    ).every((r) => r.verdict === 'ready')
  test('is ready on sound facts, and refuses those with a number that is none', () => {
    expect(ready(facts)).toBe(true)
    for (const path of COUNTS)
      for (const value of NO_MEASUREMENT)
        expect(() => ready(withNumber(facts, path, value)), `${path} ${value}`).toThrow(RangeError)
    for (const value of NO_MEASUREMENT)
      expect(ready(withNumber(facts, ['pinned', 'p95_latency_ms'], value))).toBe(false)
  })
})

describe('every statistic of the gate', () => {
  const families = [
    { sum: -3, count: 2 },
    { sum: 1, count: 1 },
  ]
  const range = { max: 5, decisions: 3 }
  const question = { families, range, limit: 1, alpha: 0.05, seed: 7 }
  /** Name -> how it is called with sound arguments. What it returns is a probability, a share or a count. */
  const CALLS: Record<string, readonly [(...args: never[]) => unknown, readonly unknown[]]> = {
    acceptTable: [acceptance.acceptTable, [50, 0.05, 0.1, 2]],
    cleanSheetFloor: [acceptance.cleanSheetFloor, [0.1, 0.05, 1]],
    powerNonInferior: [acceptance.powerNonInferior, [50, 0.05, 0.1, 0.01, 0.05, { some: 1, all: 1 }]],
    pMean: [betting.pMean, [families, range, 1]],
    meanUpper: [betting.meanUpper, [families, range, 0.05]],
    binomCdf: [binomial.binomCdf, [3, 20, 0.3]],
    upperRate: [binomial.upperRate, [3, 20, 0.05]],
    casesForFailures: [binomial.casesForFailures, [1, 0.1, 0.05]],
    casesForZeroFailures: [binomial.casesForZeroFailures, [0.1, 0.05]],
    evidence: [graded.evidence, [[0.5, -0.5], 0.1, 0.5]],
    pEvidence: [graded.pEvidence, [3]],
    defaultStake: [graded.defaultStake, [50, 0.05, 0.1]],
    gradedPower: [graded.gradedPower, [[0.5, -0.5], 20, 0.1, 0.5, 0.05, 7, 20]],
    searchEvidence: [sequence.searchEvidence, [50, 1, 2, 0.1]],
    gradedSearchEvidence: [sequence.gradedSearchEvidence, [[0.5, -0.5], 0.1]],
    smoothedRates: [sequence.smoothedRates, [50, 1, 2]],
    candidateP: [sequence.candidateP, [[{ p: 0.01, alpha: 0.05 }], 0.05]],
    fixedSequence: [sequence.fixedSequence, [[0.01, 0.02], 0.05]],
    powerMean: [power.powerMean, [question, 20, 20]],
    pNonInferior: [paired.pNonInferior, [50, 1, 2, 0.1]],
    isNonInferior: [paired.isNonInferior, [50, 1, 2, 0.1, 0.05]],
    utilityBound: [paired.utilityBound, [50, 1, 2, 0.05]],
    pTailShare: [tail.pTailShare, [1, 50, 0.05]],
    powerTailShare: [tail.powerTailShare, [50, 0.05, 0.05, 0.01]],
  }
  const call = ([of, args]: (typeof CALLS)[string]) => of(...(args as never[]))

  test.each(Object.keys(CALLS))('%s refuses a number that is none, or answers with a number', (name) => {
    const [of, args] = CALLS[name]!
    expect(numbersIn([call(CALLS[name]!)]).every((p) => p.length > 0) || typeof call(CALLS[name]!)).toBeTruthy()
    for (const path of numbersIn(args))
      for (const value of NO_MEASUREMENT) {
        let answer: unknown = 'refused'
        try {
          answer = call([of, withNumber(args, path, value)])
        } catch (error) {
          expect(error, `${name} ${path} ${value}`).toBeInstanceOf(RangeError)
        }
        const numbers = numbersIn([answer]).map((p) => p.reduce((at, key) => (at as never)[key], [answer] as unknown))
        for (const number of numbers) expect(number, `${name} ${path} ${value}`).not.toBeNaN()
        // An infinite or impossible count, level or margin is no argument at all.
        if (Number.isNaN(value)) expect(answer, `${name} ${path} ${value}`).toBe('refused')
      }
  })
})
