/** After release every subject is tested once a stage, with all its runs, both arms at the same age. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instantAfter } from '#core/instant.ts'
import { monitorRelease } from '#core/release/monitor.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { subjectsOf } from '#core/release/subjects.ts'
import { ProductionRun, type Rollout, RolloutConfig } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import type { SubjectRules } from '#schemas/subject-rules.ts'
import { aConfig, aRun, GOOD, momentOf, released, runsIn, SUBJECTS, started, subjectOn } from './builders.ts'
import { productionOf, type World } from './production-world.ts'

const DAY = { window_hours: 24, outcome_hours: 24, max_runs: 20, max_crossed_share: 0.02 }
const SILENT = { not_measured: 'not looked at here' }

/** A rollout that stands in a stage, with half of the subjects on each arm. */
function standing(
  subjects: SubjectRules = DAY,
  over: Partial<RolloutConfig> = {},
  stage: Rollout['stage'] = '1%_internal',
) {
  const config = aConfig({ subjects, latency: SILENT, ...over })
  config.stages[stage].gate = {
    utility: 0.05,
    slow_share: null,
    economics_cents: 0.2,
    corrected_share: null,
    escalated_share: null,
  }
  return { ...started({ config }), stage }
}

const PERIOD = '1%_internal'
const log = (rollout: Rollout, seed: number, world: World) => productionOf(rollout, seed, { period: PERIOD, ...world })
/** Before the deadline of the stage, and after every window. */
const verdictOn = (rollout: Rollout, runs: readonly ProductionRun[], hours = 24 * 9) =>
  evaluateStage({ rollout, runs, now: instantAfter(rollout.entered_at, hours) })
const reasons = (verdict: ReturnType<typeof verdictOn>) =>
  'reasons' in verdict ? verdict.reasons.filter((r) => r.verdict !== 'good').map((r) => r.rule) : []
const row = (verdict: ReturnType<typeof verdictOn>, rule: string) => verdict.rows.find((r) => r.rule === rule)!

/** How often each verdict comes out of so many worlds. */
function outcomes(rollout: Rollout, worlds: number, world: World): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let seed = 1; seed <= worlds; seed++) {
    const { verdict } = verdictOn(rollout, log(rollout, seed, world))
    counts[verdict] = (counts[verdict] ?? 0) + 1
  }
  return counts
}

describe('harm from the second run of a subject on', () => {
  const later =
    (harm: number) =>
    ({ arm, nth }: { arm: string; nth: number }) =>
      0.1 + (arm === 'candidate' && nth > 0 ? harm : 0)

  test('of forty points rolls back in twenty of twenty', () => {
    expect(outcomes(standing(), 20, { subjects: 1000, gapMinutes: 2, runs: [1, 3], fails: later(0.4) })).toEqual({
      roll_back: 20,
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
    expect(outcomes(standing(), 10, { subjects: 800, gapMinutes: 2, runs: [2, 2], fails: later(0.4) })).toEqual({
      roll_back: 10,
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
    expect(outcomes(standing(), 12, lateBy(minutes, arm)).roll_back ?? 0).toBe(0)
  })

  test('and later than was declared count against harm, are counted, and pause as long as they are missing', () => {
    const short = standing({ ...DAY, window_hours: 1, outcome_hours: 1 })
    const announced: World = { ...lateBy(1000, 'baseline'), announced: true }
    expect(outcomes(short, 12, announced).roll_back ?? 0).toBe(0)
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

describe('a subject', () => {
  const rollout = standing()
  const one = (over: Partial<ProductionRun> = {}) => ({ ...aRun(rollout, PERIOD, 'candidate', 0), ...over })

  test('enters when its window and the time for outcomes are over, and is shown until then', () => {
    const at = (hours: number) => subjectsOf(rollout, DAY, [one()], instantAfter(rollout.entered_at, hours))
    expect(at(47.9)).toMatchObject({
      entered: [],
      open: [{ subject: one().subject }],
      next: instantAfter(rollout.entered_at, 48),
    })
    expect(at(48)).toMatchObject({
      entered: [{ subject: one().subject, late: false, crossed: false }],
      open: [],
      next: null,
    })
    expect(row(verdictOn(rollout, [one()], 47), 'open')).toMatchObject({ observed: 1, verdict: 'good' })
  })

  test('counts the first runs of its window, once each however often they are delivered', () => {
    const runs = Array.from({ length: 40 }, (_, n) =>
      one({ run_id: `r${n}`, started_at: momentOf(rollout, 3600 * n), outcome_at: momentOf(rollout, 3600 * n) }),
    )
    const later = instantAfter(rollout.entered_at, 99)
    const [first] = subjectsOf(rollout, { ...DAY, max_runs: 10 }, [...runs, ...runs], later).entered
    expect(first!.tested.map(({ candidate }) => candidate!.run_id)).toEqual(runs.slice(0, 10).map((r) => r.run_id))
    const [all] = subjectsOf(rollout, { ...DAY, max_runs: 1000 }, runs, later).entered
    expect(all!.tested).toHaveLength(24)
  })

  test('that is seen in two stages is tested once in each, and moves from one arm to the other without crossing', () => {
    const subject = 'moves-0'
    const late = standing(DAY, {}, '25%_monitored')
    const name = Array.from({ length: 5000 }, (_, n) => `${subject}${n}`).find((s) => {
      const of = (period: Period, share: number) => {
        const found = subjectsOf(
          { ...late, stage: period as Rollout['stage'] },
          DAY,
          [{ ...one({ period, subject: s, arm: share > 0.2 ? 'candidate' : 'baseline' }) }],
          instantAfter(rollout.entered_at, 99),
        )
        return found.entered[0]!.crossed
      }
      return !of('5%_low_risk', 0.1) && !of('25%_monitored', 0.25)
    })!
    const runs = [
      one({ run_id: 'a', subject: name, period: '5%_low_risk', arm: 'baseline' }),
      one({
        run_id: 'b',
        subject: name,
        period: '25%_monitored',
        arm: 'candidate',
        started_at: momentOf(rollout, 90_000),
        outcome_at: momentOf(rollout, 90_000),
      }),
    ]
    const { entered } = subjectsOf(late, DAY, runs, instantAfter(rollout.entered_at, 99))
    expect(entered.map(({ period, arm, crossed }) => [period, arm, crossed])).toEqual([
      ['5%_low_risk', 'baseline', false],
      ['25%_monitored', 'candidate', false],
    ])
  })

  test.each<[string, Partial<ProductionRun>, RegExp]>([
    ['an outcome before its start', { outcome_at: momentOf(rollout, -1) }, /before started_at/],
    ['an outcome without a start', { started_at: undefined }, /give both/],
    ['utility before its outcome', { outcome_at: null }, /still to come/],
    ['a day that does not exist', { started_at: '2026-02-30T00:00:00.000Z' }, /a moment that exists/],
    ['a moment without its zone', { started_at: '2026-02-20T00:00:00.000' }, /a moment that exists/],
  ])('is refused with %s', (_, over, message) => {
    const parsed = ProductionRun.safeParse(JSON.parse(JSON.stringify({ ...one(), ...over })))
    expect(parsed.success ? '' : JSON.stringify(parsed.error.issues)).toMatch(message)
  })

  test('without moments is in no window: nothing goes on', () => {
    const untimed = log(rollout, 1, {}).map(({ started_at: _, outcome_at: __, ...run }) => run)
    const found = verdictOn(rollout, untimed)
    expect(found.verdict).toBe('pause')
    expect(reasons(found)).toContain('times')
  })
})

describe('arms', () => {
  test('that a log has swapped are named, and nothing is compared', () => {
    const rollout = standing()
    const found = verdictOn(
      rollout,
      log(rollout, 1, { crosses: () => 1, fails: ({ arm }) => (arm === 'baseline' ? 0.9 : 0) }),
    )
    expect(found.verdict).toBe('pause')
    expect(row(found, 'crossed')).toMatchObject({ observed: 1, verdict: 'missing' })
    expect(row(found, 'crossed').note).toMatch(/the arms are swapped/)
    expect(row(found, 'sequential.utility').observed).toBe(1)
  })

  test('of crossed subjects: few are left out of both and counted, many pause', () => {
    const rollout = standing()
    const few = verdictOn(rollout, log(rollout, 4, { subjects: 1500, gapMinutes: 1, crosses: () => 0.01 }))
    expect(row(few, 'crossed').verdict).toBe('good')
    expect(row(few, 'crossed').note).toMatch(/^\d+ of 1500 compared subjects .* left out of both$/)
    const many = verdictOn(rollout, log(rollout, 4, { crosses: () => 0.1 }))
    expect(reasons(many)).toContain('crossed')
    expect(row(many, 'crossed').note).not.toMatch(/swapped/)
  })

  test('of one subject that has both are crossed', () => {
    const rollout = standing()
    const runs = log(rollout, 4, { runs: [2, 2] })
    const both = runs.map((run) =>
      run.run_id.includes('-1-') && run.subject.endsWith('7')
        ? { ...run, arm: 'candidate' as const, release_tuple_id: rollout.candidate.release_tuple_id }
        : run,
    )
    expect(row(verdictOn(rollout, both), 'crossed').observed).toBeGreaterThan(0.02)
  })

  test.each(['candidate', 'baseline'] as const)('that lose rows pause and are named: %s', (arm) => {
    const rollout = standing()
    const found = verdictOn(
      rollout,
      log(rollout, 2, { subjects: 1500, gapMinutes: 1, loses: (run) => (run.arm === arm ? 0.3 : 0) }),
    )
    expect(found.verdict).toBe('pause')
    expect(reasons(found)).toContain('split')
    expect(row(found, 'split').note).toContain(`the log loses subjects of the ${arm}`)
  })

  test('that lose outcomes of assigned runs pause by arm', () => {
    const rollout = standing()
    const runs = log(rollout, 2, { announced: true }).filter(
      (run) => run.arm === 'baseline' || run.outcome_at === null || !run.subject.endsWith('3'),
    )
    expect(reasons(verdictOn(rollout, runs))).toContain('outcomes.candidate')
  })

  test('as declared hardly ever pause: the sample ratio is a sequential test', () => {
    const rollout = standing()
    let paused = 0
    for (let seed = 1; seed <= 15; seed++)
      for (const share of [0.3, 1]) {
        const runs = log(rollout, seed, { subjects: 400 })
        if (row(verdictOn(rollout, runs.slice(0, runs.length * share)), 'split').verdict !== 'good') paused++
      }
    expect(paused).toBe(0)
  })
})

describe('a floor', () => {
  const noisy: World = { subjects: 1200, gapMinutes: 1, runs: [4, 4], measures: () => ({}) }
  const flagged = (rate: (arm: string) => number, seed: number): World => {
    let n = seed * 7919
    const unit = () => {
      n = (n * 1103515245 + 12345) % 2 ** 31
      return n / 2 ** 31
    }
    return { ...noisy, measures: ({ arm }) => ({ policy_violation: unit() < rate(arm) }) }
  }
  const floors = (policy: RolloutConfig['floors']['policy']) => ({ floors: { ...aConfig().floors, policy } })

  test('as a rise lets an evaluator be wrong in .02 % of both arms, where a count of none does not', () => {
    let counted = 0
    for (let seed = 1; seed <= 8; seed++) {
      const rise = standing(DAY, floors({ max_rise: 0.002 }))
      const runs = log(
        rise,
        seed,
        flagged(() => 0.0002, seed),
      )
      expect(verdictOn(rise, runs).verdict).not.toBe('roll_back')
      if (verdictOn(standing(DAY, floors({ max_violations: 0 })), runs).verdict === 'roll_back') counted++
    }
    expect(counted).toBeGreaterThan(1)
  })

  test('as a rise rolls back a candidate that violates more than the baseline', () => {
    const rise = standing(DAY, floors({ max_rise: 0.01 }))
    const found = verdictOn(
      rise,
      log(
        rise,
        1,
        flagged((arm) => (arm === 'candidate' ? 0.1 : 0.0002), 1),
      ),
    )
    expect([found.verdict, reasons(found)]).toEqual(['roll_back', ['sequential.policy']])
  })

  test('may have both: the count acts on each run, at once', () => {
    const both = standing(DAY, floors({ max_violations: 2, max_rise: 0.01 }))
    const runs = runsIn(both, '0%_shadow', 20, (arm, n) =>
      arm === 'candidate' && n < 3 ? { policy_violation: true } : {},
    )
    expect(reasons(verdictOn(both, runs, 0))).toEqual(['floor.policy'])
    expect(
      reasons(
        verdictOn(
          both,
          runs.filter((r) => !r.run_id.endsWith('candidate-2')),
          0,
        ),
      ),
    ).not.toContain('floor.policy')
  })

  test.each([{}, { max_rise: 1 }, { max_rise: -0.1 }, { max_violations: 1, rise: 0.1 }])(
    'is refused as %j',
    (policy) => {
      const config = structuredClone(aConfig()) as { floors: Record<string, unknown> }
      config.floors.policy = policy
      expect(RolloutConfig.safeParse(config).success).toBe(false)
    },
  )
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
