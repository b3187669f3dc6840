/** What is on record of each intent until a day: its runs, and what became of the proposals among them. */

import { dayAfter } from '#core/cadence/days.ts'
import { endOf, type PartFacts, type ProposalFacts } from '#core/cadence/funnel.ts'
import type { CandidateGroup, SearchedRun } from '#core/cadence/origins.ts'
import type { IntentRecords } from '#core/cadence/weekly.ts'
import { byCodeUnit, canonical } from '#core/canonical.ts'
import { lookAt } from '#core/release/look.ts'
import { gainsOf } from '#core/release/story.ts'
import { QUARTER_DAYS } from '#schemas/band-metrics.ts'
import type { IntentBands } from '#schemas/bands.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Rollout } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { PERIODS } from '#schemas/stages.ts'
import type { MeasuredGain } from '#schemas/weekly.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson, streamValues } from '../../streams/read-object.ts'
import { filedParts } from '../release/lineage.ts'
import { readProduction } from '../release/production.ts'
import { listRollouts } from '../release/rollouts.ts'
import { listReviews } from '../review/reviews.ts'
import { endedRuns } from '../run/run-lines.ts'

/**
 * Records of some intents until the end of a day.
 * @param logRuns production runs that are read of a rollout's log; null: all there are now
 */
export async function recordsUntil(
  store: Store,
  date: string,
  intents: readonly Pick<IntentBands, 'intent'>[],
  logRuns: (runId: string) => number | null = () => null,
): Promise<Map<string, Omit<IntentRecords, 'refresh' | 'scars'>>> {
  const end = endOf(date)
  const since = dayAfter(date, 1 - 2 * QUARTER_DAYS)
  const found = new Map(intents.map(({ intent }) => [intent, noRecords()]))
  const reviews = await reviewsByRun(store)
  const rollouts = new Map((await listRollouts(store)).map(({ run_id, rollout }) => [run_id, rollout]))
  for await (const line of endedRuns(store)) {
    const of = line.intent === null ? undefined : found.get(line.intent)
    if (!of || line.date >= end) continue
    of.ended.push(line.date)
    const manifest = await readJson<RunManifest>(store.objects, keys.autotuneRun(line.run_id, 'manifest.json'))
    if (manifest && line.date >= since) {
      const groups = await candidateGroups(store, line.run_id)
      if (groups.length > 0)
        of.searched.push({ run_id: line.run_id, ended: line.date, verdict: manifest.verdict, groups })
      // Lines come newest first.
      of.pack ??= await packOf(store, line.run_id)
    }
    if (!manifest?.summary.candidates.some(({ fate }) => LISTED.includes(fate))) continue
    const rollout = rollouts.get(line.run_id) ?? null
    of.proposals.push({
      run_id: line.run_id,
      started_at: manifest.started_at,
      finished_at: manifest.finished_at,
      verdict: manifest.verdict,
      reviews: reviews.get(line.run_id) ?? [],
      rollout,
      gain: rollout && (await gainOf(store, line.run_id, rollout, logRuns(line.run_id))),
    })
  }
  for (const { proposal } of await filedParts(store)) {
    const { tuning_proposal_id: id, target, proposed_at } = proposal
    found.get(target.intent)?.parts.push({
      run_id: id,
      started_at: proposed_at,
      reviews: reviews.get(id) ?? [],
      rollout: rollouts.get(id) ?? null,
    })
  }
  return found
}

type Found = {
  readonly ended: string[]
  readonly proposals: ProposalFacts[]
  readonly parts: PartFacts[]
  readonly searched: SearchedRun[]
  pack: IntentRecords['pack']
}

const noRecords = (): Found => ({ ended: [], proposals: [], parts: [], searched: [], pack: null })

const packOf = async ({ objects }: Pick<Store, 'objects'>, run: string): Promise<IntentRecords['pack']> =>
  (await orNull(readJson<AutotuneRun>(objects, keys.autotuneRun(run, 'target.json'))))?.pack ?? null

/** Candidates of a run by origin, fate and changed paths; none where its file is gone. */
async function candidateGroups({ objects }: Pick<Store, 'objects'>, run: string): Promise<CandidateGroup[]> {
  const groups = new Map<string, CandidateGroup>()
  const scores = streamValues<CandidateScore>(objects, keys.autotuneRun(run, 'candidates.jsonl'))
  for await (const { origin = null, fate, patch } of scores) {
    const paths = Object.keys(patch).sort(byCodeUnit)
    const name = canonical([origin, fate, paths])
    groups.set(name, { origin, fate, paths, n: (groups.get(name)?.n ?? 0) + 1 })
  }
  return [...groups.values()]
}

/** Fates of candidates that the search put on its list for the sealed set. */
const LISTED: readonly RunManifest['summary']['candidates'][number]['fate'][] = ['committed', 'certified', 'won']

async function reviewsByRun(store: Pick<Store, 'table'>): Promise<Map<string, Review[]>> {
  const byRun = new Map<string, Review[]>()
  for (const { run_id, review } of await listReviews(store)) byRun.set(run_id, [...(byRun.get(run_id) ?? []), review])
  return byRun
}

/** What production measured so far. A log that is damaged measured nothing. */
async function gainOf(store: Store, runId: string, rollout: Rollout, logRuns: number | null): Promise<MeasuredGain> {
  const proposal = await orNull(
    readJson<TuningProposal>(store.objects, keys.autotuneRun(runId, 'selected-proposal.json')),
  )
  const log = await readProduction(store, rollout.rollout_id)
  const runs = 'runs' in log ? log.runs.slice(0, logRuns ?? log.runs.length) : []
  const { metric, promised, said, observed } = gainsOf(rollout, lookAt(rollout, runs, null), PERIODS, proposal)
  const last = observed.at(-1)
  return {
    metric,
    predicted: promised,
    ...(said && { said }),
    measured: last?.gain ?? null,
    period: last?.period ?? null,
    log_runs: runs.length,
  }
}
