/** A run that was recorded for a plan: made of what a recorder returned, and held against the plan whoever made it. */
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { RecordedParts, RecordingPlan } from '#schemas/recording-plan.ts'
import { canonical, digestOf } from '../canonical.ts'

/** What is wrong with a run that is to be a planned recording, and in which of its fields. */
interface PlanProblem {
  readonly field: string
  readonly problem: string
}

/** Settings under which a case is to be recorded, by the id of the table in the plan. */
export type WantedTables = ReadonlyMap<string, Settings>

/** Fields that a further recording has in common with what was served: another value would be another case, or another harness. */
const SHARED = [
  'family_id',
  'intent_id',
  'split',
  'attributes',
  'policy_bundle_version',
  'tool_manifest_version',
  'model_profile_version',
  'memory_schema_version',
] as const satisfies readonly (keyof ExperienceRun)[]

/** The id of the settings table that a run was recorded under, or what keeps it from being a recording of this plan. */
export function plannedUnder(
  run: ExperienceRun,
  served: ExperienceRun,
  wanted: WantedTables,
  plan: string,
): { readonly settings_id: string } | PlanProblem {
  if (run.plan !== undefined && run.plan !== plan)
    return { field: 'plan', problem: `it was recorded for another plan (${run.plan.slice(0, 19)})` }
  for (const field of SHARED)
    if (canonical(run[field] ?? null) !== canonical(served[field] ?? null))
      return {
        field,
        problem: `it is ${text(run[field])}, and the served run ${served.run_id} has ${text(served[field])}: a further recording of a case has the same`,
      }
  if (run.prompt_version !== undefined && run.prompt_version !== served.prompt_version)
    return {
      field: 'prompt_version',
      problem: 'leave it out: the prompt that it was recorded under stands in its settings',
    }
  const [asked, said] = [firstOfUser(served), firstOfUser(run)]
  if (asked !== said)
    return {
      field: 'steps',
      problem: `the user said ${text(said)}, and in the served run ${text(asked)}: it is another request`,
    }
  const [had, has] = [served.outcome.must_refuse, run.outcome.must_refuse]
  if (had !== null && has !== null && had !== has)
    return {
      field: 'outcome.must_refuse',
      problem: `it is ${has}, and the served run ${served.run_id} has ${had}: whether a request has to be refused does not hang on settings`,
    }
  if (run.steps.length === 0 && served.steps.length > 0) return { field: 'steps', problem: 'nothing happened in it' }
  for (const [settings_id, settings] of wanted)
    if (canonical(settings) === canonical(run.settings)) return { settings_id }
  return otherSettings(run.settings, wanted)
}

/** The planned table that comes closest, and where the run's differs. */
function otherSettings(settings: Settings, wanted: WantedTables): PlanProblem {
  const differing = (table: Settings): string[] =>
    [...new Set([...Object.keys(table), ...Object.keys(settings)])].filter((p) => table[p] !== settings[p]).sort()
  const [nearest] = [...wanted].sort(([, a], [, b]) => differing(a).length - differing(b).length)
  if (!nearest) return { field: 'case_id', problem: 'nothing is planned for this case' }
  const [id, table] = nearest
  const path = differing(table)[0]!
  return {
    field: `settings.${path}`,
    problem: `it is ${text(settings[path])}, planned is ${text(table[path])} (${id})`,
  }
}

const firstOfUser = ({ steps }: ExperienceRun): string | null => {
  const first = steps.find((step) => step.kind === 'message' && step.role === 'user')
  return first?.kind === 'message' ? first.content : null
}

const text = (value: unknown): string => {
  const all = value === undefined ? 'nothing' : JSON.stringify(value)
  return all.length > 80 ? `${all.slice(0, 77)}...` : all
}

/** Id of the run that records a case under some planned settings: one plan makes it once. */
export const plannedRunId = (plan: Pick<RecordingPlan, 'digest'>, case_id: string, settings_id: string): string =>
  `planned_${digestOf([plan.digest, case_id, settings_id]).slice(7, 39)}`

/** The run that a recorder made: its parts, beside what the served run says of whom and what it is about. */
export function plannedRun(
  parts: RecordedParts,
  served: ExperienceRun,
  {
    plan,
    settings_id,
    settings,
  }: { readonly plan: RecordingPlan; readonly settings_id: string; readonly settings: Settings },
): ExperienceRun {
  const run_id = plannedRunId(plan, served.case_id, settings_id)
  const known = new Map(served.evidence.map((offer) => [`${offer.bucket} ${offer.evidence_ref}`, offer]))
  const shared = Object.fromEntries(
    SHARED.flatMap((field) => (served[field] === undefined ? [] : [[field, served[field]]])),
  )
  return {
    ...(shared as Pick<ExperienceRun, (typeof SHARED)[number]>),
    run_id,
    trace_id: run_id,
    case_id: served.case_id,
    date: null,
    pack_version: null,
    evaluator_suite_version: null,
    release_tuple_id: null,
    decision_record_id: null,
    operator_corrections: [],
    plan: plan.digest,
    settings,
    offers: parts.offers,
    evidence: parts.evidence.map((offer) => {
      const before = known.get(`${offer.bucket} ${offer.evidence_ref}`)
      return {
        ...offer,
        source: offer.source ?? null,
        tokens: offer.tokens ?? null,
        text: offer.text ?? null,
        gold: offer.gold ?? before?.gold ?? false,
        required: offer.required ?? before?.required ?? false,
      }
    }),
    ...(parts.gates !== undefined && { gates: parts.gates }),
    gold_not_offered: parts.gold_not_offered ?? served.gold_not_offered,
    steps: parts.steps,
    outcome: parts.outcome,
  }
}

/** Under which no setting ranks: a passage that was not found is never read. */
const NOT_FOUND = 'not_found'

/**
 * A planned run with the marks of the served one: a passage that a right answer needs is needed under other settings too, whether
 * or not whoever recorded knew of it. One that is required and was not found stands among the offers, read by nobody; of gold it
 * is counted that it was not offered. Where nobody says whether it had to be refused, the served run does.
 */
export function withMarks(run: ExperienceRun, served: ExperienceRun): ExperienceRun {
  const isMarked = (mark: 'gold' | 'required') => {
    const refs = new Set(served.evidence.filter((one) => one[mark]).map(({ evidence_ref }) => evidence_ref))
    return (one: ExperienceRun['evidence'][number]): boolean => one[mark] || refs.has(one.evidence_ref)
  }
  const [isGold, isRequired] = [isMarked('gold'), isMarked('required')]
  const lost = missing(run.evidence, served, 'required')
  const evidence = [
    ...run.evidence,
    ...lost.map(({ evidence_ref, bucket, source, hop }) => ({
      ...{ evidence_ref, bucket, source, hop, ranks: { [NOT_FOUND]: 1 } },
      ...{ tokens: 0, text: '', gold: false, required: true },
    })),
  ].map((one) => ({ ...one, gold: isGold(one), required: isRequired(one) }))
  const nothing = { depth: 0, exhausted: true }
  const goldOf = (all: ExperienceRun['evidence']): number => all.filter(({ gold }) => gold).length
  return {
    ...run,
    offers: { ...Object.fromEntries(lost.map(({ bucket }) => [bucket, nothing])), ...run.offers },
    evidence,
    gold_not_offered: Math.max(
      run.gold_not_offered,
      missing(evidence, served, 'gold').length,
      goldOf(served.evidence) + served.gold_not_offered - goldOf(evidence),
    ),
    outcome: { ...run.outcome, must_refuse: run.outcome.must_refuse ?? served.outcome.must_refuse },
  }
}

/** Marked passages of the served run that some evidence does not hold, in whatever bucket. */
function missing(
  evidence: ExperienceRun['evidence'],
  served: ExperienceRun,
  mark: 'gold' | 'required',
): ExperienceRun['evidence'] {
  const found = new Set(evidence.map(({ evidence_ref }) => evidence_ref))
  return served.evidence.filter((offer) => offer[mark] && !found.has(offer.evidence_ref))
}
