/** Derived columns of a recording, computed once: prefix sums, orders, and what was readable at each context. */
import { rulesOf } from '#schemas/compile-rules.ts'
import { PLACE } from '#schemas/need-places.ts'
import { makePlan, planOf, type SettingsPlan } from './settings-plan.ts'
import type { BareRecording } from './slim.ts'

/** Outputs or turns in order, with running totals: `before[i]` tokens stand before item i. */
export interface Window {
  readonly tokens: readonly number[]
  readonly before: Float64Array
  /** Items readable at each context step, aligned with `PreparedRecording.contexts`, and their tokens. */
  readonly readableAtContext: Int32Array
  readonly tokensAtContext: Float64Array
  /** Least budget that cuts nothing at any context. */
  readonly wholeBudget: number
  /** Least budget under which this window lets each need be read; NaN: it never does. */
  readonly budgetOfNeed: Float64Array
}

/** A rendered context. `shape` is exact: equal shapes of one recording are equal contexts. */
export interface Rendered {
  /** Kept offers in reading order. */
  readonly kept: Int32Array
  readonly keptTokens: number
  /** Kept offers, then for each context whose windows were cut: context, item and tokens left of it. */
  readonly shape: Int32Array
  readonly plan: SettingsPlan
}

export interface PreparedRecording {
  readonly recording: BareRecording
  /** Plan of the settings it was recorded under. */
  readonly recordedPlan: SettingsPlan
  readonly buckets: readonly string[]
  /** One text for `buckets`, under which a plan keeps what it says of them. */
  readonly bucketsKey: string
  readonly bucketOf: Uint16Array
  /** Orderings under which each bucket was ranked at all. */
  readonly orderingsOf: readonly ReadonlySet<string>[]
  /** Buckets that were asked, offered nothing, and may hold more. */
  readonly silentBuckets: readonly string[]
  readonly evidenceTokens: readonly number[]
  /** Offers in reading order under one ordering a bucket; memoised by `key`, one text for the orderings. */
  readonly sequence: (orderings: readonly string[], key: string) => Sequence
  /** Steps at which a context was put before the model: its calls, or its actions when no call was recorded. */
  readonly contexts: readonly number[]
  /** Agent of each context; null: the run has one. */
  readonly contextAgents: readonly (string | null)[] | null
  readonly tools: Window
  readonly memory: Window
  /** Offers that hold a need: those of need n stand at `first[n]` up to `first[n + 1]`. */
  readonly needOffers: { readonly first: Int32Array; readonly offer: readonly number[] }
  /** Approvals (indices) of actions that were judged right. */
  readonly rightApprovals: readonly number[]
  /** Filled by `recordedContext` when it is first asked. */
  recordedContext: Rendered | null
  /** The same of `renderedOnce`. */
  baselineContext: Rendered | null
}

interface Sequence {
  /** Offer indices by hop, rank, bucket, position. */
  readonly offers: Int32Array
  /** Rank of each offer in `offers` order; 0 means it was never offered under that ordering and is left out. */
  readonly ranks: Int32Array
}

/**
 * Where a recording keeps its prepared columns: nobody enumerates it, so no copy, digest or line has it. A WeakMap would
 * hold each recording of a long stream until the next full collection: 280 MB instead of 120, and a third more time.
 */
const PREPARED = Symbol('prepared')

/** Prepared columns of a recording, remembered by identity; computed anew for a frozen one. */
export function prepare(recording: BareRecording & { readonly [PREPARED]?: PreparedRecording }): PreparedRecording {
  const known = recording[PREPARED]
  if (known) return known
  const result = build(recording)
  if (Object.isExtensible(recording)) Object.defineProperty(recording, PREPARED, { value: result })
  return result
}

function build(recording: BareRecording): PreparedRecording {
  const { evidence, calls, actions, approvals } = recording
  const rules = rulesOf(recording)
  const buckets: string[] = []
  for (const bucket of evidence.bucket) if (!buckets.includes(bucket)) buckets.push(bucket)
  buckets.sort()
  const bucketOf = new Uint16Array(evidence.bucket.length)
  for (let i = 0; i < bucketOf.length; i++) bucketOf[i] = buckets.indexOf(evidence.bucket[i]!)
  const orderingsOf = buckets.map(() => new Set<string>())
  for (const [ordering, ranks] of Object.entries(evidence.ranks))
    for (let i = 0; i < ranks.length; i++) if (ranks[i]! > 0) orderingsOf[bucketOf[i]!]!.add(ordering)
  const actionContext =
    actions.context ?? actions.step.map((step) => calls.step[lastAtOrBefore(calls.step, step)] ?? step)
  const ofCalls = calls.step.length > 0
  const acting = ofCalls ? [] : firstOfEach(actionContext)
  const contexts = ofCalls ? calls.step : acting.map((i) => actionContext[i]!)
  const ofContexts = ofCalls ? calls.agent : actions.agent && acting.map((i) => actions.agent![i]!)
  const order = { contexts, agents: ofContexts, actionContext, actionAgents: actions.agent }
  const sequences = new Map<string, Sequence>()
  const right: number[] = []
  for (let i = 0; i < approvals.action.length; i++) if (actions.correct[approvals.action[i]!] === true) right.push(i)
  return {
    recording,
    // A frozen table is shared by many recordings.
    recordedPlan: Object.isFrozen(recording.settings)
      ? planOf(recording.settings, rules)
      : makePlan(recording.settings, rules),
    buckets,
    bucketsKey: buckets.join('\u0000'),
    bucketOf,
    orderingsOf,
    silentBuckets: Object.keys(recording.offers).filter((b) => !buckets.includes(b) && !recording.offers[b]!.exhausted),
    evidenceTokens: evidence.tokens,
    sequence(orderings, key) {
      let sequence = sequences.get(key)
      if (!sequence) {
        sequence = makeSequence(recording, bucketOf, orderings)
        sequences.set(key, sequence)
      }
      return sequence
    },
    contexts,
    contextAgents: ofContexts ?? null,
    tools: makeWindow(recording, PLACE.tool, recording.tools, order),
    memory: makeWindow(recording, PLACE.memory, recording.memory, order),
    needOffers: offersOfNeeds(recording),
    rightApprovals: right,
    recordedContext: null,
    baselineContext: null,
  }
}

// Plain loops below: a search over a long stream prepares each recording once for a dozen replays, and the array
// methods of typed arrays take three times as long (measured).

/** Contexts and actions of a recording, each with the agent that reads there where there are several. */
interface Reading {
  readonly contexts: readonly number[]
  readonly agents: readonly (string | null)[] | undefined
  readonly actionContext: readonly number[]
  readonly actionAgents: readonly (string | null)[] | undefined
}

interface Items {
  readonly step: readonly number[]
  readonly tokens: readonly number[]
  readonly agent?: readonly (string | null)[] | undefined
}

function makeWindow({ needs }: BareRecording, kind: number, items: Items, reading: Reading): Window {
  const { contexts, actionContext } = reading
  const { steps, tokens, place, rangeOf } = byAgent(items)
  const before = new Float64Array(tokens.length + 1)
  for (let i = 0; i < tokens.length; i++) before[i + 1] = before[i]! + tokens[i]!
  const readableAtContext = new Int32Array(contexts.length)
  const tokensAtContext = new Float64Array(contexts.length)
  let wholeBudget = 0
  for (let c = 0; c < contexts.length; c++) {
    const [first, end] = rangeOf(reading.agents?.[c])
    const count = lastAtOrBefore(steps, contexts[c]! - 1, first, end) + 1
    readableAtContext[c] = count
    tokensAtContext[c] = before[count]! - before[first]!
    if (tokensAtContext[c]! > wholeBudget) wholeBudget = tokensAtContext[c]!
  }
  // `leftOf(...) >= depth` turned round: the item is deep enough, and the budget reaches it past all newer ones.
  const budgetOfNeed = new Float64Array(needs.action.length)
  for (let need = 0; need < budgetOfNeed.length; need++) {
    const action = needs.action[need]!
    const [first, last] = rangeOf(reading.actionAgents?.[action])
    const readable = before[lastAtOrBefore(steps, actionContext[action]! - 1, first, last) + 1]!
    let least = Number.NaN
    const end = needs.first[need + 1]!
    for (let at = needs.first[need]!; at < end; at++) {
      if (needs.kind[at] !== kind) continue
      const item = place === null ? needs.item[at]! : place[needs.item[at]!]!
      const depth = needs.depth[at]!
      const budget = depth + readable - before[item + 1]!
      if (tokens[item]! >= depth && !(least <= budget)) least = budget
    }
    budgetOfNeed[need] = least
  }
  return { tokens, before, readableAtContext, tokensAtContext, wholeBudget, budgetOfNeed }
}

/**
 * Items with those of one agent side by side, each agent's in their order: its contexts are a range, and a budget counts in
 * each of them for itself. `place`: where an item of the recording stands now; null: where it stood.
 */
function byAgent({ step: steps, tokens, agent }: Items) {
  const all = [0, steps.length] as const
  if (!agent) return { steps, tokens, place: null, rangeOf: () => all }
  const order = [...Map.groupBy(agent.keys(), (i) => agent[i]!).values()].flat()
  const ranges = new Map<string | null, [number, number]>()
  for (const [at, i] of order.entries()) {
    const range = ranges.get(agent[i]!)
    if (range) range[1] = at + 1
    else ranges.set(agent[i]!, [at, at + 1])
  }
  const place = new Int32Array(order.length)
  for (const [at, i] of order.entries()) place[i] = at
  const none = [0, 0] as const
  return {
    steps: order.map((i) => steps[i]!),
    tokens: order.map((i) => tokens[i]!),
    place,
    rangeOf: (reader: string | null | undefined): readonly [number, number] => ranges.get(reader ?? null) ?? none,
  }
}

/** Index of the first of each distinct value. */
function firstOfEach(values: readonly number[]): number[] {
  const seen = new Set<number>()
  return [...values.keys()].filter((i) => seen.size < seen.add(values[i]!).size)
}

function offersOfNeeds({ needs }: BareRecording): PreparedRecording['needOffers'] {
  const first = new Int32Array(needs.action.length + 1)
  const offer: number[] = []
  for (let need = 0; need < needs.action.length; need++) {
    for (let place = needs.first[need]!; place < needs.first[need + 1]!; place++)
      if (needs.kind[place] === PLACE.evidence) offer.push(needs.item[place]!)
    first[need + 1] = offer.length
  }
  return { first, offer }
}

function makeSequence(recording: BareRecording, bucketOf: Uint16Array, orderings: readonly string[]): Sequence {
  const { hop, ranks } = recording.evidence
  const columns = orderings.map((ordering) => ranks[ordering])
  const rank = new Int32Array(hop.length)
  const offers: number[] = []
  const order = (a: number, b: number): number =>
    hop[a]! - hop[b]! || rank[a]! - rank[b]! || bucketOf[a]! - bucketOf[b]! || a - b
  let isOrdered = true
  for (let i = 0; i < hop.length; i++) {
    rank[i] = columns[bucketOf[i]!]?.[i] ?? 0
    if (rank[i]! <= 0) continue
    isOrdered &&= offers.length === 0 || order(offers.at(-1)!, i) < 0
    offers.push(i)
  }
  // Most are recorded in the order in which they were ranked.
  if (!isOrdered) offers.sort(order)
  const sequence = { offers: new Int32Array(offers.length), ranks: new Int32Array(offers.length) }
  for (let s = 0; s < offers.length; s++) {
    sequence.offers[s] = offers[s]!
    sequence.ranks[s] = rank[offers[s]!]!
  }
  return sequence
}

/** Index of the last entry of an ascending range that is <= value; the one before the range when none is. */
function lastAtOrBefore(ascending: readonly number[], value: number, first = 0, end = ascending.length): number {
  let low = first
  let high = end
  while (low < high) {
    const mid = (low + high) >> 1
    if (ascending[mid]! <= value) low = mid + 1
    else high = mid
  }
  return low - 1
}
