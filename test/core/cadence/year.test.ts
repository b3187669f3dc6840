/** A simulated year: what the routine promises holds over all of it. */
import { describe, expect, test } from 'vitest'
import { dailyText } from '#core/cadence/daily.ts'
import { digestOfBytes } from '#core/canonical.ts'
import { bands, DRIFTS, IMPROVES, liveYear, OUTAGES } from '../../../bench/year-world.ts'

const year = liveYear(5)

describe('a year of twelve intents', () => {
  test('names every one that drifts, the busy ones first, and no more false alarms than declared', () => {
    const delays = DRIFTS.map((drift, intent) => year.moved[intent]!.find((day) => day >= drift)! - drift + 1)
    expect(delays.every((delay) => delay <= 60)).toBe(true)
    expect(delays[2]).toBeLessThan(delays[0]!)
    const quiet = year.moved.flatMap((days, intent) => (DRIFTS[intent] === undefined ? days : []))
    expect(quiet.length).toBeLessThanOrEqual(4 * bands.false_alarms_per_quarter)
    expect(year.moved[IMPROVES]).toEqual([])
  })

  test('starts no run on an intent with one open, none twice, and none beyond the quarter', () => {
    expect(year.queued.filter(({ open }) => open > 0)).toEqual([])
    expect(new Set(year.queued.map(({ run_id }) => run_id)).size).toBe(year.queued.length)
    for (const [, runs] of Map.groupBy(year.queued, ({ intent, day }) => `${intent} ${Math.floor(day / 92)}`))
      expect(runs.length).toBeLessThanOrEqual(bands.runs_per_quarter)
    expect(year.queued.length).toBeGreaterThanOrEqual(DRIFTS.length)
  })

  test('every drift leads to one release, and after it the band holds again', () => {
    for (const intent of DRIFTS.keys()) {
      expect(year.intents[intent]!.released).toBe(1)
      expect(year.days.at(-1)!.intents[intent]!.series[0]!.state).toBe('in_band')
    }
  })

  test('every broken band that starts no run says why', () => {
    const silent = year.days
      .flatMap((day) => day.intents.flatMap(({ queue }) => queue))
      .filter(({ run_id, why }) => (run_id === null) === (why === null))
    expect(silent).toEqual([])
    const reasons = new Set(year.days.flatMap((day) => day.intents.flatMap(({ queue }) => queue.map(({ why }) => why))))
    expect(reasons).toContain('rollout')
  })

  test('an outage changes nothing that was known', () => {
    for (const [n, day] of year.days.entries()) {
      const [series] = day.intents[OUTAGES]!.series
      if (series!.families > 0 || n === 0) continue
      expect(series!.state).toBe('no_runs')
      expect(series!.detector).toEqual(year.days[n - 1]!.intents[OUTAGES]!.series[0]!.detector)
    }
  })

  test('late runs are revised once each, and what was judged stands', () => {
    expect(year.revised).toBeGreaterThan(100)
    const revised = year.days.flatMap((day) => day.revised)
    expect(revised.every(({ was, now }) => now.runs > was.runs)).toBe(true)
    expect(new Set(revised.map(({ date, intent }) => `${date} ${intent}`)).size).toBe(revised.length)
  })

  test('every day names the one before it, and the year is the same bytes again', () => {
    for (const [n, day] of year.days.entries())
      expect(day.prior).toBe(n === 0 ? null : digestOfBytes(dailyText(year.days[n - 1]!)))
    const again = liveYear(5, 90)
    expect(again.days.map(dailyText)).toEqual(year.days.slice(0, 90).map(dailyText))
  })
})
