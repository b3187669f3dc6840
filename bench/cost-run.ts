/** One run of the synthesized workflows, offline and with the real handlers: what it calls, how often, and for how long. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { inParts, PART_BYTES } from '#adapters/aws/s3-parts.ts'
import { fileScratch } from '#adapters/local/files/file-scratch.ts'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { isWhole } from '#adapters/port-rules/content.ts'
import type { Content, LedgerTable, ObjectStore, Store } from '#ports'
import { publishRefund, refundTarget } from '../functions/demo/documents.ts'
import { refundRuns } from '../functions/demo/generate.ts'
import { ingest } from '../functions/steps/experience/ingest.ts'
import { memory } from '../test/steps/stores.ts'
import { deploy } from '../test/support/workflow/deployed.ts'

/** What one function used in a run, over all its calls. */
export interface Use {
  calls: number
  /** Milliseconds that this thread worked, the interpreter of the definitions included: what else the machine does is not in them. */
  ms: number
  gets: number
  puts: number
  itemReads: number
  itemWrites: number
  /** Requests to the table; those that were under way at once as one. */
  itemWaits: number
  /** Items created in one partition, at most. */
  busiest: number
  vault: number
  /**
   * Most bytes that stayed alive over some weighings of one call, as the garbage collector leaves them; without what is bounded.
   * What one weighing alone sees is read or written just then: it differs from run to run, and is as much of a large set.
   */
  peak: number
  /** Milliseconds of its longest call, and of its first. */
  longest: number
  first: number
}

export interface Measured {
  /** Cases of the search set; about as many lie in the sealed set. */
  readonly cases: number
  readonly verdict: string
  readonly transitions: number
  readonly functions: Readonly<Record<string, Use>>
  /** The import of both sides that comes before. */
  readonly imported: Use
  /** Bytes of the payload of the gate's map: its items are numbers in a list. */
  readonly gateItems: number
}

/**
 * What stays at hand is cut short, and so are the parts of a stream: what is left grows with the number of cases, and
 * `DECLARED.boundedMb` is what was cut.
 */
const AT_HAND = 256 * 1024
const SMALL_PART = 256 * 1024

/** Runs the refund example with so many search cases under twelve candidates. */
export async function measuredRun(cases: number): Promise<Measured> {
  // On a disk: what lies in a bucket is no memory of the function that put it there.
  const dir = mkdtempSync(join(tmpdir(), 'autotune-cost-'))
  const plain = {
    ...memory(),
    objects: fileStore(join(dir, 'objects'), { durable: false }),
    vault: fileStore(join(dir, 'vault'), { durable: false }),
    scratch: () => fileScratch(dir, 64),
    atHand: AT_HAND,
  }
  try {
    return await measuredIn(plain, cases)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function measuredIn(plain: Store, cases: number): Promise<Measured> {
  const meter = new Meter()
  await publishRefund(plain)
  let left = { search: cases, heldout: cases }
  const source = async function* () {
    for (const run of refundRuns({ families: 2 * cases, seed: 1 })) {
      const split = left.search > left.heldout ? 'search' : 'heldout'
      left = { ...left, [split]: left[split] - 1 }
      yield { ...run, split } as const
    }
  }
  const store = {
    ...plain,
    objects: meter.bucket(plain.objects, false),
    vault: meter.bucket(plain.vault, true),
    table: meter.table(plain.table),
    rolesApart: true as const,
  }
  meter.begin('import')
  await ingest(store, source, { by: 'recorded', key: 'examples/refund', heldout_share: 0.5 })
  meter.end()
  const { import: imported, ...before } = meter.functions
  meter.functions = before
  const workflow = deploy(store, {
    faults: { before: (name) => meter.begin(name), after: () => meter.end(), enter: () => meter.transitions++ },
  })
  const target = refundTarget()
  const execution = await workflow.tune({ target, run_id: 'at_cost', candidates: twelve() })
  if (execution.error) throw new Error(`${execution.error.error}: ${execution.error.cause}`)
  const { verdict } = execution.output as { verdict: string }
  const scored = meter.functions.ScoreShard?.calls ?? 0
  const { transitions, functions } = meter
  return { cases, verdict, transitions, functions, imported: imported!, gateItems: 7 * scored }
}

/** Twelve candidates: retrieval depth by hops. */
const twelve = () =>
  [9, 8, 7, 6, 5, 4].flatMap((k) =>
    [3, 2].map((hops) => ({
      patch: {
        'evidence.order_history.top_k': { from: 10, to: k },
        ...(hops === 3 ? {} : { 'evidence.order_history.max_hops': { from: 3, to: hops } }),
      },
      rationale: 'a point of the grid',
    })),
  )

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Milliseconds that this thread has worked. */
function worked(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Calls of a function whose memory is weighed: its shards are alike, and a weighing takes longer than most calls. */
const WEIGHED_CALLS = 3
/** Weighings in a row that must see it: more than it takes to fill a part and to write it. */
const WEIGHED_TOGETHER = 8
/**
 * Requests and parts of streams between two weighings. Counted, so that a function is weighed at the same places each time:
 * by the clock, what is bounded was met or missed by chance, and a straight line through two sizes made hundreds of megabytes of it.
 */
const WEIGHED_EVERY = 4

/** Spaces of the heap whose size grows with the code that has run, and not with the set. */
const CODE: ReadonlySet<string> = new Set(['code_space', 'code_large_object_space', 'trusted_space', 'read_only_space'])

/** Bytes of data that nobody can collect. */
function alive(): number {
  collect()
  const { arrayBuffers } = process.memoryUsage()
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => !CODE.has(space_name))
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, arrayBuffers)
}

/** Rows of a query that a page holds, and that one read unit pays for. */
const ROWS_A_PAGE = 4000
const ROWS_A_READ = 16

/** Connections that are opened (`AT_ONCE` in functions/adapters/aws/open-store.ts). */
const WRITES_AT_ONCE = 256

class Meter {
  functions: Record<string, Use> = {}
  transitions = 0
  private current: Use | null = null
  /** Least that was alive at a weighing of the call that is under way. */
  private least = 0
  /** Last weighings of the call that is under way, what stayed over some of them at most, and the same of the calls before. */
  private weighed: number[] = []
  private stayed = 0
  private stayedBefore = 0
  /** Milliseconds of the call that is under way. */
  private ofCall = 0
  private looks = 0
  /** Creations of items that are under way. */
  creating = 0
  private written = new Map<string, number>()
  private weighs = false
  private since = worked()

  begin(name: string): void {
    this.end()
    this.functions[name] ??= {
      calls: 0,
      ms: 0,
      gets: 0,
      puts: 0,
      itemReads: 0,
      itemWrites: 0,
      itemWaits: 0,
      busiest: 0,
      vault: 0,
      peak: 0,
      longest: 0,
      first: 0,
    }
    this.current = this.functions[name]
    this.current.calls++
    this.ofCall = 0
    this.weighs = this.current.calls <= WEIGHED_CALLS
    this.least = this.weighs ? alive() : 0
    this.weighed = []
    this.stayedBefore = this.current.peak
    this.looks = 0
    this.written.clear()
    this.since = worked()
  }

  /** Time since the last look belongs to the function that was at work: one thread, one function at a time. */
  end(): void {
    const now = worked()
    if (this.current) {
      this.current.ms += now - this.since
      this.ofCall += now - this.since
      this.current.longest = Math.max(this.current.longest, this.ofCall)
      if (this.current.calls === 1) this.current.first = this.ofCall
    }
    this.since = now
  }

  private writesTo(pk: string): void {
    const written = (this.written.get(pk) ?? 0) + 1
    this.written.set(pk, written)
    if (this.current) this.current.busiest = Math.max(this.current.busiest, written)
  }

  private count(what: 'gets' | 'puts' | 'itemReads' | 'itemWrites' | 'itemWaits', vault = false, n = 1): void {
    if (!this.current) return
    this.current[what] += n
    if (vault) this.current.vault++
  }

  /** Now and then, at requests. What a look takes is not the function's time. */
  private look(): void {
    if (!this.current || !this.weighs) return
    if (this.looks++ % WEIGHED_EVERY !== 0) return
    this.end()
    this.weighed = [...this.weighed, alive()].slice(-WEIGHED_TOGETHER)
    const least = Math.min(...this.weighed)
    this.stayed = this.weighed.length < WEIGHED_TOGETHER ? least : Math.max(this.stayed, least)
    // What the call before left, and what is let go while this one works, is not this one's.
    this.least = Math.min(this.least, this.weighed.at(-1)!)
    this.current.peak = Math.max(this.stayedBefore, this.stayed - this.least)
    this.since = worked()
  }

  /** Content that goes out in parts: each is a request, and so are the first and the last word. */
  inParts(content: Content, vault: boolean): Content {
    this.look()
    if (isWhole(content)) return content
    const meter = this
    return (async function* () {
      let bytes = 0
      for await (const part of inParts(content, SMALL_PART)) {
        if (bytes % PART_BYTES < part.length) meter.count('puts', vault)
        bytes += part.length
        meter.look()
        yield part
      }
    })()
  }

  bucket(inner: ObjectStore, vault: boolean): ObjectStore {
    const meter = this
    return {
      async get(key, version) {
        meter.count('gets', vault)
        meter.look()
        return inner.get(key, version)
      },
      async read(key) {
        meter.count('gets', vault)
        return inner.read(key)
      },
      async readRange(key, start, length) {
        meter.count('gets', vault)
        return inner.readRange(key, start, length)
      },
      async put(key, content) {
        meter.count('puts', vault)
        return inner.put(key, meter.inParts(content, vault))
      },
      async putIfAbsent(key, content) {
        meter.count('puts', vault)
        return inner.putIfAbsent(key, meter.inParts(content, vault))
      },
      async versionOf(key) {
        meter.count('gets', vault)
        return inner.versionOf(key)
      },
      async *list(prefix) {
        // One request a page of a thousand keys.
        let keys = 0
        for await (const key of inner.list(prefix)) {
          if (keys++ % 1000 === 0) meter.count('puts', vault)
          yield key
        }
      },
      delete: (key) => inner.delete(key),
    }
  }

  table(inner: LedgerTable): LedgerTable {
    const meter = this
    const wrote = () => {
      meter.count('itemWrites')
      meter.count('itemWaits')
    }
    return {
      // Side by side as far as connections reach; one after the other counts each.
      async create(pk, sk, body) {
        meter.count('itemWrites')
        if (meter.creating++ % WRITES_AT_ONCE === 0) meter.count('itemWaits')
        meter.writesTo(pk)
        try {
          return await inner.create(pk, sk, body)
        } finally {
          meter.creating--
        }
      },
      async createAll(pk, items) {
        meter.count('itemWrites', false, items.length)
        for (const _ of items) if (meter.creating++ % WRITES_AT_ONCE === 0) meter.count('itemWaits')
        try {
          return await inner.createAll(pk, items)
        } finally {
          meter.creating -= items.length
        }
      },
      async get(pk, sk) {
        meter.count('itemReads')
        meter.count('itemWaits')
        return inner.get(pk, sk)
      },
      async update(pk, sk, revision, body) {
        wrote()
        return inner.update(pk, sk, revision, body)
      },
      async spend(pk, sk, revision, body, what) {
        wrote()
        return inner.spend(pk, sk, revision, body, what)
      },
      async remove(pk, sk, revision) {
        wrote()
        return inner.remove(pk, sk, revision)
      },
      async *query(pk, prefix) {
        // A page of a query is a megabyte; it is charged by 4 KB, and a claim takes some 250 bytes.
        let rows = 0
        for await (const row of inner.query(pk, prefix)) {
          if (rows % ROWS_A_PAGE === 0) meter.count('itemWaits')
          if (rows++ % ROWS_A_READ === 0) meter.count('itemReads')
          yield row as never
        }
      },
    }
  }
}
