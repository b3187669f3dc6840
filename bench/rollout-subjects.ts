/**
 * After release as it is: subjects that come back, outcomes that come late, outages, drifts, crossed arms and lost rows. How often is
 * a change rolled back that harms nobody, and how often is one caught that harms from the second run on?
 */
import { instantAfter } from '#core/instant.ts'
import type { ProductionRun, Rollout } from '#schemas/release.ts'
import { type HarmRule, subjectEvidence } from '../functions/core/release/harm-evidence.ts'
import { evaluateStage } from '../functions/core/release/stage-verdict.ts'
import { subjectRows } from '../functions/core/release/subject-rows.ts'
import { subjectsOf } from '../functions/core/release/subjects.ts'
import { aConfig, started } from '../test/core/release/builders.ts'
import { type Happens, productionOf, type World } from '../test/core/release/production-world.ts'
import { percent, readable } from './bench.ts'
import { confidenceSequence, groupSequential } from './rollout-peers.ts'

export const SUBJECT_ROLLOUTS = 200
const LEVEL = 0.05
const RULES = { window_hours: 24, outcome_hours: 24, max_runs: 20, max_crossed_share: 0.02 }
const UTILITY: HarmRule = {
  name: 'utility',
  badness: ({ measures: { utility_score } }) => (utility_score === null ? null : 1 - utility_score),
  tolerated: 0,
}
const COST: HarmRule = {
  name: 'economics',
  badness: ({ measures }) => Math.min(5, measures.economics_cents!) / 5,
  tolerated: 0,
}

const rollout: Rollout = { ...started({ config: aConfig({ subjects: RULES }) }), stage: '1%_internal' }
const later = instantAfter(rollout.entered_at, 24 * 60)

interface Named {
  readonly says: string
  readonly world: World
  readonly rule?: HarmRule
  /** Stages in which the same subjects come. @default ['1%_internal'] */
  readonly stages?: readonly NonNullable<World['period']>[]
  readonly late?: boolean
  /** It goes through its shadow stage first, in which the same is true, and on only where that does not pause it. */
  readonly shadow?: boolean
  /** It begins after a shadow stage in which all was told in time; the verdict of the stage is asked day by day. */
  readonly begins?: boolean
  /** Too late for any bet: what counts is that the gate of its stage keeps it from going on. */
  readonly held?: boolean
}

const ONE: World = { subjects: 1500, gapMinutes: 1 }
/** As far apart as makes 300 runs more than the declared time. */
const SLOW: World = { subjects: 1000, gapMinutes: 10 }
const BACK: World = { subjects: 700, gapMinutes: 2, runs: [1, 6], apartMinutes: 60 }
/** Some subjects nearly always fail: a subject's runs resemble each other. */
const stubborn = ({ subject }: Happens): number => ((subject * 2_654_435_761) % 2 ** 32 < 0.1 * 2 ** 32 ? 0.7 : 0.05)
const lateBy =
  (minutes: number, arms: 'both' | 'baseline'): NonNullable<World['lagMinutes']> =>
  (run) =>
    run.failed && (arms === 'both' || run.arm === 'baseline') ? minutes : 0

const HARMLESS: readonly Named[] = [
  { says: 'one run a subject', world: ONE },
  { says: 'up to six runs, a tenth of the subjects mostly fail', world: { ...BACK, fails: stubborn } },
  {
    says: 'the same subjects in three stages',
    world: { ...BACK, fails: stubborn },
    stages: ['1%_internal', '5%_low_risk', '25%_monitored'],
  },
  { says: 'failures 300 runs later in both arms', world: { ...ONE, lagMinutes: lateBy(300, 'both') }, late: true },
  {
    says: 'failures 300 runs later in the baseline',
    world: { ...ONE, lagMinutes: lateBy(300, 'baseline') },
    late: true,
  },
  {
    says: 'failures 1,000 runs later in the baseline',
    world: { ...ONE, lagMinutes: lateBy(1000, 'baseline') },
    late: true,
  },
  {
    says: 'and later than declared, runs announced',
    world: { ...ONE, announced: true, lagMinutes: lateBy(4000, 'baseline') },
    late: true,
  },
  {
    says: 'the same, nobody announced, the shadow stage first',
    world: { ...ONE, lagMinutes: lateBy(4000, 'baseline') },
    late: true,
    shadow: true,
  },
  ...[300, 1000].map((runs) => ({
    says: `failures ${readable(runs)} runs later in the baseline, from stage 2 on, nobody announced`,
    world: { ...SLOW, lagMinutes: lateBy(10 * runs, 'baseline') },
    late: true,
    begins: true,
  })),
  {
    says: 'the same 1,000 runs later, from the 300th subject of stage 2 on',
    world: { ...SLOW, lagMinutes: (run) => (run.subject < 300 ? 0 : lateBy(10_000, 'baseline')(run)) },
    late: true,
    begins: true,
  },
  {
    says: 'an outage of both arms',
    world: { ...ONE, fails: ({ minute }) => (minute > 400 && minute < 700 ? 1 : 0.1) },
  },
  { says: 'a drift from 5 % to 45 %', world: { ...ONE, fails: ({ subject }) => 0.05 + (0.4 * subject) / 1500 } },
  { says: 'a twentieth of the subjects crossed', world: { ...ONE, crosses: () => 0.05 } },
  { says: 'a fifth of the candidate lost', world: { ...ONE, loses: ({ arm }) => (arm === 'candidate' ? 0.2 : 0) } },
]

const HARMFUL: readonly Named[] = [
  {
    says: '40 points from the second run on',
    world: { ...BACK, fails: ({ arm, nth }) => 0.1 + (arm === 'candidate' && nth > 0 ? 0.4 : 0) },
  },
  {
    says: '40 points from the second run on, at most two runs',
    world: {
      ...BACK,
      subjects: 1500,
      gapMinutes: 1,
      runs: [1, 2],
      fails: ({ arm, nth }) => 0.1 + (arm === 'candidate' && nth > 0 ? 0.4 : 0),
    },
  },
  {
    says: 'that, told 1,000 runs later',
    world: {
      ...BACK,
      fails: ({ arm, nth }) => 0.1 + (arm === 'candidate' && nth > 0 ? 0.4 : 0),
      lagMinutes: ({ arm, failed }) => (failed && arm === 'candidate' ? 1000 : 0),
    },
  },
  {
    says: 'that, told later than declared, of runs nobody announced: kept from going on',
    held: true,
    world: {
      ...BACK,
      fails: ({ arm, nth }) => 0.1 + (arm === 'candidate' && nth > 0 ? 0.4 : 0),
      lagMinutes: ({ arm, failed }) => (failed && arm === 'candidate' ? 4000 : 0),
    },
  },
  ...(['both', 'baseline'] as const).map((arms) => ({
    says: `40 points in stage 2, failures of ${arms === 'both' ? 'both arms' : 'the baseline'} 1,000 runs later, nobody announced`,
    begins: true,
    world: {
      ...SLOW,
      fails: ({ arm }: Happens) => (arm === 'candidate' ? 0.5 : 0.1),
      lagMinutes: lateBy(10_000, arms),
    },
  })),
  {
    says: 'three times the cost from the second run on',
    rule: COST,
    world: { ...BACK, cents: ({ arm, nth }) => (arm === 'candidate' && nth > 0 ? 3 : 1) },
  },
]

function logOf({ world, stages = ['1%_internal'] }: Named, seed: number): ProductionRun[] {
  return stages.flatMap((period, i) =>
    productionOf({ ...rollout, entered_at: instantAfter(rollout.entered_at, 24 * 7 * i) }, seed, { ...world, period }),
  )
}

const crosses = (log: readonly ProductionRun[], rule: HarmRule): boolean =>
  subjectEvidence(subjectsOf(rollout, RULES, log, later).entered, RULES.max_runs, rule, LEVEL).crossed_after !== null

/** Does the shadow stage of a world let it go on? */
function passesShadow(world: World, seed: number): boolean {
  const period = '0%_shadow'
  const log = productionOf(rollout, seed, { ...world, subjects: 600, period })
  const rows = subjectRows(rollout, subjectsOf(rollout, RULES, log, later), period)
  if (crosses(log, UTILITY)) throw new Error('harm in shadow pairs that are alike')
  return rows.find(({ rule }) => rule === 'late')!.verdict === 'good'
}

/** Does the gate of the stage, which counts all that is known by now, keep it from going on? */
const isHeld = (runs: readonly ProductionRun[]): boolean =>
  evaluateStage({ rollout, runs, now: later }).rows.find(({ rule }) => rule === 'gate.utility')!.verdict === 'bad'

/** Does it go back, asked day by day after a shadow stage that was on time? */
function goesBack(log: readonly ProductionRun[], seed: number): boolean {
  const shadowed = { ...rollout, entered_at: instantAfter(rollout.entered_at, -24 * 8) }
  const before = productionOf(shadowed, seed, { subjects: 600, gapMinutes: 10, period: '0%_shadow' })
  for (let day = 2; day <= 14; day++) {
    const now = instantAfter(rollout.entered_at, 24 * day)
    const runs = [...before, ...log.filter(({ outcome_at }) => outcome_at! <= now)]
    if (evaluateStage({ rollout, runs, now }).verdict === 'roll_back') return true
  }
  return false
}

const RULES_COMPARED = {
  ours: crosses,
  'group-sequential (O’Brien-Fleming, Lan-DeMets)': (log: readonly ProductionRun[], rule: HarmRule) =>
    groupSequential(log, rule.badness),
  'asymptotic confidence sequence (as GrowthBook)': (log: readonly ProductionRun[], rule: HarmRule) =>
    confidenceSequence(log, rule.badness),
}
type Name = keyof typeof RULES_COMPARED
const NAMES = Object.keys(RULES_COMPARED) as Name[]

/** Share of the rollouts of a world that each rule brings back. */
function broughtBack(named: Named): Record<Name, number> {
  const counts = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<Name, number>
  for (let seed = 1; seed <= SUBJECT_ROLLOUTS; seed++) {
    const log = logOf(named, seed)
    const paused = named.shadow === true && !passesShadow(named.world, seed)
    for (const name of NAMES) {
      if (paused && name === 'ours') continue
      if (named.begins && name === 'ours') counts[name] += goesBack(log, seed) ? 1 : 0
      else if (named.held && name === 'ours' ? isHeld(log) : RULES_COMPARED[name](log, named.rule ?? UTILITY))
        counts[name]++
    }
  }
  for (const name of NAMES) counts[name] /= SUBJECT_ROLLOUTS
  return counts
}

/** Figures and tables of subjects, for the bench of the rollout. */
export function subjectFigures() {
  const harmless = HARMLESS.map((named) => ({ named, back: broughtBack(named) }))
  const harmful = HARMFUL.map((named) => ({ named, back: broughtBack(named) }))
  const most = (of: typeof harmless) => Math.max(...of.map(({ back }) => back.ours))
  const lines = (of: typeof harmless) =>
    of.map(({ named, back }) => [named.says, ...NAMES.map((name) => percent(back[name]))])
  return {
    figures: {
      late_false_rollback: most(harmless.filter(({ named }) => named.late)),
      subjects_false_rollback: most(harmless),
      second_run_caught: Math.min(...harmful.filter(({ named }) => !named.held).map(({ back }) => back.ours)),
      too_late_harm_held: Math.min(...harmful.filter(({ named }) => named.held).map(({ back }) => back.ours)),
    },
    peers: Object.fromEntries(
      NAMES.filter((name) => name !== 'ours').map((name) => [
        name,
        Object.fromEntries(
          [...harmless, ...harmful].map(({ named, back }) => [named.says, Number(back[name].toFixed(4))]),
        ),
      ]),
    ),
    table: [
      [`rolled back although harmless, nothing tolerated, of ${SUBJECT_ROLLOUTS}`, ...NAMES],
      ...lines(harmless),
      [''],
      [`caught, of ${SUBJECT_ROLLOUTS}`, ...NAMES],
      ...lines(harmful),
    ],
  }
}

if (import.meta.main) {
  const { figures, table } = subjectFigures()
  for (const row of table)
    process.stdout.write(
      `${row
        .map((cell, i) => cell.padEnd(i === 0 ? 84 : 48))
        .join('')
        .trimEnd()}\n`,
    )
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}
