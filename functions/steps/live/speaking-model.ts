/** A model that is asked a whole run: one that says nothing at all is not asked on. */
import { hostOf, modelName } from '#core/live/model-name.ts'
import type { ModelRefusal, ModelReply } from '#core/model/reply.ts'
import { PROBE } from '#core/model/request.ts'
import type { LivePin } from '#schemas/live-model.ts'
import { UserError } from '../../errors.ts'
import type { ModelPort } from '../../ports.ts'

/**
 * The same model. Where its first answer is empty it is asked for one word, once and beside the budget: a model that has not
 * even that is not asked a whole run for nothing, and none of its silence is kept. Throws UserError then.
 */
export function speakingModel(model: ModelPort, pin: LivePin): ModelPort {
  let speaks = false
  return {
    async converse(request) {
      const reply = await model.converse(request)
      speaks ||= !isEmpty(reply) || !isEmpty(await model.converse({ ...request, prompt: PROBE }))
      if (speaks) return reply
      throw new UserError(
        `${modelName(pin.model)} at ${hostOf(pin)} answered nothing, also when it was asked for one word: is it a chat model, and is max_tokens ${pin.max_tokens} enough for what it thinks before it speaks? Nothing was kept`,
      )
    },
  }
}

const isEmpty = (reply: ModelReply | ModelRefusal): boolean =>
  !('refused' in reply) && (reply.content ?? '').trim() === '' && reply.tool_calls.length === 0
