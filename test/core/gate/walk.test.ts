/** The walk down a committed list: checked rows are tried at alpha_k / L, so that a failed check stops nobody behind it. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gateAnswer, noAnswer } from '#core/gate/answer.ts'
import { certificateOf } from '#core/gate/certify.ts'
import { MAX_COMMITTED } from '#core/statistics/fixed-sequence.ts'
import type { Certificate } from '#schemas/heldout.ts'
import { BASE, change, FAMILIES, facts, GOOD, gate, target } from '../numbers/gate-world.ts'

const VERSION = `sha256:${'0'.repeat(64)}`
const listed = fc.integer({ min: 1, max: MAX_COMMITTED })

describe('the level of a row', () => {
  /** Rows of a candidate on a list of so many; of the families the last few get dearer and slower. */
  const rowsOf = (
    L: number,
    { alpha = 0.05, questions = 1, worse = 0, own = undefined as number | undefined } = {},
  ) => {
    const guardrails = {
      ...target.guardrails,
      p95_latency_delta: { max_ms: 250, ...(own !== undefined && { alpha: own }) },
    }
    const cases = Array.from({ length: FAMILIES }, (_, i) => ({
      status: 'replayed' as const,
      measures: i < worse ? { ...GOOD, economics_tokens: 220, economics_cents: 4, latency_ms: 5000 } : GOOD,
      floors: 'pp',
    }))
    const published = { ...facts, alpha, questions, alpha_k: alpha / questions }
    return certificateOf(gate(BASE, { facts: published, listed: L, target: { ...target, guardrails } }), {
      change,
      cases,
    }).rows
  }

  test('is alpha / K for what is certified, and alpha / K / L for what is checked: a list never spends more than its question', () => {
    fc.assert(
      fc.property(
        listed,
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0.001, max: 0.49, noNaN: true }),
        fc.option(fc.double({ min: 0.0005, max: 1, noNaN: true }), { nil: undefined }),
        (L, questions, alpha, share) => {
          const own = share === undefined ? undefined : alpha * share
          for (const { guardrail, kind, level, rule } of rowsOf(L, { alpha, questions, own })) {
            const declared = guardrail === 'p95_latency_delta' ? (own ?? alpha) : alpha
            const spent = kind === 'certified' ? declared / questions : declared / questions / L
            expect(level).toBeCloseTo(rule === 'mean_bet' ? spent / 2 : spent, 15)
            if (kind === 'checked') expect(level * L).toBeLessThanOrEqual((alpha / questions) * (1 + 1e-12))
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  test('only falls with the length of the list: what a longer list passes, a shorter one passes too', () => {
    fc.assert(
      fc.property(listed, listed, fc.integer({ min: 0, max: 90 }), (one, other, worse) => {
        const [short, long] = [rowsOf(Math.min(one, other), { worse }), rowsOf(Math.max(one, other), { worse })]
        for (const [i, row] of long.entries()) {
          expect(row.guardrail).toBe(short[i]!.guardrail)
          if (row.passed) expect(short[i]!.passed).toBe(true)
          if (row.kind === 'certified') expect(row).toEqual(short[i])
        }
      }),
      { numRuns: 60 },
    )
    // Eight of three hundred above the pinned limit: enough for a list of one, too little for one of eight.
    const p95 = (L: number) => rowsOf(L, { worse: 8 }).find((r) => r.guardrail === 'p95_latency_delta')!.passed
    expect([p95(1), p95(8)]).toEqual([true, false])
  })
})

describe('the walk', () => {
  const listOf = (parts: readonly (readonly [p: number, checked: boolean])[]) =>
    parts.map(([p, checked], i) => ({ candidate_id: `c${i}`, p, checked, certified: false }) as unknown as Certificate)
  const answer = (parts: Parameters<typeof listOf>[0], level: number) =>
    gateAnswer(VERSION, 1, VERSION, listOf(parts), level)
  const p = fc.oneof(fc.constantFrom(0, 0.01, 0.0100001, 1), fc.double({ min: 0, max: 1, noNaN: true }))
  const list = fc.array(fc.tuple(p, fc.boolean()), { maxLength: MAX_COMMITTED })
  const level = fc.constantFrom(0.01, 0.025, 0.05)

  test('says yes exactly where one that is checked stands before the first that is not certified', () => {
    fc.assert(
      fc.property(list, level, (parts, at) => {
        const stop = parts.findIndex(([one]) => one > at)
        const before = stop < 0 ? parts : parts.slice(0, stop)
        const said = answer(parts, at)
        expect(said.certified).toBe(before.some(([, checked]) => checked))
        if (!said.certified) {
          expect(said).toEqual(noAnswer(VERSION, 1))
          return
        }
        expect(said.certificates.map((c) => c.certified)).toEqual(parts.map((_, i) => i < before.length))
      }),
      { numRuns: 500 },
    )
  })

  test('goes on behind a failed check, and a check that fails makes nobody else pass', () => {
    fc.assert(
      fc.property(list, level, fc.nat(), (parts, at, pick) => {
        if (parts.length === 0) return
        const failing = parts.map(([one, checked], i) => [one, checked && i !== pick % parts.length] as const)
        const [whole, less] = [answer(parts, at), answer(failing, at)]
        if (!less.certified) return
        expect(whole.certified).toBe(true)
        if (whole.certified)
          expect(less.certificates.map((c) => c.certified)).toEqual(whole.certificates.map((c) => c.certified))
      }),
      { numRuns: 500 },
    )
  })

  test('never looks behind the first that is not certified: whatever stands there, the answer is the same', () => {
    fc.assert(
      fc.property(list, list, level, (parts, tail, at) => {
        const stop = [...parts, [1, true] as const]
        const bit = (rest: typeof parts) => answer([...stop, ...rest], at).certified
        expect(bit(tail)).toBe(bit([]))
      }),
      { numRuns: 300 },
    )
  })
})
