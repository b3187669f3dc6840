/** What one recorded run says of itself: which evaluators fail and why, what people corrected, and which needed passages it did not read. */
import type { PriceTable } from '#schemas/pack.ts'
import type { Recording } from '#schemas/replay-case.ts'
import type { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import { asRecorded } from '../baseline/recorded-baseline.ts'
import { scorecardOf } from '../evaluate/scorecard.ts'
import { general } from '../evidence/patterns.ts'
import { observe, type TrimmedCase } from '../replay/transcript.ts'

/** One thing that may recur. */
export interface Sighting {
  readonly kind: 'failure_cluster' | 'correction_cluster' | 'unread_passage'
  readonly pattern: string
  /** Of a passage that one setting would have kept: which, and from which value on; null: none would. */
  readonly kept_from: { readonly path: string; readonly value: number } | null
}

/** Checks whose findings are in this program's words: what others wrote may quote a customer. */
const OURS: ReadonlySet<Evaluator['check']> = new Set([
  'required_evidence',
  'grounded_arguments',
  'approval_honoured',
  'must_refuse',
  'known_provenance',
  'allowed_sources',
  'allowed_tools',
  'confirmed_before_write',
])

/** Everything in one recorded run that may recur, each once. Nothing is replayed. */
export function sightingsOf(
  recording: Recording,
  intent: string,
  suite: EvaluatorSuite,
  prices: PriceTable | null,
): Sighting[] {
  const trimmed = asRecorded(recording, recording.settings)
  const { scores, measures } = scorecardOf(suite, observe(trimmed, { baseline: recording.settings, prices }), intent)
  const found: Sighting[] = []
  for (const { evaluator_id, check } of suite.evaluators) {
    const { status, findings } = scores[evaluator_id]!
    if (status === 'fail')
      found.push({
        kind: 'failure_cluster',
        pattern: `${evaluator_id} fails${OURS.has(check) && findings[0] ? `: ${general(findings[0].message)}` : ''}`,
        kept_from: null,
      })
  }
  const said = recording.corrected?.label
  const wrong =
    typeof said === 'object'
      ? said.passed === false
      : recording.corrections.some((c) => c.kind === 'outcome' && c.passed === false)
  if (wrong && measures.policy_violation !== true && measures.safety_violation !== true)
    found.push({
      kind: 'correction_cluster',
      pattern: 'people corrected a run to failed that breaks no floor',
      kept_from: null,
    })
  return unique([...found, ...unreadPassages(trimmed)])
}

/** Needed passages that were offered and not read, by bucket and reason. */
function unreadPassages({ recording: { evidence }, rendered }: TrimmedCase<Recording>): Sighting[] {
  const kept = new Set(rendered.kept)
  return evidence.ref.flatMap((_, offer): Sighting[] => {
    if (!evidence.gold[offer] || kept.has(offer)) return []
    const bucket = evidence.bucket[offer]!
    const { topK, maxHops, ordering } = rendered.plan.bucket(bucket)
    const rank = evidence.ranks[ordering]?.[offer] ?? 0
    const hop = evidence.hop[offer]!
    if (hop > maxHops) return [unread(bucket, `beyond max_hops ${maxHops}`, `evidence.${bucket}.max_hops`, hop)]
    if (rank > topK) return [unread(bucket, `ranked beyond top_k ${topK}`, `evidence.${bucket}.top_k`, rank)]
    return [
      {
        kind: 'unread_passage',
        pattern: `a needed passage of ${bucket} is not read: no rank or no room for it`,
        kept_from: null,
      },
    ]
  })
}

const unread = (bucket: string, why: string, path: string, value: number): Sighting => ({
  kind: 'unread_passage',
  pattern: `a needed passage of ${bucket} is not read: ${why}`,
  kept_from: { path, value },
})

/** One sighting a pattern: of several passages the one that is hardest to keep. */
function unique(found: readonly Sighting[]): Sighting[] {
  const one = new Map<string, Sighting>()
  for (const sighting of found) {
    const before = one.get(sighting.pattern)
    if (!before || (sighting.kept_from?.value ?? 0) > (before.kept_from?.value ?? 0))
      one.set(sighting.pattern, sighting)
  }
  return [...one.values()]
}
