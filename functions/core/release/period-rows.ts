/** Every rule of a stage or of the window, checked on the production runs of both arms: one row a rule, always all of them. */
import { spaced } from '#schemas/metrics.ts'
import type { Arm, ProductionRun, Rollout, StageRow } from '#schemas/release.ts'
import type { StageGate } from '#schemas/stage-config.ts'
import type { Period } from '#schemas/stages.ts'
import { binomCdf, binomTail } from '../statistics/binomial.ts'
import { isAtLeast, isAtMost } from '../statistics/compare.ts'
import { measured } from '../statistics/measured.ts'
import { type HarmRule, harmEvidence, subjectEvidence } from './harm-evidence.ts'
import { type Look, runsIn, testedIn } from './look.ts'
import { whyNotHarm } from './moved-arm.ts'
import {
  badnessOf,
  declaredScore,
  FLOOR_NAMES,
  FLOORS,
  type Floor,
  type GateMeasure,
  gatedBy,
  harmRules,
  limitIn,
  observedRise,
  ownScoresOf,
  runsOf,
} from './stage-data.ts'
import { dataRow, points, tidy } from './stage-row.ts'
import { subjectRows } from './subject-rows.ts'

interface PeriodRules {
  readonly period: Period
  readonly min_runs: number
  readonly gate: StageGate
}

/**
 * Rows of a period: floors, sequential tests, lineage, data and gate. Runs of other rollouts and intents are not looked at.
 * @param look at that log
 */
export function periodRows(
  rollout: Rollout,
  log: readonly ProductionRun[],
  look: Look,
  rules: PeriodRules,
): StageRow[] {
  const { usable, subjects } = look
  const counting = look.runs(rules.period)
  return [
    ...FLOOR_NAMES.map((floor) => floorRow(rollout, floor, usable)),
    ...sequentialRows(rollout, look, rules.period),
    lineageRow(runsOf(rollout, log).length - usable.length),
    ...(subjects === null
      ? [pairRow(rollout, rules.period, usable), splitRow(rollout, rules.period, counting)]
      : subjectRows(rollout, subjects, rules.period)),
    ...dataRows(rollout, rules, look, counting),
    ...gatedBy(rollout.config).map((measure) => gateRow(rollout, rules, measure, counting)),
  ]
}

/** Floors count every run of the candidate in the whole rollout, shadow or served, compared or not. */
function floorRow({ config }: Rollout, floor: Floor, usable: readonly ProductionRun[]): StageRow {
  const limit = config.floors[floor]
  const row = { rule: `floor.${floor}`, kind: 'floor' as const }
  if ('not_measured' in limit)
    return { ...row, verdict: 'not_measured', observed: null, limit: null, note: limit.not_measured }
  const { max_violations } = limit
  if (max_violations === undefined)
    return {
      ...row,
      verdict: 'not_measured',
      observed: null,
      limit: null,
      note: 'no count is declared, a rise over the baseline is',
    }
  const violating = new Set(
    usable.filter((run) => run.arm === 'candidate' && run.measures[FLOORS[floor]] === true).map((run) => run.run_id),
  )
  return {
    ...row,
    verdict: isAtMost(violating.size, max_violations) ? 'good' : 'bad',
    observed: violating.size,
    limit: max_violations,
    note: `${violating.size} runs of the candidate violate, ${max_violations} may${some([...violating])}`,
  }
}

const some = (ids: readonly string[]): string => (ids.length === 0 ? '' : `: ${ids.slice(0, 5).join(', ')}`)

/** What the money of a rule has come to, by the rule that the configuration declares. */
export const evidenceOf = (rollout: Rollout, { usable, subjects }: Look, rule: HarmRule, level: number, told?: Told) =>
  subjects === null
    ? harmEvidence(usable, rule, level, told)
    : subjectEvidence(subjects.entered, rollout.config.subjects!.max_runs, rule, level, told)

type Told = Parameters<typeof harmEvidence>[3]

function sequentialRows(rollout: Rollout, look: Look, period: Period): StageRow[] {
  const { config } = rollout
  const rules = harmRules(config)
  const level = config.false_rollback_rate / rules.length
  const what = look.subjects === null ? 'runs' : 'subjects'
  const rows = rules.map((rule): StageRow => {
    const { evidence, crossed_after, compared } = evidenceOf(rollout, look, rule, level)
    const doubt =
      crossed_after === null || look.subjects === null ? null : whyNotHarm(rollout, look.subjects, rule, level, period)
    return {
      rule: `sequential.${rule.name}`,
      kind: 'sequential',
      verdict: crossed_after === null ? 'good' : doubt === null ? 'bad' : 'missing',
      observed: tidy(evidence),
      limit: tidy(1 / level),
      note:
        crossed_after === null
          ? `${compared.candidate} candidate and ${compared.baseline} baseline ${what} compared: harm is not shown`
          : `worse by more than ${toleratedText(config, rule)}, shown after ${crossed_after} candidate ${what}${doubt === null ? '' : `, and not believed yet: ${doubt}`}`,
    }
  })
  if (!('not_measured' in config.latency)) return rows
  const note = config.latency.not_measured
  return [
    ...rows,
    { rule: 'sequential.latency', kind: 'sequential', verdict: 'not_measured', observed: null, limit: null, note },
  ]
}

const toleratedText = ({ economics }: Rollout['config'], { name, tolerated }: HarmRule): string =>
  name === 'economics' && economics !== undefined ? `${economics.max_rise} cents a run` : points(tolerated)

/** A run that names another tuple than its arm's proves nothing about either; it means that routing does not do what it says. */
const lineageRow = (foreign: number): StageRow => ({
  rule: 'lineage',
  kind: 'data',
  verdict: foreign === 0 ? 'good' : 'missing',
  observed: foreign,
  limit: 0,
  note: foreign > 0 ? `${foreign} runs ran another release tuple than their arm's; repair the routing` : 'tuples agree',
})

/** A shadow that never came is no measurement: an arm that loses its failed runs would look better than it is. */
function pairRow({ config }: Rollout, period: Period, usable: readonly ProductionRun[]): StageRow {
  const arms = new Map<string, Set<Arm>>()
  for (const { pair, arm, period: when } of usable)
    if (when === period && pair !== null) arms.set(pair, (arms.get(pair) ?? new Set()).add(arm))
  const lone = [...arms.values()].filter((both) => both.size < 2).length
  const share = arms.size === 0 ? 0 : lone / arms.size
  return {
    rule: 'pairs',
    kind: 'data',
    verdict: isAtMost(share, config.max_unmeasured_share) ? 'good' : 'missing',
    observed: tidy(share),
    limit: config.max_unmeasured_share,
    note: `${lone} of ${arms.size} pairs lack one arm`,
  }
}

/** Chance below which a split is not the declared one. Looked at often, it only ever pauses. */
const SPLIT_CHANCE = 1e-6

/** Do the compared subjects fall on the arms as declared? If not, routing or logging loses runs of one arm. */
function splitRow({ config }: Rollout, period: Period, first: readonly ProductionRun[]): StageRow {
  const share = period === 'window' ? 1 : config.stages[period].cohort.share
  const split = first.filter((run) => run.pair === null)
  const [n, k] = [split.length, split.filter((run) => run.arm === 'candidate').length]
  const chance = share === 0 || share === 1 || n === 0 ? 1 : 2 * Math.min(binomCdf(k, n, share), binomTail(k, n, share))
  return {
    rule: 'split',
    kind: 'data',
    verdict: isAtLeast(chance, SPLIT_CHANCE) ? 'good' : 'missing',
    observed: n === 0 ? null : tidy(k / n),
    limit: share,
    note: `${k} of ${n} compared subjects are on the candidate, ${tidy(share * 100)} % are declared`,
  }
}

/** Measures that every run must carry, by name: what floors, tests and gate read, less what is declared not measured. */
function requiredMeasures({ config }: Rollout, gate: StageGate): Map<string, (run: ProductionRun) => unknown> {
  const required = new Map<string, (run: ProductionRun) => unknown>()
  for (const floor of FLOOR_NAMES)
    if (!('not_measured' in config.floors[floor])) required.set(floor, (run) => run.measures[FLOORS[floor]])
  required.set('utility', (run) => measured('utility_score', run.measures))
  if (!('not_measured' in config.latency)) required.set('latency', (run) => measured('latency_ms', run.measures))
  for (const { measure, metric } of ownScoresOf(config))
    required.set(measure, (run) => declaredScore(metric, run, config))
  for (const measure of gatedBy(config))
    if (limitIn(gate, measure) !== null && measure !== 'utility' && measure !== 'slow_share')
      required.set(measure, (run) => badnessOf(measure, run, config))
  return required
}

function dataRows(
  rollout: Rollout,
  { period, min_runs, gate }: PeriodRules,
  { usable, subjects }: Look,
  counting: readonly ProductionRun[],
): StageRow[] {
  const required = requiredMeasures(rollout, gate)
  const isComplete = (run: ProductionRun) => [...required.values()].every((value) => value(run) !== null)
  const complete = (arm: Arm): number =>
    subjects === null
      ? counting.filter((run) => run.arm === arm && isComplete(run)).length
      : testedIn(subjects, period).filter(({ known }) => {
          const runs = runsIn(known, arm)
          return runs.length > 0 && runs.every(isComplete)
        }).length
  const what =
    subjects === null ? 'fully measured runs of distinct subjects' : 'fully measured subjects whose time is over'
  const enough = (arm: Arm): StageRow =>
    dataRow(
      `min_runs.${arm}`,
      isAtLeast(complete(arm), min_runs),
      complete(arm),
      min_runs,
      `${complete(arm)} of ${min_runs} ${what}`,
    )
  const inPeriod = subjects === null ? usable.filter((run) => run.period === period) : counting
  const limit = rollout.config.max_unmeasured_share
  const arms: readonly Arm[] = subjects === null ? ['candidate'] : ['candidate', 'baseline']
  const unmeasured = [...required].map(([name, value]): StageRow => {
    const [worst] = arms
      .map((arm) => {
        const runs = inPeriod.filter((run) => run.arm === arm)
        const lacking = runs.filter((run) => value(run) === null).length
        const share = runs.length === 0 ? 0 : lacking / runs.length
        return { share, says: `${lacking} of ${runs.length} ${arm} runs lack ${name}` }
      })
      .sort((a, b) => b.share - a.share)
    return dataRow(`unmeasured.${name}`, isAtMost(worst!.share, limit), tidy(worst!.share), limit, worst!.says)
  })
  return [enough('baseline'), enough('candidate'), ...unmeasured]
}

function gateRow(
  { config }: Rollout,
  { gate }: PeriodRules,
  measure: GateMeasure,
  counting: readonly ProductionRun[],
): StageRow {
  const limit = limitIn(gate, measure)
  const row = { rule: `gate.${measure}`, kind: 'gate' as const, limit }
  const slow = measure === 'slow_share' && 'not_measured' in config.latency ? config.latency.not_measured : null
  if (limit === null || slow !== null)
    return { ...row, verdict: 'not_measured', observed: null, note: slow ?? 'declared not to gate' }
  const rise = observedRise(counting, (run) => badnessOf(measure, run, config))
  if (rise === null)
    return { ...row, verdict: 'missing', observed: null, note: `no ${spaced(measure)} of both arms yet` }
  return {
    ...row,
    // The nudge: .9 - .88 is a hair above .02.
    verdict: isAtMost(rise, limit, 1e-12) ? 'good' : 'bad',
    observed: tidy(rise),
    note: `worse by ${tidy(rise)} against ${limit} allowed, candidate minus baseline`,
  }
}
