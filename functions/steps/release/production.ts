/**
 * The production log of a rollout: scored runs in numbered segments. A segment is an object, and a row that names its
 * digest: taking the next number is the append, so that writers at once neither lose nor repeat a run, and a changed
 * byte is seen. The order of the log is the order of the sequential tests. A run is told of again, in a line of its own, when its
 * outcome comes later.
 */
import { byCodeUnit, canonical, digestOfBytes } from '#core/canonical.ts'
import type { ProductionRun, Rollout } from '#schemas/release.ts'
import { keys } from '#schemas/s3-keys.ts'
import { PERIODS } from '#schemas/stages.ts'
import { UserError } from '../../errors.ts'
import type { LedgerRow, Store } from '../../ports.ts'
import { readText } from '../../streams/read-object.ts'
import { partitionProblem } from '../heads/ours.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { KnownRuns, toldAt, whyNotTimed } from './known-runs.ts'
import { needRollout } from './rollouts.ts'

interface Segment {
  readonly digest: string
  readonly runs: number
}

/** A run as it came in, and where it stands, for messages: `FILE: line N`. */
export interface RecordedRun {
  readonly run: ProductionRun
  readonly at: string
}

/** Runs of one recording. Read twice, in the same order: once to check everything, once to write. */
type ProductionSource = () => AsyncIterable<RecordedRun>

export interface RecordReport {
  /** Lines that the log did not have. */
  readonly recorded: number
  /** Those of them that say more of a run than an earlier line; absent: none. */
  readonly amended?: number
  /** Runs of which nothing new was said. */
  readonly known: number
}

const SEGMENT_RUNS = 10_000

/**
 * Appends scored runs to the log of a rollout, in the order in which they tell what happened. Idempotent by run id and content.
 * Throws UserError, with nothing written, for a run of another rollout or intent, of a period that the rollout has not reached,
 * without its moments or with some that have not come, or with other content than before and no later outcome.
 */
export async function recordProduction(store: Store, id: string, source: ProductionSource): Promise<RecordReport> {
  const { rollout } = await needRollout(store, id)
  const log = await openLog(store, rollout)
  const now = store.clock.now()
  const seen = log.known.copy()
  const [all, fresh] = [new Set<string>(), new Set<string>()]
  let [lines, latest, inOrder] = [0, '', true]
  for await (const { run, at } of source()) {
    const problem = misplaced(rollout, run) ?? whyNotTimed(rollout, run, now)
    if (problem) throw new UserError(`${at}: ${problem}`)
    if (seen.take(run, at) !== 'known') fresh.add(run.run_id)
    all.add(run.run_id)
    lines++
    inOrder &&= toldAt(run) >= latest
    latest = toldAt(run)
    if (lines % SEGMENT_RUNS === 0) store.progress(`checked ${lines} runs`)
  }
  if (lines === 0) throw new UserError('no production run to record: the input is empty')
  let [recorded, amended] = [0, 0]
  const write = async (block: readonly RecordedRun[]) => {
    const done = await log.append(block)
    recorded += done.recorded
    amended += done.amended
  }
  let block: RecordedRun[] = []
  for await (const entry of inOrder ? source() : await sorted(source)) {
    block.push(entry)
    if (block.length < SEGMENT_RUNS) continue
    await write(block)
    store.progress(`recorded ${recorded} of ${fresh.size} runs`)
    block = []
  }
  await write(block)
  return { recorded, ...(amended > 0 ? { amended } : {}), known: all.size - fresh.size }
}

/** A file that lists one arm after the other would show one of them long before the other. */
const sorted = async (source: ProductionSource): Promise<RecordedRun[]> =>
  (await Array.fromAsync(source())).sort((a, b) => byCodeUnit(toldAt(a.run), toldAt(b.run)))

/** The log in its order, or what is wrong with it. */
export type ProductionLog = { readonly runs: ProductionRun[] } | { readonly damaged: string }

/** Reads the log of a rollout, segment by segment against its digests. */
export async function readProduction(store: Store, id: string): Promise<ProductionLog> {
  const runs: ProductionRun[] = []
  for await (const segment of segmentsOf(store, id)) {
    if ('damaged' in segment) return segment
    for (const run of segment.runs) runs.push(run)
  }
  return { runs }
}

/** The same, a segment at a time. Throws UserError where something is wrong with it. */
export async function* streamProduction(store: Store, id: string): AsyncGenerator<ProductionRun> {
  for await (const segment of segmentsOf(store, id)) {
    if ('damaged' in segment) throw new UserError(segment.damaged)
    yield* segment.runs
  }
}

/** Its segments in their order. What is wrong with one, or with the log, is the last of them. */
async function* segmentsOf(store: Store, id: string): AsyncGenerator<ProductionLog> {
  const why = await partitionProblem(store.heads, rowKeys.productions(id))
  if (why !== null) return yield { damaged: why }
  for await (const row of store.table.query<Segment>(rowKeys.productions(id))) {
    const runs = await readSegment(store, id, row)
    if (runs === null) return yield { damaged: damagedNote(id, row) }
    yield { runs }
  }
}

const damagedNote = (id: string, row: LedgerRow<Segment>): string =>
  `${segmentKey(id, row)} is missing or was changed: its digest is no longer ${row.body.digest}; restore it`

const segmentKey = (id: string, { sk, body }: LedgerRow<Segment>): string =>
  keys.production(id, Number(sk), body.digest)

async function readSegment(store: Store, id: string, row: LedgerRow<Segment>): Promise<ProductionRun[] | null> {
  const text = await readText(store.objects, segmentKey(id, row))
  if (text === null || digestOfBytes(text) !== row.body.digest) return null
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as ProductionRun]))
}

/** Why a run does not belong into the log of a rollout as it stands. */
function misplaced(rollout: Rollout, run: ProductionRun): string | null {
  if (run.rollout_id !== rollout.rollout_id) return `run ${run.run_id} belongs to rollout ${run.rollout_id}`
  if (run.intent !== rollout.intent) return `run ${run.run_id} is of intent ${run.intent}, not ${rollout.intent}`
  const inWindow = rollout.records.some((r) => r.verdict === 'advanced' && r.to_stage === null)
  if (PERIODS.indexOf(run.period) > (inWindow ? PERIODS.indexOf('window') : PERIODS.indexOf(rollout.stage)))
    return `run ${run.run_id} is of ${run.period}, which the rollout has not reached: it stands in ${rollout.stage}`
  return null
}

interface Log {
  /** Everything that was read or appended. */
  readonly known: KnownRuns
  /** How many of them were not there yet. */
  append(runs: readonly RecordedRun[]): Promise<{ readonly recorded: number; readonly amended: number }>
}

async function openLog(store: Store, rollout: Rollout): Promise<Log> {
  const id = rollout.rollout_id
  const why = await partitionProblem(store.heads, rowKeys.productions(id))
  if (why !== null) throw new UserError(why)
  const known = new KnownRuns(rollout)
  let last = 0
  const catchUp = async () => {
    for await (const row of store.table.query<Segment>(rowKeys.productions(id))) {
      if (Number(row.sk) <= last) continue
      const segment = await readSegment(store, id, row)
      if (segment === null) throw new UserError(damagedNote(id, row))
      for (const run of segment) known.add(run)
      last = Number(row.sk)
    }
  }
  await catchUp()
  return {
    known,
    async append(recorded) {
      for (;;) {
        const trial = known.copy()
        const fresh: ProductionRun[] = []
        let amended = 0
        for (const { run, at } of recorded) {
          const taken = trial.take(run, at)
          if (taken !== 'known') fresh.push(run)
          if (taken === 'amends') amended++
        }
        if (fresh.length === 0) return { recorded: 0, amended: 0 }
        const text = fresh.map((run) => `${canonical(run)}\n`).join('')
        const segment: Segment = { digest: digestOfBytes(text), runs: fresh.length }
        await store.objects.put(keys.production(id, last + 1, segment.digest), text)
        if (await store.table.create(...rowKeys.production(id, last + 1), segment)) {
          for (const run of fresh) known.add(run)
          last++
          return { recorded: fresh.length, amended }
        }
        await catchUp()
      }
    },
  }
}
