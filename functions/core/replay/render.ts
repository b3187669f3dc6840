/** Renders the context that a recording would have had under other settings: what is kept, cut or dropped. No scoring. */
import { hash } from 'node:crypto'
import type { PreparedRecording, Rendered, Window } from './prepare.ts'
import type { SettingsPlan } from './settings-plan.ts'

const TOOLS = -2
const MEMORY = -3
const NOTHING = new Int32Array(0)
/** The shape under construction: shared, because an allocation a context costs more than the rest of the rendering. */
let scratch = new Int32Array(256)
let length = 0

function push(value: number): void {
  if (length === scratch.length) {
    const wider = new Int32Array(length * 2)
    wider.set(scratch)
    scratch = wider
  }
  scratch[length++] = value
}

/** Context of a recording under a plan. Array arithmetic only; the caller has checked `refusal` first. */
export function render(prepared: PreparedRecording, plan: SettingsPlan): Rendered {
  length = 0
  const keptTokens = prepared.buckets.length > 0 ? pushKept(prepared, plan) : 0
  const kept = length
  pushCuts(prepared.tools, plan.toolTokens, TOOLS)
  pushCuts(prepared.memory, plan.memoryTokens, MEMORY)
  const shape = length === 0 ? NOTHING : scratch.slice(0, length)
  return { kept: kept === length ? shape : shape.subarray(0, kept), keptTokens, shape, plan }
}

function pushKept(prepared: PreparedRecording, plan: SettingsPlan): number {
  const { bucketOf, evidenceTokens } = prepared
  const { plans, orderings, orderingsKey } = plan.buckets(prepared.buckets, prepared.bucketsKey)
  const { offers, ranks } = prepared.sequence(orderings, orderingsKey)
  const { hop } = prepared.recording.evidence
  let keptTokens = 0
  for (let s = 0; s < offers.length; s++) {
    const offer = offers[s]!
    const bucket = plans[bucketOf[offer]!]!
    if (ranks[s]! > bucket.topK || hop[offer]! > bucket.maxHops) continue
    const tokens = evidenceTokens[offer]!
    if (keptTokens + tokens > plan.evidenceTokens) break
    keptTokens += tokens
    push(offer)
  }
  return keptTokens
}

function pushCuts(window: Window, budget: number, tag: number): void {
  if (window.wholeBudget <= budget) return
  const counts = window.readableAtContext
  for (let c = 0; c < counts.length; c++) {
    if (window.tokensAtContext[c]! <= budget) continue
    const edge = edgeOf(window, counts[c]!, budget)
    push(tag)
    push(c)
    push(edge)
    push(leftOf(window, counts[c]!, budget, edge))
  }
}

/** Oldest item of which anything is left, newest first, when the first `count` items exceed the budget. */
function edgeOf(window: Window, count: number, budget: number): number {
  const floor = window.before[count]! - budget
  let low = 0
  let high = count
  while (low < high) {
    const mid = (low + high) >> 1
    if (window.before[mid + 1]! <= floor) low = mid + 1
    else high = mid
  }
  return low
}

/** Tokens of an item that the budget leaves, counting newer items first; negative when it fell out. */
const leftOf = (window: Window, count: number, budget: number, item: number): number =>
  Math.min(window.tokens[item]!, budget - (window.before[count]! - window.before[item + 1]!))

/** Exact equality of two contexts of the same recording. */
export function sameShape(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** SHA-256 of a context of one recording: its shape under the recording's id and its untrimmed settings. */
export function contextHash(prepared: PreparedRecording, rendered: Rendered): string {
  const { shape } = rendered
  const bytes = new Uint8Array(shape.buffer, shape.byteOffset, shape.byteLength)
  return hash('sha256', Buffer.concat([Buffer.from(`${prepared.recording.run_id}\u0000`), bytes]))
}
