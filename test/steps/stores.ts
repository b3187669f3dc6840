/** Stores for the tests of the steps: in memory or in a folder, counting or failing on the way, and runs over them. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEach } from '#adapters/port-rules/table-key.ts'
import { digestOf } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import type { Holder, LedgerTable, ObjectStore, Store } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { AutotuneRun, RunSummary } from '#schemas/run.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { publishPack, publishSuite } from '../../functions/steps/experience/documents.ts'
import { ingest } from '../../functions/steps/experience/ingest.ts'
import type { Layout } from '../../functions/steps/experience/layout.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import type { RunRequest } from '../../functions/steps/run/contract.ts'
import { type MemoryScope, readRejections } from '../../functions/steps/run/memory.ts'
import { runTarget } from '../../functions/steps/run/run.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { aPack, aSuite, aTarget, aWorld, INTENT } from '../support/builders.ts'
import { isJournaled, journaled } from '../support/journaled.ts'
import { memoryStore } from '../support/memory/memory-store.ts'
import { memoryTable } from '../support/memory/memory-table.ts'
import { memoryScratch } from '../support/memory-scratch.ts'

/** A store in memory whose clock moves a second with every look. */
export function memory(): Store {
  let seconds = 0
  return {
    objects: memoryStore(),
    vault: memoryStore(),
    releases: memoryStore(),
    table: memoryTable(),
    scratch: memoryScratch,
    clock: { now: () => new Date(Date.UTC(2026, 10, 23) + 1000 * seconds++).toISOString() },
    progress: () => {},
  }
}

/** A store in a folder of its own, and how to be rid of it. */
export function onDisk(): { readonly store: Store; readonly dir: string; readonly dispose: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'autotune-steps-'))
  const store = openStore(dir, { durable: false })
  const dispose = () => {
    store.close()
    rmSync(dir, { recursive: true, force: true })
  }
  return { store: { ...store, clock: memory().clock }, dir, dispose }
}

export const RECORDED = { by: 'recorded', key: 'unused', heldout_share: 0.5 } as const

export const imported = (store: Store, runs: readonly ExperienceRun[], layout: Layout | null = null) =>
  ingest(
    store,
    async function* () {
      yield* runs
    },
    RECORDED,
    { layout },
  )

/** A store that holds the documents and a world. */
export async function stocked<S extends Store>(
  store: S,
  runs: readonly ExperienceRun[] = aWorld(),
  {
    pack = aPack(),
    suite = aSuite(),
    layout = null,
  }: { pack?: ContextPack; suite?: EvaluatorSuite; layout?: Layout | null } = {},
): Promise<S> {
  await publishPack(store, pack)
  await publishSuite(store, suite)
  await imported(store, runs, layout)
  return store
}

/** A process by name; `alive` are the others that still live. */
export const holder = (name = 'me', alive: readonly string[] = []): Holder => ({
  name,
  isAlive: (other) => other === name || alive.includes(other),
})

/** Runs a target over a store. */
export const run = (
  store: Store,
  over: Partial<RunRequest> & { readonly holder?: Holder; readonly target?: TuningTarget } = {},
): Promise<RunSummary> =>
  runTarget(
    store,
    { target: aTarget(), candidates: null, runId: null, demonstration: null, ...over },
    over.holder ?? holder(),
    transcriptEngine(),
  )

/** What memory forbids the next run of a pinned one's target, as far as nothing else is said of what it asks. */
export const memoryOf = (store: Store, pinned: AutotuneRun, over: Partial<MemoryScope> = {}) =>
  readRejections(store, {
    target: resolveTarget(pinned.target),
    searchSet: pinned.search_set.digest,
    version: pinned.heldout_test_set?.version ?? null,
    baseline: baselineDigest(pinned),
    suite: digestOf(pinned.evaluator_suite),
    runId: 'the next run',
    ...over,
  })

/** Ledger items of the intent, as they stand. */
export const items = async (store: Store): Promise<LedgerItem[]> =>
  (await Array.fromAsync(store.table.query<LedgerItem>(rowKeys.versions(INTENT)))).map((r) => r.body)

/** What decides something in a folder, without what was recorded: all that a review or a rollout reads and writes. */
const DECIDED = [
  'autotune',
  'goldens',
  'heads',
  'ledger.sqlite',
  'ledger-debits.jsonl',
  'packs',
  'reviews',
  'vault/heads.key',
  'vault/terminal.key',
  'vault/review-link.key',
]

/** Copies that of one store into an empty folder. */
export function copyDecided(from: string, to: string): void {
  for (const part of DECIDED)
    if (existsSync(join(from, part))) cpSync(join(from, part), join(to, part), { recursive: true })
}

/** Everything a store holds, as text by key. */
export async function contents(store: Store): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  for (const [name, objects] of [
    ['open', store.objects],
    ['vault', store.vault],
    ['releases', store.releases],
  ] as const)
    for await (const key of objects.list('')) all[`${name}/${key}`] = Buffer.from((await objects.get(key))!).toString()
  return all
}

export class Killed extends Error {
  override name = 'Killed'
}

type Side = 'open' | 'vault' | 'releases' | 'table' | 'lines'

/** Calls a hook before every write and read; what it throws is thrown there. */
export function watched(store: Store, hook: (act: 'read' | 'write', side: Side, key: string) => void): Store {
  const objects = (inner: ObjectStore, side: Side): ObjectStore => ({
    async get(key, version) {
      hook('read', side, key)
      return inner.get(key, version)
    },
    async versionOf(key) {
      hook('read', side, key)
      return inner.versionOf(key)
    },
    async read(key, version) {
      hook('read', side, key)
      return inner.read(key, version)
    },
    async readRange(key, start, length) {
      hook('read', side, key)
      return inner.readRange(key, start, length)
    },
    async put(key, bytes) {
      hook('write', side, key)
      return inner.put(key, bytes)
    },
    async putIfAbsent(key, bytes) {
      hook('write', side, key)
      return inner.putIfAbsent(key, bytes)
    },
    async delete(key) {
      hook('write', side, key)
      return inner.delete(key)
    },
    list: (prefix) => inner.list(prefix),
  })
  const table = isJournaled(store) ? store.heads.items : store.table
  const create: LedgerTable['create'] = async (pk, sk, body) => {
    hook('write', 'table', `${pk} ${sk}`)
    return table.create(pk, sk, body)
  }
  const watchedTable: LedgerTable = {
    get: (pk, sk) => table.get(pk, sk),
    create,
    createAll: createEach(create),
    async update(pk, sk, revision, body) {
      hook('write', 'table', `${pk} ${sk}`)
      return table.update(pk, sk, revision, body)
    },
    async spend(pk, sk, revision, body, what) {
      hook('write', 'table', `${pk} ${sk}`)
      return table.spend(pk, sk, revision, body, what)
    },
    async remove(pk, sk, revision) {
      hook('write', 'table', `${pk} ${sk}`)
      return table.remove(pk, sk, revision)
    },
    query: (pk, prefix) => table.query(pk, prefix),
  }
  const seen = {
    ...store,
    objects: objects(store.objects, 'open'),
    vault: objects(store.vault, 'vault'),
    releases: objects(store.releases, 'releases'),
    table: watchedTable,
  }
  if (!isJournaled(store)) return seen
  const { heads: _, ...bare } = seen
  return journaled(bare, objects(store.lines, 'lines'))
}

/** A store whose process dies before the n-th write (from 1), and stays dead. */
export function killedAtWrite(store: Store, n: number): { readonly store: Store; readonly reached: () => number } {
  let writes = 0
  const dying = watched(store, (act) => {
    if (writes >= n) throw new Killed(`killed before write ${n}`)
    if (act === 'write' && ++writes === n) throw new Killed(`killed before write ${n}`)
  })
  return { store: dying, reached: () => writes }
}

/** A store in memory with the same objects; its table is empty, but where a journal of heads speaks about it. */
export async function copied(store: Store): Promise<Store> {
  const copy = memory()
  for (const side of ['objects', 'vault', 'releases'] as const)
    for await (const key of store[side].list('')) await copy[side].put(key, (await store[side].get(key))!)
  if (!isJournaled(store)) return copy
  const under = journaled(copy)
  for await (const key of store.lines.list('')) await under.lines.put(key, (await store.lines.get(key))!)
  await copyRows(store.heads.items, under.heads.items)
  return under
}

/** Partitions of the tests' intent and packs; rows of a run's rollout are found by its id. */
const partitions = (runId: string): string[] => [
  'lock',
  'review',
  'rollout',
  'release',
  rowKeys.versions(INTENT),
  ...rowKeys.claims(INTENT),
  `rejection#${INTENT}`,
  rowKeys.epochs(INTENT),
  `epochkey#${INTENT}`,
  rowKeys.split()[0],
  rowKeys.yearBudget()[0],
  'version#ctxpack.support',
  `proposal#${runId}_01`,
  `proposal#${runId}`,
  rowKeys.productions(`ro_${runId}`),
]

/** Every row of a store, by its key. */
export async function rows(store: Store, runId = 'r'): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const pk of partitions(runId))
    for await (const row of store.table.query(pk)) all[`${row.pk} ${row.sk}`] = row.body
  return all
}

/** The same store, its table included. */
export async function twin(store: Store, runId = 'r'): Promise<Store> {
  const copy = await copied(store)
  if (!isJournaled(store)) await copyRows(store.table, copy.table, runId)
  return copy
}

async function copyRows(from: LedgerTable, to: LedgerTable, runId = 'r'): Promise<void> {
  for (const pk of partitions(runId))
    for await (const row of from.query(pk)) {
      await to.create(row.pk, row.sk, row.body)
      for (let revision = 0; revision < row.revision; revision++) await to.update(row.pk, row.sk, revision, row.body)
    }
}
