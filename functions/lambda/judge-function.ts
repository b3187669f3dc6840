/**
 * The function in which one module of a user's own judges: the host around it. It holds the module's files as the suite pins
 * them beside itself, and tells their digest, computed from the bytes that run, with every answer. Each call starts a process
 * of its own, which nothing of an earlier case is left in: the one that a laptop starts, with its limits and its words.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HarnessFiles, harnessFiles } from '#adapters/local/module/harness-files.ts'
import { HarnessHost, HarnessNotLoaded } from '#adapters/local/module/harness-host.ts'
import { HarnessPool } from '#adapters/local/module/harness-pool.ts'
import { moduleWay } from '#adapters/local/module/way.ts'
import { type JudgeCall, type JudgeReturn, patienceMs } from '#schemas/judge-call.ts'

/** What lies beside the host: the module as it is named, and its path from there. */
export interface JudgeManifest {
  readonly module: string
  readonly file: string
}

/** The handler over the folder that holds host, child, manifest and the module's own files. */
export function judgeFunction(folder: string): (call: JudgeCall) => Promise<JudgeReturn> {
  const { module, file }: JudgeManifest = JSON.parse(readFileSync(join(folder, 'judge.json'), 'utf8'))
  return async ({ views, limit_ms }) => {
    const files: HarnessFiles = { ...harnessFiles(join(folder, file), null), path: module }
    const { digest, local, packages } = files
    const readable = [join(folder, 'host-child.mjs'), ...local, ...packages.flatMap((p) => [p.real, p.found])]
    const start = () => HarnessHost.start(moduleWay(files, readable, 'judge'), 'judge')
    const pool = new HarnessPool<'judge'>(start, {
      concurrency: 1,
      limitMs: limit_ms,
      patientMs: patienceMs(limit_ms),
    })
    try {
      await pool.open()
      return { digest, answers: await pool.map(views, (view, ask) => ask({ view })) }
    } catch (error) {
      if (error instanceof HarnessNotLoaded) return { digest, unloadable: error.message }
      throw error
    } finally {
      pool.close()
    }
  }
}
