/**
 * For a harness of your own in a deployment: `export const handler = harnessFunction(replay)` makes the Lambda function out of
 * the same `replay` that a module exports. Bundle it with your code; it brings nothing else with it.
 *
 * The function is sent held-out cases too. It keeps nothing from one call to the next, calls nothing, and logs no case.
 */
import type { HarnessCase, HarnessModule, Pinned } from '#schemas/harness.ts'
import type { HarnessReturn } from '#schemas/harness-call.ts'
import { type HarnessCall, pinnedAnswers, UnpinnedCall } from '../core/replay/pinned-answers.ts'

export type { HarnessCase, HarnessModule, HarnessResult, Pinned } from '#schemas/harness.ts'
export { UnpinnedCall }

/** The handler of a harness: one recorded case and one settings table in, what came of it out. */
export const harnessFunction =
  (replay: HarnessModule['replay']) =>
  async ({ recording, settings, model_answers }: HarnessCall): Promise<HarnessReturn> => {
    const answers = pinnedAnswers(recording, model_answers)
    const pinned: Pinned = Object.freeze({
      tool: async (name: string, args: unknown) => answers.tool(name, args),
      retrieve: async (bucket: string, options?: { hop?: number; top_k?: number }) => answers.retrieve(bucket, options),
      model: async (request: { prompt: string }) => answers.model(request),
    })
    let reply: HarnessReturn
    try {
      const recorded: HarnessCase = recording.recorded
      const returned = await replay(recorded, settings, pinned)
      reply = { returned, served: [...answers.served] }
    } catch (error) {
      reply = { failed: `the harness threw ${said(error)}` }
    }
    // Also when the harness caught the error, or went on to something else.
    const unpinned = answers.unpinned()
    if (unpinned !== null) return { unreplayable: unpinned }
    const prompt = answers.modelAsked()
    return prompt === null ? reply : { asks_model: { prompt } }
  }

/** Name and message: a stack names the folder of a build, which is another one in the next. */
function said(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `${typeof error} ${String(error)}`
  return text.length > 1000 ? `${text.slice(0, 997)}...` : text
}
