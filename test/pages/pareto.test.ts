import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CandidateScore } from '#schemas/candidate.ts'
import { FATES } from '#schemas/candidate.ts'
import { type Candidates, paretoOf, paretoTable } from '../../functions/pages/kit/pareto.ts'
import { paretoPlot } from '../../functions/pages/kit/pareto-plot.ts'
import { candidates } from './builders.ts'
import { elements } from './html.ts'

const [one] = candidates()
type Row = CandidateScore['guardrails'][number]
const utilityRow = (observed: number | null, limit: number | null = -0.02): Row => ({
  guardrail: 'utility_delta',
  verdict: observed === null ? 'not_evaluated' : 'pass',
  observed,
  limit,
  note: '',
})
const at = (id: string, metric: number | null, observed: number | null, over: Partial<CandidateScore> = {}) =>
  ({
    ...one!,
    candidate_id: id,
    fate: 'dominated',
    metric,
    guardrails: [utilityRow(observed)],
    ...over,
  }) as CandidateScore
const given = (list: readonly CandidateScore[], over: Partial<Candidates> = {}): Candidates => ({
  target: { metric: 'economics_cents_per_decision', direction: 'decrease' },
  baseline_metric: 2,
  candidates: list,
  ...over,
})
const drawnPlaces = (input: Candidates) =>
  elements(`${paretoPlot(paretoOf(input))}`).flatMap(({ attributes: { transform, class: mark, 'data-c': id } }) => {
    const [, x, y] = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(transform ?? '') ?? []
    return x === undefined ? [] : [{ id, mark, x: Number(x), y: Number(y) }]
  })

describe('the plot of candidates', () => {
  test('shows the number that the guardrail itself compares, not the mean of another one', () => {
    const { drawn, limit } = paretoOf(
      given([at('c_a', 1.8, -0.0135, { search: { ...one!.search!, utility: -0.003 } })]),
    )
    expect([drawn[0]!.y, limit]).toEqual([-0.0135, -0.02])
  })

  test('has a place for everything with a known metric: what was dropped early lies in a strip below all others', () => {
    const places = drawnPlaces(given([at('c_a', 1.8, -0.019), at('c_b', 1.6, null, { fate: 'search_guardrail' })]))
    const [early, full] = [places.find((p) => p.id === 'c_b')!, places.find((p) => p.id === 'c_a')!]
    expect(early.y).toBeGreaterThan(full.y)
    expect(early.x).toBeLessThan(full.x)
  })

  test.each([
    ['economics_cents_per_decision', 'decrease', 1.5, 1.9],
    ['utility', 'increase', 0.9, 0.7],
  ] as const)('left is better for %s', (metric, direction, better, worse) => {
    const places = drawnPlaces(
      given([at('c_good', better, null), at('c_bad', worse, null)], { target: { metric, direction } }),
    )
    expect(places.find((p) => p.id === 'c_good')!.x).toBeLessThan(places.find((p) => p.id === 'c_bad')!.x)
  })

  test('up is better where the measure is a cost too', () => {
    const cost = (observed: number): Row => ({ ...utilityRow(observed, 0.5), guardrail: 'economics_delta' })
    const input = given(
      [at('c_dear', 0.8, null, { guardrails: [cost(0.4)] }), at('c_cheap', 0.8, null, { guardrails: [cost(-0.4)] })],
      {
        target: { metric: 'utility', direction: 'increase' },
      },
    )
    const places = drawnPlaces(input)
    expect(places.find((p) => p.id === 'c_cheap')!.y).toBeLessThan(places.find((p) => p.id === 'c_dear')!.y)
  })

  test('the front is a staircase of what held every limit', () => {
    const list = [
      at('c_a', 1.5, -0.01),
      at('c_b', 1.7, 0),
      at('c_c', 1.8, -0.005),
      at('c_d', 1, 0.1, { fate: 'no_gain' }),
    ]
    const { front } = paretoOf(given(list))
    expect(front.map((p) => p.id)).toEqual(['c_a', 'c_b'])
    const path = elements(`${paretoPlot(paretoOf(given(list)))}`).find((t) => t.attributes.class === 'front')!
    const [, [x0, y0], [x1, y1], [x2, y2]] = [
      null,
      ...path.attributes
        .d!.slice(1)
        .split('L')
        .map((p) => p.split(',').map(Number)),
    ] as [null, number[], number[], number[]]
    expect([y1 === y0, x1 === x2, x1! > x0!, y2! < y1!]).toEqual([true, true, true, true])
  })

  test('a limit far outside is said, not drawn flat', () => {
    const far = given([at('c_a', 1.8, 0, { guardrails: [utilityRow(-0.001, -0.9)] })])
    const page = `${paretoPlot(paretoOf(far))}`
    expect(elements(page).some((t) => t.attributes.class === 'lim')).toBe(false)
    expect(page).toContain('lies outside the picture')
  })

  test('the table lists exactly what is drawn, and everything else is counted', () => {
    const some = fc.record({
      metric: fc.option(fc.double({ min: 0.1, max: 5, noNaN: true })),
      observed: fc.option(fc.double({ min: -0.2, max: 0.2, noNaN: true })),
      fate: fc.constantFrom(...FATES),
    })
    fc.assert(
      fc.property(fc.array(some, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (list, most) => {
        const input = given(list.map((c, i) => at(`c_${i}`, c.metric, c.observed, { fate: c.fate })))
        const pareto = paretoOf(input, most)
        const drawn = elements(`<svg>${paretoPlot(pareto) ?? ''}</svg>`).filter((t) => t.attributes['data-c'])
        const rows = elements(`<div>${paretoTable(pareto)}</div>`).filter(
          (t) => t.name === 'th' && t.attributes.scope === 'row',
        )
        expect(drawn).toHaveLength(rows.length)
        const unknown = pareto.unknown.reduce((sum, [, n]) => sum + n, 0)
        expect(rows.length + pareto.left + unknown).toBe(list.length)
      }),
    )
  })
})
