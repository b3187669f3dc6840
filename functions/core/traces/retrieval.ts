/** What was offered to the model: the passages of each retrieval, once each, with the rank that each ordering gave them. */
import { createHash } from 'node:crypto'
import type { Passage, Span } from './span.ts'
import type { Tally } from './tally.ts'
import { nameOf, wordOf } from './words.ts'

export interface Hop {
  readonly span: Span
  readonly bucket: string
  readonly hop: number
}

export interface OfferedPassage {
  readonly evidence_ref: string
  readonly bucket: string
  readonly source: string | null
  hop: number
  hops?: number[]
  score?: number
  readonly ranks: Record<string, number>
  readonly text: string
  /** What no trace says. */
  readonly tokens: null
  readonly gold: false
  readonly required: false
}

export interface Offered {
  readonly hops: readonly Hop[]
  readonly evidence: readonly OfferedPassage[]
  readonly offers: Readonly<Record<string, { depth: number; exhausted: boolean }>>
  readonly settings: Readonly<Record<string, number>>
}

/**
 * Retrievals and rerankers by start. A bucket of which one passage was recorded without its words is offered as nothing: whoever trims it
 * would not know what goes.
 */
export function offeredBy(spans: readonly Span[], tally: Tally): Offered {
  const hops: Hop[] = []
  const passages = new Map<string, OfferedPassage>()
  const wordless = new Set<string>()
  const seen = new Map<string, number>()
  for (const span of spans) {
    if (span.kind === 'rerank') rerank(span, passages, tally)
    if (span.kind !== 'retrieval' || !span.retrieval) continue
    const bucket = wordOf(span.retrieval.bucket) ?? 'retrieval'
    const hop = (seen.get(bucket) ?? 0) + 1
    seen.set(bucket, hop)
    hops.push({ span, bucket, hop })
    tally.add('retrievals.n')
    tally.add('retrievals.documents', span.retrieval.passages.length)
    offer(span, bucket, hop, passages, wordless, tally)
  }
  const buckets = [...seen.keys()].filter((bucket) => !wordless.has(bucket))
  return {
    hops,
    evidence: [...passages.values()].filter(({ bucket }) => !wordless.has(bucket)),
    offers: Object.fromEntries(buckets.map((bucket) => [bucket, depthOf(hops.filter((hop) => hop.bucket === bucket))])),
    settings: topKs(hops, tally),
  }
}

function offer(
  span: Span,
  bucket: string,
  hop: number,
  passages: Map<string, OfferedPassage>,
  wordless: Set<string>,
  tally: Tally,
): void {
  span.retrieval!.passages.forEach((passage, i) => {
    if (passage.text === null) {
      tally.add('retrievals.without_text')
      wordless.add(bucket)
      return
    }
    const ref = refOf(passage)
    const known = passages.get(ref)
    if (known) {
      tally.add('retrievals.repeated')
      if (known.bucket === bucket && known.hop !== hop && !known.hops?.includes(hop))
        known.hops = [...(known.hops ?? [known.hop]), hop]
      return
    }
    const offered: OfferedPassage = {
      evidence_ref: ref,
      bucket,
      source: nameOf(passage.source),
      hop,
      ranks: { as_ranked: i + 1 },
      text: passage.text,
      tokens: null,
      gold: false,
      required: false,
    }
    if (passage.score !== null) offered.score = passage.score
    passages.set(ref, offered)
  })
}

/** Another ordering of what was offered, no new evidence. */
function rerank({ retrieval }: Span, passages: ReadonlyMap<string, OfferedPassage>, tally: Tally): void {
  retrieval?.passages.forEach((passage, i) => {
    const known = passages.get(refOf(passage))
    if (!known) tally.add('retrievals.reranked_unknown')
    else if (known.ranks.reranked === undefined) {
      known.ranks.reranked = i + 1
      tally.add('retrievals.reranked')
    }
  })
}

/** Id of a passage as its store gave it, else from its words. */
function refOf({ id, text }: Passage): string {
  const named = id?.trim()
  if (named && named.length <= 300 && !named.includes('../')) return named
  return `d_${createHash('sha256')
    .update(text ?? '')
    .digest('hex')
    .slice(0, 16)}`
}

/** As deep as the deepest hop was asked for, or returned; exhausted only if every hop returned less than it was asked for. */
function depthOf(hops: readonly Hop[]): { depth: number; exhausted: boolean } {
  const known = hops.map(({ span: { retrieval } }) => ({
    returned: retrieval!.passages.length,
    asked: retrieval!.top_k,
  }))
  return {
    depth: Math.max(...known.map(({ returned, asked }) => Math.max(returned, asked ?? 0))),
    exhausted: known.every(({ returned, asked }) => asked !== null && returned < asked),
  }
}

/** The depth that was asked for, where all retrievals of a bucket asked for one. */
function topKs(hops: readonly Hop[], tally: Tally): Record<string, number> {
  const settings: Record<string, number> = {}
  for (const [bucket, of] of Map.groupBy(hops, (hop) => hop.bucket)) {
    const asked = new Set(of.map(({ span }) => span.retrieval!.top_k).filter((k) => k !== null))
    const [only] = asked
    if (asked.size === 1) settings[`evidence.${bucket}.top_k`] = only!
    else if (asked.size > 1) tally.add('runs.settings_mixed')
  }
  return settings
}
