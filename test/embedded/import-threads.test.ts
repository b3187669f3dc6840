/** An import on several threads: the bytes and the errors of one, whatever the machine does meanwhile. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { type ImportOptions, importFiles } from '../../functions/embedded/import-files.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { contents, holder, memory, watched } from '../steps/stores.ts'
import { aFamily, aWorld, said } from '../support/builders.ts'

const made = mkdtempSync(join(tmpdir(), 'autotune-threads-'))
afterAll(() => rmSync(made, { recursive: true, force: true }))

const file = (name: string, lines: readonly (string | Buffer)[]): string => {
  const path = join(made, name)
  writeFileSync(path, Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.from('\n')]))))
  return path
}
const jsonl = (name: string, runs: readonly ExperienceRun[]) =>
  file(
    name,
    runs.map((run) => JSON.stringify(run)),
  )

const options = (workers: number, over: Partial<ImportOptions> = {}): ImportOptions => ({
  map: null,
  packs: [],
  suites: [],
  prices: [],
  splitBy: 'hash',
  splitKey: 'key-of-these-tests',
  heldoutShare: 0.5,
  layout: 'segments',
  preparing: { workers, linesInPlace: 0 },
  ...over,
})

/** Blocks enough for every thread, with copies and near copies among them, in texts of several scripts. */
const words = (n: number) => Array.from({ length: 60 }, (_, i) => `w${n}x${i}`).join(' ')
const talk = (name: string, text: string) => aFamily(name, { side: 'search', over: { steps: [said('user', text)] } })
const runs = [
  ...aWorld({ search: 60, heldout: 60 }),
  ...Array.from({ length: 200 }, (_, i) => talk(`t${i}`, `${words(i % 75)} ${i} Grüße 你好 😀`)),
  ...Array.from({ length: 80 }, (_, i) => {
    const again = `c${i}`
    return {
      ...talk(`t${i}`, `${words(i % 75)} ${i} Grüße 你好 😀`),
      run_id: again,
      trace_id: again,
      case_id: again,
      family_id: again,
    }
  }),
  ...Array.from({ length: 20 }, (_, i) => talk(`d${i}`, `${words(i)} ${i} Grüße`)),
]
const records = jsonl('runs.jsonl', runs)

const message = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  )

describe('threads of an import', () => {
  test('leave the same bytes and tell the same, whether one, two or eight prepare the runs', async () => {
    const left = async (workers: number) => {
      const store = memory()
      const report = await importFiles(store, [records], options(workers), holder())
      return { report, contents: await contents(store) }
    }
    const alone = await left(0)
    expect(alone.report).toMatchObject({ stored: runs.length, layout: 'segments' })
    expect(alone.report.near_copies.runs).toBeGreaterThan(0)
    expect(alone.report.copies.runs).toBeGreaterThan(0)
    for (const workers of [1, 2, 8]) expect(await left(workers)).toEqual(alone)
  })

  test('name file, line and field of the first twenty problems, in the order of the files', async () => {
    const bad = (i: number) =>
      i % 3 === 0 ? '{"run_id": ' : i % 3 === 1 ? JSON.stringify({ ...runs[i], steps: 7 }) : JSON.stringify(runs[i])
    const many = file(
      'bad.jsonl',
      Array.from({ length: 300 }, (_, i) => (i < 250 ? JSON.stringify(runs[i]) : bad(i))),
    )
    const cut = file('cut.jsonl', [...runs.slice(0, 40).map((r) => JSON.stringify(r)), Buffer.from([0xff])])
    const refused = async (workers: number, files: readonly string[]) => {
      const store = memory()
      const said = await message(importFiles(store, files, options(workers), holder()))
      expect(await contents(store)).toEqual({})
      return said
    }
    for (const files of [[many], [cut, many], [cut, jsonl('again.jsonl', runs.slice(0, 40))]]) {
      const alone = await refused(0, files)
      expect(alone).toMatch(/\.jsonl:\d+: /)
      expect(await refused(2, files)).toBe(alone)
    }
    expect(await refused(0, [many])).toMatch(/bad\.jsonl:251: steps: .*\n.*bad\.jsonl:253: the line is no JSON/)
    expect(await refused(0, [cut, many])).toMatch(/cut\.jsonl:41: the line is not valid UTF-8.*\n.*bad\.jsonl:251/)
  })

  test('a record that is no run is told of before one that comes twice', async () => {
    const twice = file(
      'twice.jsonl',
      [runs[0], runs[0], { run_id: 1 }].map((run) => JSON.stringify(run)),
    )
    for (const workers of [0, 2])
      expect(await message(importFiles(memory(), [twice], options(workers), holder()))).toMatch(/twice\.jsonl:3: /)
  })
})

describe('an import into segments', () => {
  /** A disk that is full at one write, the n-th. */
  function fullAtWrite(store: Store, n: number) {
    let writes = 0
    const full = watched(store, (act) => {
      if (act === 'write' && ++writes === n)
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    })
    return { full, wasFull: () => writes >= n }
  }

  test('that finds a full disk at any write says so, and the same import ends it with the same runs', async () => {
    const few = jsonl('few.jsonl', runs.slice(0, 40))
    const importing = (store: Store, by = 'next') => importFiles(store, [few], options(0), holder(by))
    const whole = memory()
    await importing(whole)
    const segments = (all: Record<string, string>) =>
      Object.entries(all).filter(([key]) => key.includes('/experience/runs/'))
    for (let n = 1; ; n++) {
      const store = memory()
      const { full, wasFull } = fullAtWrite(store, n)
      const said = await message(importing(full, 'first'))
      if (!wasFull()) break
      expect(said).toMatch(/ENOSPC/)
      await importing(store)
      expect(segments(await contents(store))).toEqual(segments(await contents(whole)))
    }
  })

  test('of two at once into a packed store one is done or named, and both again leave what one after the other leaves', async () => {
    const [first, second] = [jsonl('first.jsonl', runs.slice(0, 150)), jsonl('second.jsonl', runs.slice(100, 400))]
    const dir = mkdtempSync(join(made, 'two-'))
    const stores = [openStore(dir, { durable: false }), openStore(dir, { durable: false })]
    const counted = { stored: 0, refused: 0 }
    const importing = async (store: Store, path: string) => {
      try {
        counted.stored += (await importFiles(store, [path], options(2))).stored
      } catch (error) {
        expect((error as Error).message).toMatch(/^another import writes into this store: .* Nothing was written/)
        counted.refused++
      }
    }
    await Promise.all([importing(stores[0]!, first), importing(stores[1]!, second)])
    await importing(stores[0]!, first)
    await importing(stores[1]!, second)
    expect(counted.stored).toBe(400)
    expect(counted.refused).toBeLessThanOrEqual(1)
    expect(await importFiles(stores[0]!, [first, jsonl('rest.jsonl', runs.slice(150, 400))], options(1))).toMatchObject(
      {
        stored: 0,
        unchanged: 400,
        restored: 0,
      },
    )
    for (const store of stores) store.close()
  })
})
