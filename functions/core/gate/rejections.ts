/**
 * Rejection memory as rules: what each kind of "no" is remembered under, and for which run it is a dead end. What is not sure forbids
 * nothing: the price is a replay, or a question that the ledger counts.
 */
import type { CandidateScore } from '#schemas/candidate.ts'
import { GUARDRAIL_NAMES, type GuardrailName, isOwnMetric, type OwnMetric } from '#schemas/metrics.ts'
import type { RejectedUnder, RejectionRecord } from '#schemas/proposal.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import type { Guardrails } from '#schemas/target.ts'
import { digestOf } from '../canonical.ts'
import { DEFAULT_ALPHA, DEFAULT_VIOLATION_RATE, type ResolvedTarget } from '../contract/resolve.ts'
import { isBroken, limitOf, ownLimits } from '../evaluate/guardrails.ts'
import { isAtLeast, isAtMost } from '../statistics/compare.ts'
import { baselineDigest } from './commitment.ts'

type Source = RejectionRecord['source']

/** What a memory entry is keyed by; from the run that was rejected, or that rejected. */
export type RejectedRun = Pick<AutotuneRun, 'run_id' | 'target' | 'pack' | 'evaluator_suite' | 'replayer'>

/** An entry of memory under its id: the same "no", under the same conditions, of the same run, is one entry. */
export function rejection(
  run: RejectedRun,
  said: Pick<RejectionRecord, 'patches' | 'source' | 'reason'> & Partial<Pick<RejectionRecord, 'reasons' | 'under'>>,
): RejectionRecord {
  const suite = digestOf(run.evaluator_suite)
  const body = { intent: run.target.intent!, suite, baseline: baselineDigest(run), run_id: run.run_id, ...said }
  return { rejection_id: digestOf(body), ...body }
}

/** What a run asks, as far as a "no" may hold for it. */
export interface AskedNow {
  readonly target: ResolvedTarget
  /** Digest of its search set. */
  readonly searchSet: string
  /** Sealed version that it would ask; null: none. */
  readonly version: string | null
}

/** What a target asks for, in every entry but those of rollbacks. */
export const underMetric = ({ metric, direction }: Pick<RejectedUnder, 'metric' | 'direction'>): RejectedUnder => ({
  metric,
  direction,
})

/** What a limit on the search set is remembered under; null: nothing was seen to break, a limit was only not measured. */
export function underBroken(
  { guardrails }: Pick<CandidateScore, 'guardrails'>,
  target: ResolvedTarget,
  searchSet: string,
): RejectedUnder | null {
  const broken = guardrails.filter(isBroken).map(({ guardrail }) => guardrail as GuardrailName | OwnMetric)
  if (broken.length === 0) return null
  const named = broken.filter((name) => !isOwnMetric(name))
  const own = broken.filter((name) => isOwnMetric(name))
  const limits: Guardrails = {
    ...Object.fromEntries(named.map((name) => [name, target.guardrails[name]])),
    ...(own.length > 0 && {
      own_scores: Object.fromEntries(own.map((name) => [name, target.guardrails.own_scores![name]!])),
    }),
  }
  return { ...underMetric(target), guardrails: limits, search_set: searchSet }
}

/** Patches of one entry: it stays far below what an item of the ledger may hold. */
const MOST_PATCHES = 100

/** What a search remembers of candidates that broke limits: one entry for all that broke the same, so that memory grows with what breaks. */
export function brokenOnSearch(
  run: RejectedRun & Pick<AutotuneRun, 'search_set'>,
  target: ResolvedTarget,
  candidates: readonly CandidateScore[],
): RejectionRecord[] {
  const groups = new Map<string, { readonly under: RejectedUnder; readonly broke: CandidateScore[] }>()
  for (const candidate of candidates) {
    const under = candidate.fate === 'search_guardrail' ? underBroken(candidate, target, run.search_set.digest) : null
    if (under === null) continue
    const key = digestOf(under)
    const group = groups.get(key) ?? { under, broke: [] }
    group.broke.push(candidate)
    groups.set(key, group)
  }
  return [...groups.values()].flatMap(({ under, broke }) => {
    const entries: RejectionRecord[] = []
    for (let from = 0; from < broke.length; from += MOST_PATCHES) {
      const some = broke.slice(from, from + MOST_PATCHES)
      entries.push(
        rejection(run, {
          patches: some.map(({ patch }) => patch),
          source: 'search_guardrail',
          reason: some.length === 1 ? some[0]!.reason : `broke ${namesOf(under).join(', ')} on the search set`,
          ...(some.length > 1 && { reasons: some.map(({ reason }) => reason) }),
          under,
        }),
      )
    }
    return entries
  })
}

/** What the "no" of a sealed version is remembered under. */
export const underQuestion = (target: ResolvedTarget, version: string): RejectedUnder => ({
  ...underMetric(target),
  guardrails: target.guardrails,
  version,
  terms: termsOf(target),
})

/** What a question says of its limits beside the limits themselves. */
const termsOf = ({ ranges, not_measured, not_at_stake, max_not_recorded }: ResolvedTarget): string =>
  digestOf({ ranges, not_measured, not_at_stake, max_not_recorded })

type Forbids = (under: RejectedUnder | undefined, now: AskedNow) => boolean

/** Source -> for which runs on the same intent, baseline and suite its "no" is a dead end. */
const FORBIDS: Readonly<Record<Source, Forbids>> = {
  // Seen on these cases: they would show it again, as long as any of the limits is there and as tight.
  search_guardrail: (under, now) =>
    under !== undefined &&
    isSameMetric(under, now) &&
    under.search_set === now.searchSet &&
    namesOf(under).some((name) => isAsTight(name, now.target.guardrails, under.guardrails!)),
  // One bit of one version about one question: another version, or less asked, may say yes.
  gate: (under, now) =>
    under !== undefined &&
    isSameMetric(under, now) &&
    under.version === now.version &&
    under.terms === termsOf(now.target) &&
    namesOf(under).every((name) => isAsTight(name, now.target.guardrails, under.guardrails!)),
  // People weighed this change against this gain, whatever the limits were. An earlier version did not keep what for.
  reviewer: (under, now) => under === undefined || isSameMetric(under, now),
  // It was in force and came back: what it did there does not depend on what the next target asks for.
  rollback: () => true,
}

/** Is this "no" a dead end for a run? */
export const forbids = ({ source, under }: RejectionRecord, now: AskedNow): boolean => FORBIDS[source](under, now)

const isSameMetric = ({ metric, direction }: RejectedUnder, { target }: AskedNow): boolean =>
  metric === target.metric && direction === target.direction

const namesOf = ({ guardrails = {} }: RejectedUnder): (GuardrailName | OwnMetric)[] => [
  ...GUARDRAIL_NAMES.filter((name) => guardrails[name] !== undefined),
  ...ownLimits(guardrails).map(({ metric }) => metric),
]

/** Fields of a limit beside its number. */
interface Finer {
  readonly alpha?: number | undefined
  readonly max_violation_rate?: number | undefined
  readonly graded?: boolean | undefined
  readonly stake?: number | undefined
}

/** Is a guardrail there, and no looser in anything than it was? */
function isAsTight(name: GuardrailName | OwnMetric, now: Guardrails, then: Guardrails): boolean {
  if (isOwnMetric(name)) {
    const [limit, was] = [now.own_scores?.[name], then.own_scores![name]!]
    return (
      limit?.direction === was.direction &&
      isAtMost(limit.max_worse, was.max_worse) &&
      isAtMost(limit.alpha ?? DEFAULT_ALPHA, was.alpha ?? DEFAULT_ALPHA)
    )
  }
  const [limit, was] = [limitOf(now, name), limitOf(then, name)]
  if (limit === null || was === null) return false
  const [finer, before]: [Finer, Finer] = [now[name]!, then[name]!]
  return (
    (LEASTS.has(name) ? isAtLeast(limit, was) : isAtMost(limit, was)) &&
    isAtMost(finer.alpha ?? DEFAULT_ALPHA, before.alpha ?? DEFAULT_ALPHA) &&
    isAtMost(finer.max_violation_rate ?? DEFAULT_VIOLATION_RATE, before.max_violation_rate ?? DEFAULT_VIOLATION_RATE) &&
    (finer.graded ?? false) === (before.graded ?? false) &&
    finer.stake === before.stake
  )
}

/** Guardrails whose limit is a least value: the higher, the tighter. */
const LEASTS: ReadonlySet<GuardrailName> = new Set(['policy', 'safety', 'utility_delta'])
