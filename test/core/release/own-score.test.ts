/** A score of one's own in a rollout: declared once, gated in every stage, tested over all of them, and never taken for measured. */
import { describe, expect, test } from 'vitest'
import { instantAfter } from '#core/instant.ts'
import { courseOf } from '#core/release/course.ts'
import { failuresOf } from '#core/release/failures.ts'
import { lookAt } from '#core/release/look.ts'
import { ProductionRun, RolloutConfig } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { failureLine } from '../../../functions/pages/rollout/failures.ts'
import { aConfig, type Measures } from './builders.ts'
import { DAY, log, PERIOD, reasons, row, standing, verdictOn } from './subject-standing.ts'

type Own = NonNullable<RolloutConfig['own_score']>
const TONE: Own = { metric: 'score:tone', direction: 'increase', max_worse: 0.02 }

/** A configuration that declares a score, with the same limit in every gate. */
function declaring(own: Own | undefined, limit: number | null | undefined): RolloutConfig {
  const config = structuredClone(aConfig({ subjects: DAY }))
  if (own !== undefined) config.own_score = own
  const gates = [...STAGES.map((stage) => config.stages[stage].gate), config.window.gate]
  if (limit !== undefined) for (const gate of gates) gate.own_score = limit
  return config
}
const issues = (config: unknown) =>
  (RolloutConfig.safeParse(config).error?.issues ?? []).map((i) => `${i.path.join('.')} ${i.message}`)

function under(own: Own = TONE) {
  const rollout = standing(DAY, { own_score: own, ...declaring(own, 0.05), latency: { not_measured: 'not here' } })
  rollout.config.stages[PERIOD].gate.own_score = 0.05
  return rollout
}
const scored = (score: (arm: string, nth: number, subject: number) => number | null | undefined) => ({
  subjects: 600,
  gapMinutes: 3,
  measures: ({ arm, nth, subject }: { arm: string; nth: number; subject: number }): Partial<Measures> => {
    const own_score = score(arm, nth, subject)
    return own_score === undefined ? {} : { own_score }
  },
})

describe('a declared score', () => {
  test('is named in every gate, and in none where nothing declares it', () => {
    expect(issues(declaring(TONE, 0.1))).toEqual([])
    expect(issues(declaring(TONE, null))).toEqual([])
    expect(issues(declaring(undefined, undefined))).toEqual([])
    expect(issues(declaring(TONE, undefined))).toHaveLength(STAGES.length + 1)
    expect(issues(declaring(TONE, undefined))[0]).toContain('stages.0%_shadow.gate.own_score is missing')
    expect(issues(declaring(undefined, 0.1))[0]).toContain('gates a score that is not declared')
  })

  test('lies better on one side alone, whoever says it', () => {
    const config = declaring(TONE, 0.1)
    config.window = { ...config.window, metric: TONE.metric, direction: 'decrease' }
    expect(issues(config)).toEqual([expect.stringContaining('own_score.direction is increase')])
    config.window.direction = 'increase'
    expect(issues(config)).toEqual([])
  })

  test.each<[string, Partial<Own>, string]>([
    ['a metric that is none of one’s own', { metric: 'utility' as never }, 'own_score.metric'],
    ['a name that is no id', { metric: 'score:a b' as never }, 'own_score.metric'],
    ['no direction', { direction: undefined as never }, 'own_score.direction'],
    ['a tolerance of everything', { max_worse: 1 }, 'own_score.max_worse'],
    ['a tolerance below 0', { max_worse: -0.1 }, 'own_score.max_worse'],
  ])('is refused with %s', (_, over, path) => {
    expect(issues(declaring({ ...TONE, ...over }, 0.1))[0]).toContain(path)
  })

  test('and a window that gains by another one contradict each other', () => {
    const config = declaring(TONE, 0.1)
    config.window.metric = 'score:other'
    expect(issues(config)[0]).toContain('declare both in own_scores')
    config.window = { ...config.window, metric: 'score:tone', direction: TONE.direction }
    expect(issues(config)).toEqual([])
  })
})

describe('a stage with a score of one’s own', () => {
  test('goes on while the score holds, and shows its course with bounds', () => {
    const rollout = under()
    const runs = log(
      rollout,
      1,
      scored(() => 0.75),
    )
    const found = verdictOn(rollout, runs)
    expect(found.verdict).toBe('advance')
    expect(row(found, 'gate.own_score')).toMatchObject({ verdict: 'good', observed: 0, limit: 0.05 })
    expect(row(found, 'sequential.own_score').verdict).toBe('good')
    const course = courseOf(rollout, lookAt(rollout, runs, instantAfter(rollout.entered_at, 24 * 9)))
    expect(course.measures.map((m) => m.measure)).toContain('own_score')
  })

  test('rolls back on shown harm, also from the second run on, and says by how much', () => {
    const rollout = under()
    const world = { ...scored((arm, nth) => (arm === 'candidate' && nth > 0 ? 0.2 : 0.8)), runs: [1, 6] as const }
    const runs = log(rollout, 2, world)
    const found = verdictOn(rollout, runs)
    expect([found.verdict, reasons(found)]).toEqual(['roll_back', ['sequential.own_score']])
    const [failure] = failuresOf(
      rollout,
      lookAt(rollout, runs, instantAfter(rollout.entered_at, 24 * 9)),
      found.rows,
      PERIOD,
    )
    expect(failure).toMatchObject({ of: 'score', allowed: 0.02, runs: [] })
    expect(failureLine(failure!)).toMatch(/^The score is worse by \+\d[\d.]* points in the mean, allowed \+2 points$/)
  })

  test.each([
    ['increase', 0.9, 0.5, 'roll_back'],
    ['increase', 0.5, 0.9, 'advance'],
    ['decrease', 0.5, 0.9, 'roll_back'],
    ['decrease', 0.9, 0.5, 'advance'],
  ] as const)('that is to %s: %f on the baseline, %f on the candidate: %s', (direction, before, after, verdict) => {
    const rollout = under({ ...TONE, direction })
    const runs = log(
      rollout,
      3,
      scored((arm) => (arm === 'candidate' ? after : before)),
    )
    expect(verdictOn(rollout, runs).verdict).toBe(verdict)
  })

  test('pauses on a gate that is broken although no harm is shown', () => {
    const rollout = under({ ...TONE, max_worse: 0.5 })
    const runs = log(
      rollout,
      4,
      scored((arm) => (arm === 'candidate' ? 0.7 : 0.8)),
    )
    expect(reasons(verdictOn(rollout, runs))).toEqual(['gate.own_score'])
  })

  test.each<[string, (arm: string, subject: number) => number | null | undefined]>([
    ['null in one run of twenty of the candidate', (arm, n) => (arm === 'candidate' && n % 20 === 0 ? null : 0.8)],
    ['absent in one run of twenty of the baseline', (arm, n) => (arm === 'baseline' && n % 20 === 0 ? undefined : 0.8)],
    ['no number', (_, n) => (n % 20 === 0 ? Number.NaN : 0.8)],
    ['beyond its range', (_, n) => (n % 20 === 0 ? 4 : 0.8)],
    ['below its range', (_, n) => (n % 20 === 0 ? -1 : 0.8)],
  ])('pauses where the score is %s', (_, score) => {
    const rollout = under()
    const runs = log(
      rollout,
      5,
      scored((arm, __, subject) => score(arm, subject)),
    )
    const found = verdictOn(rollout, runs)
    expect(found.verdict).toBe('pause')
    expect(reasons(found)).toContain('unmeasured.own_score')
  })

  test('says missing where no run has it at all', () => {
    const rollout = under()
    const found = verdictOn(rollout, log(rollout, 6, { subjects: 600 }))
    expect(row(found, 'gate.own_score').verdict).toBe('missing')
    expect(found.verdict).toBe('pause')
  })

  test('has no such row where nothing declares it, whatever the runs carry', () => {
    const rollout = standing()
    const found = verdictOn(
      rollout,
      log(
        rollout,
        7,
        scored((arm) => (arm === 'candidate' ? 0 : 1)),
      ),
    )
    expect(found.verdict).toBe('advance')
    expect(found.rows.filter((r) => r.rule.includes('own_score'))).toEqual([])
  })
})

test('a run that is still to come carries no score', () => {
  const [run] = log(under(), 8, { ...scored(() => 0.8), announced: true })
  const open = { ...run!, measures: { ...run!.measures, own_score: null } }
  expect(ProductionRun.safeParse(open).success).toBe(true)
  expect(ProductionRun.safeParse(run).error?.issues[0]?.message).toContain('own_score is measured')
})
