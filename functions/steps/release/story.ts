/** Reads what the story of a rollout is made of. Writes nothing, and never opens the vault. */
import { dayAfter } from '#core/cadence/days.ts'
import { type RolloutStory, storyOf } from '#core/release/story.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson } from '../../streams/read-object.ts'
import { indexedRunIdsSince } from '../experience/run-index.ts'
import { evaluateRollout } from './advance.ts'
import { readProduction } from './production.ts'
import { needRollout } from './rollouts.ts'

/** A failed run of the candidate. `recorded`: the search side holds it as a recorded run. */
interface NamedRun {
  readonly run_id: string
  readonly recorded: boolean
}

/** The failed runs of one rule: at most so many of them by id, and how many there are besides. */
export interface NamedRuns {
  readonly rule: string
  readonly runs: readonly NamedRun[]
  /** Further ones, for want of room. */
  readonly more: number
  /** Those that may be sealed by now, and are named nowhere. */
  readonly withheld: number
}

/** The story with the names that may be said. */
export interface ToldStory extends RolloutStory {
  readonly run_id: string
  /** When it was told. */
  readonly now: string
  readonly failed_runs: readonly NamedRuns[]
}

/** Failed runs that are named. */
const MOST_NAMED = 20

/** Throws UserError when there is no such rollout. */
export async function tellRollout(store: Store, id: string): Promise<ToldStory> {
  const { run_id, rollout } = await needRollout(store, id)
  const now = store.clock.now()
  const log = await readProduction(store, id)
  const latest = await evaluateRollout(store, rollout, now, log)
  const proposal = await orNull(
    readJson<TuningProposal>(store.objects, keys.autotuneRun(run_id, 'selected-proposal.json')),
  )
  const story = storyOf(rollout, latest, log, proposal, now)
  const logged = 'runs' in log ? log.runs.map((run) => run.run_id) : []
  return { ...story, run_id, now, failed_runs: await named(store, story, logged) }
}

/**
 * Production runs may later be imported as recorded runs, and half of those are sealed. Where the search side holds none of the
 * log's runs, none was imported; where it holds some, what it does not hold may be sealed, and is not named. What was recorded
 * before the rollout began is none of them: its segments are not read. A day more, for a day may be told in any time zone.
 */
async function named(
  store: Store,
  { rollout, failures }: RolloutStory,
  logged: readonly string[],
): Promise<NamedRuns[]> {
  if (failures.every((failure) => failure.runs.length === 0)) return []
  const recorded = new Set<string>()
  const wanted = new Set(logged)
  const since = dayAfter(rollout.records[0]!.at.slice(0, 10), -1)
  for await (const id of indexedRunIdsSince(store.objects, rollout.intent, since)) if (wanted.has(id)) recorded.add(id)
  return failures.map(({ rule, runs }) => {
    const sayable = recorded.size === 0 ? runs : runs.filter((id) => recorded.has(id))
    const shown = sayable.slice(0, MOST_NAMED).map((id) => ({ run_id: id, recorded: recorded.has(id) }))
    return { rule, runs: shown, more: sayable.length - shown.length, withheld: runs.length - sayable.length }
  })
}
