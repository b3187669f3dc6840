/** Rollout gates over numbers that are no measurement: nothing goes forward, nothing is kept. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { monitorRelease } from '#core/release/monitor.ts'
import { evaluateStage, type StageVerdict } from '#core/release/stage-verdict.ts'
import { ProductionRun, Rollout, RolloutConfig } from '#schemas/release.ts'
import { aConfig, afterDwell, aRun, GOOD, type Measures, released, runsIn, started } from '../release/builders.ts'
import { NO_MEASUREMENT, noLimit, noMeasurement, numbersIn, withNumber } from './values.ts'

/** Measures that the gates and tests of the configuration read. */
const READ = ['utility_score', 'latency_ms', 'economics_cents'] as const

const quick = aConfig()
for (const stage of Object.values(quick.stages)) stage.min_runs = 8
const rollout = started({ config: quick })
const now = afterDwell(rollout)
const verdict = (measure: Parameters<typeof runsIn>[3], runs = 120) =>
  evaluateStage({ rollout, runs: runsIn(rollout, '0%_shadow', runs, measure), now })
const row = (found: StageVerdict, rule: string) => found.rows.find((r) => r.rule === rule)!.verdict

describe('a stage', () => {
  test('is not passed by eight runs at 1e308 cents, whose mean is no number', () => {
    const found = verdict(() => ({ economics_cents: 1e308 }), 8)
    expect(found.verdict).toBe('pause')
    expect(row(found, 'gate.economics_cents')).toBe('missing')
    expect(row(found, 'unmeasured.economics_cents')).toBe('missing')
  })

  test.each<[string, Partial<Measures>, string]>([
    ['cents below 0', { economics_cents: -5 }, 'gate.economics_cents'],
    ['-1 cents, as a sentinel', { economics_cents: -1 }, 'gate.economics_cents'],
    ['-1 ms, as a sentinel', { latency_ms: -1 }, 'gate.slow_share'],
    ['a utility above 1', { utility_score: 7 }, 'gate.utility'],
  ])('is not passed by a candidate with %s', (_, measures, rule) => {
    const found = verdict((arm) => (arm === 'candidate' ? measures : {}))
    expect(found.verdict).toBe('pause')
    expect(row(found, rule)).toBe('missing')
  })

  test('never goes forward when a measure of the candidate, or of both arms, is no measurement', () => {
    fc.assert(
      fc.property(fc.constantFrom(...READ), noMeasurement, fc.boolean(), (name, value, both) => {
        const found = verdict((arm) => (both || arm === 'candidate' ? { [name]: value } : {}))
        expect(found.verdict).not.toBe('advance')
      }),
    )
  })

  test('takes -0 for the 0 that it is', () => {
    expect(verdict(() => ({ economics_cents: -0, latency_ms: -0 })).verdict).toBe('advance')
  })

  test('never goes forward under a limit that is no number', () => {
    const limits = numbersIn({ ...quick, stages: { '0%_shadow': quick.stages['0%_shadow'] }, window: {} }).filter(
      (path) => !path.includes('cohort') && !path.includes('deadline_hours'), // read when the stage was entered
    )
    expect(limits.length).toBeGreaterThan(12)
    const runs = runsIn(rollout, '0%_shadow', 120)
    fc.assert(
      fc.property(fc.constantFrom(...limits), noLimit, (path, limit) => {
        const over = { ...rollout, config: withNumber(quick, path, limit) }
        let found = 'refused'
        try {
          found = evaluateStage({ rollout: over, runs, now }).verdict
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
        expect(found).not.toBe('advance')
      }),
    )
  })
})

describe('the window', () => {
  const config = aConfig({
    window: { ...aConfig().window, gate: { ...aConfig().stages['100%'].gate, economics_cents: 5 }, min_runs: 8 },
  })
  const after = released({ config })
  const monitor = (measure: Parameters<typeof runsIn>[3]) =>
    monitorRelease({
      rollout: after.rollout,
      runs: [...after.runs, ...runsIn(after.rollout, 'window', 120, measure)],
      now: after.rollout.deadline,
      successor: null,
    })

  test('keeps what gained, and nothing whose measures are none', () => {
    expect(monitor(() => ({})).verdict).toBe('keep')
    fc.assert(
      fc.property(fc.constantFrom(...READ), noMeasurement, fc.boolean(), (name, value, both) => {
        expect(monitor((arm) => (both || arm === 'candidate' ? { [name]: value } : {})).verdict).not.toBe('keep')
      }),
    )
  })

  test('keeps nothing for a gain that is no number', () => {
    for (const min_gain of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const over = { ...after.rollout, config: { ...config, window: { ...config.window, min_gain } } }
      const found = monitorRelease({
        rollout: over,
        runs: [...after.runs, ...runsIn(over, 'window', 120)],
        now: over.deadline,
        successor: null,
      })
      expect(found.verdict).not.toBe('keep')
    }
  })
})

describe('where numbers come in', () => {
  test('a production run is refused for a number that is no measurement, in every field', () => {
    const run = aRun(rollout, '0%_shadow', 'candidate', 1)
    expect(ProductionRun.safeParse(run).success).toBe(true)
    const paths = numbersIn({ measures: GOOD })
    expect(paths).toHaveLength(6)
    for (const path of paths)
      for (const value of NO_MEASUREMENT)
        expect(ProductionRun.safeParse(withNumber(run, path, value)).success, `${path.join('.')} ${value}`).toBe(false)
    const said = ProductionRun.safeParse(withNumber(run, ['measures', 'economics_cents'], -1))
    expect(said.error!.issues[0]!.message).toMatch(/what was not measured is null/)
  })

  test('a limit that could limit nothing is refused where it is declared, and a rollout that has one still loads', () => {
    for (const path of numbersIn(quick))
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1])
        expect(RolloutConfig.safeParse(withNumber(quick, path, value)).success, path.join('.')).toBe(false)
    for (const path of [
      ['stages', '100%', 'gate', 'economics_cents'],
      ['stages', '100%', 'gate', 'utility'],
      ['latency', 'slow_ms'],
      ['window', 'min_gain'],
    ]) {
      const config = withNumber(quick, path, 1e300)
      expect(RolloutConfig.safeParse(config).success, path.join('.')).toBe(false)
      expect(Rollout.safeParse({ ...rollout, config }).success, path.join('.')).toBe(true)
    }
  })
})
