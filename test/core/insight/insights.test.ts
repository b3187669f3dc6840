import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { correctedRecording } from '#core/experience/corrections.ts'
import { insightsOf, type SeenRun } from '#core/insight/insights.ts'
import { type Sighting, sightingsOf } from '#core/insight/observe-run.ts'
import { compileCase } from '#core/replay/compile.ts'
import { Insight } from '#schemas/insight.ts'
import { anOffer, aRun, aSuite, INTENT } from '../../support/builders.ts'

const SETTINGS = { ...aRun('x').settings, 'evidence.orders.top_k': 2 }
const offers = (goldAt: number) =>
  [1, 2, 3, 4].map((rank) =>
    anOffer(`o${rank}`, { bucket: 'orders', ranks: { as_ranked: rank }, gold: rank === goldAt }),
  )
const recordingOf = (run: ReturnType<typeof aRun>) => compileCase([run]).recordings[0]!
const seen = (n: number, sighting: Sighting, family = `f${n}`): SeenRun => ({
  run_id: `r${n}`,
  family,
  date: `2026-05-${String(1 + (n % 28)).padStart(2, '0')}`,
  sightings: [sighting],
})
const failure: Sighting = { kind: 'failure_cluster', pattern: 'p', kept_from: null }

describe('a recorded run', () => {
  test('that offered a needed passage beyond its depth says from which depth on it would have been read', () => {
    const run = aRun('r', { settings: SETTINGS, evidence: offers(4) })
    const unread = sightingsOf(recordingOf(run), INTENT, aSuite(), null).filter(({ kind }) => kind === 'unread_passage')
    expect(unread).toEqual([
      {
        kind: 'unread_passage',
        pattern: 'a needed passage of orders is not read: ranked beyond top_k 2',
        kept_from: { path: 'evidence.orders.top_k', value: 4 },
      },
    ])
  })

  test('of which a person said later that a passage was needed says the same: the correction is evidence', () => {
    const recording = recordingOf(aRun('r', { settings: SETTINGS, evidence: offers(0) }))
    expect(sightingsOf(recording, INTENT, aSuite(), null).filter(({ kind }) => kind === 'unread_passage')).toEqual([])
    const said = correctedRecording(recording, [
      { run_id: 'r', at: '2026-06-01T00:00:00.000Z', by: 'ana@example.com', evidence: { o3: { gold: true } } },
    ])
    expect(sightingsOf(said, INTENT, aSuite(), null).filter(({ kind }) => kind === 'unread_passage')).toMatchObject([
      { kept_from: { path: 'evidence.orders.top_k', value: 3 } },
    ])
  })

  test('never puts what a person or a customer wrote into a pattern', () => {
    const secret = 'Mrs Miller 4711'
    const run = aRun('r', {
      operator_corrections: [{ correction_id: 'c', kind: 'outcome', passed: false, operator: secret, notes: secret }],
      evidence: [anOffer(`kg:${secret}`, { bucket: 'orders', required: true, ranks: { as_ranked: 9 } })],
      settings: SETTINGS,
    })
    expect(JSON.stringify(sightingsOf(recordingOf(run), INTENT, aSuite(), null))).not.toContain('Miller')
  })

  test('that read what it needed and failed nothing says nothing', () => {
    expect(
      sightingsOf(recordingOf(aRun('r', { settings: SETTINGS, evidence: offers(1) })), INTENT, aSuite(), null),
    ).toEqual([])
  })
})

describe('insights', () => {
  test('count families, not runs, and need as many as are asked for', () => {
    const runs = [
      ...[1, 2, 3].map((n) => seen(n, failure, 'same')),
      seen(4, failure),
      { ...seen(5, failure), sightings: [] },
    ]
    expect(insightsOf(INTENT, runs, 3)).toEqual([])
    const [one] = insightsOf(INTENT, runs, 2)
    expect(one).toMatchObject({
      occurrences: 2,
      of: 3,
      first_seen: '2026-05-02',
      last_seen: '2026-05-05',
      evidence_refs: ['r1', 'r2', 'r3', 'r4'],
    })
    expect(Insight.parse(one)).toEqual(one)
  })

  test('say with what confidence: the lower bound of the share, never the share itself', () => {
    const runs = Array.from({ length: 100 }, (_, n) =>
      n < 20 ? seen(n, failure) : { ...seen(n, failure), sightings: [] },
    )
    // Clopper-Pearson, one-sided 95 %, 20 of 100: .1367 (scipy.stats.beta.ppf(.05, 20, 81)).
    expect(insightsOf(INTENT, runs, 1)[0]!.confidence).toBeCloseTo(0.1367, 3)
  })

  test('suggest the least value that keeps nine in ten of the passages', () => {
    const at = (n: number, value: number) =>
      seen(n, { kind: 'unread_passage', pattern: 'p', kept_from: { path: 'evidence.orders.top_k', value } })
    const runs = [...Array.from({ length: 9 }, (_, n) => at(n, 5 + (n % 3))), at(9, 90)]
    expect(insightsOf(INTENT, runs, 1)[0]!.suggests).toEqual({ path: 'evidence.orders.top_k', to: 7 })
  })

  test('are the same bytes in whatever order the runs come', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 9 }, (_, n) => n),
          { minLength: 9 },
        ),
        (order) => {
          const of = (n: number) => seen(n, { ...failure, pattern: `p${n % 3}` })
          expect(insightsOf(INTENT, order.map(of), 1)).toEqual(insightsOf(INTENT, [...order].sort().map(of), 1))
        },
      ),
    )
  })
})
