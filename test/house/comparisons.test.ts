/** No room that decides compares a measured number with a bare operator, where NaN would pass. */
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { broken, brokenIn, EXEMPT, filesThatDecide } from './comparisons.ts'

test('whatever decides says what lets through, by a comparison that is false for what is no number', () => {
  expect(broken()).toEqual([])
  expect(filesThatDecide()).toContain('release/period-rows.ts')
  for (const file of Object.keys(EXEMPT)) expect(existsSync(`functions/core/${file}`), file).toBe(true)
})

test.each([
  ['rise > limit ? 1 : 0'],
  ['!(rise <= limit)'],
  ['share > config.max_unmeasured_share'],
  ['p <= 0.05'],
  ['sum += run.measures.latency_ms'],
  ['run.measures[name] ?? 0'],
  ['1 - base.utility_score'],
])('finds %s', (text) => expect(brokenIn('x.ts', text)).toHaveLength(1))

test.each([
  ['for (let i = 0; i < families; i++) f(i)'],
  ['runs.length > most'],
  ['below > 0'],
  ['base.utility_score === null'],
  ['now.utility_score !== pinned.utility_score'],
  ['now < deadline'],
  ["measured('latency_ms', run.measures)"],
  ["asMeasured('latency_ms', recording.outcome.latency_ms)"],
  ['run.measures[FLOORS[name]] === true'],
])('lets %s be', (text) => expect(brokenIn('x.ts', text)).toEqual([]))
