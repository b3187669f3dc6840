/** The function in which a harness module of a user's own replays: one case in, its reply out, with the digest of the bytes that run. */
import type { HarnessReply } from '#core/replay/harness.ts'
import type { ReplayCall } from '#core/replay/pinned-answers.ts'
import type { HarnessReturn, ReplayReturn } from '#schemas/harness-call.ts'
import { withModule } from './deployed-module.ts'

/** The handler over the folder that holds host, child, manifest and the module's own files. */
export const harnessModuleFunction =
  (folder: string) =>
  ({ job, limit_ms }: ReplayCall): Promise<ReplayReturn> =>
    withModule(folder, 'replay', { limitMs: limit_ms }, async (pool) => {
      const [reply] = await pool.map([job], (one, ask) => ask(one))
      return { reply: returnOf(reply!) }
    })

const returnOf = (reply: HarnessReply): HarnessReturn =>
  'result' in reply ? { returned: reply.result, served: [...reply.served] } : reply
