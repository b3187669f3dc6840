/** After release every subject is tested once a stage, with all its runs, both arms at the same age. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantAfter } from '#core/instant.ts'
import { monitorRelease } from '#core/release/monitor.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { subjectsOf } from '#core/release/subjects.ts'
import { aConfig, aRun, GOOD, momentOf, released, runsIn, SUBJECTS, started, subjectOn } from './builders.ts'
import type { World } from './production-world.ts'
import { DAY, log, outcomes, PERIOD, reasons, row, standing, verdictOn } from './subject-standing.ts'

describe('harm from the second run of a subject on', () => {
  const later =
    (harm: number) =>
    ({ arm, nth }: { arm: string; nth: number }) =>
      0.1 + (arm === 'candidate' && nth > 0 ? harm : 0)

  test('of forty points rolls back in ten of ten', () => {
    expect(outcomes(standing(), 10, { subjects: 1000, gapMinutes: 2, runs: [1, 3], fails: later(0.4) })).toEqual({
      roll_back: 10,
    })
  })

  test('is found where few subjects come back often, and where all come back once', () => {
    const few = standing()
    for (let seed = 1; seed <= 3; seed++) {
      const often = log(few, seed, {
        subjects: 2000,
        gapMinutes: 1,
        runs: [1, 30],
        apartMinutes: 30,
        fails: later(0.4),
      })
      const kept = often.filter((run) => Number(run.subject.split('-').at(-1)) % 8 === 0 || run.run_id.includes('-0-'))
      expect(verdictOn(few, kept).verdict).toBe('roll_back')
    }
    expect(outcomes(standing(), 5, { subjects: 800, gapMinutes: 2, runs: [2, 2], fails: later(0.4) })).toEqual({
      roll_back: 5,
    })
  })

  test('that triples what a run costs rolls back where a cost is tested, and is never let through where it is only gated', () => {
    const dear: World = { runs: [1, 3], cents: ({ arm, nth }) => (arm === 'candidate' && nth > 0 ? 3 : 1) }
    const economics = { max_cents: 5, max_rise: 0.1 }
    expect(outcomes(standing(DAY, { economics }), 10, dear)).toEqual({ roll_back: 10 })
    const gated = verdictOn(standing(), log(standing(), 1, dear))
    expect(gated.verdict).toBe('pause')
    expect(reasons(gated)).toContain('gate.economics_cents')
  })

  test('that makes runs slow rolls back', () => {
    const latency = { slow_ms: 4000, max_slow_rise: 0.02 }
    const slow: World = { runs: [1, 3], latencyMs: ({ arm, nth }) => (arm === 'candidate' && nth > 0 ? 9000 : 1200) }
    const found = verdictOn(standing(DAY, { latency }), log(standing(), 1, slow))
    expect([found.verdict, reasons(found)]).toEqual(['roll_back', ['sequential.latency']])
  })

  test('is found in shadow pairs too', () => {
    const rollout = standing(DAY, {}, '0%_shadow')
    const found = verdictOn(rollout, log(rollout, 1, { period: '0%_shadow', runs: [1, 3], fails: later(0.4) }))
    expect([found.verdict, reasons(found)]).toEqual(['roll_back', ['sequential.utility']])
  })

  test('of one subject with thousands of runs is one subject', () => {
    const rollout = standing()
    const quiet = log(rollout, 1, { subjects: 600 })
    const subject = subjectOn(rollout, PERIOD, 'candidate', 'the busy one')
    const busy = Array.from({ length: 3000 }, (_, n) => ({
      ...aRun(rollout, PERIOD, 'candidate', n, { utility_score: 0, utility_passed: false }),
      run_id: `busy-${n}`,
      subject,
      started_at: momentOf(rollout, n),
      outcome_at: momentOf(rollout, n),
    }))
    const found = verdictOn(rollout, [...busy, ...quiet])
    expect(found.verdict).not.toBe('roll_back')
    expect(row(found, 'sequential.utility').observed).toBeLessThan(3)
  })
})

describe('outcomes that come late', () => {
  const within = { failing: 0.1 }
  const lateBy = (minutes: number, arm: 'baseline' | 'candidate' | 'both'): World => ({
    subjects: 1500,
    gapMinutes: 1,
    fails: () => within.failing,
    lagMinutes: (run) => (run.failed && (arm === 'both' || run.arm === arm) ? minutes : 0),
  })

  test.each([
    ['300 runs later in the baseline', 300, 'baseline'],
    ['1,000 runs later in the baseline', 1000, 'baseline'],
    ['300 runs later in the candidate', 300, 'candidate'],
    ['1,000 runs later in both', 1000, 'both'],
  ] as const)('%s roll back no harmless change', (_, minutes, arm) => {
    expect(outcomes(standing(), 6, lateBy(minutes, arm)).roll_back ?? 0).toBe(0)
  })

  test('and later than was declared count against harm, are counted, and pause as long as they are missing', () => {
    const short = standing({ ...DAY, window_hours: 1, outcome_hours: 1 })
    const announced: World = { ...lateBy(1000, 'baseline'), announced: true }
    expect(outcomes(short, 6, announced).roll_back ?? 0).toBe(0)
    const runs = log(short, 3, announced)
    const before = verdictOn(short, runs.slice(0, 1200), 24)
    expect(before.verdict).toBe('pause')
    expect(reasons(before)).toContain('outcomes.baseline')
    expect(row(before, 'outcomes.baseline').note).toMatch(/^\d+ of \d+ runs assigned to the baseline have no outcome/)
  })

  test('with nothing logged before them are told as late, and pause where they fall on one arm', () => {
    const short = standing({ ...DAY, window_hours: 1, outcome_hours: 1 }, { utility: { max_drop: 0.5 } })
    const found = verdictOn(short, log(short, 2, lateBy(1000, 'baseline')))
    expect(row(found, 'late').verdict).toBe('missing')
    expect(row(found, 'late').note).toMatch(/one arm is told of later/)
    expect(row(verdictOn(short, log(short, 2, lateBy(1000, 'both'))), 'late').verdict).toBe('good')
  })

  test('never count as a pass: a candidate whose outcomes do not come goes nowhere', () => {
    const rollout = standing()
    const silent = log(rollout, 1, { announced: true }).filter(
      (run) => run.arm === 'baseline' || run.outcome_at === null,
    )
    const found = verdictOn(rollout, silent)
    expect(found.verdict).toBe('pause')
    expect(reasons(found)).toEqual(
      expect.arrayContaining(['outcomes.candidate', 'min_runs.candidate', 'unmeasured.utility']),
    )
  })
})

describe('what comes after a subject was tested', () => {
  test('makes a revised report, and undoes no bet', () => {
    const rollout = standing()
    const runs = log(rollout, 5, {})
    const amended = runs
      .filter((run) => run.arm === 'candidate' && run.measures.utility_passed)
      .slice(0, 80)
      .map((run) => ({
        ...run,
        outcome_at: momentOf(rollout, 8 * 86_400),
        measures: { ...run.measures, utility_passed: false, utility_score: 0 },
      }))
    const [before, after] = [verdictOn(rollout, runs), verdictOn(rollout, [...runs, ...amended])]
    expect(row(after, 'sequential.utility')).toEqual(row(before, 'sequential.utility'))
    expect(row(before, 'revised').observed).toBe(0)
    expect(row(after, 'revised')).toMatchObject({ observed: 80, verdict: 'good' })
    expect(row(after, 'revised').note).toMatch(
      /no bet is undone\. Drop of utility as tested .* points, as known now .* points/,
    )
    expect(row(after, 'gate.utility').observed!).toBeGreaterThan(row(before, 'gate.utility').observed!)
  })

  test('breaks a floor at once', () => {
    const rollout = standing()
    const runs = log(rollout, 5, {})
    const one = runs.find((run) => run.arm === 'candidate')!
    const broken = {
      ...one,
      outcome_at: momentOf(rollout, 8 * 86_400),
      measures: { ...one.measures, policy_violation: true },
    }
    expect(reasons(verdictOn(rollout, [...runs, broken]))).toEqual(['floor.policy'])
    expect(reasons(verdictOn(rollout, [...runs, broken, one]))).toEqual(['floor.policy'])
  })

  test('a longer log never takes back a rollback, whenever anybody looks', () => {
    const rollout = standing()
    const runs = log(rollout, 9, {
      subjects: 500,
      runs: [1, 3],
      fails: ({ arm, nth }) => (arm === 'candidate' && nth > 0 ? 0.6 : 0.1),
    })
    const looked = (length: number) => {
      const seen = runs.slice(0, length)
      const { entered } = subjectsOf(rollout, DAY, seen, null)
      return {
        entered: entered.map(({ subject, tested }) => [subject, tested.length]),
        verdict: verdictOn(rollout, seen, 0).verdict,
      }
    }
    const whole = subjectsOf(rollout, DAY, runs, null).entered.map(({ subject, tested }) => [subject, tested.length])
    fc.assert(
      fc.property(fc.integer({ min: 0, max: runs.length }), (length) => {
        const { entered } = looked(length)
        expect(entered).toEqual(whole.slice(0, entered.length))
      }),
      { numRuns: 25 },
    )
  })
})

test('an outage of both arms, and a drift, roll back nothing', () => {
  const rollout = standing(DAY, {}, PERIOD)
  const down: World = {
    subjects: 1500,
    gapMinutes: 1,
    runs: [1, 2],
    fails: ({ minute }) => (minute > 400 && minute < 700 ? 1 : 0.1),
  }
  const drifting: World = { subjects: 1500, gapMinutes: 1, fails: ({ subject }) => 0.05 + (0.4 * subject) / 1500 }
  expect(outcomes(rollout, 8, down).roll_back ?? 0).toBe(0)
  expect(outcomes(rollout, 8, drifting).roll_back ?? 0).toBe(0)
})

test('a log without moments under a configuration without subjects keeps its verdict, row by row', () => {
  const rollout = started()
  const runs = runsIn(rollout, '0%_shadow', 120).map(({ started_at: _, outcome_at: __, ...run }) => run)
  const found = evaluateStage({ rollout, runs, now: instantAfter(rollout.entered_at, 24) })
  expect(found.verdict).toBe('advance')
  expect(found.rows.map((r) => r.rule)).toEqual([
    ...['floor.policy', 'floor.safety', 'floor.approval_bypass', 'sequential.utility', 'sequential.latency'],
    ...['lineage', 'pairs', 'split', 'min_runs.baseline', 'min_runs.candidate'],
    ...[
      'unmeasured.policy',
      'unmeasured.safety',
      'unmeasured.approval_bypass',
      'unmeasured.utility',
      'unmeasured.latency',
    ],
    ...['unmeasured.economics_cents', 'unmeasured.corrected_share'],
    ...['gate.utility', 'gate.slow_share', 'gate.economics_cents', 'gate.corrected_share', 'gate.escalated_share'],
    ...['cohort.low_risk', 'deadline'],
  ])
})

test('the window after a release is looked at in the same way', () => {
  const { rollout, runs } = released({ config: aConfig({ subjects: SUBJECTS }) })
  const more = runsIn(rollout, 'window', 120, (arm) => ({
    economics_cents: arm === 'candidate' ? 0.5 : 0.8,
    ...(arm === 'candidate' ? {} : GOOD),
  }))
  const { verdict, rows } = monitorRelease({
    rollout,
    runs: [...runs, ...more],
    now: rollout.deadline,
    successor: null,
  })
  expect(rows.map((r) => r.rule)).toEqual(
    expect.arrayContaining(['times', 'crossed', 'late', 'open', 'revised', 'gain.economics_cents_per_decision']),
  )
  expect(verdict).toBe('keep')
})
