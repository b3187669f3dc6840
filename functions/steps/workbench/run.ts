/** One run, and one of its candidates, as pages of the workbench show them. */
import { notSearchedBy } from '#core/search/not-searched.ts'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { CandidateView, Replays, RunView } from '../../pages/workbench/views.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson, readText, valueReader } from '../../streams/read-object.ts'
import { readRollout, rolloutId } from '../release/rollouts.ts'
import { readReview, reviewId } from '../review/reviews.ts'
import { readRefusal } from '../run/read-refusal.ts'
import type { UnfinishedRun } from '../run/unfinished.ts'
import { linesHolding } from './part-of-lines.ts'
import { bareRow, lineOfRun, manifestIn, rowOf, unfinishedRow } from './run-list.ts'

/** Most of a run's replays that one page reads. */
const REPLAYS = { most: 50, mostBytes: 16 * 1024 * 1024 } as const
/** Most of its candidates that are looked through for one. */
const CANDIDATES = { from: 0, most: 1, mostBytes: 256 * 1024 * 1024 } as const

/**
 * A run by its id; null: nothing here tells of it.
 * @param unfinished finds the runs that are under way or were interrupted, where no file tells of this one
 * @param place options by which a command finds this store, as of `giveUp`
 */
export async function readRun(
  store: Store,
  id: string,
  from: number,
  { unfinished, place }: { readonly unfinished: () => Promise<readonly UnfinishedRun[]>; readonly place: string },
): Promise<RunView | null> {
  const text = await readText(store.objects, keys.autotuneRun(id, 'manifest.json'))
  const known = { from, reviews: await reviewsOf(store, id), rollout: await rolloutOf(store, id) }
  const nothing = { ...known, summary: null, started_at: null, commands: [] }
  if (text !== null) {
    const manifest = manifestIn(text)
    if (!manifest) {
      const reasons = ['manifest.json was changed: it can no longer be read']
      return { ...nothing, row: bareRow(id, 'damaged'), reasons, commands: [`autotune verify ${id}${place}`] }
    }
    const { summary, started_at } = manifest
    const row = await rowOf(store, await lineOfRun(store.objects, manifest))
    const asked = await orNull(readJson<AutotuneRun>(store.objects, keys.autotuneRun(id, 'target.json')))
    const reasons = [...summary.reasons, ...(asked ? notSearchedBy(asked, summary.candidates) : [])]
    return { ...known, row, reasons, summary, started_at, commands: [`autotune verify ${id}${place}`] }
  }
  const refusal = await readRefusal(store.objects, id)
  if (refusal) {
    const row = { ...bareRow(id, 'refused'), date: refusal.refused_at, intent: refusal.target.intent ?? null }
    return { ...nothing, row, reasons: refusal.reasons, commands: [`autotune doctor --target FILE${place}`] }
  }
  const open = (await unfinished()).find(({ run }) => run === id)
  if (!open) return null
  return { ...nothing, row: unfinishedRow(open), reasons: [open.where], commands: [open.go_on, open.give_up] }
}

async function reviewsOf(store: Store, id: string): Promise<string[]> {
  const ids: string[] = []
  for (let n = 1; (await readReview(store, reviewId(id, n))) !== null; n++) ids.push(reviewId(id, n))
  return ids
}

const rolloutOf = async (store: Store, id: string): Promise<string | null> =>
  (await readRollout(store, rolloutId(id)))?.rollout.rollout_id ?? null

/** A candidate of a finished run and what it was replayed on, from a byte of the results on; null: there is none. Throws DamagedObject. */
export async function readCandidate(
  store: Store,
  run: string,
  candidateId: string,
  from: number,
): Promise<CandidateView | null> {
  const manifest = manifestIn(await readText(store.objects, keys.autotuneRun(run, 'manifest.json')))
  if (!manifest) return null
  const named = `"candidate_id":${JSON.stringify(candidateId)}`
  const key = keys.autotuneRun(run, 'candidates.jsonl')
  const [line] = (await linesHolding(store.objects, key, named, CANDIDATES)).lines
  const candidate = line === undefined ? null : valueReader<CandidateScore>(store.objects, key)(line)
  if (candidate?.candidate_id !== candidateId) return null
  return { run, intent: manifest.intent, candidate, replays: await replaysHolding(store, run, named, from) }
}

/** Replays of a run whose line holds a text. Throws DamagedObject. */
export async function replaysHolding(store: Store, run: string, text: string, from: number): Promise<Replays> {
  const key = keys.autotuneRun(run, 'replay-results.jsonl')
  const { lines, next } = await linesHolding(store.objects, key, text, { ...REPLAYS, from })
  return { found: lines.map(valueReader<ReplayResult>(store.objects, key)), next }
}
