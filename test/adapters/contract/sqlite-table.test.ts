/** What the SQLite table promises beside its port: one file, many processes, kills, and files that are none of ours. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sqliteTable } from '#adapters/local/sqlite/sqlite-table.ts'
import { UserError } from '../../../functions/errors.ts'
import { killWhileWriting, run } from './children.ts'
import { freshFolder } from './registry.ts'

type Counter = { count: number; log: number[] }

describe('sqlite table', () => {
  let fresh: Awaited<ReturnType<typeof freshFolder>>
  let file: string
  const open: { close(): void }[] = []
  beforeEach(async () => {
    fresh = await freshFolder()
    file = join(fresh.folder, 'deep', 'ledger.sqlite')
  })
  afterEach(async () => {
    for (const table of open.splice(0)) table.close()
    await fresh.dispose()
  })
  const table = (path = file) => {
    const made = sqliteTable(path)
    open.push(made)
    return made
  }

  it('makes its file with the first write, not with a read', async () => {
    const ledger = table()
    expect(await ledger.get('p', 's')).toBeNull()
    expect(await Array.fromAsync(ledger.query('p'))).toEqual([])
    expect(await readdir(fresh.folder)).toEqual([])
    await ledger.create('p', 's', 1)
    expect((await ledger.get('p', 's'))!.body).toBe(1)
    ledger.close()
    expect(await readdir(join(fresh.folder, 'deep'))).toEqual(['ledger.sqlite'])
  })

  it('keeps its items over close and open, as canonical JSON', async () => {
    const first = table()
    await first.create('p', 's', { b: 1, a: 'ä' })
    first.close()
    first.close()
    await expect(first.get('p', 's')).rejects.toThrow(/was closed/)
    await expect(first.create('p', 't', 1)).rejects.toThrow(/was closed/)
    expect((await table().get('p', 's'))!.body).toEqual({ a: 'ä', b: 1 })
    const database = new DatabaseSync(file)
    expect(database.prepare('SELECT body FROM items').get()!.body).toBe('{"a":"ä","b":1}')
    expect(database.prepare('PRAGMA journal_mode').get()!.journal_mode).toBe('wal')
    database.close()
  })

  it('gives one revision to one of several tables over one file', async () => {
    const tables = Array.from({ length: 5 }, () => table())
    const created = await Promise.all(tables.map((ledger) => ledger.create('p', 's', 0)))
    expect(created.filter(Boolean)).toHaveLength(1)
    const won = await Promise.all(
      Array.from({ length: 50 }, (_, i) => tables[i % tables.length]!.update('p', 's', 0, i)),
    )
    expect(won.filter(Boolean)).toHaveLength(1)
    for (const ledger of tables)
      expect(await ledger.get('p', 's')).toMatchObject({ revision: 1, body: won.indexOf(true) })
  })

  it('loses no count of three processes that write at once', async () => {
    await Promise.all(Array.from({ length: 3 }, () => run('count.ts', [file, '100'])))
    expect(await table().get<Counter>('p', 'counter')).toMatchObject({ revision: 300, body: { count: 300 } })
  })

  it('stands at a whole update when its writer is killed', async () => {
    let before = 0
    for (const afterMs of [0, 11, 37, 80]) {
      await killWhileWriting('count.ts', [file, '0'], afterMs)
      const { revision, body } = (await table().get<Counter>('p', 'counter'))!
      expect(body.count).toBe(revision)
      expect(body.log.at(-1)).toBe(revision - 1)
      expect(revision).toBeGreaterThanOrEqual(before + 3)
      before = revision
    }
  })

  it('waits while another connection holds the lock', async () => {
    const ledger = table()
    await ledger.create('p', 's', 0)
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    const update = ledger.update('p', 's', 0, 1)
    expect((await ledger.get('p', 's'))!.body).toBe(0)
    setTimeout(() => other.exec('COMMIT'), 120)
    expect(await update).toBe(true)
    other.close()
  })

  it('fails on a file that is no SQLite database, naming it and leaving it alone', async () => {
    const path = join(fresh.folder, 'notes.txt')
    const text = 'these are notes, and no database at all\n'.repeat(50)
    await writeFile(path, text)
    await expect(table(path).create('p', 's', 1)).rejects.toThrow(UserError)
    await expect(table(path).get('p', 's')).rejects.toThrow(path)
    expect(await readFile(path, 'utf8')).toBe(text)
    expect(await readdir(fresh.folder)).toEqual(['notes.txt'])
  })

  it("fails on another program's database, and adds nothing to it", async () => {
    const path = join(fresh.folder, 'other.sqlite')
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE songs (name TEXT)')
    other.close()
    await expect(table(path).create('p', 's', 1)).rejects.toThrow(/another program's/)
    const again = new DatabaseSync(path)
    expect(again.prepare('SELECT name FROM sqlite_schema').all()).toHaveLength(1)
    again.close()
  })

  it('fails on a folder', async () => {
    const path = join(fresh.folder, 'folder')
    await mkdir(path)
    await expect(table(path).create('p', 's', 1)).rejects.toThrow(UserError)
  })

  it('works once what was in the way is gone', async () => {
    const path = join(fresh.folder, 'ledger.sqlite')
    await writeFile(path, 'x'.repeat(5_000))
    const ledger = table(path)
    await expect(ledger.create('p', 's', 1)).rejects.toThrow(UserError)
    await writeFile(path, '')
    expect(await ledger.create('p', 's', 1)).toBe(true)
  })
})
