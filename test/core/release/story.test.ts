/** What people are told of a rollout is what its log and its records hold. */
import { describe, expect, test } from 'vitest'
import { courseOf } from '#core/release/course.ts'
import { failuresOf } from '#core/release/failures.ts'
import { lookAt } from '#core/release/look.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { storyOf } from '#core/release/story.ts'
import type { ProductionRun, Rollout, StageRow } from '#schemas/release.ts'
import { aProposal } from '../review/builders.ts'
import { aConfig, afterDwell, aRun, inStage, passing, released, runsIn, START, started, step } from './builders.ts'

/** A rollout that went back in a stage because the candidate fails small orders, and its log. */
function harmed(attributes: (run: ProductionRun, n: number) => ProductionRun['attributes'] = () => undefined) {
  const { rollout, runs } = inStage('25%_monitored')
  const drops = passing(0.3, 4)
  const bad = runsIn(rollout, '25%_monitored', 150, (arm) => {
    const { utility_score } = drops(arm)
    return { utility_score, utility_passed: utility_score === 1 }
  }).map((run, n) => {
    const declared = attributes(run, n)
    return declared === undefined ? run : { ...run, attributes: declared }
  })
  const log = [...runs, ...bad]
  return { rollout: step(rollout, log, rollout.entered_at), before: rollout, log, bad }
}

const row = (rows: readonly StageRow[], rule: string): StageRow => rows.find((r) => r.rule === rule)!

describe('the course of a rollout', () => {
  test('ends in each stage at the difference and the evidence of the verdict on the same log', () => {
    const { before, log } = harmed()
    const { rows } = evaluateStage({ rollout: before, runs: log, now: before.entered_at })
    const { measures, evidence, periods } = courseOf(before, lookAt(before, log, null))
    expect(periods).toEqual(['0%_shadow', '1%_internal', '5%_low_risk', '25%_monitored'])
    for (const measure of ['utility', 'slow_share', 'economics_cents', 'corrected_share'] as const) {
      const last = measures.find((m) => m.measure === measure)!.periods.at(-1)!
      const gate = row(rows, `gate.${measure}`)
      expect(last.points.at(-1)!.observed).toBeCloseTo(gate.observed!, 5)
      expect(last.limit).toBe(gate.limit)
    }
    for (const { rule, largest, limit } of evidence) {
      const test = row(rows, `sequential.${rule}`)
      expect(largest).toBeCloseTo(test.observed!, 3)
      expect(limit).toBeCloseTo(test.limit!, 5)
    }
    const [utility] = evidence
    expect(utility!.points.at(-1)!.evidence).toBeGreaterThanOrEqual(utility!.limit)
  })

  test('counts a subject once, keeps a bounded number of looks, and leaves out runs of another tuple', () => {
    const { rollout, runs } = inStage('1%_internal')
    const twice = runs.flatMap((run) => [run, { ...run, run_id: `${run.run_id}-again` }])
    const foreign = runs.map((run) => ({ ...run, run_id: `${run.run_id}-x`, release_tuple_id: 'rt_other' }))
    expect(courseOf(rollout, lookAt(rollout, [...twice, ...foreign], null))).toEqual(
      courseOf(rollout, lookAt(rollout, runs, null)),
    )
    const { measures } = courseOf(rollout, lookAt(rollout, runs, null))
    for (const { periods } of measures)
      for (const { points } of periods) {
        expect(points.length).toBeLessThanOrEqual(25)
        expect(points.at(-1)!.subjects).toEqual({ baseline: 120, candidate: 120 })
      }
  })

  test('has no bounds for a cost, and none of what no run measured', () => {
    const { rollout, runs } = inStage('1%_internal', { config: aConfig({ latency: { not_measured: 'no clock' } }) })
    const { measures } = courseOf(rollout, lookAt(rollout, runs, null))
    expect(measures.map((m) => m.measure)).not.toContain('slow_share')
    const cost = measures.find((m) => m.measure === 'economics_cents')!
    expect(cost.periods[0]!.points.every((p) => p.bounds === null)).toBe(true)
    expect(courseOf(started(), lookAt(started(), [], null))).toMatchObject({ periods: [], measures: [] })
  })
})

describe('what failed', () => {
  const failureOf = (rollout: Rollout, log: readonly ProductionRun[]) =>
    storyOf(rollout, null, { runs: log }, null).failures

  test('counts both arms in the stage that it was shown in, and names each failed run of the candidate', () => {
    const { rollout, log, bad } = harmed()
    const [failure, ...more] = failureOf(rollout, log)
    expect(more).toEqual([])
    const of = (arm: string) => bad.filter((run) => run.arm === arm)
    const failed = (arm: string) => of(arm).filter((run) => run.measures.utility_passed === false)
    expect(failure).toMatchObject({
      rule: 'sequential.utility',
      period: '25%_monitored',
      allowed: 0.02,
      of: 'subjects',
    })
    expect(failure!.counts).toEqual({
      candidate: { failed: failed('candidate').length, runs: of('candidate').length },
      baseline: { failed: failed('baseline').length, runs: of('baseline').length },
    })
    expect(failure!.runs).toEqual(failed('candidate').map((run) => run.run_id))
    expect(failure!.periods.map((p) => p.candidate.failed)).toEqual([0, 0, 0, failed('candidate').length])
  })

  test('says nothing of attributes that no run declares, and counts those that some do', () => {
    const silent = harmed()
    expect(failureOf(silent.rollout, silent.log)[0]).toMatchObject({ slices: [], not_sliced: [] })
    const { rollout, log } = harmed((_, n) =>
      n % 3 === 0 ? undefined : { order_value: n % 3 === 1 ? 'low' : 'high', customer: `c-${n}` },
    )
    const [failure] = failureOf(rollout, log)
    expect(failure!.slices.map((s) => s.attribute)).toEqual(['order_value', 'order_value', 'order_value'])
    expect(new Set(failure!.slices.map((s) => s.value))).toEqual(new Set(['low', 'high', null]))
    expect(failure!.slices.reduce((sum, s) => sum + s.candidate.failed, 0)).toBe(failure!.counts.candidate.failed)
    expect(failure!.not_sliced).toEqual(['customer'])
  })

  test('of a floor is counted over every run since the start, each once', () => {
    const { rollout, runs } = inStage('5%_low_risk')
    const breach = aRun(rollout, '5%_low_risk', 'candidate', 1, { safety_violation: true })
    const log = [...runs, breach, breach]
    const back = step(rollout, log, rollout.entered_at)
    const [failure] = failureOf(back, log)
    expect(failure).toMatchObject({ rule: 'floor.safety', of: 'runs', allowed: 0, runs: [breach.run_id] })
    expect(failure!.counts.candidate.failed).toBe(1)
    expect(failure!.counts.candidate.runs).toBe(runs.filter((run) => run.arm === 'candidate').length + 1)
  })

  test('is nothing while the rollout goes on without harm, and there before a verdict is put into effect', () => {
    const { before, log } = harmed()
    const verdict = evaluateStage({ rollout: before, runs: log, now: before.entered_at })
    expect(storyOf(before, verdict, { runs: log }, null).failures).toHaveLength(1)
    const { rollout, runs } = inStage('1%_internal')
    const quiet = evaluateStage({ rollout, runs, now: afterDwell(rollout) })
    expect(storyOf(rollout, quiet, { runs }, null).failures).toEqual([])
    expect(failuresOf(rollout, lookAt(rollout, runs, null), quiet.rows, '1%_internal')).toEqual([])
  })
})

describe('the promise', () => {
  test('is that of the held-out set, turned so that above 0 is better, beside what each period gained', () => {
    const { rollout, runs } = released()
    const log = [...runs, ...runsIn(rollout, 'window', 120)]
    const proposal = aProposal()
    const { gains } = storyOf(rollout, null, { runs: log }, proposal)
    expect(gains!.promised).toBe(-proposal.observed_delta.economics_cents!)
    expect(gains!.observed.at(-1)).toMatchObject({ period: 'window' })
    expect(gains!.observed.at(-1)!.gain).toBeCloseTo(0.2, 9)
  })

  test('is nothing where the proposal was for another metric, or is gone', () => {
    const { rollout, runs } = inStage('1%_internal')
    const other = aProposal({ target: { ...aProposal().target, metric: 'p95_latency_ms' } })
    for (const proposal of [other, null])
      expect(storyOf(rollout, null, { runs }, proposal).gains).toMatchObject({ promised: null, bound: null })
  })

  test('has beside it what its proposer said of the same metric beforehand, and of no other', () => {
    const { rollout, runs } = inStage('1%_internal')
    const saying = (metric: 'economics_cents_per_decision' | 'utility', by: number | null) =>
      storyOf(
        rollout,
        null,
        { runs },
        aProposal({
          candidate_change: {
            ...aProposal().candidate_change,
            origin: 'neighbours',
            prediction: { metric, by, cases: null },
          },
        }),
      ).gains!.said
    expect(saying('economics_cents_per_decision', -0.3)).toEqual({ by: 0.3, origin: 'neighbours' })
    expect([saying('utility', 0.1), saying('economics_cents_per_decision', null)]).toEqual([null, null])
    expect(storyOf(rollout, null, { runs }, aProposal()).gains!.said).toBeNull()
  })

  test('and all else is silent on a damaged log', () => {
    const told = storyOf(started(), null, { damaged: 'segment 1 was changed' }, aProposal())
    expect(told).toMatchObject({ damaged: 'segment 1 was changed', course: null, gains: null, failures: [] })
    expect(START < told.rollout.deadline).toBe(true)
  })
})
