/** The function in which one module of a user's own judges: views in, verdicts out, with the digest of the bytes that run. */
import { type JudgeCall, type JudgeReturn, patienceMs } from '#schemas/judge-call.ts'
import { withModule } from './deployed-module.ts'

/** The handler over the folder that holds host, child, manifest and the module's own files. */
export const judgeFunction =
  (folder: string) =>
  ({ views, limit_ms }: JudgeCall): Promise<JudgeReturn> =>
    withModule(folder, 'judge', { limitMs: limit_ms, patientMs: patienceMs(limit_ms) }, async (pool) => ({
      answers: await pool.map(views, (view, ask) => ask({ view })),
    }))
