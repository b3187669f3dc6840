/** The winner among the certified: never dominated, best on the target, and among equals the one that touches least. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { choose, dominates, type Eligible, selectWinner, vectorOf } from '#core/select/choose.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { Certificate } from '#schemas/heldout.ts'
import { aTarget } from '../../support/builders.ts'

const target = resolveTarget(aTarget({ not_measured: { approval: 'no gate' } }))

interface Parts {
  readonly name?: string
  readonly metric?: number
  readonly utility?: number
  readonly p95?: number
  readonly decision?: number
  readonly fields?: number
  readonly config?: number
}
/** Baseline metric 1000 tokens; everything else equal unless told. */
const eligible = ({
  name = 'c',
  metric = 900,
  utility = 0,
  p95 = 0,
  decision = 0,
  fields = 1,
  config = 0.1,
}: Parts): Eligible => ({
  certificate: {
    candidate_id: name,
    digest: digestOf(name),
    certified: true,
    checked: true,
    metric: { baseline: 1000, candidate: metric, bound: null },
    heldout: {
      policy_violations: 0,
      safety_violations: 0,
      utility,
      p95_latency_ms: p95,
      economics_cents: null,
    },
  } as Certificate,
  blastRadius: {
    fields,
    b_config: config,
    b_context: 0.5,
    b_decision: decision,
    negative_flip_rate: 0,
    reachable_intents: 1,
  },
})
const winner = (...list: Parts[]) => choose(list.map(eligible), target)?.certificate.candidate_id

describe('choose', () => {
  test('takes nothing from nothing', () => expect(choose([], target)).toBeNull())

  test('takes the best target value', () => {
    expect(winner({ name: 'a', metric: 900 }, { name: 'b', metric: 700 }, { name: 'c', metric: 800 })).toBe('b')
  })

  test('takes the largest where more is better', () => {
    const more = { ...target, direction: 'increase' as const }
    const list = [eligible({ name: 'a', metric: 1100 }), eligible({ name: 'b', metric: 1300 })]
    expect(choose(list, more)!.certificate.candidate_id).toBe('b')
  })

  test('drops what another one dominates, however little it touches', () => {
    expect(winner({ name: 'wide', metric: 700, decision: 0.1 }, { name: 'narrow', metric: 705, p95: 1 })).toBe('wide')
  })

  test('ties values within 1 % of the baseline, and takes the fewest changed decisions', () => {
    const better = { name: 'better', metric: 700, decision: 0.05 }
    expect(winner(better, { name: 'close', metric: 710, utility: 0.01 })).toBe('close')
    expect(winner(better, { name: 'far', metric: 711, utility: 0.01 })).toBe('better')
  })

  test('then the fewest fields, then the shortest way, then the digest', () => {
    const one = { name: 'one', metric: 700, utility: 0.01 }
    expect(winner({ ...one, name: 'two', fields: 2, config: 0 }, one)).toBe('one')
    expect(winner({ ...one, name: 'far', config: 0.2 }, one)).toBe('one')
    const [first] = ['x', 'y', 'z'].toSorted((a, b) => (digestOf(a) < digestOf(b) ? -1 : 1))
    expect(winner({ name: 'z' }, { name: 'x' }, { name: 'y' })).toBe(first)
  })

  const parts = fc.record({
    metric: fc.integer({ min: 680, max: 720 }),
    utility: fc.integer({ min: -2, max: 2 }).map((n) => n / 100),
    p95: fc.integer({ min: -2, max: 2 }),
    decision: fc.integer({ min: 0, max: 2 }).map((n) => n / 100),
    fields: fc.integer({ min: 1, max: 2 }),
    config: fc.integer({ min: 0, max: 2 }).map((n) => n / 10),
  })
  const lists = fc
    .array(parts, { minLength: 1, maxLength: 8 })
    .map((list) => list.map((p, i) => eligible({ ...p, name: `c${i}` })))

  test('never takes a dominated one, and always takes one', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const won = choose(list, target)!
        expect(list).toContain(won)
        const vector = vectorOf(won.certificate, target)
        for (const other of list) expect(dominates(vectorOf(other.certificate, target), vector)).toBe(false)
      }),
    )
  })

  test('never takes one more than 1 % behind the best of the front, nor a wider one among the tied', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const won = choose(list, target)!
        const vectors = list.map((e) => vectorOf(e.certificate, target))
        const front = list.filter((_, i) => !vectors.some((v) => dominates(v, vectors[i]!)))
        const best = Math.min(...front.map((e) => e.certificate.metric.candidate!))
        expect(won.certificate.metric.candidate! - best).toBeLessThanOrEqual(10)
        for (const e of front.filter((f) => f.certificate.metric.candidate! - best <= 10))
          expect(won.blastRadius.b_decision).toBeLessThanOrEqual(e.blastRadius.b_decision)
      }),
    )
  })

  test('takes the same one whatever the order', () => {
    fc.assert(
      fc.property(lists, (list) => {
        expect(choose(list.toReversed(), target)).toBe(choose(list, target))
      }),
    )
  })
})

describe('dominates', () => {
  test('is no worse everywhere and better somewhere', () => {
    expect(dominates({ utility: 1, latency: 0 }, { utility: 0, latency: 0 })).toBe(true)
    expect(dominates({ utility: 1, latency: 0 }, { utility: 1, latency: 0 })).toBe(false)
    expect(dominates({ utility: 1, latency: -1 }, { utility: 0, latency: 0 })).toBe(false)
  })

  test('looks only at what both measure', () => {
    expect(dominates({ utility: 1 }, { utility: 0, latency: 5 })).toBe(true)
    expect(dominates({ latency: 1 }, { utility: 0 })).toBe(false)
  })
})

describe('vectorOf', () => {
  test("is larger where it is better, the target's own dimension by its metric", () => {
    const { certificate } = eligible({ metric: 700, utility: -0.01, p95: 30 })
    expect(vectorOf(certificate, target)).toEqual({
      policy: -0,
      safety: -0,
      utility: -0.01,
      latency: -30,
      economics: 300,
    })
  })

  test('leaves out what is declared not measured', () => {
    const unclocked = resolveTarget(aTarget())
    expect(vectorOf(eligible({}).certificate, unclocked)).not.toHaveProperty('latency')
  })
})

describe('selectWinner', () => {
  const found = (...names: string[]) =>
    ({
      committed: names.map((n) => ({
        ...eligible({ name: n }),
        candidate_id: n,
        digest: digestOf(n),
        blast_radius: eligible({}).blastRadius,
      })) as unknown as CandidateScore[],
    }) as unknown as Parameters<typeof selectWinner>[1]
  const yes = (...certificates: Certificate[]) =>
    ({ certified: true, version: 'v', question: 1, commit: 'c', certificates }) as Parameters<typeof selectWinner>[0]

  test('is nobody after a "no"', () => {
    expect(selectWinner({ certified: false, version: 'v', question: 1 }, found('a'), target)).toBeNull()
  })

  test('is certified and checked, never only one of the two', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((n, i) => eligible({ name: n, metric: 700 + 50 * i }).certificate)
    const answer = yes({ ...a!, checked: false }, { ...b!, certified: false }, c!)
    const won = selectWinner(answer, found('a', 'b', 'c'), target)!
    expect([won.candidate.candidate_id, won.certificate.candidate_id]).toEqual(['c', 'c'])
  })
})
