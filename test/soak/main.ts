/**
 * `npm run soak -- MINUTES [--seed N] [--only KIND] [--trial N] [--json]`: attacks by chance on what must always hold. The
 * same seed and trial give the same attack. Exit code 0: everything held; 1: something did not; 2: no such kind or option.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cage } from './cage.ts'
import { documents } from './documents.ts'
import { kill } from './kill.ts'
import type { Kind } from './kind.ts'
import { numbers } from './numbers.ts'
import { type Counted, soak } from './rounds.ts'
import { shapes } from './shapes.ts'
import { statistics } from './statistics.ts'
import { storeDamage } from './store-damage.ts'
import { web } from './web.ts'

const KINDS: readonly Kind[] = [kill, documents, storeDamage, shapes, web, numbers, cage, statistics]

const USAGE = `usage: npm run soak -- MINUTES [--seed N] [--only ${KINDS.map(({ name }) => name).join('|')}] [--trial N] [--json]\n`

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      trial: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const { only } = values
  const [minutes, seed] = [Number(positionals[0] ?? 1), Number(values.seed)]
  const trial = values.trial === undefined ? null : Number(values.trial)
  const kinds = KINDS.filter(({ name }) => only === undefined || name === only)
  const usable = minutes > 0 && Number.isSafeInteger(seed) && kinds.length > 0 && positionals.length < 2
  const one = trial === null || (Number.isSafeInteger(trial) && trial > 0 && kinds.length === 1)
  return usable && one ? { minutes, seed, trial, kinds, json: values.json } : null
}

async function main(): Promise<number> {
  const chosen = options()
  if (chosen === null) {
    process.stderr.write(USAGE)
    return 2
  }
  const { minutes, seed, trial, kinds, json } = chosen
  const say = (line: string) => (json ? process.stderr : process.stdout).write(`${line}\n`)
  say(
    `seed ${seed}: ${trial === null ? `${minutes} min of ${kinds.map(({ name }) => name).join(', ')}` : `trial ${trial} of ${kinds[0]!.name}`}`,
  )
  const root = mkdtempSync(join(tmpdir(), 'autotune-soak-'))
  try {
    const counted = await soak({ kinds, seed, trial, ms: minutes * 60_000, root, say })
    if (json) process.stdout.write(`${JSON.stringify({ seed, kinds: counted })}\n`)
    else for (const line of table(counted)) say(line)
    return counted.every(({ found }) => found.length === 0) ? 0 : 1
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function table(counted: readonly Counted[]): string[] {
  const row = (kind: string, tried: string, found: string, seconds: string, holds: string) =>
    `${kind.padEnd(12)}${tried.padStart(7)}${found.padStart(7)}${seconds.padStart(9)}  ${holds}`
  return [
    row('kind', 'tried', 'found', 'seconds', 'what must hold'),
    ...counted.map(({ kind, tried, found, seconds, holds }) =>
      row(kind, String(tried), String(found.length), seconds.toFixed(1), holds),
    ),
    ...counted
      .flatMap(({ found }) => found)
      .flatMap(({ what, problem, again }) => [`FOUND ${what}`, `   ${problem}`, `   again: ${again}`]),
  ]
}

process.exitCode = await main()
