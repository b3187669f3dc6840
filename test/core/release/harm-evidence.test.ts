import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { harmEvidence } from '#core/release/harm-evidence.ts'
import { harmRules } from '#core/release/stage-data.ts'
import { generator } from '#core/statistics/generator.ts'
import type { Arm, ProductionRun } from '#schemas/release.ts'
import { PERIODS } from '#schemas/stages.ts'
import { aConfig, aRun, passing, runsIn, started } from './builders.ts'

const rollout = started()
const [utility, latency] = harmRules(aConfig({ utility: { max_drop: 0 } })) as [
  ReturnType<typeof harmRules>[0],
  ReturnType<typeof harmRules>[0],
]
const LEVEL = 0.025
const evidence = (runs: ProductionRun[], rule = utility) => harmEvidence(runs, rule, LEVEL)
const monitored = (count: number, drop: number, seed: number) =>
  runsIn(rollout, '25%_monitored', count, passing(drop, seed))

describe('evidence of harm', () => {
  test('crosses 1/level with probability at most level, exactly: every log of eight comparisons', () => {
    // Both arms pass with .5: a comparison says worse, equal, better with 1/4, 1/2, 1/4. Every sequence, with its weight.
    const outcomes = [
      { cand: 0, base: 1, weight: 0.25 },
      { cand: 1, base: 1, weight: 0.5 },
      { cand: 1, base: 0, weight: 0.25 },
    ]
    const crossing = (log: ProductionRun[], weight: number, level: number): number => {
      if (harmEvidence(log, utility, level).crossed_after !== null) return weight
      const n = log.length / 2
      if (n === 8) return 0
      return outcomes.reduce((sum, { cand, base, weight: w }) => {
        const next = (['baseline', 'candidate'] as const).map((arm) =>
          aRun(rollout, '25%_monitored', arm, n, { utility_score: arm === 'candidate' ? cand : base }),
        )
        return sum + crossing([...log, ...next], weight * w, level)
      }, 0)
    }
    for (const level of [0.9, 0.5, 0.2]) {
      const probability = crossing([], 1, level)
      expect(probability).toBeGreaterThan(0)
      expect(probability).toBeLessThanOrEqual(level)
    }
  })

  test('finds a 10 point drop, and says after how many runs', () => {
    const found = evidence(monitored(3000, 0.1, 5))
    expect(found.crossed_after).toBeGreaterThan(50)
    expect(found.crossed_after).toBeLessThan(1200)
    expect(found.evidence).toBeGreaterThanOrEqual(1 / LEVEL)
  })

  test('finds nothing in arms that are alike, better, or empty', () => {
    for (const drop of [0, -0.05]) expect(evidence(monitored(3000, drop, 11)).crossed_after).toBeNull()
    expect(evidence([])).toEqual({ evidence: 1, crossed_after: null, compared: { baseline: 0, candidate: 0 } })
    expect(evidence(monitored(500, 0.1, 3).filter((r) => r.arm === 'candidate')).evidence).toBe(1)
  })

  test('once it has crossed, has crossed at the same run for every longer log', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.nat(4000), (seed, more) => {
        const log = monitored(2500, 0.12, seed)
        const short = evidence(log.slice(0, more))
        const long = evidence(log)
        if (short.crossed_after !== null) expect(long).toEqual(short)
        else expect(long.evidence).toBeGreaterThanOrEqual(short.evidence)
      }),
      { numRuns: 30 },
    )
  })

  test('is the same whether paired runs are logged baseline or candidate first', () => {
    const log = runsIn(rollout, '0%_shadow', 400, passing(0.1, 9))
    const swapped = log.flatMap((_, i) => (i % 2 === 0 ? [log[i + 1]!, log[i]!] : []))
    expect(evidence(swapped)).toEqual(evidence(log))
  })

  test('counts a subject once, and a repeated delivery of a run not at all', () => {
    const log = monitored(300, 0.1, 21)
    const often = log.flatMap((run) => [run, { ...run, run_id: `${run.run_id}-again` }, run])
    expect(evidence(often).evidence).toBe(evidence(log).evidence)
    const one = Array.from({ length: 500 }, (_, n) =>
      (['baseline', 'candidate'] as const).map((arm) => ({
        ...aRun(rollout, '25%_monitored', arm, n, { utility_score: arm === 'candidate' ? 0 : 1 }),
        subject: `the same ${arm}`,
      })),
    ).flat()
    expect(evidence(one).evidence).toBeLessThan(2)
  })

  test('skips runs that are not measured, not compared, or whose shadow never came', () => {
    const log = monitored(300, 0.1, 33)
    const noise = log.flatMap((run): ProductionRun[] => [
      run,
      { ...run, subject: `${run.subject}-a`, measures: { ...run.measures, utility_score: null } },
      { ...run, subject: `${run.subject}-b`, compared: false, measures: { ...run.measures, utility_score: 0 } },
      {
        ...run,
        subject: `${run.subject}-c`,
        pair: `${run.run_id}-lonely`,
        measures: { ...run.measures, utility_score: 0 },
      },
    ])
    expect(evidence(noise)).toEqual(evidence(log))
  })

  test('keeps what earlier stages have shown, and is not lamed by what they have not', () => {
    const harm = monitored(300, 0.12, 41)
    const alone = evidence(harm)
    const before = runsIn(rollout, '0%_shadow', 2000, passing(0, 42))
    const found = evidence([...before, ...monitored(1500, 0.12, 41)])
    expect(alone.evidence).toBeGreaterThan(1)
    expect(found.crossed_after).not.toBeNull()
  })

  test('takes a block of many baseline runs as one comparison', () => {
    const next = generator(77)
    const uneven = Array.from({ length: 8000 }, (_, n) => {
      const arm: Arm = next() % 4 === 0 ? 'candidate' : 'baseline'
      const pass = next() / 2 ** 32 < (arm === 'candidate' ? 0.8 : 0.9)
      return aRun(rollout, '25%_monitored', arm, n, { utility_score: pass ? 1 : 0 })
    })
    const found = evidence(uneven)
    expect(found.crossed_after).toBeLessThan(900)
    expect(found.compared.baseline).toBeGreaterThan(2 * found.compared.candidate)
  })

  test('of latency is the share of slow runs', () => {
    const next = generator(5)
    const slow = runsIn(rollout, '25%_monitored', 2000, (arm) => ({
      latency_ms: next() / 2 ** 32 < (arm === 'candidate' ? 0.15 : 0.05) ? 9000 : 1000,
    }))
    expect(evidence(slow, latency).crossed_after).not.toBeNull()
    expect(evidence(slow, utility).crossed_after).toBeNull()
  })

  test('stays at or below its level where the truth is the boundary, looked at after every run', () => {
    const trials = 300
    // The same runs in every trial, with other outcomes: building them anew is most of the time.
    const log = PERIODS.flatMap((period) => runsIn(rollout, period, 200))
    let rolledBack = 0
    for (let trial = 0; trial < trials; trial++) {
      const draw = passing(0, trial + 1)
      for (const { arm, measures } of log) Object.assign(measures, draw(arm))
      if (harmEvidence(log, utility, 0.05).crossed_after !== null) rolledBack++
    }
    // 5 % and four standard errors: a broken test shows here, a valid one does not.
    expect(rolledBack / trials).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / trials))
  })
})
