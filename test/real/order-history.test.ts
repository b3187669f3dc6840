/** Refund requests over the customer's own records: the curve is the recorded one, and no verdict is dared on it. */
import { expect, test } from 'vitest'
import { RunSummary } from '#schemas/run.ts'
import { orderHistory } from '../../examples/real/cases/order-history.ts'
import { allCases, describeReal, mean, real, replayed, runOf, statistics, TemporaryFolder, verify } from './support.ts'

const TOP_K = 'evidence.order_history.top_k'

interface Point {
  readonly topK: number
  readonly recall: number
  readonly complete: number
  readonly tokens: number
}

/** The `support.refund` block of one domain in `support_evidence.txt`. */
function recordedCurve(domain: string): { requests: number; points: Point[] } {
  const lines = statistics('support_evidence.txt').split('\n')
  const start = lines.findIndex((line) => line.trim().startsWith(`${domain} support.refund n `))
  const end = lines.findIndex((line, i) => i > start && !line.trim().startsWith('top_k='))
  const points = lines.slice(start + 1, end).map((line): Point => {
    const [topK, recall, complete, tokens] = line.match(/[\d.]+/g)!.map(Number)
    return { topK: topK!, recall: recall!, complete: complete!, tokens: tokens! }
  })
  return { requests: Number(/ n (\d+)/.exec(lines[start]!)![1]), points }
}

describeReal('order-history', () => {
  test.each(['retail', 'airline'])('%s: coverage and tokens per top_k are those of the statistics', async (domain) => {
    const cases = await allCases(runOf(orderHistory, domain))
    const { requests, points } = recordedCurve(domain)
    expect(cases).toHaveLength(requests)
    expect(points.map((p) => p.topK)).toEqual([1, 2, 3, 4, 5, 6, 8, 10])
    for (const { topK, recall, complete, tokens } of points) {
      const all = cases.map((c) => replayed(c, { [TOP_K]: topK }))
      expect(mean(all.map((r) => r.goldKept / r.goldTotal))).toBeCloseTo(recall, 3)
      expect(mean(all.map((r) => Number(r.goldKept === r.goldTotal)))).toBeCloseTo(complete, 3)
      expect(Math.abs(mean(all.map((r) => r.tokens!)) - tokens)).toBeLessThanOrEqual(0.5)
    }
  })

  test('both domains are inconclusive, and say how many families are needed', async () => {
    using store = new TemporaryFolder()
    const printed = await real('order-history', '--store', store.path)
    const { runs, ...rest } = printed.json as { case: string; verdict: string; runs: unknown[] }
    expect(rest).toEqual({ case: 'order-history', verdict: 'inconclusive' })
    expect(printed.code).toBe(3)
    const summaries = runs.map((r) => RunSummary.parse(r))
    expect(summaries.map((s) => s.run)).toEqual(['real_order_history_retail', 'real_order_history_airline'])
    for (const summary of summaries) {
      expect(summary).toMatchObject({ verdict: 'inconclusive', winner: null, proposal: null })
      expect(summary.needed_families).toBeGreaterThanOrEqual(149)
      expect(summary.needed_families).toBeGreaterThan(summary.heldout_families!)
      expect(summary.reasons.join(' ')).toContain('Nothing was spent')
      expect(summary.candidates).toHaveLength(9)
      expect(await verify(store.at(summary.run), summary.run)).toMatchObject({
        reproducible: true,
        scope: 'commit',
      })
    }

    // Retail: below the longest history coverage is lost, from there on nothing is gained.
    const cases = await allCases(runOf(orderHistory, 'retail'))
    const longest = Math.max(...cases.map((c) => c.recordings[0]!.evidence.ref.length))
    for (const { patch, fate, reason } of summaries[0]!.candidates) {
      const topK = patch[TOP_K]!.to as number
      if (topK >= longest) expect(fate).toBe('no_gain')
      if (topK === 1) expect([fate, reason]).toEqual(['search_guardrail', expect.stringContaining('utility_delta')])
    }
  })
})
