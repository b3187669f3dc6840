/** Runs that are under way or were interrupted: where each stands, and what goes on with it or gives it up. */
import type { LedgerItem } from '#schemas/heldout.ts'
import { type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import type { Holder, Store } from '../../ports.ts'
import { intentsOf } from '../experience/documents.ts'
import { holderAtWork } from '../store/held.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { openLocks } from './lock.ts'

export interface UnfinishedRun {
  readonly run: string
  readonly intent: string
  /** `interrupted`: its process is gone, or failed and left a question open. */
  readonly status: 'running' | 'interrupted'
  /** Since when it holds its lock; null: it gave it back. */
  readonly since: string | null
  /** How far it came, in words. */
  readonly where: string
  /** Number of the question that it opened and did not read the answer of; null: none. */
  readonly question: number | null
  /** What goes on with it, and what gives it up. */
  readonly go_on: string
  readonly give_up: string
}

type Looking = Pick<Store, 'objects' | 'table' | 'clock'>

/** Unfinished runs of a store on this machine, by its locks and its open questions. Writes nothing. `place`: as of `giveUp`. */
export async function unfinishedRuns(store: Looking, holder: Holder, place = ''): Promise<UnfinishedRun[]> {
  const open = await openQuestions(store)
  const runs: UnfinishedRun[] = []
  for await (const lock of openLocks(store)) {
    const question = open.get(lock.run_id) ?? null
    open.delete(lock.run_id)
    const status = holderAtWork(lock, holder, store.clock.now()) === null ? 'interrupted' : 'running'
    const { intent, since, command } = lock
    const known = { intent, status, since, question: question?.k ?? null, command } as const
    runs.push(await unfinished(store, lock.run_id, place, known))
  }
  for (const [run, { intent, k }] of open)
    runs.push(await unfinished(store, run, place, { intent, status: 'interrupted', since: null, question: k }))
  return runs
}

/** Open questions by the run that opened them. */
async function openQuestions(store: Looking): Promise<Map<string, { intent: string; k: number }>> {
  const open = new Map<string, { intent: string; k: number }>()
  for (const intent of await intentsOf(store))
    for await (const { body } of store.table.query<LedgerItem>(rowKeys.versions(intent)))
      if (body.open) open.set(body.open.run_id, { intent, k: body.open.k })
  return open
}

/** The command that ends a run. `place`: options that find the store, as whoever reads it named it. */
export const giveUp = (run: string, place = ''): string => `autotune run --abandon ${run}${place}`

async function unfinished(
  store: Looking,
  run: string,
  place: string,
  {
    command,
    ...known
  }: Pick<UnfinishedRun, 'intent' | 'status' | 'since' | 'question'> & { command?: string | undefined },
): Promise<UnfinishedRun> {
  return {
    run,
    ...known,
    where: await whereItStands(store, run, known.question),
    go_on: command ?? 'autotune run --target FILE, with the target, candidates and replayer that it was started with',
    give_up: giveUp(run, place),
  }
}

async function whereItStands({ objects }: Looking, run: string, question: number | null): Promise<string> {
  const has = async (file: AutotuneFile) => (await objects.read(keys.autotuneRun(run, file))) !== null
  if (await has('manifest.json')) return 'finished, but for its lock'
  if (question !== null) return `in the gate: question ${question} is open, and counts as spent`
  if (await has('gate.json')) return 'while it wrote its files'
  if (await has('replay-results.jsonl')) return 'after its search, with no question open'
  return (await has('target.json')) ? 'in its search, with its inputs pinned' : 'before its inputs were pinned'
}
