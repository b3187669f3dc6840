/**
 * How often does a staged rollout come back although the change is within tolerance, and how many runs does it take to catch
 * one that is not? The rollout's own sequential tests beside rules that canary tools and experiment guides use, on the same
 * generated production logs.
 */

import { NOT_MEASURED } from '#core/evaluate/scorecard.ts'
import { upperRate } from '#core/statistics/binomial.ts'
import type { Arm, ProductionRun } from '#schemas/release.ts'
import type { Period } from '#schemas/stages.ts'
import { type HarmRule, harmEvidence } from '../functions/core/release/harm-evidence.ts'
import { type Bench, type Draws, draws, median, percent, readable } from './bench.ts'
import { SUBJECT_ROLLOUTS, subjectFigures } from './rollout-subjects.ts'

const SEED = 1
const LEVEL = 0.05
const ROLLOUTS = 1000
const HARMED = 200
const CATCHES = 201
const PASS_RATE = 0.9
const SLOW_SHARE = 0.05
/** Share of shadow pairs in which the other arm's outcome is drawn anew; in the rest both arms end alike. */
const REDRAWN = 0.15
const DROPS = [0.02, 0.05, 0.1]
/** Looks a stage for the rules that look at intervals; ours is looked at after every run. */
const LOOKS = 10

interface StagePlan {
  readonly period: Period
  readonly candidateRuns: number
  /** Share of served runs that the candidate gets; null: pairs with a shadow. */
  readonly share: number | null
}
const PLAN: readonly StagePlan[] = [
  { period: '0%_shadow', candidateRuns: 500, share: null },
  { period: '1%_internal', candidateRuns: 200, share: 0.5 },
  { period: '5%_low_risk', candidateRuns: 300, share: 0.1 },
  { period: '25%_monitored', candidateRuns: 1000, share: 0.25 },
  { period: '100%', candidateRuns: 1000, share: null },
  { period: 'window', candidateRuns: 1000, share: null },
]

/** What is true of the candidate: its drop in pass rate and its rise of slow runs. */
interface Truth {
  readonly drop: number
  readonly slowRise: number
}

/** Runs of one stage in the order in which they end, each by a subject of its own. */
function* stageLog(plan: StagePlan, truth: Truth, draw: Draws): Generator<ProductionRun> {
  const { period, candidateRuns, share } = plan
  let candidates = 0
  for (let n = 0; candidates < candidateRuns; n++) {
    const base = [draw.chance(PASS_RATE), draw.chance(SLOW_SHARE)] as const
    if (share === null) {
      candidates++
      yield runOf(period, 'baseline', n, base, `${period}${n}`)
      yield runOf(period, 'candidate', n, shadowOf(base, truth, draw), `${period}${n}`)
    } else if (draw.chance(share)) {
      candidates++
      const served = [draw.chance(PASS_RATE - truth.drop), draw.chance(SLOW_SHARE + truth.slowRise)] as const
      yield runOf(period, 'candidate', n, served, null)
    } else yield runOf(period, 'baseline', n, base, null)
  }
}

/** The other arm's outcome of the same request: mostly the same one, and over all requests the true rates. */
function shadowOf([passed, slow]: readonly [boolean, boolean], truth: Truth, draw: Draws): readonly [boolean, boolean] {
  return [
    draw.chance(REDRAWN) ? draw.chance(PASS_RATE - truth.drop / REDRAWN) : passed,
    draw.chance(REDRAWN) ? draw.chance(SLOW_SHARE + truth.slowRise / REDRAWN) : slow,
  ]
}

const runOf = (
  period: Period,
  arm: Arm,
  n: number,
  [passed, slow]: readonly [boolean, boolean],
  pair: string | null,
): ProductionRun => ({
  run_id: `${period}${arm}${n}`,
  rollout_id: 'bench',
  intent: 'bench',
  period,
  arm,
  release_tuple_id: arm,
  subject: `${period}${n}`,
  compared: true,
  pair,
  measures: {
    ...NOT_MEASURED,
    policy_violation: false,
    safety_violation: false,
    approval_bypass: false,
    utility_passed: passed,
    utility_score: passed ? 1 : 0,
    latency_ms: slow ? 2 : 1,
    operator_corrected: null,
    escalated: null,
  },
})

const rulesAt = (tolerated: number): readonly HarmRule[] => [
  { name: 'utility', badness: (run) => 1 - run.measures.utility_score!, tolerated },
  { name: 'latency', badness: (run) => run.measures.latency_ms! - 1, tolerated },
]

/** A rule that reads a log and says after how many candidate runs it would have rolled back; null: never. */
type Watch = (log: readonly ProductionRun[], tolerated: number) => number | null

const ours: Watch = (log, tolerated) =>
  least(rulesAt(tolerated).map((rule) => harmEvidence(log, rule, LEVEL / 2).crossed_after))

const least = (values: readonly (number | null)[]): number | null => {
  const found = values.filter((v) => v !== null)
  return found.length === 0 ? null : Math.min(...found)
}

/** Sums of one arm's badness in one stage: enough for every rule that looks at means. */
interface Counts {
  readonly runs: Record<Arm, number>
  readonly bad: Record<Arm, number>
}

/** Looks at each stage's own data `LOOKS` times, as a scheduled analysis does. */
function looking(decide: (counts: Counts, tolerated: number) => boolean): Watch {
  return (log, tolerated) => least(rulesAt(tolerated).map((rule) => firstHit(log, rule, decide)))
}

function firstHit(
  log: readonly ProductionRun[],
  rule: HarmRule,
  decide: (counts: Counts, tolerated: number) => boolean,
): number | null {
  let candidates = 0
  let stage: StagePlan | undefined
  let counts = noCounts()
  for (const run of log) {
    if (run.period !== stage?.period) {
      stage = PLAN.find((p) => p.period === run.period)!
      counts = noCounts()
    }
    counts.runs[run.arm]++
    counts.bad[run.arm] += rule.badness(run)!
    if (run.arm === 'baseline') continue
    candidates++
    const due = counts.runs.candidate % (stage.candidateRuns / LOOKS) === 0
    if (due && counts.runs.baseline > 0 && decide(counts, rule.tolerated)) return candidates
  }
  return null
}

const noCounts = (): Counts => ({ runs: { baseline: 0, candidate: 0 }, bad: { baseline: 0, candidate: 0 } })

const riseOf = ({ runs, bad }: Counts): number => bad.candidate / runs.candidate - bad.baseline / runs.baseline

/** Unpaired z of the rise above what is tolerated. */
function zOf(counts: Counts, tolerated: number): number {
  const variance = (['baseline', 'candidate'] as const).reduce((sum, arm) => {
    const p = counts.bad[arm] / counts.runs[arm]
    return sum + (p * (1 - p)) / counts.runs[arm]
  }, 0)
  return variance === 0 ? 0 : (riseOf(counts) - tolerated) / Math.sqrt(variance)
}

/** 5 % one-sided, and 5 % divided by 6 periods, `LOOKS` looks and 2 measures: z of .05 / 120. */
const Z_05 = 1.6449
const Z_BONFERRONI = 3.3405

const PEERS: Readonly<Record<string, Watch>> = {
  'threshold on the observed difference': looking((counts, tolerated) => riseOf(counts) > tolerated),
  'z-test at 5 % at every look': looking((counts, tolerated) => zOf(counts, tolerated) > Z_05),
  'z-test, 5 % divided by all looks': looking((counts, tolerated) => zOf(counts, tolerated) > Z_BONFERRONI),
}

const RULES: Readonly<Record<string, Watch>> = { ours, ...PEERS }

/** Worlds in which a rollback is false: the change is no worse than tolerated. */
const WITHIN = [
  { says: 'exactly at a tolerance of 0', tolerated: 0, truth: { drop: 0, slowRise: 0 } },
  { says: 'exactly at a tolerance of 2 points', tolerated: 0.02, truth: { drop: 0.02, slowRise: 0.02 } },
  { says: 'no difference, 2 points tolerated', tolerated: 0.02, truth: { drop: 0, slowRise: 0 } },
] as const

const rolloutLog = (truth: Truth, seed: number): ProductionRun[] => {
  const draw = draws(seed)
  return PLAN.flatMap((plan) => [...stageLog(plan, truth, draw)])
}

/** How many of so many rollouts each rule brings back. */
function rolledBack(truth: Truth, tolerated: number, rollouts: number): Record<string, number> {
  const counts = Object.fromEntries(Object.keys(RULES).map((name) => [name, 0]))
  for (let i = 0; i < rollouts; i++) {
    const log = rolloutLog(truth, SEED + i)
    for (const [name, watch] of Object.entries(RULES)) if (watch(log, tolerated) !== null) counts[name]!++
  }
  return counts
}

/** Candidate runs until ours catches a drop that is there from the first run of a stage, over `CATCHES` rollouts. */
function catches(
  period: '0%_shadow' | '25%_monitored',
  drop: number,
  tolerated: number,
): { median: number; p90: number } {
  const plan = { ...PLAN.find((p) => p.period === period)!, candidateRuns: 200_000 }
  const runs = Array.from({ length: CATCHES }, (_, i) => {
    const log = stageLog(plan, { drop, slowRise: 0 }, draws(SEED + 7919 * i))
    return harmEvidence(log, rulesAt(tolerated)[0]!, LEVEL / 2).crossed_after ?? plan.candidateRuns
  }).sort((a, b) => a - b)
  return { median: median(runs), p90: runs[Math.floor(runs.length * 0.9)]! }
}

/** Runs the bench: false rollbacks and missed harm of whole rollouts, runs until a drop is caught, and production as it is. */
export async function run(): Promise<Bench> {
  const subjects = subjectFigures()
  const within = WITHIN.map((world) => ({ world, counts: rolledBack(world.truth, world.tolerated, ROLLOUTS) }))
  const worst = Math.max(...within.map(({ counts }) => counts.ours!))
  const harmed = DROPS.map((drop) => ({ drop, counts: rolledBack({ drop, slowRise: 0 }, 0, HARMED) }))
  const missed = (name: string, drop: number) => (HARMED - harmed.find((h) => h.drop === drop)!.counts[name]!) / HARMED
  const caught = (['25%_monitored', '0%_shadow'] as const).flatMap((period) =>
    [0, 0.02].flatMap((tolerated) =>
      DROPS.filter((drop) => drop > tolerated).map((drop) => ({
        period,
        tolerated,
        drop,
        ...catches(period, drop, tolerated),
      })),
    ),
  )
  const figures: Record<string, number> = {
    false_rollback_share: worst / ROLLOUTS,
    false_rollback_upper95: upperRate(worst, ROLLOUTS, 0.05),
  }
  for (const drop of DROPS) {
    const found = caught.find((c) => c.period === '25%_monitored' && c.tolerated === 0 && c.drop === drop)!
    const points = `${Math.round(drop * 100)}pt`
    figures[`runs_${points}_median`] = found.median
    figures[`runs_${points}_p90`] = found.p90
    figures[`missed_${points}_share`] = missed('ours', drop)
  }
  Object.assign(figures, subjects.figures)
  const names = Object.keys(RULES)
  return {
    name: 'rollout',
    conditions: {
      rollouts: `${ROLLOUTS} within tolerance, ${HARMED} harmed, ${CATCHES} catches`,
      seed: SEED,
      level: LEVEL,
      measures: 'utility (pass rate .9) and slow runs (5 %), level split evenly',
      candidate_runs: Object.fromEntries(PLAN.map((p) => [p.period, p.candidateRuns])),
      subjects: `${SUBJECT_ROLLOUTS} a world, half of the subjects on each arm, windows of 24 h and 24 h for outcomes, nothing tolerated`,
      looks: `ours after every run, over all stages; peers ${LOOKS} times a stage, on that stage's runs, unpaired`,
    },
    figures,
    peers: {
      ...subjects.peers,
      ...Object.fromEntries(
        Object.keys(PEERS).map((name) => [
          name,
          {
            ...Object.fromEntries(within.map(({ world, counts }) => [world.says, counts[name]! / ROLLOUTS])),
            ...Object.fromEntries(DROPS.map((drop) => [`missed at ${percent(drop, 0)}`, missed(name, drop)])),
          },
        ]),
      ),
    },
    table: [
      ['rolled back although within tolerance', ...WITHIN.map((w) => w.says)],
      ...names.map((name) => [name, ...within.map(({ counts }) => percent(counts[name]! / ROLLOUTS))]),
      [''],
      ['harm never caught, nothing tolerated', ...DROPS.map((drop) => `drop of ${percent(drop, 0)}`)],
      ...names.map((name) => [name, ...DROPS.map((drop) => percent(missed(name, drop)))]),
      [''],
      ['candidate runs until ours catches', 'true drop', 'tolerated', 'median', '90 % by'],
      ...caught.map((c) => [
        c.period === '0%_shadow' ? 'in shadow pairs' : 'at 25 %, unpaired',
        percent(c.drop, 0),
        percent(c.tolerated, 0),
        readable(c.median),
        readable(c.p90),
      ]),
      [''],
      ...subjects.table,
    ],
    bars: [
      { figure: 'false_rollback_share', atMost: LEVEL },
      { figure: 'late_false_rollback', atMost: LEVEL },
      { figure: 'subjects_false_rollback', atMost: LEVEL },
      { figure: 'second_run_caught', atLeast: 0.95 },
      { figure: 'too_late_harm_held', atLeast: 0.95 },
    ],
  }
}

if (import.meta.main) {
  const { figures, table } = await run()
  for (const row of table ?? [])
    process.stdout.write(
      `${row
        .map((cell, i) => cell.padEnd(i === 0 ? 40 : 36))
        .join('')
        .trimEnd()}\n`,
    )
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}
