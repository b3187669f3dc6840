/** `functions/adapters/local/program-files.ts` in tests: scripts are those of the built program, where there is one. */
import { join } from 'node:path'
import * as actual from '../../functions/adapters/local/program-files.ts'

export const { packageFolders, programFile, programVersion } = actual

const { PROGRAM: SOURCES } = actual
const built = process.env.AUTOTUNE_BUILT_PROGRAM

export const PROGRAM = built ?? SOURCES

export function scriptFile(source: string, from: string): string {
  const file = actual.scriptFile(source, from)
  const inside = file.slice(SOURCES.length)
  return built && file.startsWith(SOURCES) && /^(?:functions|schemas)\//.test(inside)
    ? join(built, inside.replace(/\.ts$/, '.js'))
    : file
}
