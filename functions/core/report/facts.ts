/** What a report of a run shows, as one value: a pure function of the run's own files and of the evidence behind them. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { Certificate, GateAnswer, HeldoutVersion, PreflightRow } from '#schemas/heldout.ts'
import type { MetricName } from '#schemas/metrics.ts'
import type { RunUsage } from '#schemas/model-usage.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { AutotuneRun, LeftOut, RunManifest, RunRefusal, Verdict } from '#schemas/run.ts'
import type { RunEvidence } from '../evidence/types.ts'
import { certificateFor } from '../gate/answer.ts'
import { labelLines } from '../gate/label-wording.ts'
import { runUsageLines, usageLines } from '../model/usage-text.ts'
import { HELD } from '../search/committed-list.ts'
import { notSearchedBy } from '../search/not-searched.ts'
import { type BestStep, bestSoFar } from './best-so-far.ts'
import { nextSteps } from './next-steps.ts'
import { type PowerCurve, powerCurves } from './power.ts'
import { type SettingGrid, settingGrid, settingsTried, type TriedSetting } from './settings-tried.ts'
import type { ReplayTallies, ReplayTally } from './tally.ts'

/** Everything of a run that is read for its report. */
interface ReportInput {
  readonly manifest: RunManifest
  readonly run: AutotuneRun
  readonly candidates: readonly CandidateScore[]
  readonly tallies: ReplayTallies
  readonly proposal: TuningProposal | null
  readonly gate: GateAnswer | null
  /** The baseline's metric on the search set; null: not known. */
  readonly baselineMetric: number | null
  /** What it asked of models; null: nothing, or nobody counted. */
  readonly usage: RunUsage | null
  readonly evidence: RunEvidence | null
  /** Why there is no evidence although something could have been shown; null: there is, or nothing to show. */
  readonly evidenceLacks: string | null
}

export interface CandidateFacts extends CandidateScore {
  /** What was paid for it; null: nothing. */
  readonly replayed: ReplayTally | null
}

/** The one question that the run asked of its sealed version; null: none was asked. */
interface QuestionFacts {
  readonly question: number
  readonly of: number
  /** Error that one question spends, and that all of them may. */
  readonly level: number
  readonly alpha: number
  readonly passed: boolean
  readonly version: string
}

/** A report as a value. What was not measured is null. */
export interface ReportFacts {
  readonly version: 1
  readonly run_id: string
  readonly intent: string
  /** `abandoned`: a person gave it up after it had opened its question. */
  readonly verdict: Verdict | 'abandoned'
  readonly metric: MetricName | null
  readonly direction: 'decrease' | 'increase' | null
  readonly owner: string | null
  readonly pack: string | null
  readonly started_at: string | null
  /** Null: nothing says when. */
  readonly finished_at: string | null
  /** Why it certifies nothing for real use; null: it is for real, or never began. */
  readonly demonstration: string | null
  /** Why the run ended as it did, and what a person can do next. */
  readonly reasons: readonly string[]
  readonly next: readonly string[]
  readonly baseline_metric: number | null
  /** The chosen candidate, else the one that stood first; null: nothing was kept. */
  readonly shown_candidate: string | null
  readonly candidates: readonly CandidateFacts[]
  readonly evaluators: readonly string[]
  /** Changes of proposers that are no candidates, with the reason. */
  readonly left_out: readonly LeftOut[]
  /** What models cost that proposed. */
  readonly model_usage: readonly string[]
  readonly search: {
    readonly counts: RunManifest['summary']['search']
    readonly excluded: RunManifest['summary']['excluded']
    readonly control: readonly string[]
    /** Values of the search space about which no recording speaks, in lines. */
    readonly not_searched: readonly string[]
    readonly cases: number
    readonly best: readonly BestStep[]
    readonly settings: readonly TriedSetting[]
    readonly grid: SettingGrid | null
    /** How far the changes of each origin came; null: no proposer was asked. */
    readonly origins: RunManifest['summary']['origins'] | null
  } | null
  readonly evidence: RunEvidence | null
  readonly evidence_lacks: string | null
  readonly proposal: TuningProposal | null
  /** Published by a "yes", which retired the version; null otherwise: a sealed case is then not to be read. */
  readonly certificate: Certificate | null
  readonly preflight: readonly PreflightRow[]
  readonly power: readonly PowerCurve[]
  readonly question: QuestionFacts | null
  /** How many families were sealed; null: no version was. */
  readonly sealed_families: number | null
  /** What is said of its labels, in lines. */
  readonly labels: readonly string[]
  readonly provenance: {
    readonly artifacts: Readonly<Record<string, string>>
    readonly manifest: string | null
    readonly search_set: string | null
    readonly sealed_version: string | null
    readonly replayer: string | null
    readonly gate_rules: string | null
    readonly refs: Readonly<Record<string, string>>
    readonly billed: RunManifest['billed'] | null
  }
}

/** The report of a finished run. */
export function reportFacts(input: ReportInput): ReportFacts {
  const { manifest, run, candidates, tallies, proposal, gate, baselineMetric } = input
  const { summary } = manifest
  const { target, heldout_test_set: sealed } = run
  const shown = shownCandidate(candidates)
  const settings = settingsTried(candidates, baselineMetric)
  return {
    version: 1,
    run_id: manifest.run_id,
    intent: manifest.intent,
    verdict: manifest.verdict,
    metric: target.metric ?? null,
    direction: target.direction ?? null,
    owner: target.owner ?? null,
    pack: run.pack.pack,
    started_at: manifest.started_at,
    finished_at: manifest.finished_at,
    demonstration: run.demonstration,
    reasons: summary.reasons,
    next: nextSteps(manifest.verdict, summary),
    baseline_metric: baselineMetric,
    shown_candidate: shown?.candidate_id ?? null,
    candidates: candidates.map((c) => ({ ...c, replayed: tallies.of(c.candidate_id) })),
    evaluators: run.evaluator_suite.evaluators.map((e) => e.evaluator_id),
    left_out: run.proposed?.left_out ?? [],
    model_usage: [...usageLines(run.proposed?.usage ?? []), ...(input.usage ? runUsageLines(input.usage) : [])],
    search: {
      counts: summary.search,
      excluded: summary.excluded,
      control: summary.control ?? [],
      not_searched: notSearchedBy(run, candidates),
      cases: run.search_set.cases,
      best: bestSoFar(candidates, tallies, target.direction ?? 'decrease'),
      settings,
      grid: settingGrid(settings, candidates, baselineMetric),
      origins: summary.origins ?? null,
    },
    evidence: input.evidence,
    evidence_lacks: input.evidenceLacks,
    proposal,
    certificate: shown && certificateFor(gate, shown.candidate_id),
    preflight: summary.preflight,
    power: powerCurves(run, shown?.search ?? null),
    question:
      gate && sealed
        ? {
            question: gate.question,
            of: sealed.questions,
            level: sealed.alpha / sealed.questions,
            alpha: sealed.alpha,
            passed: gate.certified,
            version: gate.version,
          }
        : null,
    sealed_families: sealed?.families ?? null,
    labels: sealed ? labelLines(sealed) : [],
    provenance: {
      artifacts: manifest.artifacts,
      manifest: manifest.digest,
      search_set: run.search_set.digest,
      sealed_version: sealed?.version ?? null,
      replayer: run.replayer.kind,
      gate_rules: run.gate_rules ?? null,
      refs: { ...target.baseline_tuple },
      billed: manifest.billed,
    },
  }
}

/** What is left of a run without files of its own. */
const BARE = {
  version: 1,
  started_at: null,
  demonstration: null,
  baseline_metric: null,
  shown_candidate: null,
  candidates: [],
  evaluators: [],
  left_out: [],
  model_usage: [],
  search: null,
  evidence: null,
  evidence_lacks: null,
  proposal: null,
  certificate: null,
  preflight: [],
  power: [],
  question: null,
  sealed_families: null,
  labels: [],
} as const

const NOTHING_PINNED = {
  artifacts: {},
  manifest: null,
  search_set: null,
  sealed_version: null,
  replayer: null,
  gate_rules: null,
  billed: null,
} as const

/** Of a run that was refused before its search, nothing but the reasons is left. */
export const refusalFacts = ({ run_id, refused_at, reasons, target }: RunRefusal): ReportFacts => ({
  ...BARE,
  run_id,
  intent: target.intent ?? '',
  verdict: 'refused',
  metric: target.metric ?? null,
  direction: target.direction ?? null,
  owner: target.owner ?? null,
  pack: target.baseline_tuple?.pack ?? null,
  finished_at: refused_at,
  reasons,
  next: nextSteps('refused', null),
  provenance: { ...NOTHING_PINNED, refs: { ...target.baseline_tuple } },
})

/** Of a run that was given up in its question, the ledger alone knows: its files were cleared. */
export const abandonedFacts = (runId: string, { intent, ...facts }: HeldoutVersion, k: number): ReportFacts => ({
  ...BARE,
  run_id: runId,
  intent,
  verdict: 'abandoned',
  metric: null,
  direction: null,
  owner: null,
  pack: null,
  finished_at: null,
  reasons: [
    `question ${k} of ${facts.questions} was opened and never answered by the run: it counts as spent, and as a no`,
  ],
  next: nextSteps('abandoned', null),
  question: {
    question: k,
    of: facts.questions,
    level: facts.alpha / facts.questions,
    alpha: facts.alpha,
    passed: false,
    version: facts.version,
  },
  sealed_families: facts.families,
  provenance: { ...NOTHING_PINNED, sealed_version: facts.version, refs: {} },
})

/** The winner; without one, the first that the question listed, else the first that held every limit. */
export const shownCandidate = (candidates: readonly CandidateScore[]): CandidateScore | null =>
  HELD.map((fate) => candidates.find((c) => c.fate === fate)).find((c) => c !== undefined) ?? null
