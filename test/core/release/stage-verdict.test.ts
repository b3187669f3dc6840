import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantAfter } from '#core/instant.ts'
import { evaluateStage, type StageVerdict } from '#core/release/stage-verdict.ts'
import { type ProductionRun, RolloutConfig } from '#schemas/release.ts'
import type { StageGate } from '#schemas/stage-config.ts'
import { STAGES } from '#schemas/stages.ts'
import { aConfig, afterDwell, aRun, inStage, type Measures, passing, runsIn, started } from './builders.ts'

const rollout = started()
const now = afterDwell(rollout)
const good = () => runsIn(rollout, '0%_shadow', 120)
const verdict = (runs: ProductionRun[], over = {}) => evaluateStage({ rollout, runs, now, ...over })
const rules = (v: StageVerdict) => (v.verdict === 'wait' ? [] : v.reasons.map((r) => r.rule))
const spoilt = (n: number, measures: Partial<Measures>) =>
  runsIn(rollout, '0%_shadow', 120, (arm, i) => (arm === 'candidate' && i < n ? measures : {}))

describe('a stage', () => {
  test('advances once its dwell is over, its runs are there and every rule holds', () => {
    const found = verdict(good())
    expect(found.verdict).toBe('advance')
    expect(found.rows.every((r) => r.verdict === 'good' || r.verdict === 'not_measured')).toBe(true)
  })

  test('waits for its dwell, without a word on data that may still come', () => {
    const early = instantAfter(rollout.entered_at, 1)
    expect(verdict(good(), { now: early })).toMatchObject({ verdict: 'wait', until: now })
    expect(verdict([], { now: early }).verdict).toBe('wait')
  })

  test('always answers on every rule, in the same order', () => {
    const names = (v: StageVerdict) => v.rows.map((r) => r.rule)
    expect(names(verdict([]))).toEqual(names(verdict(good())))
    expect(new Set(names(verdict([]))).size).toBe(names(verdict([])).length)
  })

  test.each<[string, Partial<Measures>, string]>([
    ['policy', { policy_violation: true }, 'floor.policy'],
    ['safety', { safety_violation: true }, 'floor.safety'],
    ['an approval', { approval_bypass: true }, 'floor.approval_bypass'],
  ])('rolls back at once when one run breaks %s, before the dwell is over', (_, measures, rule) => {
    const found = verdict(spoilt(1, measures), { now: rollout.entered_at })
    expect(found.verdict).toBe('roll_back')
    expect(rules(found)).toEqual([rule])
  })

  test('rolls back on violations of runs that are not compared, and of earlier stages', () => {
    const broken = { ...aRun(rollout, '0%_shadow', 'candidate', 999, { policy_violation: true }), compared: false }
    const later = inStage('25%_monitored')
    const runs = [broken, ...later.runs, ...runsIn(later.rollout, '25%_monitored', 120)]
    expect(evaluateStage({ rollout: later.rollout, runs, now: later.rollout.entered_at }).verdict).toBe('roll_back')
  })

  test('leaves violations of the baseline and the declared number of its own alone', () => {
    const base = runsIn(rollout, '0%_shadow', 120, (arm) => (arm === 'baseline' ? { policy_violation: true } : {}))
    expect(verdict(base).verdict).toBe('advance')
    const tolerant = started({ config: aConfig({ floors: { ...aConfig().floors, policy: { max_violations: 2 } } }) })
    expect(evaluateStage({ rollout: tolerant, runs: spoilt(2, { policy_violation: true }), now }).verdict).toBe(
      'advance',
    )
    expect(evaluateStage({ rollout: tolerant, runs: spoilt(3, { policy_violation: true }), now }).verdict).toBe(
      'roll_back',
    )
  })

  test('rolls back when harm is shown in utility or latency', () => {
    const worse = verdict(runsIn(rollout, '0%_shadow', 900, passing(0.25, 3)))
    expect(rules(worse)).toEqual(['sequential.utility'])
    expect(worse.verdict).toBe('roll_back')
    expect(rules(verdict(spoilt(120, { latency_ms: 9000 })))).toEqual(['sequential.latency'])
  })

  test.each<[string, () => ProductionRun[], string]>([
    ['no run at all', () => [], 'min_runs.candidate'],
    ['no baseline', () => good().filter((r) => r.arm === 'candidate'), 'min_runs.baseline'],
    ['too few runs', () => good().slice(0, 150), 'min_runs.baseline'],
    ['runs of one subject only', () => good().map((r) => ({ ...r, subject: 'one' })), 'min_runs.candidate'],
    ['unmeasured policy', () => spoilt(10, { policy_violation: null }), 'unmeasured.policy'],
    ['unmeasured utility', () => spoilt(10, { utility_score: null }), 'unmeasured.utility'],
    ['unmeasured latency', () => spoilt(10, { latency_ms: null }), 'unmeasured.latency'],
    ['unmeasured corrections', () => spoilt(10, { operator_corrected: null }), 'unmeasured.corrected_share'],
    [
      'runs of another tuple',
      () => good().map((r, i) => (i === 5 ? { ...r, release_tuple_id: 'release.x' } : r)),
      'lineage',
    ],
    ['dearer runs', () => spoilt(120, { economics_cents: 1.4 }), 'gate.economics_cents'],
    ['more corrections', () => spoilt(6, { operator_corrected: true }), 'gate.corrected_share'],
    ['a utility out of bounds that is not yet shown to be harm', () => spoilt(4, { utility_score: 0 }), 'gate.utility'],
  ])('pauses for %s, and names it', (_, runs, rule) => {
    const found = verdict(runs())
    expect(found.verdict).toBe('pause')
    expect(rules(found)).toContain(rule)
  })

  test('sees this intent and this rollout alone', () => {
    const foreign = spoilt(120, { policy_violation: true })
    const others = [
      ...foreign.map((r) => ({ ...r, intent: 'support.faq' })),
      ...foreign.map((r) => ({ ...r, rollout_id: 'ro_other' })),
    ]
    expect(verdict([...others, ...good()])).toEqual(verdict(good()))
    expect(verdict(others).verdict).toBe('pause')
  })

  test('never advances and never goes back on any part of a log that is not enough', () => {
    const pairs = Array.from({ length: 120 }, (_, i) => good().slice(2 * i, 2 * i + 2))
    fc.assert(
      fc.property(fc.subarray(pairs), (some) => {
        const found = verdict(some.flat())
        expect(found.verdict).toBe(some.length >= 100 ? 'advance' : 'pause')
      }),
      { numRuns: 30 },
    )
    fc.assert(
      fc.property(fc.subarray(good()), (runs) => {
        expect(verdict(runs).verdict).not.toBe('roll_back')
      }),
      { numRuns: 30 },
    )
  })

  test('pauses where shadows are lost, or the split is not the declared one: failed runs may be missing', () => {
    const lost = good().filter((r, i) => r.arm === 'baseline' || i % 20 !== 1)
    expect(rules(verdict(lost))).toEqual(['pairs'])
    const later = inStage('25%_monitored')
    const at = afterDwell(later.rollout)
    const runs = runsIn(later.rollout, '25%_monitored', 400)
    const of = (log: ProductionRun[]) =>
      evaluateStage({ rollout: later.rollout, runs: [...later.runs, ...log], now: at })
    expect(of(runs).verdict).toBe('advance')
    expect(rules(of(runs.filter((r, i) => r.arm === 'baseline' || i % 8 > 3)))).toEqual(['split'])
  })

  test('pauses past its deadline even on good data, and still rolls back on bad', () => {
    const late = rollout.deadline
    expect(rules(verdict(good(), { now: late }))).toEqual(['deadline'])
    expect(verdict(spoilt(1, { safety_violation: true }), { now: late }).verdict).toBe('roll_back')
  })

  test('pauses a high-risk intent at 5%_low_risk without a declared cohort, at once', () => {
    const config = aConfig()
    config.stages['5%_low_risk'].cohort = { share: 0.05, shadow_share: 0, where: null }
    const { rollout: stuck, runs } = inStage('5%_low_risk', { config })
    expect(rules(evaluateStage({ rollout: stuck, runs, now: stuck.entered_at }))).toEqual(['cohort.low_risk'])
    const low = inStage('5%_low_risk', { config, risk_class: 'local_write' })
    expect(evaluateStage({ rollout: low.rollout, runs: low.runs, now: low.rollout.entered_at }).verdict).toBe('wait')
  })

  test('needs no latency and no approvals where they are declared not measured', () => {
    const silent = { not_measured: 'no clock in the records' }
    const config = aConfig({ latency: silent, floors: { ...aConfig().floors, approval_bypass: silent } })
    const found = evaluateStage({
      rollout: started({ config }),
      runs: runsIn(rollout, '0%_shadow', 120, () => ({ latency_ms: null, approval_bypass: null })),
      now,
    })
    expect(found.verdict).toBe('advance')
    const unsaid = found.rows.filter((r) => r.note === silent.not_measured).map((r) => r.rule)
    expect(unsaid).toEqual(['floor.approval_bypass', 'sequential.latency', 'gate.slow_share'])
  })

  test('fails for a rollout that is in no stage', () => {
    expect(() => verdict(good(), { rollout: { ...rollout, status: 'stopped' } })).toThrow(/in no stage: stopped/)
  })
})

describe('a rollout configuration', () => {
  const parse = (change: (config: RolloutConfig) => unknown) => {
    const config = structuredClone(aConfig())
    change(config)
    return RolloutConfig.safeParse(config)
  }

  test('has no defaults: whatever is left out is asked for', () => {
    const missing = (value: unknown): unknown[] =>
      typeof value !== 'object' || value === null || Array.isArray(value)
        ? []
        : Object.keys(value).flatMap((key) => {
            const { [key]: child, ...rest } = value as Record<string, unknown>
            return [rest, ...missing(child).map((c) => ({ ...value, [key]: c }))]
          })
    for (const config of missing(aConfig())) expect(RolloutConfig.safeParse(config).success).toBe(false)
  })

  test.each<[string, (config: RolloutConfig) => unknown, RegExp]>([
    [
      'traffic in the shadow stage',
      (c) => Object.assign(c.stages['0%_shadow'].cohort, { share: 0.1 }),
      /cannot affect outcomes/,
    ],
    ['a last stage for some', (c) => Object.assign(c.stages['100%'].cohort, { share: 0.9 }), /all traffic/],
    [
      'more of everyone than the stage says',
      (c) => Object.assign(c.stages['25%_monitored'].cohort, { share: 0.3 }),
      /at most 0.25/,
    ],
    ['an empty stage', (c) => Object.assign(c.stages['25%_monitored'].cohort, { share: 0 }), /proves nothing/],
    [
      'no shadow at 100%',
      (c) => Object.assign(c.stages['100%'].cohort, { shadow_share: 0 }),
      /nothing can be compared/,
    ],
    [
      'a share finer than a bucket',
      (c) => Object.assign(c.stages['25%_monitored'].cohort, { share: 0.00001 }),
      /four decimals/,
    ],
    ['a deadline before the dwell', (c) => Object.assign(c.stages['100%'], { deadline_hours: 1 }), /above dwell_hours/],
  ])('fails for %s', (_, change, message) => {
    const parsed = parse(change)
    expect(parsed.success ? '' : JSON.stringify(parsed.error.issues)).toMatch(message)
  })

  test('gates no measure silently: null is written down', () => {
    const gate = { utility: 0.02 } as StageGate
    expect(parse((c) => Object.assign(c.stages[STAGES[0]], { gate })).success).toBe(false)
  })
})
