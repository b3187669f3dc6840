/** The cage: what hostile code in a process of ours tries, and what stops it, behind a wall and under the belt alone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { GATES_NETWORK } from '#adapters/local/cage/belt.ts'
import { NETWORK, reads, WRITES } from './attempts.ts'
import { aRoom, attempt, LEVELS } from './support.ts'

const SECRET = 'a sealed case that nobody may read'
const room = aRoom()
mkdirSync(join(room.root, 'vault'))
const secret = room.file('vault/test.jsonl', SECRET)
const quoted = JSON.stringify(secret)
afterAll(() => room[Symbol.dispose]())

const DENIED =
  /STOPPED (?:ERR_ACCESS_DENIED|ERR_UNKNOWN_BUILTIN_MODULE|ERR_DLOPEN_DISABLED|ERR_MODULE_NOT_FOUND|ENOENT|EROFS|ERR_INVALID_ARG|.*access|.*restricted)|ERR_ACCESS_DENIED|No such built-in module/

describe.each(LEVELS)('under a %s', (_, level) => {
  test('code that behaves runs, with an empty environment and the same clock everywhere', async () => {
    const { out, code } = await room.attack(
      `console.log(Object.keys(process.env).filter((name) => name !== 'PWD').join(), new Date(0).getTimezoneOffset())`,
      level,
    )
    expect({ out, code }).toEqual({ out: 'TZ 0\n', code: 0 })
  })

  test.each(reads(secret))('the vault cannot be read by %s', async (_, statement) => {
    const { out } = await room.attack(attempt(statement), level)
    expect(out).not.toContain(SECRET)
    expect(out).not.toContain('ESCAPED')
    expect(out).toMatch(DENIED)
  })

  test.each(WRITES)('nothing is written by %s', async (_, statement) => {
    const before = readdirSync(room.root).length
    const { out } = await room.attack(attempt(statement), level)
    // The script of the attack itself is one more.
    expect(readdirSync(room.root).length).toBe(before + 1)
    expect(out).not.toContain('ESCAPED')
  })

  test.skipIf(level === null && !GATES_NETWORK).each(NETWORK)('nothing leaves by %s', async (_, statement) => {
    const { out } = await room.attack(
      `setTimeout(() => process.exit(), 3000)\n${attempt(statement)}\nprocess.exit()`,
      level,
    )
    expect(out).not.toContain('ESCAPED')
  })

  test('a debugger that somebody else wakes does not open in it', async () => {
    const { out } = await room.attack(
      `${attempt(`process.kill(process.pid, 'SIGUSR1'); await new Promise((r) => setTimeout(r, 100)); return (await import('node:inspector')).url() ?? Promise.reject(new Error('no debugger'))`)}`,
      level,
    )
    expect(out).toContain('STOPPED')
    expect(out).not.toContain('Debugger listening')
  })

  test('it ends with a program that is killed, also in an endless loop', async () => {
    const href = (path: string) =>
      JSON.stringify(new URL(`../../functions/adapters/local/cage/${path}`, import.meta.url).href)
    const loop = room.file(`loop-${level?.by ?? 'belt'}.mjs`, `process.stdout.write('up'); for (;;);`)
    const program = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { startCaged } = await import(${href('start.ts')})
         const child = startCaged({ script: ${JSON.stringify(loop)}, readable: [${JSON.stringify(loop)}], heapMb: 64, stdio: ['pipe', 'pipe', 'inherit'] }, ${JSON.stringify(level)})
         child.stdout.once('data', () => console.log(child.pid))`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const [said] = (await once(program.stdout, 'data')) as [Buffer]
    const group = Number(said.toString())
    expect(isThere(group)).toBe(true)
    program.kill('SIGKILL')
    for (let waited = 0; isThere(group) && waited < 100; waited++) await new Promise((r) => setTimeout(r, 100))
    expect(isThere(group)).toBe(false)
    expect(runs(loop)).toBe(false)
  })
})

describe.skipIf(LEVELS.length === 1)('behind a wall alone', () => {
  test.each(LEVELS.slice(0, -1))('%s: no process outside is seen or reached', async (_, level) => {
    const victim = spawn(process.execPath, ['-e', `setInterval(() => {}, 1000); console.log('up')`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(victim.stdout, 'data')
    const { out } = await room.attack(
      [process.pid, process.ppid, victim.pid]
        .map((pid) => attempt(`process.kill(${pid}, 'SIGKILL'); return ${pid}`))
        .join('\n'),
      level,
    )
    expect(out).toBe('STOPPED ESRCH\nSTOPPED ESRCH\nSTOPPED ESRCH\n')
    expect(victim.exitCode).toBe(null)
    victim.kill('SIGKILL')
  })

  test.each(LEVELS.slice(0, -1))('%s: whether a file exists is not learned', async (_, level) => {
    const { out } = await room.attack(
      attempt(`return (await import('node:module')).createRequire('/')(${quoted})`),
      level,
    )
    expect(out).toContain('STOPPED MODULE_NOT_FOUND')
  })
})

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Does any process of this machine run that script? */
const runs = (script: string): boolean => {
  if (process.platform !== 'linux') return false
  return readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(script))
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
