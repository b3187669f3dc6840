/** The function of a harness module whose process is this one: what a call gives, and what a live one asks. */
import { harnessResult } from '#core/replay/harness-result.ts'
import { type GivenAnswer, pinnedAnswers, type ReplayCall, UnpinnedCall } from '#core/replay/pinned-answers.ts'
import type { FunctionCaller } from '#ports'
import type { HarnessModule, Pinned } from '#schemas/harness.ts'
import type { ReplayReturn } from '#schemas/harness-call.ts'
import { json } from '../harness-engine.ts'

export const moduleCall =
  (replay: HarnessModule['replay'], digest: string): FunctionCaller['call'] =>
  async (_arn, request) => {
    const { job, live = [] } = json(request) as ReplayCall
    const answers = pinnedAnswers(job.recording)
    const left: GivenAnswer[] = [...live]
    let asked: string | null = null
    const pinned: Pinned = {
      tool: async (name, args) => answers.tool(name, args),
      retrieve: async (bucket, options) => answers.retrieve(bucket, options),
      async model({ prompt }) {
        const at = left.findIndex((given) => given.prompt === prompt)
        if (at < 0) {
          asked ??= prompt
          return await new Promise<never>((_, reject) => reject(new Error('it is not answered yet')))
        }
        const [given] = left.splice(at, 1) as [GivenAnswer]
        if ('unpinned' in given) throw new UnpinnedCall(given.unpinned)
        return given.answer
      },
    }
    const reply = await Promise.resolve(replay(job.recording.recorded, job.settings, pinned)).then(
      (returned): Extract<ReplayReturn, { reply: unknown }>['reply'] => {
        const checked = harnessResult(json(returned))
        return 'result' in checked
          ? { returned: checked.result, served: [...answers.served] }
          : { failed: `another shape: ${checked.problem}` }
      },
      (error: Error) => ({ failed: error.message }),
    )
    const unpinned = answers.unpinned()
    return {
      returned: json({
        digest,
        reply:
          asked !== null ? { asks_model: { prompt: asked } } : unpinned === null ? reply : { unreplayable: unpinned },
      }),
    }
  }
