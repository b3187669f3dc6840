/**
 * A store as servers for agents are handed it: read-only, the open side alone; a folder is opened anew for each call, a deployment
 * stays open under the rights of whoever started the server. What reads the vault, and what decides, is not in any of these ports.
 */
import { fileScratch } from '#adapters/local/files/file-scratch.ts'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { CHANGES_INBOX, INGEST_PREFIX } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import type { Heads, LedgerTable, ObjectStore, Store, VerdictSource } from '../ports.ts'
import { transcriptEngine } from '../steps/replay/transcript-engine.ts'
import type { InboxObjects } from '../steps/run/inbox.ts'
import type { LookedAt } from '../steps/run/propose.ts'
import { pinnedRun, type Verification, verifyRun } from '../steps/run/verify.ts'
import { openStore } from './open-store.ts'

export interface AgentPorts {
  readonly reading: <T>(work: (store: Side) => Promise<T>) => Promise<T>
  readonly inbox: InboxObjects
  readonly verify: (run: string) => Promise<Verification>
}

/** All of the open side that is handed on. */
type Side = LookedAt & Pick<Store, 'clock'>

/** A store that a call is handed while it works. */
interface Source {
  readonly opened: <T>(work: (store: OpenStore) => Promise<T>) => Promise<T>
  /** Where the inbox is written. */
  readonly objects: ObjectStore
}

type OpenStore = Pick<
  Store,
  'objects' | 'table' | 'verdicts' | 'compilerOf' | 'clock' | 'heads' | 'scratch' | 'rolesApart'
>

/** Ports over the store of a folder; nothing stays open between two calls. */
export function agentPorts(dir: string): AgentPorts {
  return portsOver({
    objects: fileStore(dir, { durable: true }),
    async opened(work) {
      const store = openStore(dir, { readOnly: true })
      try {
        // Of the system's temporary folder: that of the store lies beside what is sealed.
        return await work({ ...store, scratch: () => fileScratch(store.asideDir) })
      } finally {
        store.close()
      }
    },
  })
}

/** Ports over a deployment that is open already, under whatever rights it was opened. */
export const deployedAgentPorts = (store: OpenStore): AgentPorts =>
  portsOver({ objects: store.objects, opened: (work) => work(store) })

function portsOver({ opened, objects }: Source): AgentPorts {
  return {
    reading: (work) => opened((store) => work(openSideOf(store))),
    inbox: inboxOf(objects),
    verify: (run) =>
      opened(async (store) => {
        const side = openSideOf(store)
        const pinned = await pinnedRun(side, run)
        if (pinned?.replayer && pinned.replayer.kind !== 'transcript')
          throw new UserError(
            `run ${run} replayed a harness of the user's own: a person verifies it where that runs, with "autotune verify ${run}"`,
          )
        const heads = { ...readingHeads(store.heads!), items: side.table }
        const closed: Store = { ...side, vault: nothing, releases: nothing, heads }
        return await verifyRun(closed, run, transcriptEngine(side.verdicts), 'closed')
      }),
  }
}

/** The open side without ingest's own memory, of which nothing can be written. */
function openSideOf({ objects, table, verdicts, compilerOf, clock, scratch, rolesApart }: OpenStore): Side {
  return {
    clock,
    objects: readOnly(objects, (key) => !key.startsWith(INGEST_PREFIX)),
    table: readOnlyTable(table),
    scratch,
    progress: () => {},
    ...(verdicts && { verdicts: ofSearch(verdicts) }),
    ...(rolesApart && { rolesApart }),
    ...(compilerOf && { compilerOf: () => compilerOf(objects) }),
  }
}

/** Judges of the search side alone. */
const ofSearch = (source: VerdictSource): VerdictSource => ({
  get cage() {
    return source.cage
  },
  judge: (question) => source.judge(question, 'search'),
  problem: (evaluator) => source.problem(evaluator),
})

const refuse = (what: string) => async (): Promise<never> => {
  throw new RangeError(`a server for agents does not ${what}`)
}

function readOnly(objects: ObjectStore, isOpen: (key: string) => boolean): ObjectStore {
  const open = (key: string): string => {
    if (!isOpen(key)) throw new RangeError(`"${key}" is not told to agents`)
    return key
  }
  const write = refuse('write')
  return {
    get: async (key, version) => objects.get(open(key), version),
    read: async (key, version) => objects.read(open(key), version),
    readRange: async (key, start, length) => objects.readRange(open(key), start, length),
    versionOf: async (key) => objects.versionOf(open(key)),
    async *list(prefix) {
      for await (const key of objects.list(prefix)) if (isOpen(key)) yield key
    },
    put: write,
    putIfAbsent: write,
    delete: write,
    ...(objects.ruleAt && { ruleAt: objects.ruleAt }),
  }
}

/** Partitions that only ingest, sealer and gate read: keys of the split, and which families are sealed. */
const SEALERS = /^(epochkey|family)#/

function readOnlyTable(table: LedgerTable): LedgerTable {
  const open = (pk: string): string => {
    if (SEALERS.test(pk)) throw new RangeError(`"${pk}" is not told to agents`)
    return pk
  }
  const write = refuse('write')
  return {
    get: async <T>(pk: string, sk: string) => await table.get<T>(open(pk), sk),
    query: <T>(pk: string, skPrefix?: string) => table.query<T>(open(pk), skPrefix),
    create: write,
    createAll: write,
    update: write,
    spend: write,
    remove: write,
  }
}

/** Where the vault would be. */
const nothing: ObjectStore = readOnly({} as ObjectStore, () => false)

/** The journal of heads, to read: what it says was erased. */
const readingHeads = ({ journal }: NonNullable<Store['heads']>): { readonly journal: Heads } => ({
  journal: {
    read: (how) => journal.read(how),
    codeOf: refuse('sign'),
    codeHolds: (row, code) => journal.codeHolds(row, code),
    append: refuse('decide'),
    begin: refuse('decide'),
  },
})

/** Entries and answers of the inbox: to be read, and written where none stands. */
function inboxOf(objects: ObjectStore): InboxObjects {
  const inInbox = (key: string): string => {
    if (!key.startsWith(CHANGES_INBOX)) throw new RangeError(`"${key}" is not of the inbox`)
    return key
  }
  return {
    get: async (key) => objects.get(inInbox(key)),
    list: (prefix) => objects.list(inInbox(prefix)),
    putIfAbsent: async (key, bytes) => objects.putIfAbsent(inInbox(key), bytes),
  }
}
