/** Where tokens and cents go, by part of the context, before and after. */
import type { PriceTable } from '#schemas/pack.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { byCodeUnit } from '../canonical.ts'
import type { Replayed } from '../replay/transcript.ts'
import type { CasePair } from './case-pair.ts'
import type { Spending, SpendingPart } from './types.ts'

type Kind = SpendingPart['kind']
interface Sums {
  readonly part: string
  readonly kind: Kind
  readonly tokens: [number, number]
  readonly cents: [number, number]
}

const NAMES = {
  tools: 'tool output',
  dialogue: 'dialogue',
  rest: 'instructions and the rest',
  output: 'output',
} as const satisfies Partial<Record<Kind, string>>
const ORDER: readonly Kind[] = ['bucket', 'tools', 'dialogue', 'rest', 'output']

export class SpendingParts {
  readonly #parts = new Map<string, Sums>()
  readonly #prices: PriceTable | null
  #decisions = 0
  #priced = 0
  #known = true

  constructor(prices: PriceTable | null) {
    this.#prices = prices
  }

  add({ before, after }: CasePair): void {
    if (after.problem) return
    if (!before.replayed || !after.replayed) {
      this.#known = false
      return
    }
    const isPriced = before.replayed.cents !== null && after.replayed.cents !== null
    this.#decisions++
    if (isPriced) this.#priced++
    for (const [side, replayed] of [before.replayed, after.replayed].entries())
      this.#addSide(side as 0 | 1, replayed, isPriced)
  }

  spending(): Spending | null {
    if (!this.#known || this.#decisions === 0) return null
    const parts = [...this.#parts.values()].sort(
      (a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || byCodeUnit(a.part, b.part),
    )
    const both = ([before, after]: readonly [number, number]) => ({ before, after })
    return {
      decisions: this.#decisions,
      priced: this.#priced,
      parts: parts.map(({ part, kind, tokens, cents }) => ({
        part,
        kind,
        tokens: both(tokens),
        cents: this.#priced > 0 ? both(cents.map(toMicro) as [number, number]) : null,
      })),
    }
  }

  #addSide(side: 0 | 1, replayed: Replayed<Recording>, isPriced: boolean): void {
    let [tokens, cents] = [0, 0]
    const add = (kind: Kind, part: string, count: number, cost: number) => {
      const sums = this.#sums(kind, part)
      sums.tokens[side] += count
      if (isPriced) sums.cents[side] += cost
    }
    const { calls } = replayed.trimmed.recording
    for (const [call, parts] of inputs(replayed).entries()) {
      const price = this.#prices?.models[calls.model[call] ?? '']
      for (const { kind, part, count } of parts) {
        const cost = (count * (price?.prompt_cents_per_million ?? 0)) / 1e6
        add(kind, part, count, cost)
        tokens += count
        cents += cost
      }
      const output = calls.completion_tokens[call] ?? 0
      const cost = (output * (price?.completion_cents_per_million ?? 0)) / 1e6
      if (calls.step.length > 0) add('output', NAMES.output, output, cost)
      cents += cost
    }
    // What was counted beyond the parts, and what a cache made cheaper.
    add('rest', NAMES.rest, (replayed.tokens ?? tokens) - tokens, (replayed.cents ?? 0) - cents)
  }

  #sums(kind: Kind, part: string): Sums {
    const key = `${kind} ${part}`
    const sums = this.#parts.get(key) ?? { part, kind, tokens: [0, 0], cents: [0, 0] }
    this.#parts.set(key, sums)
    return sums
  }
}

/** Tokens of each call's input by part, as far as the parts are recorded; one entry where no call is. */
function inputs({ trimmed }: Replayed<Recording>) {
  const { prepared, rendered, recording } = trimmed
  const { evidence } = recording
  const { plan } = rendered
  const contexts = Math.max(1, prepared.contexts.length)
  return Array.from({ length: contexts }, (_, c) => {
    const buckets = new Map<string, number>()
    for (const offer of rendered.kept) {
      if (evidence.agents && prepared.contextAgents && !evidence.agents[offer]!.includes(prepared.contextAgents[c]!))
        continue
      const bucket = evidence.bucket[offer]!
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + evidence.tokens[offer]!)
    }
    const window = (budget: number, all: number | undefined) => Math.min(budget, all ?? 0)
    return [
      ...[...buckets].map(([part, count]) => ({ kind: 'bucket' as const, part, count })),
      { kind: 'tools' as const, part: NAMES.tools, count: window(plan.toolTokens, prepared.tools.tokensAtContext[c]) },
      {
        kind: 'dialogue' as const,
        part: NAMES.dialogue,
        count: window(plan.memoryTokens, prepared.memory.tokensAtContext[c]),
      },
    ]
  })
}

/** A sum without the noise of adding: a millionth of a cent is no price of anything. */
const toMicro = (cents: number): number => Number(cents.toFixed(6))
