/**
 * What the search side says of given changes. A search drops a candidate at the first case after which it cannot pass;
 * here each is read to its end, because whoever wrote it wants every figure and every limit that it breaks.
 */
import type { BlastRadius, CandidateChange, CandidateScore, GuardrailRow } from '#schemas/candidate.ts'
import type { ScoreDelta } from '#schemas/suite.ts'
import { notEvaluated, pointRows } from '../evaluate/guardrails.ts'
import { type MeasureList, measureList } from '../evaluate/measure-list.ts'
import { metricOver } from '../evaluate/metric.ts'
import { scoreDelta } from '../evaluate/pairs.ts'
import { rejectedElsewhere } from '../space/rejected-elsewhere.ts'
import { applyPatch, tableOf } from '../space/scope.ts'
import { reachOf } from '../space/scopes.ts'
import { committedCandidates } from './committed-list.ts'
import { FirstBreaks, type LimitExample } from './first-breaks.ts'
import { blindFate } from './free-fates.ts'
import { negativeControl } from './negative-control.ts'
import { settleOutcome } from './paid-fates.ts'
import { blindWhereServed } from './planned-families.ts'
import { asFarAsKnown } from './predictions.ts'
import { radiusOf } from './radius.ts'
import { renderCandidate } from './render-candidates.ts'
import { type CaseAnswer, type CaseView, type Round, SAME_AS_BASELINE } from './replayer.ts'
import type { SearchInput } from './search-input.ts'

/**
 * A change with its fate and every figure behind it. `metric` in the metric's own unit, `delta` candidate minus baseline;
 * null: not measured. A change that the records cannot speak about has no figures: its rows read `not_evaluated`.
 */
export interface Assessment
  extends Pick<
    CandidateScore,
    'candidate_id' | 'patch' | 'digest' | 'fate' | 'reason' | 'applies_to' | 'prediction' | 'happened'
  > {
  readonly metric: {
    readonly baseline: number | null
    readonly candidate: number | null
    readonly delta: number | null
  }
  readonly guardrails: readonly GuardrailRow[]
  /** Regressions, improvements and violations by family, and the differences on every metric. */
  readonly search: ScoreDelta | null
  readonly blast_radius: BlastRadius | null
  /** What memory says of the same values for other cases; absent: nothing. */
  readonly rejected_elsewhere?: string
  /** The first case of each guardrail that a case can break. */
  readonly examples: readonly LimitExample[]
  /** Would a search keep it: replayable, within every limit, and better on the metric? */
  readonly survives: boolean
}

/** How changes are read: none of it changes what is found. */
export interface AssessOptions {
  /** Cases asked for at once. @default 16 */
  readonly block?: number
  /** Is shown every answer of a change. */
  readonly see?: (change: CandidateChange, caseIndex: number, answer: CaseAnswer) => void
  /** Is told which change is read, for people. */
  readonly progress?: (message: string) => void
}

/**
 * Assesses changes in their order, each over the whole search panel; the fates are those of a run of this very list. Yields
 * the replays that it needs and is given their answers, in the order of the cases. Asks nothing and keeps nothing.
 */
export function* assess(
  changes: readonly CandidateChange[],
  given: SearchInput,
  view: CaseView,
  { block = 16, progress = () => {}, see = () => {} }: AssessOptions = {},
): Generator<Round, Assessment[], readonly CaseAnswer[]> {
  progress('the negative control: every surface at its most destructive values')
  const input = { ...given, control: given.control ?? (yield* negativeControl(given, view)) }
  const baselineMetric = metricOver(input.target.metric, input.panel.baseline)
  const room = measureList()
  const found: { score: CandidateScore; rest: Figures }[] = []
  for (const [at, change] of changes.entries()) {
    progress(`replaying change ${at + 1} of ${changes.length}`)
    const rendered = renderCandidate(change, at, input, view, baselineMetric)
    const known = 'fate' in rendered ? rendered : blindFate(rendered, input)
    // Rendered already: the records cannot speak about it, so there is nothing to read.
    const read =
      'fate' in known && known.fate === 'unreplayable'
        ? null
        : yield* readWhole(change, input, view, { block, see, measures: room })
    const lost = read?.lost ?? null
    const outcome = read && (lost === null ? read : { stopped: { unreplayable: lost } })
    const score = asFarAsKnown('fate' in known ? known : settleOutcome(known, outcome!, input, baselineMetric), input)
    found.push({ score, rest: figures(change, lost === null ? read : null, input, baselineMetric) })
  }
  const scores = blindWhereServed(
    found.map((f) => f.score),
    input,
    view,
  )
  const committed = committedCandidates(scores, input.target)
  return found.map(({ rest }, at) => {
    const score = scores[at]!
    const { candidate_id, patch, digest, fate, reason, prediction, happened } = score
    const listed = committed.find((c) => c.digest === digest)
    const survives = fate === 'dominated'
    const applies_to = reachOf(patch, input.scopes)
    const elsewhere = fate === 'remembered' ? null : rejectedElsewhere(patch, input.rejections)
    return {
      candidate_id,
      patch,
      ...(applies_to !== null && { applies_to }),
      ...(elsewhere !== null && { rejected_elsewhere: elsewhere }),
      ...(prediction && { prediction }),
      ...(happened && { happened }),
      digest,
      fate: listed?.fate ?? fate,
      reason: listed ? LISTED : survives ? OUTDONE : reason,
      ...rest,
      survives,
    }
  })
}

const LISTED = 'within every limit and better: a run of this list would commit it to its question'
const OUTDONE = 'within every limit and better, but another change of this list is at least as safe and as good'

type Figures = Pick<Assessment, 'metric' | 'guardrails' | 'search' | 'blast_radius' | 'examples'>

/** A change on every case. */
interface Read {
  readonly measures: MeasureList
  /** Bits: 1 the context or approvals changed, 2 the decision or the pass/fail did. */
  readonly changed: Uint8Array
  readonly breaks: FirstBreaks
  /** The first case that could not be replayed after all, and why; null: there is none. */
  readonly lost: string | null
}

function* readWhole(
  change: CandidateChange,
  input: SearchInput,
  view: CaseView,
  { block, see, measures }: Required<Pick<AssessOptions, 'block' | 'see'>> & { readonly measures: MeasureList },
): Generator<Round, Read, readonly CaseAnswer[]> {
  const { panel, pack } = input
  const settings = applyPatch(tableOf(pack), change.patch)
  const changed = new Uint8Array(panel.cases.length)
  const breaks = new FirstBreaks(input)
  let lost: string | null = null
  measures.clear()
  for (let from = 0; from < panel.cases.length; from += block) {
    const cases = Array.from({ length: Math.min(block, panel.cases.length - from) }, (_, i) => from + i)
    const asked = cases.filter((i) => view.contextKey(i, settings) !== SAME_AS_BASELINE)
    const answers = asked.length === 0 ? [] : yield { candidate_id: change.candidate_id, settings, cases: asked }
    for (const i of cases) {
      const answer = answers[asked.indexOf(i)]
      const base = panel.baseline.at(i)!
      const now = answer?.measures ?? base
      measures.add(now)
      breaks.add(i, now, answer ?? null)
      if (!answer) continue
      see(change, i, answer)
      const decided = answer.decisionChanged || base.utility_passed !== now.utility_passed
      changed[i] = (answer.contextChanged === false ? 0 : 1) | (decided ? 2 : 0)
      const { status, case_id, reason } = answer.result
      if (status !== 'replayed') lost ??= `${case_id}: ${reason?.split('\n', 1)[0]}`
    }
  }
  return { measures, changed, breaks, lost }
}

function figures(
  { patch }: CandidateChange,
  read: Read | null,
  { target, panel, fields }: SearchInput,
  baseline: number | null,
): Figures {
  if (read === null)
    return {
      metric: { baseline, candidate: null, delta: null },
      guardrails: notEvaluated(),
      search: null,
      blast_radius: null,
      examples: [],
    }
  const { measures, changed, breaks } = read
  const candidate = metricOver(target.metric, measures)
  const search = scoreDelta('search', panel, measures, 0)
  return {
    metric: { baseline, candidate, delta: candidate === null || baseline === null ? null : candidate - baseline },
    guardrails: pointRows(target.guardrails, target.not_measured, panel, measures),
    search,
    blast_radius: radiusOf(patch, fields, panel, changed, search),
    examples: breaks.examples(),
  }
}
