/** Several scores of one's own in a rollout: each tested, gated, required and told by its own name. */
import { describe, expect, test } from 'vitest'
import { instantAfter } from '#core/instant.ts'
import { courseOf } from '#core/release/course.ts'
import { failuresOf } from '#core/release/failures.ts'
import { lookAt } from '#core/release/look.ts'
import { gainOf } from '#core/release/monitor.ts'
import { ProductionRun, RolloutConfig } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { failureLine } from '../../../functions/pages/rollout/failures.ts'
import { aConfig, type Measures } from './builders.ts'
import { DAY, log, PERIOD, reasons, row, standing, verdictOn } from './subject-standing.ts'

type Several = NonNullable<RolloutConfig['own_scores']>
const TONE = 'score:tone'
const DOTTED = 'score:size.v2'
const SEVERAL: Several = {
  [TONE]: { direction: 'increase', max_worse: 0.02 },
  [DOTTED]: { direction: 'decrease', max_worse: 0.02 },
}

/** A configuration that declares scores, with the same limits in every gate. */
function declaring(several: Several | undefined, limits: Record<string, number | null> | undefined): RolloutConfig {
  const config = structuredClone(aConfig({ subjects: DAY }))
  if (several !== undefined) config.own_scores = several
  const gates = [...STAGES.map((stage) => config.stages[stage].gate), config.window.gate]
  if (limits !== undefined) for (const gate of gates) gate.own_scores = { ...limits } as never
  return config
}
const issues = (config: unknown) =>
  (RolloutConfig.safeParse(config).error?.issues ?? []).map((i) => `${i.path.join('.')} ${i.message}`)

function under(config: Partial<RolloutConfig> = {}) {
  const limits = { [TONE]: 0.05, [DOTTED]: 0.05 }
  const rollout = standing(DAY, { ...declaring(SEVERAL, limits), latency: { not_measured: 'not here' }, ...config })
  rollout.config.stages[PERIOD].gate.own_scores = limits
  return rollout
}

type Scores = (arm: string, subject: number) => Partial<Measures>
const scored = (scores: Scores) => ({
  subjects: 600,
  gapMinutes: 3,
  measures: ({ arm, subject }: { arm: string; subject: number }) => scores(arm, subject),
})
const both = (tone: number | null, size: number | null): Partial<Measures> => ({
  own_scores: { tone, 'size.v2': size },
})

describe('several declared scores', () => {
  test('are each named in every gate, and nothing else is', () => {
    expect(issues(declaring(SEVERAL, { [TONE]: 0.1, [DOTTED]: null }))).toEqual([])
    const missing = issues(declaring(SEVERAL, { [TONE]: 0.1 }))
    expect(missing).toHaveLength(STAGES.length + 1)
    expect(missing[0]).toContain(`stages.0%_shadow.gate.own_scores.${DOTTED} is missing`)
    const more = issues(declaring({ [TONE]: SEVERAL[TONE]! }, { [TONE]: 0.1, [DOTTED]: 0.1 }))
    expect(more[0]).toContain('gates a score that is not declared')
    expect(issues(declaring({}, {}))).toEqual([expect.stringContaining('names none')])
  })

  test('stand beside no single one, and say where better lies once', () => {
    const config = declaring(SEVERAL, { [TONE]: 0.1, [DOTTED]: 0.1 })
    expect(issues({ ...config, own_score: { metric: TONE, direction: 'increase', max_worse: 0 } })).toContainEqual(
      expect.stringContaining('own_score stands beside own_scores'),
    )
    const gaining = (metric: string, direction: string) =>
      issues({ ...config, window: { ...config.window, metric, direction } })
    expect(gaining(DOTTED, 'decrease')).toEqual([])
    expect(gaining(DOTTED, 'increase')).toEqual([expect.stringContaining(`own_scores.${DOTTED}.direction is decrease`)])
    expect(gaining('score:other', 'increase')).toEqual([expect.stringContaining('own_scores.score:other is missing')])
  })

  test('hold where neither arm is worse, and each has rows and a course of its own', () => {
    const rollout = under()
    const runs = log(
      rollout,
      1,
      scored(() => both(0.75, 0.25)),
    )
    const found = verdictOn(rollout, runs)
    for (const name of [TONE, DOTTED]) {
      expect(row(found, `gate.${name}`)).toMatchObject({ verdict: 'good', observed: 0, limit: 0.05 })
      expect(row(found, `sequential.${name}`).verdict).toBe('good')
      expect(row(found, `unmeasured.${name}`).verdict).toBe('good')
    }
    const { measures } = courseOf(rollout, lookAt(rollout, runs, instantAfter(rollout.entered_at, 24 * 9)))
    expect(measures.map((m) => m.measure)).toEqual(expect.arrayContaining([TONE, DOTTED]))
  })

  test.each<[string, Scores, string]>([
    ['that is to rise and falls', (arm) => both(arm === 'candidate' ? 0.4 : 0.8, 0.2), TONE],
    ['that is to fall and rises', (arm) => both(0.8, arm === 'candidate' ? 0.6 : 0.2), DOTTED],
  ])('roll back by the one %s, by its name', (_, scores, name) => {
    const rollout = under()
    const runs = log(rollout, 1, scored(scores))
    const found = verdictOn(rollout, runs)
    expect([found.verdict, reasons(found)]).toEqual(['roll_back', [`sequential.${name}`]])
    const look = lookAt(rollout, runs, null)
    const [failure] = failuresOf(rollout, look, found.rows, PERIOD)
    expect(failure).toMatchObject({ rule: `sequential.${name}`, of: 'score', allowed: 0.02 })
    expect(failureLine(failure!)).toContain(`The score ${name.slice('score:'.length)} is worse by`)
  })

  test.each<[string, Scores]>([
    ['that a run does not name', () => ({ own_scores: { tone: 0.8 } })],
    ['that is null', () => both(0.8, null)],
  ])('pause for want of the one %s', (_, scores) => {
    const rollout = under()
    const found = verdictOn(rollout, log(rollout, 1, scored(scores)))
    expect(reasons(found)).toContain(`unmeasured.${DOTTED}`)
    expect(reasons(found)).not.toContain(`unmeasured.${TONE}`)
  })

  test('are none of them where a run names one score without saying which', () => {
    const rollout = under()
    const found = verdictOn(
      rollout,
      log(
        rollout,
        1,
        scored(() => ({ own_score: 0.9 })),
      ),
    )
    expect(reasons(found)).toEqual(expect.arrayContaining([`unmeasured.${TONE}`, `unmeasured.${DOTTED}`]))
  })

  test('are the gain of the window by the name that it declares', () => {
    const config = declaring(SEVERAL, { [TONE]: 0.05, [DOTTED]: 0.05 })
    const rollout = under({ window: { ...config.window, metric: DOTTED, direction: 'decrease' } })
    const runs = log(
      rollout,
      1,
      scored((arm) => both(0.8, arm === 'candidate' ? 0.1 : 0.4)),
    )
    expect(gainOf(rollout, runs)!.gain).toBeCloseTo(0.3, 9)
    expect(
      gainOf(
        rollout,
        log(
          rollout,
          1,
          scored(() => ({ own_score: 0.9 })),
        ),
      ),
    ).toBeNull()
  })
})

test('a configuration of one score reads it by its name where runs name several', () => {
  const config = structuredClone(aConfig({ subjects: DAY }))
  const gates = [...STAGES.map((stage) => config.stages[stage].gate), config.window.gate]
  for (const gate of gates) gate.own_score = 0.05
  const rollout = standing(DAY, {
    ...config,
    own_score: { metric: DOTTED, direction: 'decrease', max_worse: 0.02 },
    latency: { not_measured: 'not here' },
  })
  const found = verdictOn(
    rollout,
    log(
      rollout,
      1,
      scored((arm) => both(0.8, arm === 'candidate' ? 0.6 : 0.2)),
    ),
  )
  expect(reasons(found)).toEqual(['sequential.own_score'])
})

test('a run says its scores in one way, and none before its outcome', () => {
  const [run] = log(
    under(),
    1,
    scored(() => both(0.8, 0.2)),
  )
  const said = (over: object) => ProductionRun.safeParse({ ...run!, ...over }).error?.issues[0]?.message ?? null
  expect(said({})).toBeNull()
  expect(said({ measures: { ...run!.measures, own_score: 0.5 } })).toContain('by its name')
  const open = { ...run!.measures, utility_passed: null, utility_score: null }
  expect(said({ outcome_at: null, measures: open })).toContain('own_scores are measured')
})
