/** Pages of a large store open as many objects as those of a small one: what is counted here is what a first byte waits for. */
import { describe, expect, test } from 'vitest'
import type { ObjectStore, Store } from '#ports'
import { caseId, INTENT, writeRecorded, writeRunLines } from '../../../bench/ui-store.ts'
import { readCase } from '../../../functions/steps/workbench/case.ts'
import { RUNS_PAGE, readRuns } from '../../../functions/steps/workbench/runs.ts'
import { readStore } from '../../../functions/steps/workbench/store-facts.ts'
import { memory } from '../stores.ts'

/** Index lines of a segment here; an import writes more. */
const SEGMENT = 500
const ALL = { intent: null, verdict: null, after: null }
/** No run is under way. */
const nobody = async () => []

/** A store whose objects are counted when they are opened, and whose vault nobody may touch. */
async function counted({ runs, recorded }: { readonly runs: number; readonly recorded: number }) {
  const store = memory()
  await writeRecorded(store.objects, recorded, SEGMENT)
  await writeRunLines(store.objects, runs)
  const opened: string[] = []
  const counting =
    <A extends unknown[], R>(act: (key: string, ...rest: A) => R) =>
    (key: string, ...rest: A): R => {
      opened.push(key)
      return act(key, ...rest)
    }
  const objects: ObjectStore = {
    ...store.objects,
    get: counting((key, version) => store.objects.get(key, version)),
    read: counting((key, version) => store.objects.read(key, version)),
    readRange: counting((key, start, length) => store.objects.readRange(key, start, length)),
  }
  const vault = new Proxy({} as ObjectStore, {
    get() {
      throw new Error('the vault was opened')
    },
  })
  return { store: { ...store, objects, vault } satisfies Store, opened }
}

async function opens(
  size: { readonly runs: number; readonly recorded: number },
  look: (store: Store) => Promise<unknown>,
) {
  const { store, opened } = await counted(size)
  await look(store)
  return opened.length
}

describe('the page of runs', () => {
  const look = (asked: Parameters<typeof readRuns>[1]) => (store: Store) => readRuns(store, asked, nobody)

  test('opens as many objects for ten thousand runs as for a hundred', async () => {
    const [few, many] = [
      await opens({ runs: 100, recorded: 10 }, look(ALL)),
      await opens({ runs: 10_000, recorded: 10 }, look(ALL)),
    ]
    expect(many).toBe(few)
    expect(many).toBeLessThan(4 * RUNS_PAGE.rows)
  })

  test('looks at a bounded number of lines for what is rare, and says where to go on', async () => {
    const { store, opened } = await counted({ runs: 2_000, recorded: 10 })
    const { rows, looked, next, unkept } = await readRuns(store, { ...ALL, verdict: 'certified' }, nobody)
    expect([rows, looked, unkept]).toEqual([[], RUNS_PAGE.lines, null])
    expect(next).not.toBeNull()
    expect(opened.length).toBeLessThan(3 * RUNS_PAGE.lines)
  })

  test('shows every run once over its pages, newest first', async () => {
    const { store } = await counted({ runs: 130, recorded: 10 })
    const ids: string[] = []
    for (let after: string | null = null, more = true; more; more = after !== null) {
      const page: Awaited<ReturnType<typeof readRuns>> = await readRuns(store, { ...ALL, after }, nobody)
      ids.push(...page.rows.map(({ run_id }) => run_id))
      after = page.next
    }
    expect(ids).toEqual(Array.from({ length: 130 }, (_, i) => `at_${String(129 - i).padStart(7, '0')}`))
  })
})

describe('the page of a store', () => {
  test('opens one object more for each segment of the index, and reads none of its lines', async () => {
    const { store, opened } = await counted({ runs: 0, recorded: 2_000 })
    const view = await readStore(store)
    const one = view.intents.find(({ intent }) => intent === INTENT)!
    expect(Object.values(one.days).reduce((sum, n) => sum + n, 0)).toBe(2_000)
    expect(one.uncounted).toBe(0)
    expect(opened.filter((key) => key.startsWith('experience/index/'))).toEqual([])
    expect(opened.length).toBeLessThan(40)
  })

  test('counts a few segments of a version that counted no days, and says how many it did not', async () => {
    const { store } = await counted({ runs: 0, recorded: 3_000 })
    for await (const key of store.objects.list('experience/index-days/')) await store.objects.delete(key)
    const one = (await readStore(store)).intents.find(({ intent }) => intent === INTENT)!
    expect(Object.values(one.days).reduce((sum, n) => sum + n, 0)).toBe(2_000)
    expect(one.uncounted).toBe(2)
  })
})

describe('the page of a case', () => {
  test('reads a few parts of a long search set, and opens no vault', async () => {
    const find = (n: number) => (store: Store) => readCase(store, INTENT, caseId(n), null)
    const [few, many] = [
      await opens({ runs: 0, recorded: 500 }, find(300)),
      await opens({ runs: 0, recorded: 8_000 }, find(7_000)),
    ]
    expect(many).toBeLessThan(150)
    expect(many - few).toBeLessThan(60)
  })

  test('is none for a name that the search set does not hold', async () => {
    const { store } = await counted({ runs: 0, recorded: 500 })
    expect(await readCase(store, INTENT, 'sealed-1', null)).toBeNull()
    expect(await readCase(store, 'other', caseId(1), null)).toBeNull()
  })
})
