/** The inbox as rules: which quarter counts, what the same proposal is, and what is kept of an answer. */
import type { Fate, HandWrittenChange } from '#schemas/candidate.ts'
import type { InboxAnswer } from '#schemas/inbox.ts'
import { digestOf } from '../canonical.ts'
import { type PromptCost, promptCostLines } from '../evidence/prompt-cost.ts'
import type { MemoryAnswer } from '../proposers/memory.ts'
import type { Assessment } from '../search/assess.ts'
import { sayingWhatDiffers } from '../space/where-they-differ.ts'

/** Calendar quarter of a moment, ISO 8601 in UTC: `2026-Q4`. */
export const quarterOf = (instant: string): string =>
  `${instant.slice(0, 4)}-Q${Math.ceil(Number(instant.slice(5, 7)) / 3)}`

/** Digest of a change that is out of bounds; one within them has the digest of the settings that it leaves. */
export const changeDigest = ({ patch }: Pick<HandWrittenChange, 'patch'>): string => digestOf(patch)

/** What memory or the search side said of one change. */
interface Told {
  readonly problems: readonly string[]
  readonly released: string | null
  readonly memory: MemoryAnswer | null
  readonly other_baseline?: string
  readonly prompts?: readonly PromptCost[]
  /** null: it is out of bounds or memory answers, and it was not replayed. */
  readonly assessed: Assessment | null
}

/** The fate that a run would give what memory answers; null: it would have to look. */
const FATE_OF: Readonly<Record<MemoryAnswer['why'], Fate | null>> = {
  dead_end: 'remembered',
  inert: 'inert',
  stale: null,
  looked_at: null,
}

/** The answer as it is kept: bounds, fate, differences, each limit, and the first case of each that it breaks. */
export function inboxAnswer(
  n: number,
  under: string,
  { problems, released, memory, other_baseline, prompts, assessed }: Told,
): InboxAnswer {
  const base = {
    inbox: 'answer.v1' as const,
    n,
    under,
    problems: [...problems],
    released,
    ...(other_baseline !== undefined && { other_baseline }),
  }
  if (!assessed)
    return {
      ...base,
      candidate_id: null,
      memory: memory && { why: memory.why, of: memory.of },
      fate: memory && FATE_OF[memory.why],
      reason: memory?.reason ?? null,
      metric: null,
      guardrails: [],
      failed: [],
      examples: [],
      survives: memory?.survives === true && released === null,
    }
  const { candidate_id, patch, fate, reason, applies_to, happened, metric, guardrails, examples, survives } = assessed
  return {
    ...base,
    candidate_id,
    memory: null,
    fate,
    reason: sayingWhatDiffers(reason, patch),
    ...(applies_to && { applies_to }),
    ...(happened && { happened }),
    ...(prompts && { prompt: prompts.flatMap((one) => promptCostLines(one, patch)) }),
    metric,
    guardrails: [...guardrails],
    failed: guardrails.filter(({ verdict }) => verdict === 'block').map(({ guardrail }) => guardrail),
    examples: [...examples],
    survives: survives && released === null,
  }
}
