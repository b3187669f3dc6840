/** Replays with a user's own harness module, in processes of this program's own Node. */
import { cageHere } from '#adapters/local/cage/level.ts'
import { harnessFiles, readableBy } from '#adapters/local/module/harness-files.ts'
import { moduleWay } from '#adapters/local/module/way.ts'
import { type HarnessEngine, type HarnessOptions, harnessEngine } from './harness-engine.ts'

/** Engine over a harness module. Throws UserError when the module does not exist, does not load or exports no `replay`. */
export async function moduleEngine(path: string, options: HarnessOptions): Promise<HarnessEngine> {
  const files = harnessFiles(path, options.store)
  const way = moduleWay(files, readableBy(files, options.vault), 'replay')
  const pinned = { kind: 'module', path, digest: files.digest, cage: cageHere() } as const
  const digestNow = () => harnessFiles(path, options.store).digest
  return await harnessEngine({ way, pinned, digestNow }, options)
}
