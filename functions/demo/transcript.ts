/** Writes down a run as it happens: what stood in each prompt, what it cost, and how long everything took. */
import { textTokens } from '#core/replay/compile-recording.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { PriceTable } from '#schemas/pack.ts'
import type { Draw } from './draw.ts'

export type Step = ExperienceRun['steps'][number]

export interface Transcript {
  readonly steps: readonly Step[]
  /** Sum of the steps: the clock stands still while a person decides. */
  readonly latencyMs: number
  readonly costCents: number
}

export interface Recorder {
  say(role: 'user' | 'assistant', content: string): void
  retrieve(bucket: string, hop: number, typicalMs: number): void
  /** A model call that decides on a tool, the call and its result. A write passes its gate first. */
  use(name: string, args: Record<string, string | number>, result: object, gate?: (toolCallId: string) => Step): void
  /** A model call that ends in words. */
  answer(content: string): void
  transcript(): Transcript
}

const MODEL = 'support-large'
/** Tokens of the instructions and tool descriptions in front of every prompt. */
const PREAMBLE_TOKENS = 360

/** A fresh recorder. Prompt tokens count what stood in the prompt: preamble, evidence, tool output so far, dialogue so far. */
export function recordRun(draw: Draw, evidence: ExperienceRun['evidence'], prices: PriceTable): Recorder {
  const price = prices.models[MODEL]!
  const steps: Step[] = []
  let prompt = PREAMBLE_TOKENS + evidence.reduce((sum, offer) => sum + textTokens(offer.text!), 0)
  let latencyMs = 0
  let costCents = 0
  let calls = 0
  const add = (step: Step): void => {
    steps.push(step)
    if ('latency_ms' in step) latencyMs += step.latency_ms!
  }
  const think = (completion: number): void => {
    costCents += (prompt * price.prompt_cents_per_million + completion * price.completion_cents_per_million) / 1e6
    add({
      kind: 'model_call',
      model: MODEL,
      prompt_tokens: prompt,
      completion_tokens: completion,
      latency_ms: draw.latency(300 + prompt * 0.1 + completion * 9),
    })
  }
  const say: Recorder['say'] = (role, content) => {
    prompt += textTokens(content)
    add({ kind: 'message', role, content, tokens: null })
  }
  return {
    say,
    retrieve: (bucket, hop, typicalMs) => add({ kind: 'retrieval', bucket, hop, latency_ms: draw.latency(typicalMs) }),
    use(name, args, result, gate) {
      const id = `call_${++calls}`
      const writes = gate !== undefined
      think(draw.int(32, 58))
      if (gate) add(gate(id))
      add({
        kind: 'tool_call',
        tool_call_id: id,
        name,
        arguments: args,
        writes,
        confirmed: writes ? true : null,
        correct: null,
        latency_ms: draw.latency(180),
      })
      const content = JSON.stringify(result)
      prompt += textTokens(content)
      add({ kind: 'tool_result', tool_call_id: id, content, error: false, tokens: null })
    },
    answer(content) {
      think(textTokens(content) + draw.int(4, 12))
      say('assistant', content)
    },
    transcript: () => ({ steps, latencyMs, costCents }),
  }
}
