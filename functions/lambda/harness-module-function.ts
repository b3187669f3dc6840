/** The function in which a harness module of a user's own replays: one case in, its reply out, with the digest of the bytes that run. */

import type { HarnessReply } from '#core/replay/harness.ts'
import type { LiveCase } from '#core/replay/live-case.ts'
import type { GivenAnswer, ReplayCall } from '#core/replay/pinned-answers.ts'
import type { HarnessReturn, ReplayReturn } from '#schemas/harness-call.ts'
import { withModule } from './deployed-module.ts'

/** The handler over the folder that holds host, child, manifest and the module's own files. */
export const harnessModuleFunction =
  (folder: string) =>
  ({ job, limit_ms, live }: ReplayCall): Promise<ReplayReturn> =>
    withModule(folder, 'replay', { limitMs: limit_ms }, async (pool) => {
      try {
        const asked = live ? { ...job, live: () => answeredBefore(live) } : job
        const [reply] = await pool.map([asked], (one, ask) => ask(one))
        return { reply: returnOf(reply!) }
      } catch (error) {
        if (error instanceof NotAnswered) return { reply: { asks_model: { prompt: error.prompt } } }
        throw error
      }
    })

/** Ends a call: whoever called asks the model, and calls again with what it said. */
class NotAnswered extends Error {
  readonly prompt: string
  constructor(prompt: string) {
    super('not answered yet')
    this.prompt = prompt
  }
}

/** A model that answers what was asked before; of prompts that are alike one answer each, in their order. */
function answeredBefore(live: readonly GivenAnswer[]): LiveCase {
  const left = [...live]
  return {
    async model(prompt) {
      const at = left.findIndex((given) => given.prompt === prompt)
      if (at < 0) throw new NotAnswered(prompt)
      const [{ prompt: _, ...answered }] = left.splice(at, 1) as [GivenAnswer]
      return answered
    },
    settled: (reply) => reply,
  }
}

const returnOf = (reply: HarnessReply): HarnessReturn =>
  'result' in reply ? { returned: reply.result, served: [...reply.served] } : reply
