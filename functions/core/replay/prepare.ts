/** Derived columns of a recording, computed once: prefix sums, orders, and what was readable at each context. */
import type { Recording } from '#schemas/replay-case.ts'

/** Outputs or turns in order, with running totals: `before[i]` tokens stand before item i. */
export interface Window {
  readonly tokens: readonly number[]
  readonly before: Float64Array
  /** Items readable at each context step, aligned with `PreparedRecording.contexts`. */
  readonly readableAtContext: Int32Array
  readonly readableAtAction: Int32Array
}

export interface PreparedRecording {
  readonly recording: Recording
  readonly buckets: readonly string[]
  readonly bucketOf: Uint16Array
  readonly evidenceTokens: readonly number[]
  /** Offers in reading order under one ordering a bucket; memoised by the orderings' names. */
  readonly sequence: (orderings: readonly string[]) => Sequence
  /** Steps at which a context was put before the model: its calls, or its actions when no call was recorded. */
  readonly contexts: readonly number[]
  readonly tools: Window
  readonly memory: Window
}

export interface Sequence {
  /** Offer indices by hop, rank, bucket, position. */
  readonly offers: Int32Array
  /** Rank of each offer in `offers` order; 0 means it was never offered under that ordering and is left out. */
  readonly ranks: Int32Array
}

const prepared = new WeakMap<Recording, PreparedRecording>()

/** Prepared columns of a recording, memoised by identity. */
export function prepare(recording: Recording): PreparedRecording {
  let result = prepared.get(recording)
  if (!result) {
    result = build(recording)
    prepared.set(recording, result)
  }
  return result
}

function build(recording: Recording): PreparedRecording {
  const { evidence, calls, actions } = recording
  const buckets = [...new Set(evidence.bucket)].sort()
  const bucketOf = Uint16Array.from(evidence.bucket, (b) => buckets.indexOf(b))
  const actionContext = actions.step.map((step) => {
    const call = lastAtOrBefore(calls.step, step)
    return call < 0 ? step : calls.step[call]!
  })
  const contexts = calls.step.length > 0 ? calls.step : [...new Set(actionContext)]
  const window = (items: { step: readonly number[]; tokens: readonly number[] }): Window => {
    const before = new Float64Array(items.tokens.length + 1)
    items.tokens.forEach((t, i) => {
      before[i + 1] = before[i]! + t
    })
    const readable = (steps: readonly number[]) =>
      Int32Array.from(steps, (step) => lastAtOrBefore(items.step, step - 1) + 1)
    return {
      tokens: items.tokens,
      before,
      readableAtContext: readable(contexts),
      readableAtAction: readable(actionContext),
    }
  }
  const sequences = new Map<string, Sequence>()
  return {
    recording,
    buckets,
    bucketOf,
    evidenceTokens: evidence.tokens,
    sequence(orderings) {
      const key = orderings.length === 1 ? orderings[0]! : orderings.join('\u0000')
      let sequence = sequences.get(key)
      if (!sequence) {
        sequence = makeSequence(recording, bucketOf, orderings)
        sequences.set(key, sequence)
      }
      return sequence
    },
    contexts,
    tools: window(recording.tools),
    memory: window(recording.memory),
  }
}

function makeSequence(recording: Recording, bucketOf: Uint16Array, orderings: readonly string[]): Sequence {
  const { hop, ranks } = recording.evidence
  const rank = (i: number): number => ranks[orderings[bucketOf[i]!]!]?.[i] ?? 0
  const offers = hop.map((_, i) => i).filter((i) => rank(i) > 0)
  offers.sort((a, b) => hop[a]! - hop[b]! || rank(a) - rank(b) || bucketOf[a]! - bucketOf[b]! || a - b)
  return { offers: Int32Array.from(offers), ranks: Int32Array.from(offers, rank) }
}

/** Index of the last entry of an ascending list that is <= value, -1 when none is. */
function lastAtOrBefore(ascending: readonly number[], value: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const mid = (low + high) >> 1
    if (ascending[mid]! <= value) low = mid + 1
    else high = mid
  }
  return low - 1
}
