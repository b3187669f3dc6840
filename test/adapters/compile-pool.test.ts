/** Compiling on several cores: what comes back is what one core gives, errors included. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { compilePool } from '#adapters/local/compile/compile-pool.ts'
import { TamperError } from '#core/experience/run-files.ts'
import type { Store } from '#ports'
import { openStore } from '../../functions/embedded/open-store.ts'
import { UserError } from '../../functions/errors.ts'
import { compileIntent } from '../../functions/steps/experience/compile.ts'
import { notCompiled } from '../steps/earlier-versions.ts'
import { onDisk, stocked } from '../steps/stores.ts'
import { aRun, INTENT, said } from '../support/builders.ts'
import { run } from './contract/children.ts'

const runs = Array.from({ length: 150 }, (_, i) =>
  aRun(`run-${String(i).padStart(3, '0')}`, {
    case_id: `case-${String(i >> 1).padStart(3, '0')}`,
    family_id: `family-${i >> 2}`,
    split: (i >> 2) % 2 === 0 ? 'search' : 'heldout',
    steps: [said('user', `question ${i}`)],
  }),
)
const { store, dir, dispose } = onDisk()
await notCompiled(await stocked(store, runs))
afterAll(dispose)

const sideOf = (over: Store, side: 'objects' | 'vault') =>
  Array.fromAsync(compileIntent({ ...over, objects: over[side] }, INTENT))

/** Works on the same folder with a number of workers from the first run on. */
async function withWorkers<T>(workers: number, work: (other: Store) => Promise<T>): Promise<T> {
  const other = openStore(dir, { durable: false, compiling: { workers, runsInPlace: 0 } })
  try {
    return await work(other)
  } finally {
    other.close()
  }
}

const thrown = async (work: Promise<unknown>): Promise<Error> =>
  (await work.then(
    () => null,
    (e: unknown) => e,
  )) as Error

const openSide = (folder: string) => () => ({ open: { folder, key: null } })

describe('compile workers', () => {
  test.each([0, 1, 2, 3])('%d of them give the same lines of both sides', async (workers) => {
    await withWorkers(workers, async (other) => {
      for (const side of ['objects', 'vault'] as const) {
        const lines = await sideOf(store, side)
        expect(lines.length).toBeGreaterThan(30)
        expect(await sideOf(other, side)).toEqual(lines)
      }
    })
  })

  test.each([0, 1, 3])('%d of them tell the first change of a record, as what it is', async (workers) => {
    const damaged = ['run-136', 'run-040'].map((id) => join(dir, 'experience/runs/2026-05-12', id, 'scorecard.json'))
    const kept = damaged.map((file) => readFileSync(file))
    try {
      for (const file of damaged) writeFileSync(file, '{}')
      const error = await withWorkers(workers, (other) => thrown(sideOf(other, 'objects')))
      expect(error).toBeInstanceOf(TamperError)
      expect(error.message).toMatch(/^run-040\/scorecard.json was changed after it was recorded: its digest differs/)
    } finally {
      damaged.forEach((file, i) => {
        writeFileSync(file, kept[i]!)
      })
    }
  })

  test('tell a user error as one', async () => {
    const pool = compilePool(openSide(join(dir, 'ledger.sqlite')), { workers: 1 })
    const error = await thrown(pool.side('open')!.compile(INTENT, [{ run_id: 'r', date: null, family: 'f' }]))
    pool.close()
    expect(error).toBeInstanceOf(UserError)
    expect(error.message).toMatch(/ledger.sqlite is no folder/)
  })

  test('that cannot work or are ended are named, and nobody waits for them', async () => {
    const unable = compilePool(openSide(null as unknown as string), { workers: 1 })
    const block = [{ run_id: 'r', date: null, family: 'f' }]
    for (const _ of [1, 2])
      expect(await thrown(unable.side('open')!.compile(INTENT, block))).toMatchObject({
        message: expect.stringMatching(/^compile worker 1 ended before it was done \(it failed: .*path/),
      })
    const pool = compilePool(openSide(dir), { workers: 2 })
    const asked = [block, block, block].map((b) => thrown(pool.side('open')!.compile(INTENT, b)))
    pool.close()
    expect((await Promise.all(asked)).map((error) => error.message)).toEqual(
      [1, 2, 1].map((n) => `compile worker ${n} ended before it was done (it was closed)`),
    )
  })

  test('do not keep a program alive that forgot them', async () => {
    expect(await run('compile-and-leave.ts', [dir, INTENT])).toBe(`${(await sideOf(store, 'objects')).length}\n`)
  })
})
