/** Faults of the machine: what it takes away from a command, and the one line that says so. Never a stack, never half a file. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unfinishedName } from '#adapters/local/files/unfinished.ts'
import { RestrictedProcess } from '#adapters/local/isolation/restricted-process.ts'
import { sqliteTable } from '#adapters/local/sqlite/sqlite-table.ts'
import { digestOf } from '#core/canonical.ts'
import { systemProblem } from '../../functions/cli/system-errors.ts'
import { autotune, ready, type Workplace, workplace } from '../cli/command-line.ts'
import { aPack, aRun, aSuite } from '../support/builders.ts'
import { command, type Ended, MAY_MOUNT, shell } from './shell.ts'

let place: Workplace
let store: string
const SPLIT = ['--split-key', 'any-key-will-do-here']
let documents: string[]
let target: string
beforeAll(async () => {
  place = workplace()
  store = join(place.dir, 'stocked')
  target = (await ready({ ...place, store })).target
  const runs = Array.from({ length: 60 }, (_, i) => aRun(`run_${i}`))
  documents = [
    place.runs('runs.jsonl', runs),
    '--pack',
    place.file('pack.json', aPack()),
    '--suite',
    place.file('suite.json', aSuite()),
    ...SPLIT,
  ]
})
afterAll(() => place.dispose())

const importInto = (dir: string): string => command('import', ...documents, '--store', dir)

/** One line that names a path and says what to do; exit code 2. */
function expectLine({ code, err }: Ended, named: string | RegExp, told: RegExp): void {
  expect(err.trimEnd().split('\n')).toHaveLength(1)
  expect(err).toMatch(named)
  expect(err).toMatch(told)
  expect(err).not.toMatch(/defect of ours|\n {4}at /)
  expect(code).toBe(2)
}

describe.skipIf(!MAY_MOUNT)('a disk', () => {
  const disk = (options: string) => {
    const at = join(place.dir, 'disk')
    mkdirSync(at, { recursive: true })
    return { at, mount: `mount -t tmpfs -o ${options} tmpfs '${at}'` }
  }

  test.each([
    ['of a few kilobytes', 'size=64k'],
    ['with a few file names', 'nr_inodes=40'],
  ])('%s: ENOSPC, and nothing half-written', async (_, options) => {
    const { at, mount } = disk(options)
    const script = `${mount}; ${importInto(join(at, 'store'))}; code=$?; find '${at}' -name '.tmp-*'; exit $code`
    const ended = await shell(script, { mounting: true })
    expectLine(ended, at, /disk is full.*\(ENOSPC\)\. Free some space, then give the same command again/)
    expect(ended.out).toBe('')
  })

  test('with room again takes the same import, and tells of the same store as one that never was full', async () => {
    const { at, mount } = disk('nr_inodes=40')
    const again = `${importInto(join(at, 'store'))} --json`
    const script = `${mount}; ${again} >/dev/null 2>&1; mount -o remount,nr_inodes=4000 '${at}'; ${again}`
    const ended = await shell(script, { mounting: true })
    expect(ended.code).toBe(0)
    const { stored, unchanged, restored } = JSON.parse(ended.out)
    expect(stored + unchanged).toBe(60)
    expect(restored).toBeLessThanOrEqual(60)
  })

  test('that fills in the middle of a segment: it is named, no half of it stays, and the same import is whole', async () => {
    // What no codec makes small: room for all that is put aside, and not for all that is packed.
    const said = (i: number) => Array.from({ length: 320 }, (_, n) => digestOf([i, n]).slice(7)).join('')
    const runs = Array.from({ length: 60 }, (_, i) => aRun(`run_${i}`, { outcome: { outputs: said(i) } }))
    const { at, mount } = disk('size=2900k')
    const store = join(at, 'store')
    const packed = command(
      'import',
      place.runs('packed.jsonl', runs),
      ...SPLIT,
      '--layout',
      'segments',
      '--store',
      store,
    )
    const script = `${mount}; ${packed} >/dev/null; echo $?; find '${at}' -name '.tmp-*'; mount -o remount,size=16m '${at}'; ${packed} >/dev/null && find '${at}' -name '*.zst' -exec sha256sum {} +`
    const { out, err } = await shell(script, { mounting: true })
    expect(err).toMatch(
      /\/([0-9a-f]{64})\.jsonl\.zst: the disk is full.*\(ENOSPC\)\. Free some space, then give the same command again/,
    )
    const [code, ...segments] = out.trimEnd().split('\n')
    expect(code).toBe('2')
    expect(segments.map((line) => /^(\w+) .*\/(\w+)\.jsonl\.zst$/.exec(line)!.slice(1))).toSatisfy(
      (found: string[][]) => found.length === 2 && found.every(([is, named]) => is === named),
    )
  })

  test('that is mounted read-only: EROFS', async () => {
    const { at, mount } = disk('ro')
    expectLine(
      await shell(`${mount}; ${importInto(join(at, 'store'))}`, { mounting: true }),
      at,
      /\(EROFS\)\. Mount it/,
    )
  })
})

describe('a store', () => {
  test('that is a file, or below one: ENOTDIR', async () => {
    const file = place.file('a-file', 'x')
    for (const dir of [file, join(file, 'store')])
      expectLine(await shell(importInto(dir)), file, /a file stands where a folder is needed \(ENOTDIR\)/)
  })

  test('under a name that no file system takes: ENAMETOOLONG', async () => {
    const long = join(place.dir, 'x'.repeat(300))
    expectLine(await shell(importInto(long)), 'xxx', /\(ENAMETOOLONG\)\. Choose a shorter path/)
  })

  test('whose name is empty is refused', async () => {
    expectLine(await shell(command('list', '--store', '')), '--store is empty', /name a folder/)
  })

  test.skipIf(process.getuid?.() !== 0)('that this user may not write: EACCES', async () => {
    const closed = join(place.dir, 'closed')
    mkdirSync(closed, { mode: 0o755 })
    chmodSync(place.dir, 0o755)
    const ended = await shell(importInto(join(closed, 'store')), { user: 65534 })
    expectLine(ended, closed, /this user has no right to it \(EACCES\)/)
  })

  test.skipIf(process.getuid?.() !== 0)(
    "that is another user's and closed to this one is not called none",
    async () => {
      chmodSync(place.dir, 0o755)
      chmodSync(store, 0o700)
      expectLine(
        await shell(command('list', '--store', store), { user: 65534 }),
        store,
        /has no right to it \(EACCES\)/,
      )
    },
  )

  test.each([
    ['EMFILE', 'ulimit -n 24', /"ulimit -n/],
    ['EFBIG', 'ulimit -f 40', /\((?:EFBIG|SQLITE_IOERR)\)\..*"ulimit -f"/],
  ])('under a limit of the process: %s', async (_, limit, told) => {
    const dir = join(place.dir, 'limited')
    rmSync(dir, { recursive: true, force: true })
    expectLine(await shell(`${limit}; ${importInto(dir)}`), place.dir, told)
    expect(unfinishedIn(dir)).toEqual([])
  })

  test.each([
    ['EFBIG', 'ulimit -f 1', /\(EFBIG\)/],
    ['EMFILE', 'ulimit -n 24', /\(EMFILE\)/],
  ])(
    'what a brief is told under a limit: %s, with the path, and not that clearing away failed too',
    async (_, limit, told) => {
      const out = join(place.dir, 'brief')
      const asked = command('brief', '--target', target, '--out', out, '--store', store)
      expectLine(await shell(`${limit}; ${asked}`), dirname(place.dir), told)
      expect(existsSync(out)).toBe(false)
    },
  )

  test('whose output goes to a full disk', async () => {
    const ended = await shell(`${command('list', '--store', store)} > /dev/full`)
    expectLine(ended, 'the output cannot be written', /\(ENOSPC\)/)
  })

  test('of which a process dies: what a killed import left is cleared by the next, what a living one writes is not', async () => {
    const dir = join(place.dir, 'killed')
    const href = new URL('../../functions/adapters/local/files/unfinished.ts', import.meta.url).href
    const killed = spawn(process.execPath, [
      '-e',
      `import(${JSON.stringify(href)}).then(({ unfinishedName }) => { require('fs').mkdirSync(${JSON.stringify(join(dir, 'vault'))}, { recursive: true, mode: 0o700 }); require('fs').mkdirSync(${JSON.stringify(join(dir, 'releases'))}, { mode: 0o700 }); for (const side of ['', '/vault', '/releases']) require('fs').writeFileSync(unfinishedName(${JSON.stringify(dir)} + side), 'half'); process.kill(process.pid, 'SIGKILL') })`,
    ])
    await once(killed, 'close')
    expect(unfinishedIn(dir)).toHaveLength(3)
    writeFileSync(unfinishedName(dir), 'ours, not finished yet')
    expect((await autotune('import', ...documents, '--store', dir)).code).toBe(0)
    expect(unfinishedIn(dir)).toHaveLength(1)
  })
})

const unfinishedIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.tmp-'))

describe('the ledger', () => {
  test.each([
    ['is another program', 'not a database at all, but long enough to be looked at '.repeat(40), /no SQLite database/],
    ['is cut short', null, /no SQLite database, or a damaged one/],
  ])('that %s: one line with its path', async (_, bytes, told) => {
    const dir = join(place.dir, 'ledger')
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(join(dir, 'vault'), { recursive: true, mode: 0o700 })
    const file = join(dir, 'ledger.sqlite')
    if (bytes === null) {
      const table = sqliteTable(file, { durable: false })
      for (let i = 0; i < 200; i++) await table.create('lock', `${i}#x`, { run_id: 'x'.repeat(500) })
      table.close()
      await shell(`truncate -s 8192 '${file}'; rm -f '${file}-wal' '${file}-shm'`)
    } else writeFileSync(file, bytes)
    expectLine(await shell(command('run', '--abandon', 'x', '--store', dir)), file, told)
  })

  test.skipIf(!MAY_MOUNT)('on a disk that is full: SQLITE_FULL', async () => {
    const at = join(place.dir, 'disk')
    mkdirSync(at, { recursive: true })
    const table = new URL('../../functions/adapters/local/sqlite/sqlite-table.ts', import.meta.url).href
    const problem = new URL('../../functions/cli/system-errors.ts', import.meta.url).href
    const code = `Promise.all([import('${table}'), import('${problem}')]).then(async ([{ sqliteTable }, { systemProblem }]) => { const t = sqliteTable('${at}/ledger.sqlite'); try { for (let i = 0; ; i++) await t.create('a', 'b' + i, { x: 'x'.repeat(9000) }) } catch (error) { console.log(systemProblem(error)) } })`
    const script = `mount -t tmpfs -o size=200k tmpfs '${at}'; '${process.execPath}' -e "${code}"`
    const { out } = await shell(script, { mounting: true })
    expect(out).toMatch(/disk\/ledger\.sqlite: the disk is full.*\(ENOSPC\)/)
  })
})

test.each([
  ['ledger.sqlite', 'export'],
  ['ledger-debits.jsonl', 'export'],
  ['ledger.sqlite-clock', 'import'],
  ['vault/heads.key', 'verify'],
])('a pipe in the place of %s is told of at once: nobody waits for what it never says', async (name, verb) => {
  const dir = join(place.dir, 'piped')
  rmSync(dir, { recursive: true, force: true })
  cpSync(store, dir, { recursive: true })
  const output = verb === 'export' ? ['--jsonl', join(place.dir, 'exported')] : []
  const asked = verb === 'import' ? importInto(dir) : command(verb, ...output, '--store', dir)
  const ended = await shell(`rm -f '${join(dir, name)}'; mkfifo -m 600 '${join(dir, name)}'; timeout 60 ${asked}`)
  expectLine(ended, name, name.endsWith('.key') ? /is no key of 32 bytes/ : /is a pipe or device where a file belongs/)
})

test('a replay process that is killed is told of as that', async () => {
  const process = new RestrictedProcess('./replay-child.ts', join(store, 'vault'))
  // A request whose lines never end: there is nothing to answer yet.
  const lines = async function* () {
    yield '{}'
    process.close()
    await new Promise(() => {})
  }
  await expect(process.converse({ verb: 'nothing' }, lines()).next()).rejects.toThrow(
    /was ended from outside or ran out of memory \(signal SIGKILL\).*same command/,
  )
})

describe('an error', () => {
  const of = (code: string, more = {}) => Object.assign(new Error(`${code}: words`), { code, ...more })
  test.each([
    ['names its path', of('ENOSPC', { path: '/a/b' }), /^\/a\/b: the disk is full/],
    ['without a path keeps its words', of('EDQUOT'), /^EDQUOT: words: the disk quota/],
    [
      'behind another one',
      new Error('a worker ended', { cause: of('EIO', { path: '/d' }) }),
      /^\/d: the disk could not/,
    ],
    ['of SQLite', of('ERR_SQLITE_ERROR', { errcode: 13, path: '/l' }), /^\/l: the disk is full/],
    [
      'of SQLite with an extended code',
      of('ERR_SQLITE_ERROR', { errcode: 10 | (3 << 8), path: '/l' }),
      /^\/l: the disk, or a limit/,
    ],
  ])('%s', (_, error, told) => expect(systemProblem(error)).toMatch(told))

  test.each([
    ['a defect of ours', new TypeError('x is not a function')],
    ['a wrong statement of ours', of('ERR_SQLITE_ERROR', { errcode: 1 })],
    ['a code that nobody knows', of('ERR_INVALID_ARG_TYPE')],
    ['no error', 'ENOSPC'],
  ])('that is %s stays one', (_, error) => expect(systemProblem(error)).toBe(null))
})
