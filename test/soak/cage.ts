/** Kind `cage`: hostile code put together by chance, as the harness of a user and as an import map. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { GATES_NETWORK } from '#adapters/local/cage/belt.ts'
import type { Draw } from '../../functions/demo/draw.ts'
import { FAILURES, OK } from '../adapters/import/hostile-maps.ts'
import { mapAll } from '../adapters/import/support.ts'
import { NETWORK, reads, WRITES } from '../attacks/attempts.ts'
import { aRoom, attempt, LEVELS, type Room } from '../attacks/support.ts'
import type { Kind, Tried } from './kind.ts'

const SECRET = 'a sealed case that nobody may read'
/** Longest that code without a loop, or a map with its limit of a second a record, may take on a busy machine. */
const LIMIT_MS = 60_000

/** What a promise gives, or null when it takes too long. */
async function inTime<T>(promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((done) => {
    timer = setTimeout(done, LIMIT_MS, null)
  })
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Below a folder, but for the script of the attack itself. */
const listing = (root: string): string =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/^attack-\d+\.mjs$/.test(name))
    .sort()
    .join(', ')

async function harness(draw: Draw, room: Room, secret: string): Promise<Tried> {
  const [by, level] = draw.pick(LEVELS)
  const network = level !== null || GATES_NETWORK ? NETWORK : []
  const all = [...reads(secret), ...WRITES, ...network]
  // Each once: a second call of some is answered by Node itself, which does nothing then.
  const chosen = [...new Set(Array.from({ length: draw.int(1, 5) }, () => draw.pick(all)))]
  const statements = chosen.map(([, statement]) => attempt(statement))
  // One after another, all at once, or from timers: what stands in the way may not depend on the order.
  const code = draw.pick([
    () => statements.join('\n'),
    () => `await Promise.all([${statements.map((each) => `(async () => { ${each} })()`).join(', ')}])`,
    () => statements.map((each) => `await new Promise((r) => setTimeout(async () => { ${each}; r() }, 1))`).join('\n'),
  ])()
  const what = `${by}: ${chosen.map(([name]) => name).join(', ')}`
  const before = listing(room.root)
  const ended = await inTime(room.attack(`setTimeout(() => process.exit(), 5000)\n${code}\nprocess.exit()`, level))
  const after = listing(room.root)
  if (ended === null) return { what, found: `it did not end within ${LIMIT_MS / 1000} s` }
  if (ended.out.includes(SECRET)) return { what, found: 'it read the vault' }
  if (ended.out.includes('ESCAPED')) return { what, found: ended.out.slice(0, 600) }
  if (ended.code === 0 && !ended.out.includes('STOPPED'))
    return { what, found: `nothing stopped it: ${ended.out.slice(0, 600)}` }
  return { what, found: after === before ? null : `the folder holds ${after}, it held ${before}` }
}

/** Where an expression may stand in a map. */
const PLACES: readonly ((one: string, other: string) => string)[] = [
  (one) => one,
  (one, other) => `(${one}; ${other})`,
  (one, other) => `[${one}, ${other}]`,
  (one) => `{ "run_id": id, "family_id": "f", "intent_id": "i", "settings": { "x.y": ${one} } }`,
  (one, other) => `$map([1..3], function($v) { $v = 2 ? ${one} : ${other} })`,
  (one) => `$string(${one})`,
  (one, other) => `${one} ~> function($x) { ${other} }`,
]

async function map(draw: Draw): Promise<Tried> {
  const expressions = [...FAILURES.map(([expression]) => expression), OK]
  const bad = draw.pick(PLACES)(draw.pick(expressions), draw.pick(expressions))
  const records = draw.chance(0.5) ? ['good', 'bad', 'good'] : ['bad', 'good']
  const what = `a map with ${bad} on record ${records.indexOf('bad') + 1} of ${records.length}`
  const text = `id = "bad" ? ${bad} : ${OK}`
  const mapped = await inTime(
    mapAll(
      records.map((id, i) => ({ id: id === 'bad' ? id : `good${i}` })),
      text,
      { timeoutMs: 1_000, memoryMb: 96 },
    ),
  )
  if (mapped === null) return { what, found: `it did not end within ${LIMIT_MS / 1000} s` }
  const good = mapped.filter((each) => each.kind === 'run' && each.run.run_id.startsWith('good')).length
  const expected = records.filter((id) => id === 'good').length
  if (good !== expected) return { what, found: `${good} of ${expected} good records were mapped: ${told(mapped)}` }
  const stack = mapped.find((each) => each.kind === 'error' && /\n +at /.test(each.error.message))
  return { what, found: stack ? `a stack: ${told([stack])}` : null }
}

const told = (mapped: Awaited<ReturnType<typeof mapAll>>): string =>
  mapped
    .map((each) => (each.kind === 'error' ? each.error.message : each.kind))
    .join('; ')
    .slice(0, 600)

export const cage: Kind = {
  name: 'cage',
  holds:
    'hostile code reads no vault, writes nothing outside, reaches no network and ends; a map harms its record alone',
  async open({ atEnd }) {
    const room = aRoom()
    mkdirSync(join(room.root, 'vault'))
    const secret = room.file('vault/test.jsonl', SECRET)
    atEnd(() => room[Symbol.dispose]())
    return async (draw) => {
      const tried = draw.chance(0.6) ? await harness(draw, room, secret) : await map(draw)
      for (const name of readdirSync(room.root)) if (name.endsWith('.mjs')) rmSync(join(room.root, name))
      return tried
    }
  },
}
