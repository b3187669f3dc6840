/** What imports of traces left out, as every proposal that rests on them says it. */
import { expect, test } from 'vitest'
import { droppedOf, selectionLine } from '#core/experience/trace-selection.ts'

test.each([
  [{}, 0, 'imported from traces: 0 of 10 became no run (0.0 % dropped)'],
  [
    { open: 1, content_missing: 4 },
    5 / 15,
    'imported from traces: 5 of 15 became no run (33.3 % dropped: 4 content_missing, 1 open)',
  ],
])('dropped %j of ten that became runs', (dropped, share, line) => {
  const selection = { imports: 2, runs: 10, dropped }
  expect(droppedOf(selection).share).toBe(share)
  expect(selectionLine(selection)).toBe(line)
})

test('no traces at all are a share of nothing', () => {
  expect(droppedOf({ imports: 1, runs: 0, dropped: {} })).toEqual({ n: 0, share: 0 })
})
