/** A copy of a store that nobody may write: everything that looks is served from it, and nothing is made in it. */
import { chmodSync, cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openReadOnly } from '#adapters/local/sqlite/read-only.ts'
import { DatabaseSync } from '#adapters/local/sqlite/sqlite.ts'
import { autotune, ran, ready, type Workplace, workplace } from '../cli/command-line.ts'
import { command, type Ended, MAY_MOUNT, shell } from './shell.ts'

let place: Workplace
let target: string
beforeAll(async () => {
  place = workplace()
  target = (await ready(place)).target
  await ran(place, 'at_1')
})
afterAll(() => place.dispose())

const names = (): string[] => readdirSync(place.store, { recursive: true, encoding: 'utf8' }).sort()

/** A command on the store, mounted read-only. */
function readOnly(...argv: readonly string[]): Promise<Ended> {
  const mount = `mount --bind '${place.store}' '${place.store}' && mount -o remount,ro,bind '${place.store}'`
  return shell(`${mount}; ${command(...argv, '--store', place.store, '--json')}`, { mounting: true })
}

describe.skipIf(!MAY_MOUNT)('a read-only copy', () => {
  test.each([
    ['listed', ['list']],
    ['shown', ['show', 'at_1']],
    ['explained', ['explain', 'at_1']],
    ['asked for its rollouts', ['rollout', 'list']],
    ['verified', ['verify', 'at_1']],
    ['looked at by doctor', () => ['doctor', '--target', target]],
  ])('is %s: the same words as the store itself, and no file is made', async (_, argv) => {
    const line = typeof argv === 'function' ? argv() : argv
    const before = names()
    const looked = await readOnly(...line)
    expect(names()).toEqual(before)
    const there = await autotune(...line, '--store', place.store, '--json')
    expect(looked).toEqual({ code: there.code, out: there.out, err: '' })
  })

  test.each([
    ['a run', () => ['run', '--target', target]],
    ['an import', () => ['import', '--pack', place.file('p.json', { ...JSON.parse('{}') })]],
    ['a review', () => ['review', 'at_1', '--reviewer', 'policy=ana', '--no-serve']],
  ])('refuses %s in one line', async (_, argv) => {
    const before = names()
    const { code, err } = await readOnly(...argv())
    expect(code).toBe(2)
    expect(err).not.toMatch(/defect of ours|\n {4}at /)
    expect(names()).toEqual(before)
  })
})

test.skipIf(process.getuid?.() !== 0)('of another user, whose vault stays closed, is listed', async () => {
  const copy = join(place.dir, 'copy')
  cpSync(place.store, copy, { recursive: true })
  chmodSync(place.dir, 0o755)
  const said = { run_id: 'h0', at: '2026-11-20T10:00:00Z', by: 'ana', label_disputed: true }
  expect((await autotune('correct', place.file('c.jsonl', said), '--store', copy)).code).toBe(0)
  await shell(`chmod -R a+rX '${copy}'; chmod 700 '${join(copy, 'vault')}'`)
  const { code, out } = await shell(command('list', '--store', copy, '--json'), { user: 65534 })
  const { runs, corrections } = JSON.parse(out)
  expect({ code, runs: runs.length, corrections }).toEqual({
    code: 0,
    runs: 1,
    corrections: { search: 0, sealed: null },
  })
})

test('what a copy still has beside its ledger, in the -wal file, is read', () => {
  const file = join(place.dir, 'with-wal.sqlite')
  const writer = new DatabaseSync(file)
  writer.exec(
    'PRAGMA journal_mode = WAL; CREATE TABLE t (x); PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO t VALUES (7)',
  )
  const copied = join(place.dir, 'copied.sqlite')
  for (const end of ['', '-wal']) cpSync(file + end, copied + end)
  writer.close()
  const before = readdirSync(place.dir).sort()
  const read = openReadOnly(copied)
  expect(read.prepare('SELECT x FROM t').all()).toEqual([{ x: 7 }])
  expect(() => read.exec('INSERT INTO t VALUES (8)')).toThrow(/readonly/)
  read.close()
  expect(readdirSync(place.dir).sort()).toEqual(before)
})
