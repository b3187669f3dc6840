import { describe, expect, test } from 'vitest'
import { instantAfter } from '#core/instant.ts'
import { subjectsOf } from '#core/release/subjects.ts'
import { ProductionRun, type Rollout, RolloutConfig } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import { aConfig, aRun, momentOf, runsIn } from './builders.ts'
import type { World } from './production-world.ts'
import { DAY, log, PERIOD, reasons, row, standing, verdictOn } from './subject-standing.ts'

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

describe('outcomes of a shadow stage that come after their time', () => {
  const SHADOW = '0%_shadow'
  const shadow = standing(DAY, {}, SHADOW)
  const looked = (world: World, seed = 11) => {
    const verdict = verdictOn(shadow, log(shadow, seed, { period: SHADOW, subjects: 400, gapMinutes: 2, ...world }))
    return { verdict: verdict.verdict, late: row(verdict, 'late').verdict, why: reasons(verdict) }
  }
  const lateOf =
    (...arms: readonly string[]): NonNullable<World['lagMinutes']> =>
    ({ arm, failed }) =>
      failed && arms.includes(arm) ? 4000 : 0

  test.each(['baseline', 'candidate'])('of the %s alone, and unannounced, pause it before it splits anybody', (arm) => {
    expect(looked({ lagMinutes: lateOf(arm) })).toEqual({ verdict: 'pause', late: 'missing', why: ['late'] })
  })

  test.each<[string, World]>([
    ['of both arms alike', { lagMinutes: lateOf('baseline', 'candidate') }],
    ['of one arm, of runs that were announced', { lagMinutes: lateOf('baseline'), announced: true }],
    ['of none', {}],
    ['of one arm in three pairs', { lagMinutes: ({ arm, subject }) => (arm === 'baseline' && subject < 3 ? 4000 : 0) }],
    [
      'of either arm by chance',
      { lagMinutes: ({ arm, subject }) => ((subject % 2 === 0) === (arm === 'baseline') ? 4000 : 0) },
    ],
  ])('%s keep nobody from going on', (_, world) => {
    expect(looked(world)).toMatchObject({ verdict: 'advance', late: 'good' })
  })
})
