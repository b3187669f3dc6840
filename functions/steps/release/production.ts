/**
 * The production log of a rollout: scored runs in numbered segments. A segment is an object, and a row that names its
 * digest: taking the next number is the append, so that writers at once neither lose nor repeat a run, and a changed
 * byte is seen. The order of the log is the order of the sequential tests.
 */
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import type { ProductionRun, Rollout } from '#schemas/release.ts'
import { keys } from '#schemas/s3-keys.ts'
import { PERIODS } from '#schemas/stages.ts'
import { UserError } from '../../errors.ts'
import type { LedgerRow, Store } from '../../ports.ts'
import { readText } from '../../streams/read-object.ts'
import { partitionProblem } from '../heads/ours.ts'
import { rowKeys } from '../store/ledger-keys.ts'
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
export type ProductionSource = () => AsyncIterable<RecordedRun>

export interface RecordReport {
  readonly recorded: number
  /** Runs that the log had already, with the same content. */
  readonly known: number
}

const SEGMENT_RUNS = 10_000

/**
 * Appends scored runs to the log of a rollout. Idempotent by run id. Throws UserError, with nothing written, for a run of
 * another rollout or intent, of a period that the rollout has not reached, or with other content than before.
 */
export async function recordProduction(store: Store, id: string, source: ProductionSource): Promise<RecordReport> {
  const { rollout } = await needRollout(store, id)
  const log = await openLog(store, id)
  const seen = new Map<string, string>()
  for await (const { run, at } of source()) {
    const problem = misplaced(rollout, run)
    if (problem) throw new UserError(`${at}: ${problem}`)
    const content = contentOf(run)
    if ((seen.get(run.run_id) ?? log.known.get(run.run_id) ?? content) !== content) throw changed(run.run_id, at)
    seen.set(run.run_id, content)
    if (seen.size % SEGMENT_RUNS === 0) store.progress(`checked ${seen.size} runs`)
  }
  if (seen.size === 0) throw new UserError('no production run to record: the input is empty')
  let recorded = 0
  let block: RecordedRun[] = []
  for await (const entry of source()) {
    block.push(entry)
    if (block.length < SEGMENT_RUNS) continue
    recorded += await log.append(block)
    store.progress(`recorded ${recorded} of ${seen.size} runs`)
    block = []
  }
  recorded += await log.append(block)
  return { recorded, known: seen.size - recorded }
}

/** The log in its order, or what is wrong with it. */
export type ProductionLog = { readonly runs: ProductionRun[] } | { readonly damaged: string }

/** Reads the log of a rollout, segment by segment against its digests. */
export async function readProduction(store: Store, id: string): Promise<ProductionLog> {
  const why = await partitionProblem(store.heads, rowKeys.productions(id))
  if (why !== null) return { damaged: why }
  const runs: ProductionRun[] = []
  for await (const row of store.table.query<Segment>(rowKeys.productions(id))) {
    const segment = await readSegment(store, id, row)
    if (segment === null) return { damaged: damagedNote(id, row) }
    for (const run of segment) runs.push(run)
  }
  return { runs }
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

const contentOf = (run: ProductionRun): string => digestOf(run).slice(7, 39)

const changed = (runId: string, at: string): UserError =>
  new UserError(
    `${at}: run ${runId} was recorded before with other content. The log only grows: give the run its own run_id`,
  )

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
  /** Content by run id, of everything that was read or appended. */
  readonly known: Map<string, string>
  /** How many of them were not there yet. */
  append(runs: readonly RecordedRun[]): Promise<number>
}

async function openLog(store: Store, id: string): Promise<Log> {
  const why = await partitionProblem(store.heads, rowKeys.productions(id))
  if (why !== null) throw new UserError(why)
  const known = new Map<string, string>()
  let last = 0
  const catchUp = async () => {
    for await (const row of store.table.query<Segment>(rowKeys.productions(id))) {
      if (Number(row.sk) <= last) continue
      const segment = await readSegment(store, id, row)
      if (segment === null) throw new UserError(damagedNote(id, row))
      for (const run of segment) known.set(run.run_id, contentOf(run))
      last = Number(row.sk)
    }
  }
  await catchUp()
  return {
    known,
    async append(recorded) {
      for (;;) {
        const fresh = new Map<string, ProductionRun>()
        for (const { run, at } of recorded) {
          if ((known.get(run.run_id) ?? contentOf(run)) !== contentOf(run)) throw changed(run.run_id, at)
          if (!known.has(run.run_id)) fresh.set(run.run_id, run)
        }
        if (fresh.size === 0) return 0
        const text = [...fresh.values()].map((run) => `${canonical(run)}\n`).join('')
        const segment: Segment = { digest: digestOfBytes(text), runs: fresh.size }
        await store.objects.put(keys.production(id, last + 1, segment.digest), text)
        if (await store.table.create(...rowKeys.production(id, last + 1), segment)) {
          for (const run of fresh.values()) known.set(run.run_id, contentOf(run))
          last++
          return fresh.size
        }
        await catchUp()
      }
    },
  }
}
