/** Replays with a user's own harness that is a program, in any language: behind a wall, or by explicit wish without one. */
import { betterCage, wallHere } from '#adapters/local/cage/level.ts'
import type { Wall } from '#adapters/local/cage/wall.ts'
import { execFiles, shownTo } from '#adapters/local/module/exec-files.ts'
import { execWay } from '#adapters/local/module/way.ts'
import { UserError } from '../errors.ts'
import { type HarnessEngine, type HarnessOptions, harnessEngine } from './harness-engine.ts'

/**
 * Engine over an executable. Throws UserError when it cannot be started, and where this machine has no wall for it.
 *
 * @param options.cage false: nothing holds it, and the run says so
 * @param here the wall of this machine; for tests
 */
export async function execEngine(
  path: string,
  options: HarnessOptions & { readonly cage: boolean },
  here: () => Wall | null = wallHere,
): Promise<HarnessEngine> {
  const wall = options.cage ? here() : null
  if (options.cage && wall === null)
    throw new UserError(
      `exec:${path} needs a wall, and this machine has none: ${betterCage()}. Or say --no-cage: then nothing holds it, and the run, its certificate and its page say so`,
    )
  const files = execFiles(path, options.store)
  const way = execWay(files, shownTo(files, options.vault), wall)
  const { digest, interpreter } = files
  const pinned = {
    kind: 'exec',
    path,
    digest,
    interpreter: interpreter && { path: interpreter.path, digest: interpreter.digest },
    cage: wall ? 'wall' : 'none',
  } as const
  const digestNow = () => execFiles(path, options.store).digest
  return await harnessEngine({ way, pinned, digestNow }, options)
}
