/** A target's metric read off measures: null as soon as one case lacks it. */
import { describe, expect, test } from 'vitest'
import { isBetter, metricOver, metricPart } from '#core/evaluate/metric.ts'
import { METRIC_NAMES } from '#schemas/metrics.ts'
import { measuresLike } from '../../support/builders.ts'

describe('metricOver', () => {
  const cases = [1, 2, 3, 4].map((n) =>
    measuresLike({
      latency_ms: n * 100,
      economics_cents: n,
      economics_tokens: n * 10,
      utility_score: n / 4,
      approval_waits: n === 4 ? 0 : 1,
      approval_actions: n === 4 ? 0 : n,
    }),
  )

  test('is the mean, the upper median, the 95th percentile, or a share of actions', () => {
    expect(METRIC_NAMES.map((name) => [name, metricOver(name, cases)])).toEqual([
      ['economics_cents_per_decision', 2.5],
      ['economics_tokens_per_decision', 25],
      ['p95_latency_ms', 400],
      ['p50_latency_ms', 300],
      ['utility', 0.625],
      ['approval_wait_rate', 0.5],
    ])
  })

  test('is null where any case lacks it, and where nothing of its kind occurred', () => {
    const bare = measuresLike({
      latency_ms: null,
      economics_cents: null,
      economics_tokens: null,
      utility_score: null,
      approval_waits: null,
      approval_actions: null,
    })
    for (const name of METRIC_NAMES) {
      expect(metricPart(name, bare)).toBeNull()
      expect(metricOver(name, [...cases, bare])).toBeNull()
      expect(metricOver(name, [])).toBeNull()
    }
    expect(metricOver('approval_wait_rate', [cases[3]!])).toBeNull()
  })
})

test('better is strictly less, or strictly more', () => {
  expect([isBetter('decrease', 1, 2), isBetter('decrease', 2, 2), isBetter('increase', 2, 1)]).toEqual([
    true,
    false,
    true,
  ])
})
