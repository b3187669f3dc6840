/** The model steps of one replay of a case: every prompt is asked of the pinned model, and what was answered is on record. */
import { digestOf } from '#core/canonical.ts'
import type { AskedAnswer } from '#core/live/asked-answers.ts'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import { type ModelRequest, requestDigest } from '#core/model/request.ts'
import type { LiveCase } from '#core/replay/live-case.ts'
import type { AnswerCache, ModelPort } from '../../ports.ts'

interface Asking {
  readonly cache: AnswerCache
  /** Who answers what is not kept; null: nobody. */
  readonly port: ModelPort | null
  /** The request for a prompt, of which this replay has asked `nth` alike before. */
  readonly request: (prompt: string, nth: number) => ModelRequest
  /** Name of the model in price tables. */
  readonly name: string
  /** Is called for every prompt. */
  readonly asks: () => void
}

/** Model calls of one case. A harness that asks more is taken for one that does not end. */
export const MOST_CALLS = 64

class NotKept extends Error {}
const NOBODY: ModelPort = {
  async converse() {
    throw new NotKept()
  },
}

export function caseModel({ cache, port, request, name, asks }: Asking): LiveCase {
  const asked: AskedAnswer[] = []
  const replies: ModelReply[] = []
  const alike = new Map<string, number>()
  let first: string | null = null
  let calls = 0
  const unpinned = (why: string) => {
    first ??= `model: ${why}`
    return { unpinned: `model: ${why}` }
  }
  return {
    async model(prompt) {
      const nth = alike.get(prompt) ?? 0
      alike.set(prompt, nth + 1)
      const at = calls++
      asks()
      if (at >= MOST_CALLS) return unpinned(`more than ${MOST_CALLS} calls in one case`)
      if (!prompt.isWellFormed()) return unpinned('the prompt is cut within a character')
      const wanted = request(prompt, nth)
      const digest = requestDigest(wanted)
      try {
        await port?.converse(wanted)
        const kept = await cache.ask(wanted, NOBODY)
        const other = kept.payer !== cache.payer
        const served = servedAs(kept.reply, wanted)
        asked[at] = {
          request: digest,
          reply: digestOf(kept.reply),
          at: kept.at,
          ...(other && { other: true as const }),
          ...(served !== null && { served }),
        }
        if ('refused' in kept.reply) return unpinned(`the model refused: ${kept.reply.refused}`)
        replies[at] = kept.reply
        const { model, content, tool_calls, prompt_tokens, completion_tokens, latency_ms } = kept.reply
        return { answer: { model, content, tool_calls, prompt_tokens, completion_tokens, latency_ms } }
      } catch (error) {
        if (!(error instanceof NotKept)) throw error
        return unpinned(`answer ${digest} is not kept`)
      }
    },

    settled(reply) {
      const answers = asked.filter((one) => one !== undefined)
      // Whatever the harness made of it, caught or thrown on: the case rests on an answer that it never got.
      if (first !== null) return { unreplayable: first, answers }
      if (!('result' in reply)) return { ...reply, answers }
      return { ...reply, result: { ...reply.result, usage: usageOf(replies, name) }, answers }
    },
  }
}

/** Name that an endpoint said it answers under; null: the one that it was asked by, or none. */
function servedAs(reply: ModelReply | ModelRefusal, { model }: ModelRequest): string | null {
  if ('refused' in reply || model.provider !== 'openai') return null
  return reply.model === model.model ? null : reply.model
}

/** One entry a call; null: the endpoint does not count tokens. */
function usageOf(replies: readonly ModelReply[], model: string) {
  const usage = replies.flatMap(({ prompt_tokens, completion_tokens, cached_prompt_tokens, reasoning_tokens }) =>
    prompt_tokens === null || completion_tokens === null
      ? []
      : [
          {
            model,
            prompt_tokens,
            completion_tokens,
            ...(cached_prompt_tokens !== undefined && { cached_prompt_tokens }),
            ...(reasoning_tokens !== undefined && { reasoning_tokens }),
          },
        ],
  )
  return usage.length === replies.length ? usage : null
}
