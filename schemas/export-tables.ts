/** Tables of `autotune export`: the one list that export, views, docs and AWS Glue are made from. */
import { type ColumnType, count, type ExportTable, flag, number, text } from './export-columns.ts'

/** Day of rows of which no day is on record. */
export const NO_DAY = '1970-01-01'
/**
 * Months that files lie under, both inclusive: Athena looks at each of them, so that no row is missed whatever its day and
 * intent are. What has an earlier day, or none, lies under the first, and what has a later one under the last.
 */
export const EXPORT_MONTHS = { first: '2020-01', last: '2049-12' } as const
/** Intent of rows that are of no single one. */
export const ALL_INTENTS = '_all'

const run_id = text('run of the loop')
const version = text('digest of the sealed version')
const rollout_id = text('rollout')
const tuning_proposal_id = text('proposal')
const review_id = text('review')
const proposal_digest = text('digest of the proposal as it was signed into the links')
const shown_digest = text('digest of exactly what the page showed')
const rollback_target = text('tuple that everybody goes back to')

/** Every table by its name. */
export const EXPORT_TABLES = {
  runs: {
    about: 'runs of the loop that ended or were refused',
    key: ['run_id'],
    day: 'when it ended',
    since: true,
    columns: {
      run_id,
      verdict: text('certified, not_certified, inconclusive, refused or no_candidate'),
      started_at: text('moment; null: refused before it began'),
      finished_at: text('moment'),
      risk_class: text('of the target'),
      metric: text('metric of the target'),
      direction: text('decrease or increase'),
      pack: text('context pack of the baseline'),
      suite: text('evaluator suite'),
      replayer: text('transcript, module, exec or lambda'),
      search_set: text('digest of the search set'),
      search_cases: count('cases of the search set', 'cases'),
      heldout_version: text('sealed version that it pinned; null: there was none'),
      winner: text('candidate that won; null: none'),
      winner_patch: text('its patch, as JSON'),
      proposal: text('proposal that it wrote; null: none'),
      visited: count('candidates that were looked at', 'candidates'),
      paid: count('replays that were paid for', 'replays'),
      unreplayable: count('of them those whose answer no record holds', 'replays'),
      failed: count('of them those in which the harness failed', 'replays'),
      exact: flag('the whole lattice was searched'),
      questions_billed: count('questions of the sealed version that it spent', 'questions'),
      reasons: text('why it ended so, a line each'),
      demonstration: text('why it certifies nothing for real use; null: it is for real'),
      manifest: text('digest of its manifest; of a refusal that of the refusal'),
    },
  },
  candidates: {
    about: 'every candidate of a run with its fate',
    key: ['run_id', 'candidate_id'],
    day: 'when its run ended',
    since: true,
    columns: {
      run_id,
      candidate_id: text('candidate'),
      position: count('line of candidates.jsonl, from 0', 'lines'),
      digest: text('digest of the change'),
      layer: text('layer of its first changed field'),
      origin: text('who or what made it; null: not said'),
      patch: text('path to from and to, as JSON'),
      rationale: text('why it was proposed'),
      fate: text('what became of it'),
      reason: text('why'),
      metric: number('the metric of the target on the search set', 'of the metric'),
      search_evidence: number('order of the committed list: larger is safer', 'none'),
      utility: number('candidate minus baseline on the search set', 'share'),
      labelled: count('families whose utility can be told', 'families'),
      improvements: count('families that pass now and did not', 'families'),
      regressions: count('families that passed and do not now', 'families'),
      p95_latency_ms: number('candidate minus baseline', 'ms'),
      economics_cents: number('candidate minus baseline', 'cents a decision'),
      b_config: number('weighted distance of the settings', 'share'),
      b_context: number('families with a changed context', 'share'),
      b_decision: number('families with a changed decision', 'share'),
      negative_flip_rate: number('labelled families that passed and fail now', 'share'),
      heldout_baseline: number('metric of the baseline on the held-out set; only of a certified list', 'of the metric'),
      heldout_candidate: number('metric of the candidate there', 'of the metric'),
      heldout_p: number('p-value over all certified rows there', 'share'),
      heldout_regressions: count('families that passed and do not now, there', 'families'),
      heldout_improvements: count('families that pass now and did not, there', 'families'),
    },
  },
  guardrails: {
    about: 'every limit of every candidate, on the search set and, of a certified list, on the held-out set',
    key: ['run_id', 'candidate_id', 'part', 'guardrail'],
    day: 'when its run ended',
    since: true,
    columns: {
      run_id,
      candidate_id: text('candidate'),
      part: text('search or heldout'),
      guardrail: text('limit of the target'),
      kind: text('certified, checked or not_at_stake; null: of the search set'),
      verdict: text('pass, block, not_evaluated or not_measured'),
      observed: number('what was seen', 'of the guardrail: share, score, ms or cents'),
      limit_value: number('the limit', 'of the guardrail'),
      bound: number('upper bound at this level', 'of the guardrail'),
      p: number('p-value', 'share'),
      level: number('level that the p-value is compared with', 'share'),
      note: text('in words'),
    },
  },
  versions: {
    about: 'sealed versions by their published counts; no case, no family, no key',
    key: ['version'],
    day: 'when it was sealed, as the journal of heads has it',
    since: false,
    columns: {
      version,
      sealed_at: text('moment; null: the journal does not say'),
      alpha: number('error budget of the whole version', 'share'),
      questions: count('questions that it may be asked', 'questions'),
      alpha_k: number('level of one question', 'share'),
      used: count('questions that were asked', 'questions'),
      retired: text('why no question is asked of it any more; null: it stands'),
      families: count('sealed families', 'families'),
      cases: count('sealed cases', 'cases'),
      labelled: count('families whose utility can be scored', 'families'),
      suite: text('evaluator suite'),
      baseline: text('digest of what was pinned'),
    },
  },
  questions: {
    about: 'every look at a sealed version and what it spent',
    key: ['version', 'k'],
    day: 'when it was charged, else when the run began that asked it',
    since: false,
    columns: {
      version,
      k: count('number of the question, from 1', 'questions'),
      run_id,
      commit_digest: text('digest of what the run bound itself to before'),
      answer: flag('the one bit; null: still open, and spent all the same'),
      level: number('error budget that it spent', 'share'),
      charged: flag('it was charged to a declared budget of the year'),
      chain: text('chained digest; null: still open'),
    },
  },
  budgets: {
    about: 'error budgets of a year as owners declared them',
    key: ['n'],
    day: 'when it was declared',
    since: false,
    columns: {
      n: count('in the order in which they were declared, from 1', 'declarations'),
      budget: number('what all questions of 365 days may spend', 'share'),
      signed_by: text('owner who signed it; null: the first one, or a lower one'),
      bands: text('digest of the bands that declare it'),
    },
  },
  reviews: {
    about: 'reviews of proposals',
    key: ['review_id'],
    day: 'when it was opened',
    since: false,
    columns: {
      review_id,
      run_id: text('run whose proposal it is, or id of a filed one'),
      tuning_proposal_id,
      proposal_digest,
      shown_digest,
      owner: text('who owns the proposal and holds no seat'),
      requires: text('roles that must approve, with commas'),
      status: text('open, approved, rejected or expired'),
      opened_at: text('moment'),
      expires_at: text('moment'),
    },
  },
  decisions: {
    about: 'who decided what, over which digest, when',
    key: ['review_id', 'n'],
    day: 'when it was given',
    since: false,
    columns: {
      review_id,
      n: count('in the order of the review, from 1', 'decisions'),
      run_id: text('run whose proposal it is, or id of a filed one'),
      tuning_proposal_id,
      proposal_digest,
      shown_digest,
      role: text('for which it was given'),
      reviewer: text('who gave it'),
      decision: text('approved or rejected'),
      reason: text('in the words of the reviewer'),
      decided_at: text('moment'),
      previous: text('digest of the decision before; null: the first'),
    },
  },
  releases: {
    about: 'rollouts of approved proposals with their rollback target',
    key: ['rollout_id'],
    day: 'when it began',
    since: false,
    columns: {
      rollout_id,
      tuning_proposal_id,
      review_id,
      candidate_tuple: text('tuple on its way'),
      rollback_target,
      risk_class: text('of the proposal'),
      status: text('running, paused, released, kept, rolled_back, stopped, superseded or retired'),
      stage: text('stage that it stands in, or stood in last'),
      started_at: text('moment'),
      last_at: text('moment of the last transition'),
      approved_by: text('role and person of each approver, with commas'),
      rollback_cases: count('cases on which the rollback target was replayed before the first stage', 'cases'),
      rollback_reproduced: count('of them those that reproduced', 'cases'),
    },
  },
  stages: {
    about: 'who gets the candidate in each stage of a rollout, as declared',
    key: ['rollout_id', 'stage'],
    day: 'when the rollout began',
    since: false,
    columns: {
      rollout_id,
      stage: text('stage'),
      share: number('of the subjects that match', 'share'),
      shadow_share: number('of them, whose runs are also executed on the other arm', 'share'),
      condition: text('attributes that a subject must have, as JSON; null: every subject'),
      dwell_hours: number('least time in the stage', 'hours'),
      deadline_hours: number('after this a person is waited for', 'hours'),
      min_runs: count('runs of distinct subjects, in each arm', 'runs'),
    },
  },
  promotions: {
    about: 'promotion records: each transition of a rollout',
    key: ['rollout_id', 'seq'],
    day: 'when it happened',
    since: false,
    columns: {
      rollout_id,
      seq: count('from 0', 'transitions'),
      promotion_id: text('record'),
      tuning_proposal_id,
      from_stage: text('null: the first'),
      to_stage: text('null: none follows'),
      verdict: text('advanced, paused, resumed, rolled_back, stopped, kept, superseded or retired'),
      decided_by: text('"rollout" for the machine, else the person'),
      moved_at: text('moment'),
      approved_by: text('role and person of each approver, with commas'),
      rollback_target,
      thresholds: text('digest of the rollout configuration'),
      not_good: text('rules that were bad or missing, with what was seen, a line each'),
      previous: text('digest of the record before; null: the first'),
    },
  },
  production: {
    about: 'scored production runs by arm: the last word on each',
    key: ['rollout_id', 'run_id'],
    day: 'when it began; where it does not say, when its rollout began',
    since: true,
    columns: {
      rollout_id,
      run_id: text('production run'),
      arm: text('baseline or candidate'),
      period: text('stage, or window'),
      release_tuple_id: text('tuple that really ran'),
      subject: text('as the arm was assigned by it'),
      compared: flag('split at random in this stage'),
      pair: text('same on a served run and its shadow; null: no shadow'),
      attributes: text('of the subject, as JSON; null: none were declared'),
      started_at: text('moment'),
      outcome_at: text('moment; null: still to come, or not said'),
      utility_passed: flag('null: not measured'),
      utility_score: number('of the task', 'score'),
      policy_violation: flag('null: not measured'),
      safety_violation: flag('null: not measured'),
      approval_bypass: flag('null: not measured'),
      latency_ms: number('of the run', 'ms'),
      economics_cents: number('of the run', 'cents'),
      operator_corrected: flag('null: not measured'),
      escalated: flag('handed to a person; null: not measured'),
      own_score: number('score of one’s own', 'part of the declared range'),
      own_scores: text('several of them by evaluator, as JSON; null: one at most'),
    },
  },
  imports: {
    about: 'imports of traces with what they read, joined and dropped',
    key: ['import_digest'],
    day: 'day of its last run',
    since: false,
    columns: {
      import_digest: text('digest of the record of the import'),
      dialects: text('with commas'),
      unit: text('what became a run'),
      family_rule: text('what a family is'),
      traces: count('traces that were read', 'traces'),
      runs: count('of them those that became a run', 'runs'),
      waiting: count('of them those that wait for their rest', 'traces'),
      dropped: count('of them those that became none', 'traces'),
      first_at: text('moment of the first run'),
      last_at: text('moment of the last run'),
    },
  },
  left_out: {
    about: 'rows that nothing counted, and why',
    key: ['source', 'of_id', 'reason'],
    day: 'of the import, run or version that left it out',
    since: false,
    columns: {
      source: text('import, baseline, replay, proposals, sealing or labels'),
      of_id: text('import, run or version that left it out'),
      reason: text('typed reason'),
      n: count('how many', 'of the column `counts`'),
      counts: text('traces, cases, replays or changes'),
    },
  },
  corrections: {
    about: 'what people said later of recorded runs of the search side; sealed ones are not told',
    key: ['run_id', 'said_at', 'digest'],
    day: 'when it was said',
    since: false,
    columns: {
      run_id: text('recorded run'),
      said_at: text('moment, as it was written'),
      digest: text('of the correction'),
      case_id: text('case that the run records'),
      said_by: text('who said it'),
      passed: flag('label that the run should have; null: not said'),
      score: number('score that it should have', 'score'),
      label_disputed: flag('null: not said'),
      passages: count('passages of which something is said', 'passages'),
      note: text('in words'),
    },
  },
  scars: {
    about: 'corrected failures of the search side that no later candidate may fail again',
    key: ['case_id'],
    day: 'last day of the week that made it',
    since: false,
    columns: {
      case_id: text('case'),
      run_id: text('recorded run that was corrected'),
      since: text('day'),
    },
  },
} as const satisfies Readonly<Record<string, ExportTable>>

/** Name of one of them. */
type ExportTableName = keyof typeof EXPORT_TABLES

interface ValueOf {
  readonly string: string
  readonly bigint: number
  readonly double: number
  readonly boolean: boolean
}

type Columns<T extends ExportTableName> = (typeof EXPORT_TABLES)[T]['columns']

/** Values of a row, by column; every column stands there. */
type ExportValues<T extends ExportTableName> = {
  readonly [C in keyof Columns<T>]:
    | (Columns<T>[C] extends { readonly type: infer K extends ColumnType } ? ValueOf[K] : never)
    | null
}

/** A row with the day and intent that its file is named by. */
export type ExportRow = {
  readonly [T in ExportTableName]: {
    readonly table: T
    readonly day: string
    readonly intent: string
    readonly values: ExportValues<T>
  }
}[ExportTableName]
