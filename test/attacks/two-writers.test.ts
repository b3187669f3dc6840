/** Wall: one writer at a time. Imports and runs that start at once, in other containers, or over a dead one's lock. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { thisProcess } from '#adapters/local/holder.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { importFiles } from '../../functions/embedded/import-files.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import type { Holder, Store } from '../../functions/ports.ts'
import { importAlone } from '../../functions/steps/experience/import-lock.ts'
import { addToIndex, recordedFamilies } from '../../functions/steps/experience/run-index.ts'
import { abandonRun } from '../../functions/steps/run/abandon.ts'
import { takeLock } from '../../functions/steps/run/lock.ts'
import { unfinishedRuns } from '../../functions/steps/run/unfinished.ts'
import { SILENCE_MS } from '../../functions/steps/store/held.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { holder, items, memory, run, stocked } from '../steps/stores.ts'
import { aFamily, aTarget, aWorld, INTENT } from '../support/builders.ts'

let made: string
beforeAll(() => {
  made = mkdtempSync(join(tmpdir(), 'autotune-attack-'))
})
afterAll(() => rmSync(made, { recursive: true, force: true }))

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

const RECORDED = {
  map: null,
  packs: [],
  suites: [],
  prices: [],
  splitBy: 'recorded',
  splitKey: null,
  heldoutShare: 0.5,
} as const
const file = (name: string, runs: readonly ExperienceRun[]): string => {
  const path = join(made, `${name}.jsonl`)
  writeFileSync(path, runs.map((r) => `${JSON.stringify(r)}\n`).join(''))
  return path
}
const families = async (objects: Store['objects']) =>
  new Set((await Array.fromAsync(recordedFamilies(objects, INTENT))).map(({ family }) => family))

describe('twenty imports at once', () => {
  const twenty = async (runsOf: (i: number) => ExperienceRun[]) => {
    const dir = mkdtempSync(join(made, 'imports-'))
    const stores = Array.from({ length: 20 }, () => openStore(dir, { durable: false }))
    const done = await Promise.allSettled(
      stores.map((store, i) => importFiles(store, [file(`import-${i}`, runsOf(i))], RECORDED)),
    )
    const close = () => {
      for (const store of stores) store.close()
    }
    return { store: stores[0]!, done, close }
  }
  const refusals = (done: PromiseSettledResult<unknown>[]) =>
    done.flatMap((d) => (d.status === 'rejected' ? [(d.reason as Error).message] : []))

  test('with other content under the same ids: what reports success is what is stored, the others are refused', async () => {
    const { store, done, close } = await twenty((i) =>
      aWorld({ search: 4, heldout: 4 }).map((r) => ({ ...r, outcome: { ...r.outcome, latency_ms: 1000 + i } })),
    )
    const won = done.flatMap((d, i) => (d.status === 'fulfilled' ? [i] : []))
    expect(won).toHaveLength(1)
    for (const said of refusals(done))
      expect(said).toMatch(
        /^another import writes into this store: process .* is working on it since|already stored with other content/,
      )
    const traces = await Array.fromAsync(store.objects.list('experience/runs/'))
    for (const key of traces.filter((name) => name.endsWith('trace.json')))
      expect(Buffer.from((await store.objects.get(key))!).toString()).toContain(`"latency_ms":${1000 + won[0]!}`)
    close()
  })

  test('with recorded splits that disagree: no family on both sides', async () => {
    const world = aWorld({ search: 50, heldout: 50 })
    const turned = world.map(
      (r) => ({ ...r, run_id: `t-${r.run_id}`, split: r.split === 'search' ? 'heldout' : 'search' }) as ExperienceRun,
    )
    const { store, done, close } = await twenty((i) => (i % 2 ? turned : world))
    expect(done.filter((d) => d.status === 'fulfilled').length).toBeGreaterThanOrEqual(1)
    const sealed = await families(store.vault)
    expect(sealed.size).toBe(50)
    expect([...(await families(store.objects))].filter((family) => sealed.has(family))).toEqual([])
    close()
  })

  test('leave no lock behind, and the next one imports', async () => {
    const { store, close } = await twenty((i) => [aFamily(`f${i}`, { side: 'search' })])
    expect(await Array.fromAsync(store.table.query('import'))).toEqual([])
    expect(await importFiles(store, [file('next', [aFamily('next', { side: 'search' })])], RECORDED)).toMatchObject({
      stored: 1,
    })
    close()
  })
})

/** Rows of a lock that say neither who holds it nor since when. */
const SINCE = '2026-11-23T00:00:00.000Z'
const DAMAGED = [
  null,
  'x',
  7,
  [],
  {},
  { holder: '1:1@elsewhere' },
  { holder: 7, since: SINCE },
  { holder: '1:1@elsewhere', since: 'now' },
  { holder: '1:1@elsewhere', since: SINCE, beat: null },
  { holder: '1:1@elsewhere', since: SINCE, beat: '9999-99-99T00:00:00.000Z' },
  { holder: '1:1@elsewhere', since: SINCE, beat: '+275760-09-13T00:00:00.000Z' },
]

describe('an import lock', () => {
  const held = async (by: string, beat?: string) => {
    const store = memory()
    const since = store.clock.now()
    await store.table.create(...rowKeys.importLock(), { holder: by, since, ...(beat ? { beat } : {}) })
    return store
  }
  const unseen: Holder = { name: 'me', isAlive: (name) => (name === 'me' ? true : null) }
  const at = (store: Store, ms: number): Store => ({
    ...store,
    clock: { now: () => new Date(Date.UTC(2026, 10, 23) + ms).toISOString() },
  })

  test('of a live process excludes, of a dead one is taken over by one', async () => {
    const store = await held('first')
    await expect(importAlone(store, holder('second', ['first']), async () => 1)).rejects.toThrow(
      /^another import writes into this store: process first is working on it since .* Nothing was written/,
    )
    const names = Array.from({ length: 20 }, (_, i) => `p${i}`)
    let inside = 0
    const tries = await Promise.allSettled(
      names.map((name) =>
        importAlone(store, holder(name, names), async () => {
          expect(++inside).toBe(1)
          await new Promise((done) => setTimeout(done, 1))
          inside--
        }),
      ),
    )
    expect(tries.filter((t) => t.status === 'fulfilled').length).toBeGreaterThanOrEqual(1)
    expect(await store.table.get(...rowKeys.importLock())).toBeNull()
  })

  test('of a process that cannot be seen from here counts until it was silent for ten minutes', async () => {
    const store = await held('elsewhere', new Date(Date.UTC(2026, 10, 23) + 60_000).toISOString())
    await expect(importAlone(at(store, 60_000 + SILENCE_MS - 1), unseen, async () => 1)).rejects.toThrow(
      /of another machine or container .* counts as gone at 2026-11-23T00:11:00.000Z/,
    )
    expect(await importAlone(at(store, 60_000 + SILENCE_MS), unseen, async () => 1)).toBe(1)
  })

  test.each(DAMAGED)('that is damaged, %j, holds for nobody', async (row) => {
    const store = memory()
    await store.table.create(...rowKeys.importLock(), row)
    expect(await importAlone(store, unseen, async () => 1)).toBe(1)
    expect(await store.table.get(...rowKeys.importLock())).toBeNull()
  })

  test('that was taken over stops the import that wakes up late, before it writes the journal', async () => {
    const store = await held('gone')
    const late = importAlone(store, holder('late'), async (check) => {
      const row = (await store.table.get(...rowKeys.importLock()))!
      await store.table.update(row.pk, row.sk, row.revision, { holder: 'other', since: 'now' })
      await check()
    })
    await expect(late).rejects.toThrow('another one has taken its place')
    expect((await store.table.get<{ holder: string }>(...rowKeys.importLock()))!.body.holder).toBe('other')
  })
})

describe('a process in another container', () => {
  const me = thisProcess()
  const [, pid, start, place] = /^(\d+):(.*)@(.*)$/.exec(me.name)!

  test('with the same process id is not taken for this one, dead or alive', () => {
    expect(me.isAlive(me.name)).toBe(true)
    expect(me.isAlive(`${pid}:${start}@other`)).toBeNull()
    expect(me.isAlive(`999999:1@other`)).toBeNull()
  })

  test.skipIf(process.platform !== 'linux')(
    'an id that was given anew, or a process that nobody has buried, is dead',
    async () => {
      expect(me.isAlive(`${pid}:1@${place}`)).toBe(false)
      expect(me.isAlive(`4194303:1@${place}`)).toBe(false)
      expect(me.isAlive(`1:1@${place}`)).toBe(false)
      // A shell that becomes a process which never waits for its child: that one is dead and not gone.
      const parent = spawn('sh', ['-c', 'sh -c "echo \\$\\$; read x" & exec sleep 60'], {
        stdio: ['pipe', 'pipe', 'ignore'],
      })
      children.push(parent)
      const [line] = (await once(parent.stdout!, 'data')) as [Buffer]
      const child = Number(line.toString())
      const stat = () => readFileSync(`/proc/${child}/stat`, 'utf8').split(') ')[1]!.split(' ')
      const name = `${child}:${stat()[19]}@${place}`
      process.kill(child, 'SIGKILL')
      while (stat()[0] !== 'Z') await new Promise((done) => setTimeout(done, 5))
      expect(me.isAlive(name)).toBe(false)
    },
  )

  const script = fileURLToPath(new URL('child/hold.ts', import.meta.url))
  const inContainer = [
    '--user',
    '--map-root-user',
    '--pid',
    '--fork',
    '--mount-proc',
    '--kill-child',
    process.execPath,
    script,
  ]
  const hasNamespaces =
    spawnSync('unshare', ['--user', '--map-root-user', '--pid', '--fork', '--mount-proc', 'true']).status === 0

  test.skipIf(!hasNamespaces)(
    'neither takes over a live run, nor frees its lock (two process namespaces of this machine)',
    async () => {
      const dir = mkdtempSync(join(made, 'containers-'))
      const first = spawn('unshare', [...inContainer, dir, 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] })
      children.push(first)
      await once(first.stdout!, 'data')
      const second = spawnSync('unshare', [...inContainer, dir, 'try'], { encoding: 'utf8' })
      const said = JSON.parse(second.stdout) as Record<string, string>
      expect(said.run).toMatch(/run run_1 is open on .* of another machine or container/)
      expect(said.abandon).toMatch(/run run_1 is not to be given up: process .* of another machine or container/)
      expect(said.import).toMatch(/another import writes into this store: process .* of another machine or container/)
    },
  )
})

describe('a run whose place was taken while it slept', () => {
  test('asks nothing and writes nothing more', async () => {
    const store = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
    let isTaken = false
    const sleeping: Store = {
      ...store,
      progress: () => {
        isTaken = true
      },
      table: {
        ...store.table,
        async get(pk, sk) {
          if (isTaken && pk === 'lock') {
            const row = (await store.table.get<{ holder: string }>(pk, sk))!
            if (row.body.holder !== 'other')
              await store.table.update(pk, sk, row.revision, { ...row.body, run_id: 'theirs', holder: 'other' })
          }
          return await store.table.get(pk, sk)
        },
      },
    }
    await expect(run(sleeping, { runId: 'mine' })).rejects.toThrow('another one has taken its place')
    expect((await items(store))[0]).toMatchObject({ used: 0 })
    expect((await Array.fromAsync(store.table.query<{ holder: string }>('lock')))[0]!.body.holder).toBe('other')
  })

  test.each([...DAMAGED, { holder: 'first', since: SINCE, run_id: 7, about: 'a' }])(
    'a lock that is damaged, %j, is named wherever runs are looked at',
    async (row) => {
      const store = memory()
      await store.table.create(...rowKeys.lock(INTENT, 'destructive'), row)
      const says = `the lock of ${INTENT}#destructive in the ledger is damaged: restore the ledger from a copy`
      const wanted = { run_id: 'run_2', about: 'a' }
      await expect(takeLock(store, INTENT, 'destructive', wanted, holder('second'))).rejects.toThrow(says)
      await expect(abandonRun(store, 'run_1', holder('second'))).rejects.toThrow(says)
      await expect(unfinishedRuns(store, holder('second'))).rejects.toThrow(says)
    },
  )

  test('a lock in another place is neither resumed nor given up until it was silent for ten minutes', async () => {
    const store = memory()
    await takeLock(store, INTENT, 'destructive', { run_id: 'run_1', about: 'a' }, holder('first'))
    const unseen: Holder = { name: 'second', isAlive: () => null }
    const late: Store = { ...store, clock: { now: () => '2026-11-23T01:00:00.000Z' } }
    const wanted = { run_id: 'run_2', about: 'a' }
    await expect(takeLock(store, INTENT, 'destructive', wanted, unseen)).rejects.toThrow(
      'of another machine or container',
    )
    await expect(abandonRun(store, 'run_1', unseen)).rejects.toThrow('is not to be given up')
    expect(await takeLock(late, INTENT, 'destructive', wanted, unseen)).toEqual({ run_id: 'run_1', resumed: true })
  })
})

describe('a family that stands on both sides all the same', () => {
  /** As two imports of version 0.1.0 left it: the search side lists a run of a sealed family. */
  const leaked = async (store: Store, names: readonly string[]) => {
    const sealed = await Array.fromAsync(recordedFamilies(store.vault, INTENT))
    const known = new Set(sealed.map(({ family }) => family))
    const twins = names.map((name) =>
      aFamily(`twin-${name}`, { side: 'search', family: `family-${name}`, required: 1, gold: 1 }),
    )
    const other = await stocked(memory(), twins)
    for await (const key of other.objects.list('experience/runs/'))
      await store.objects.put(key, (await other.objects.get(key))!)
    const lines = await Array.fromAsync(recordedFamilies(other.objects, INTENT))
    expect(lines.every(({ family }) => known.has(family))).toBe(true)
    await addToIndex(store.objects, INTENT, lines as never)
    for await (const key of other.objects.list('ingest/')) await store.objects.put(key, (await other.objects.get(key))!)
  }

  test('is burned before it is sealed, with the names of its runs on the search side', async () => {
    const said: string[] = []
    const store = {
      ...(await stocked(memory(), aWorld({ search: 6, heldout: 102 }))),
      progress: (line: string) => void said.push(line),
    }
    await leaked(store, ['h0', 'h1'])
    expect(await run(store, { runId: 'r' })).toMatchObject({ heldout_families: 100 })
    expect(said.filter((line) => line.startsWith('burned'))).toEqual([
      expect.stringMatching(
        /^burned: 2 sealed families have runs on the search side too \(e\.g\. \S*twin-h0, \S*twin-h1\): they are never sealed/,
      ),
    ])
  })

  test('ends a version that was asked: no other question', async () => {
    const heldout = Array.from({ length: 30 }, () => ({ side: 'heldout', required: 3 }) as const)
    const store = await stocked(memory(), aWorld({ search: 6, heldout: 300, extra: heldout }))
    const target = aTarget({ scoring: { ...aTarget().scoring, questions: 2 } } as never)
    await run(store, { runId: 'q1', target })
    const [item] = await items(store)
    expect(item).toMatchObject({ used: 1, retired: null })
    await leaked(store, ['h0'])
    await expect(run(store, { runId: 'q2', target })).rejects.toThrow(
      /1 families of the held-out version sha256:\w+ of support\.refund have runs on the search side too \(e\.g\. \S*twin-h0\)/,
    )
    expect((await items(store))[0]!.used).toBe(1)
  })
})
