/**
 * A module of a user's own as it lies in a function of a deployment: its files, as the digest covers them, beside this host.
 * Each call starts a process of its own, which nothing of an earlier case is left in: the one that a laptop starts, with its
 * limits and its words.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HarnessFiles, harnessFiles } from '#adapters/local/module/harness-files.ts'
import { HarnessHost, HarnessNotLoaded } from '#adapters/local/module/harness-host.ts'
import { HarnessPool } from '#adapters/local/module/harness-pool.ts'
import type { Asks } from '#adapters/local/module/protocol.ts'
import { moduleWay } from '#adapters/local/module/way.ts'

/** What lies beside the host: the module as it is named, and its path from there. */
interface ModuleManifest {
  readonly module: string
  readonly file: string
}

/** What came of a call. `digest`: of the bytes that run, computed from them anew. */
type OfModule<R> = { readonly digest: string } & (R | { readonly unloadable: string })

/** Does some work with a process of the module that lies in a folder. */
export async function withModule<A extends Asks, R>(
  folder: string,
  asks: A,
  limits: { readonly limitMs: number; readonly patientMs?: number },
  work: (pool: HarnessPool<A>) => Promise<R>,
): Promise<OfModule<R>> {
  const { module, file }: ModuleManifest = JSON.parse(readFileSync(join(folder, 'module.json'), 'utf8'))
  const files: HarnessFiles = { ...harnessFiles(join(folder, file), null), path: module }
  const { digest, local, packages } = files
  const readable = [join(folder, 'host-child.mjs'), ...local, ...packages.flatMap((p) => [p.real, p.found])]
  const start = () => HarnessHost.start(moduleWay(files, readable, asks), asks)
  const pool = new HarnessPool<A>(start, { concurrency: 1, ...limits })
  try {
    await pool.open()
    return { digest, ...(await work(pool)) }
  } catch (error) {
    if (error instanceof HarnessNotLoaded) return { digest, unloadable: error.message }
    throw error
  } finally {
    pool.close()
  }
}

/** Where Lambda unpacks a function. */
export const taskRoot = (): string => process.env.LAMBDA_TASK_ROOT ?? '/var/task'
