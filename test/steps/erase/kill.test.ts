/** An erasure that is killed before any of its writes ends by the same command; until then the store says that it has not ended. */
import { describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import type { LocalStore } from '../../../functions/embedded/open-store.ts'
import { aRoughTarget } from '../../support/builders.ts'
import { contents, Killed, rows, run, stocked, watched } from '../stores.ts'
import { aMarkedRun, aMarkedWorld, erased, filesWith, madeOnce, markOf, problemsOf, runs } from './support.ts'

/** A run of each side, and one whose note stands in artifacts and in rejection memory. */
const NAMES = ['s3', 'h7', 'x0']
const small = (layout: 'files' | 'segments', heldout: number, verdict: string) => async (store: Store) => {
  const blocks = aMarkedRun('x0', { side: 'search', required: 2, gold: 2 })
  await stocked(store, [...aMarkedWorld({ search: 8, heldout }), blocks], { layout })
  expect((await run(store, { runId: 'r', target: aRoughTarget() })).verdict).toBe(verdict)
}
const made = madeOnce({
  files: small('files', 10, 'inconclusive'),
  segments: small('segments', 30, 'certified'),
})

/** The store of a process that dies before its n-th write, its lines of the journal counted too, and how many it wrote. */
function dying(store: LocalStore, n: number): { readonly store: Store; readonly writes: () => number } {
  let writes = 0
  const write = () => {
    if (writes >= n || ++writes === n) throw new Killed(`killed before write ${n}`)
  }
  const { journal, items } = store.heads!
  return {
    store: {
      ...watched(store, (act) => (act === 'write' ? write() : undefined)),
      heads: {
        items,
        journal: {
          ...journal,
          append: async (head) => {
            write()
            await journal.append(head)
          },
        },
      },
    },
    writes: () => writes,
  }
}

/** All that is left, but for the times and codes of the journal. */
const left = async (store: Store) => ({
  files: Object.fromEntries(Object.entries(await contents(store)).filter(([key]) => !key.startsWith('open/heads/'))),
  rows: await rows(store),
  lines: (await store.heads!.journal.read()).lines.length,
})
const marks = (store: LocalStore) => NAMES.flatMap((name) => filesWith(store.dir, markOf(name)))

describe.each(['files', 'segments'] as const)('a store of %s', (layout) => {
  test('is the same wherever the erasure was killed, and no word stands in one that verify finds clean', async () => {
    const whole = made.copied(layout)
    const counting = dying(whole, Number.MAX_SAFE_INTEGER)
    await erased(counting.store, runs(...NAMES))
    const undisturbed = await left(whole)
    const writes = counting.writes()
    expect(writes).toBeGreaterThan(12)
    for (let n = 1; n <= writes; n++) {
      const store = made.copied(layout)
      await expect(erased(dying(store, n).store, runs(...NAMES))).rejects.toThrow(Killed)
      const again = made.reopened(store)
      const problems = await problemsOf(again)
      const isBuried = (await again.heads!.journal.read()).lines.some(({ head }) => head.kind === 'erased')
      if (isBuried && problems.length === 0) expect([n, marks(again)]).toEqual([n, []])
      if (isBuried && problems.length > 0) expect([n, problems.join()]).toEqual([n, expect.stringMatching(/erase/)])
      await erased(again, runs(...NAMES))
      expect([n, await left(again)]).toEqual([n, undisturbed])
      expect([n, marks(again), await problemsOf(again)]).toEqual([n, [], []])
    }
  })
})
