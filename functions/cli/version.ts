/** Which version of the program this is: `--version`, what a server for agents says, and what stands in attestations. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROGRAM } from '#adapters/local/program-files.ts'

export const programVersion = (): string => JSON.parse(readFileSync(join(PROGRAM, 'package.json'), 'utf8')).version
