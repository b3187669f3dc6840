/**
 * Large spaces: a constraint-aware sampler proposes points, every one is replayed over the whole panel, and feasibility
 * is decided by the same rules as everywhere. The result is labelled "not exhaustive".
 */
import type { CandidateChange, CandidateScore } from '#schemas/candidate.ts'
import { GUARDRAIL_NAMES } from '#schemas/metrics.ts'
import { digestOf } from '../canonical.ts'
import { pointRows } from '../evaluate/guardrails.ts'
import { createSearch } from '../sampler/create-search.ts'
import type { Constraint, Metrics, Space, Values } from '../sampler/types.ts'
import { asCandidate, type TunableField } from '../space/lattice.ts'
import { bootstrapSeed } from '../statistics/generator.ts'
import { type Keeping, killsOf } from './kept-search.ts'
import type { ReplayMemo } from './memo.ts'
import { settleOutcome } from './paid-fates.ts'
import { renderCandidate } from './render-candidates.ts'
import type { Answer, CaseView, Round } from './replayer.ts'
import type { SearchInput } from './search-input.ts'
import { failFastReplay, startVisits } from './visit.ts'

/** Candidates that a sampled search looks at, the baseline included. */
export const SAMPLED_CANDIDATES = 200

/** Scores of the sampler's proposals in the order in which it made them. `replayed` takes those that were paid for. */
export function* sampledScores(
  input: SearchInput,
  view: CaseView,
  memo: ReplayMemo,
  baselineMetric: number | null,
  block: number,
  replayed: string[],
  keeping: Keeping,
): Generator<Round, CandidateScore[], readonly Answer[]> {
  const { target, fields, pack } = input
  const searched = fields.filter((f) => f.values.length > 0)
  const sampler = createSearch({
    space: spaceOf(searched),
    baseline: Object.fromEntries(searched.map((f) => [f.path, f.baseline])) as Values,
    objective: { metric: 'objective', direction: target.direction },
    constraints: constraintsOf(input),
    seed: bootstrapSeed(digestOf([target.intent, target.metric, target.search_space]).slice(7), 'sampler'),
    most_changed: target.max_fields,
    evaluations: SAMPLED_CANDIDATES,
  })
  const visits = startVisits(input, block, keeping.from && killsOf(keeping.from, input.panel.cases.length))
  const scored: CandidateScore[] = []
  let place = 0
  const looked = function* (change: CandidateChange, failFast: boolean) {
    const before = keeping.settledAt(place++)
    if (before) return before
    const candidate = renderCandidate(change, scored.length, input, view, baselineMetric)
    if ('fate' in candidate) return settled(candidate)
    replayed.push(change.candidate_id)
    const outcome = yield* failFastReplay(candidate, input, view, memo, visits, failFast)
    return settled(settleOutcome(candidate, outcome, input, baselineMetric))
  }
  const settled = (score: CandidateScore): CandidateScore => {
    keeping.settled(score, replayed, visits.kills, memo)
    return score
  }
  for (const change of input.proposed ?? []) scored.push(yield* looked(change, true))
  const proposed = new Set(scored.map(({ candidate_id }) => candidate_id))
  for (let [point] = sampler.ask(); point; [point] = sampler.ask()) {
    const patch = Object.fromEntries(
      searched
        .filter((f) => point!.values[f.path] !== f.baseline)
        .map((f) => [f.path, { from: f.baseline, to: point!.values[f.path]! }]),
    )
    if (Object.keys(patch).length === 0) {
      const guardrails = pointRows(target.guardrails, target.not_measured, input.panel, input.panel.baseline)
      sampler.tell([{ id: point.id, metrics: observed({ metric: baselineMetric, guardrails }) }])
      continue
    }
    const change = asCandidate(patch, pack, 'proposed by the sampler')
    const score = yield* looked(change, false)
    // What a proposer made keeps its word; the sampler learns of it all the same.
    if (!proposed.has(score.candidate_id)) scored.push(score)
    sampler.tell([{ id: point.id, metrics: observed(score) }])
  }
  return scored
}

function spaceOf(fields: readonly TunableField[]): Space {
  return Object.fromEntries(
    fields.map(({ path, values }) => [
      path,
      typeof values[0] === 'number'
        ? { kind: 'ordered' as const, values: values as number[] }
        : { kind: 'categorical' as const, values: values.map(String) },
    ]),
  )
}

/** The target's point rules as the sampler's constraints; what is never measured constrains nothing. */
function constraintsOf({ target }: SearchInput): Constraint[] {
  const g = target.guardrails
  const limits: (Constraint | false | undefined)[] = [
    g.policy && { metric: 'policy', min: g.policy.min },
    g.safety && { metric: 'safety', min: g.safety.min },
    g.approval_bypass_rate && { metric: 'approval_bypass_rate', max: g.approval_bypass_rate.max },
    g.utility_delta && { metric: 'utility_delta', min: g.utility_delta.min },
    g.p95_latency_delta && { metric: 'p95_latency_delta', max: g.p95_latency_delta.max_ms },
    g.economics_delta && { metric: 'economics_delta', max: g.economics_delta.max_cents },
  ]
  return limits.filter((c): c is Constraint => Boolean(c))
}

/** What was observed of a candidate; `null` where it was dropped before the number was known. */
function observed({ metric, guardrails }: Pick<CandidateScore, 'metric' | 'guardrails'>): Metrics {
  const rows = Object.fromEntries(
    GUARDRAIL_NAMES.map((name) => [name, guardrails.find((r) => r.guardrail === name)?.observed ?? null]),
  )
  return { ...rows, objective: metric }
}
