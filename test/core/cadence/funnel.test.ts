import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { funnelOf, type ProposalFacts, uncertifiedOf } from '#core/cadence/funnel.ts'
import type { Rollout } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import { VERDICTS, type Verdict } from '#schemas/run.ts'
import { FUNNEL_STEPS, type ProposalStanding, STANDINGS } from '#schemas/weekly.ts'

const WEEK = { from: '2026-03-25', date: '2026-03-31' }
const on = (day: string): string => `${day}T12:00:00.000Z`

/** A review of one role, opened on a day, that somebody decided on. */
const aReview = (
  opened: string,
  decided: { day: string; decision: 'approved' | 'rejected'; reason?: string } | null = null,
  expires = '2026-06-01',
): Review =>
  ({
    review_id: 'rv_r_1',
    opened_at: on(opened),
    expires_at: on(expires),
    requires: ['policy'],
    decisions: decided
      ? [{ role: 'policy', reviewer: 'ben', decided_at: on(decided.day), reason: null, ...decided }]
      : [],
  }) as unknown as Review

type Act = [day: string, verdict: Rollout['records'][number]['verdict'], to?: string | null, rule?: string]
const aRollout = (...acts: Act[]): Rollout =>
  ({
    stage: '5%_low_risk',
    records: acts.map(([day, verdict, to = null, rule]) => ({
      at: on(day),
      verdict,
      from_stage: to === null ? null : '5%_low_risk',
      to_stage: to,
      by: verdict === 'stopped' ? 'fay' : 'rollout',
      reasons: rule ? [{ rule, note: 'too many' }] : [],
    })),
  }) as unknown as Rollout

const facts = (over: Partial<ProposalFacts> = {}): ProposalFacts => ({
  run_id: 'r',
  started_at: on('2026-01-10'),
  finished_at: on('2026-01-11'),
  verdict: 'certified',
  reviews: [aReview('2026-01-12', { day: '2026-01-15', decision: 'approved' })],
  rollout: null,
  gain: null,
  ...over,
})
const STARTED: Act = ['2026-01-16', 'advanced', '0%_shadow']
const RELEASED: Act = ['2026-02-14', 'advanced', null]
const RECENTLY: Act = ['2026-03-14', 'advanced', null]

describe('where a proposal stands, and why it goes no further', () => {
  const CASES: Record<ProposalStanding, [Partial<ProposalFacts>, RegExp]> = {
    not_certified: [{ verdict: 'not_certified' }, /answered "no"/],
    inconclusive: [{ verdict: 'inconclusive' }, /cannot answer/],
    refused: [{ verdict: 'refused' }, /refused the question/],
    no_review: [{ reviews: [] }, /nobody opened/],
    in_review: [{ reviews: [aReview('2026-01-12')] }, /waits for policy until 2026-06-01/],
    rejected: [
      { reviews: [aReview('2026-01-12', { day: '2026-01-15', decision: 'rejected', reason: 'drops the receipt' })] },
      /^rejected by policy: drops the receipt$/,
    ],
    expired: [{ reviews: [aReview('2026-01-12', null, '2026-01-20')] }, /nobody decided for policy before 2026-01-20/],
    waits_for_rollout: [{}, /no rollout was started/],
    in_rollout: [{ rollout: aRollout(STARTED, ['2026-03-02', 'paused', '5%_low_risk']) }, /paused in 5%_low_risk/],
    rolled_back: [
      { rollout: aRollout(STARTED, RELEASED, ['2026-03-29', 'rolled_back', null, 'sequential.utility']) },
      /^rolled back in its window by its rules \(sequential.utility: too many\)$/,
    ],
    stopped: [{ rollout: aRollout(STARTED, ['2026-02-01', 'stopped']) }, /^stopped in its window by fay$/],
    superseded: [{ rollout: aRollout(STARTED, RELEASED, ['2026-02-20', 'superseded']) }, /^superseded/],
    retired: [{ rollout: aRollout(STARTED, RELEASED, ['2026-02-28', 'retired', null, 'gain.x']) }, /gain.x/],
    in_thirty_days: [{ rollout: aRollout(STARTED, RECENTLY) }, /stands 30 days on 2026-04-13/],
    kept: [{ rollout: aRollout(STARTED, RELEASED, ['2026-02-28', 'kept']) }, /stood 30 days/],
  }
  test.each(STANDINGS)('%s', (stands) => {
    const [over, says] = CASES[stands]
    const { entries, stands: counts } = funnelOf([facts(over)], WEEK)
    expect(entries).toMatchObject([{ stands, says: expect.stringMatching(says) }])
    expect(counts).toEqual({ [stands]: 1 })
  })

  test('a newer release takes nothing from one that stood its thirty days; going back does, whenever', () => {
    const late = (verdict: Act[1]) => funnelOf([facts({ rollout: aRollout(RELEASED, ['2026-03-30', verdict]) })], WEEK)
    expect(late('superseded').entries[0]!.stands).toBe('kept')
    expect(late('stopped').entries[0]!.stands).toBe('stopped')
  })

  test('what came after the last day of the week is looked past', () => {
    const { date } = { date: '2026-01-14' }
    const all = facts({ rollout: aRollout(STARTED, RELEASED) })
    expect(funnelOf([all], { from: '2026-01-08', date }).entries[0]).toMatchObject({
      stands: 'in_review',
      at: { approved: null, released: null, kept: null },
    })
    expect(funnelOf([all], { from: '2026-01-08', date: '2026-01-11' })).toMatchObject({ reached_review: 0 })
  })

  test('after an expired review the next one counts', () => {
    const reviews = [
      aReview('2026-02-01', { day: '2026-02-02', decision: 'approved' }),
      aReview('2026-01-12', null, '2026-01-20'),
    ]
    expect(funnelOf([facts({ reviews })], WEEK).entries[0]!.at.approved).toBe(on('2026-02-02'))
  })
})

test('steps count those that came so far, those of the week, and the median days from the step before', () => {
  const funnel = funnelOf(
    [
      facts({ rollout: aRollout(STARTED, RELEASED) }),
      facts({ run_id: 'b', reviews: [aReview('2026-01-12', { day: '2026-03-31', decision: 'approved' })] }),
      facts({ run_id: 'c', verdict: 'not_certified', reviews: [] }),
    ],
    WEEK,
  )
  expect(funnel.steps).toEqual([
    { step: 'proposed', proposals: 3, this_week: 0, median_days: null },
    { step: 'certified', proposals: 2, this_week: 0, median_days: 1 },
    { step: 'approved', proposals: 2, this_week: 1, median_days: 41.5 },
    { step: 'released', proposals: 1, this_week: 0, median_days: 30 },
    { step: 'kept', proposals: 1, this_week: 0, median_days: 30 },
  ])
  expect(funnel.reached_review).toBe(2)
})

test('no step has more proposals than the one before, and every proposal stands somewhere once', () => {
  const day = fc.integer({ min: 1, max: 28 }).map((n) => `2026-03-${String(n).padStart(2, '0')}`)
  const proposal = fc.record({
    verdict: fc.constantFrom<Verdict>(...VERDICTS.filter((v) => v !== 'no_candidate')),
    reviews: fc.array(fc.tuple(day, fc.option(fc.record({ day, decision: fc.constantFrom('approved', 'rejected') }))), {
      maxLength: 2,
    }),
    acts: fc.array(fc.tuple(day, fc.constantFrom('advanced', 'paused', 'kept', 'rolled_back', 'superseded')), {
      maxLength: 4,
    }),
  })
  fc.assert(
    fc.property(fc.array(proposal, { maxLength: 8 }), day, (all, date) => {
      const funnel = funnelOf(
        all.map(({ verdict, reviews, acts }, i) =>
          facts({
            run_id: `r${i}`,
            verdict,
            reviews: reviews.map(([opened, decided]) => aReview(opened, decided as never)),
            rollout: acts.length === 0 ? null : aRollout(...(acts as Act[]).sort()),
          }),
        ),
        { from: date, date },
      )
      const counts = funnel.steps.map(({ proposals }) => proposals)
      expect(counts).toEqual([...counts].sort((a, b) => b - a))
      expect(Object.values(funnel.stands).reduce((a, b) => a + b, 0)).toBe(all.length)
      for (const { step, this_week, proposals } of funnel.steps) {
        expect(FUNNEL_STEPS).toContain(step)
        expect(this_week).toBeLessThanOrEqual(proposals)
      }
    }),
  )
})

test('parts that replay cannot judge are counted apart, and none of them as certified', () => {
  const { verdict: _, finished_at: __, gain: ___, ...part } = facts({ rollout: aRollout(STARTED, RELEASED) })
  const unopened = { ...part, run_id: 'p', reviews: [], rollout: null }
  const counts = uncertifiedOf([part, unopened, { ...unopened, run_id: 'later', started_at: on('2026-04-01') }], WEEK)
  expect(counts).toMatchObject({ proposed: 2, approved: 1, released: 1, kept: 1 })
  expect(counts!.entries.map(({ at }) => at.certified)).toEqual([null, null])
  expect(counts!.entries.map(({ stands, says }) => [stands, says])).toEqual([
    ['no_review', 'filed, and nobody opened its review'],
    ['kept', expect.any(String)],
  ])
  expect(uncertifiedOf([], WEEK)).toBeNull()
})
