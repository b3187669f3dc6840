/** The cage: what hostile code in a process of ours tries, and what stops it, behind a wall and under the belt alone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { GATES_NETWORK } from '#adapters/local/cage/belt.ts'
import { aRoom, attempt, LEVELS } from './support.ts'

const SECRET = 'a sealed case that nobody may read'
const room = aRoom()
mkdirSync(join(room.root, 'vault'))
const secret = room.file('vault/test.jsonl', SECRET)
const quoted = JSON.stringify(secret)
afterAll(() => room[Symbol.dispose]())

/** Makes another way to the vault in the temporary folder, which is writable behind a wall, and reads through it. */
const inTemporary = (make: string) =>
  `const fs = await import('node:fs'); const way = (await import('node:os')).tmpdir() + '/way'; fs.${make}(${quoted}, way); return fs.readFileSync(way, 'utf8')`

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

  test.each([
    ['an absolute path', `return (await import('node:fs')).readFileSync(${quoted}, 'utf8')`],
    ['a relative path', `return (await import('node:fs')).readFileSync('vault/test.jsonl', 'utf8')`],
    ['a file URL', `return (await import('node:fs')).readFileSync(new URL('file://' + ${quoted}), 'utf8')`],
    [
      'a descriptor of its parent',
      `return (await import('node:fs')).readFileSync('/proc/self/cwd/vault/test.jsonl', 'utf8')`,
    ],
    ['a stream', `for await (const c of (await import('node:fs')).createReadStream(${quoted})) return String(c)`],
    ['a listing', `return (await import('node:fs')).readdirSync(${JSON.stringify(join(room.root, 'vault'))})`],
    ['an import', `return await import(${quoted}, { with: { type: 'json' } })`],
    ['a symbolic link', inTemporary('symlinkSync')],
    ['a hard link', inTemporary('linkSync')],
    ['a copy', inTemporary('copyFileSync')],
    [
      'a child process',
      `return (await import('node:child_process')).execFileSync('cat', [${quoted}], { encoding: 'utf8' })`,
    ],
    ['a worker', `return new (await import('node:worker_threads')).Worker('1', { eval: true })`],
    ['SQLite', `const { DatabaseSync } = await import('node:sqlite'); return new DatabaseSync(${quoted})`],
    ['an addon', `return process.dlopen({ exports: {} }, ${quoted})`],
    [
      'WASI',
      `const { WASI } = await import('node:wasi'); return new WASI({ version: 'preview1', preopens: { '/': '/' } })`,
    ],
    ['a blob', `return await (await (await import('node:fs')).openAsBlob(${quoted})).text()`],
    ['an environment file', `process.loadEnvFile(${quoted}); return process.env`],
    ['a debugger of its own', `(await import('node:inspector')).open(0); return 'open'`],
  ])('the vault cannot be read by %s', async (_, statement) => {
    const { out } = await room.attack(attempt(statement), level)
    expect(out).not.toContain(SECRET)
    expect(out).not.toContain('ESCAPED')
    expect(out).toMatch(DENIED)
  })

  test.each([
    ['a flag of V8', `(await import('node:v8')).setFlagsFromString('--trace-turbo'); return 'set'`],
    [
      'a flag of V8 by another door',
      `(await import('node:vm')); const v8 = (await import('node:module')).createRequire('/')('v8'); v8.setFlagsFromString('--prof'); return 'set'`,
    ],
    ['a heap snapshot', `return (await import('node:v8')).writeHeapSnapshot('snapshot')`],
    ['a snapshot near the limit', `return (await import('node:v8')).setHeapSnapshotNearHeapLimit(1)`],
    ['a report', `return process.report.writeReport('report.json')`],
    ['trace events', `(await import('node:trace_events')).createTracing({ categories: ['v8'] }).enable(); return 'on'`],
    ['a file', `(await import('node:fs')).writeFileSync('written', '1'); return 'written'`],
    [
      'a socket with a name',
      `const s = (await import('node:net')).createServer(); await new Promise((r, j) => { s.on('error', j); s.listen('named.sock', r) }); s.close(); return 'listening'`,
    ],
  ])('nothing is written by %s', async (_, statement) => {
    const before = readdirSync(room.root).length
    const { out } = await room.attack(attempt(statement), level)
    // The script of the attack itself is one more.
    expect(readdirSync(room.root).length).toBe(before + 1)
    expect(out).not.toContain('ESCAPED')
  })

  test.skipIf(level === null && !GATES_NETWORK).each([
    ['a request', `return (await fetch('http://127.0.0.1:9')).status`],
    ['a look-up of a name', `return await (await import('node:dns')).promises.lookup('localhost.')`],
    [
      'a listening port',
      `const s = (await import('node:net')).createServer(); await new Promise((r, j) => { s.on('error', j); s.listen(0, '0.0.0.0', r) }); return (await fetch('http://127.0.0.1:' + s.address().port)).status`,
    ],
    [
      'a datagram',
      `const s = (await import('node:dgram')).createSocket('udp4'); await new Promise((r, j) => { s.on('error', j); s.send('x', 9, '192.0.2.1', (e) => (e ? j(e) : r())) }); return 'sent'`,
    ],
    [
      'a socket of the system',
      `const c = (await import('node:net')).connect('/var/run/docker.sock'); await new Promise((r, j) => { c.on('error', j); c.on('connect', r) }); return 'connected'`,
    ],
  ])('nothing leaves by %s', async (_, statement) => {
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
