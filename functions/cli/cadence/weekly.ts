/** `autotune cadence weekly`: looks back on the week that is over, or shows one that was looked at. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { storeSigner } from '#adapters/local/store-signer.ts'
import { entriesOf } from '#core/cadence/funnel.ts'
import type { PartProposalFile } from '#schemas/part-proposal.ts'
import type { RolloutConfig } from '#schemas/release.ts'
import { segment } from '#schemas/s3-keys.ts'
import type { WeeklyCadence } from '#schemas/weekly.ts'
import type { LocalStore } from '../../embedded/open-store.ts'
import { UserError } from '../../errors.ts'
import { retirements } from '../../steps/cadence/retirements.ts'
import { readWeek, reviewedWeeks, reviewWeekUntil, weekToReview } from '../../steps/cadence/weekly.ts'
import { readRollout, rolloutId } from '../../steps/release/rollouts.ts'
import { runLines } from '../../steps/run/run-lines.ts'
import { writeNew } from '../new-file.ts'
import { nextCommand } from '../next.ts'
import { existingStore } from '../open.ts'
import { terminalProgress } from '../progress.ts'
import { readConfig, startWith } from '../rollout/acts.ts'
import { print } from '../terminal.ts'
import { readBands, takeBudget } from './bands.ts'
import { type CadenceOptions, dayOf } from './options.ts'
import { weekLines } from './text-week.ts'

interface Options extends CadenceOptions {
  readonly date?: string
  /** Folder for proposals to retire the surfaces that bring nothing. */
  readonly retire?: string
  /** Configuration for the rollouts of approved changes that wait; absent: they are named. */
  readonly promote?: string
}

export async function weekly({ json, bands: file, date, retire, promote, ...o }: Options): Promise<number> {
  const bands = readBands(file)
  const config = promote === undefined ? null : readConfig(promote)
  const asked = date === undefined ? null : dayOf(date)
  const store = existingStore(o.store, { progress: terminalProgress() })
  try {
    const budget = await takeBudget(store, bands)
    const weeks = await reviewedWeeks(store)
    const due = weekToReview(weeks, store.clock.now(), asked)
    const week = due === null ? await readWeek(store, asked ?? weeks.at(-1)!) : await reviewWeekUntil(store, bands, due)
    const written = retire === undefined ? [] : writeProposals(retire, await retirements(store, week!))
    const promoted = config === null ? [] : await promoteWaiting(store, week!, config)
    const since = await endedSince(store, week!)
    print(json, { reviewed: due, week, ended_since: since, proposals: written, promoted, budget }, () => [
      ...budget,
      ...weekLines(week!, due !== null, o),
      ...laterLines(since, 'week'),
      ...promoted.map(({ run_id, rollout, why }) =>
        rollout === null ? `waits    ${run_id}: ${why}` : `started  rollout ${rollout} of ${run_id}`,
      ),
      ...written.map((path) => `written  ${path}: ${nextCommand(o, ['propose', path])} files it for review`),
    ])
    return 0
  } finally {
    store.close()
  }
}

/** Runs told of one by one that ended after a week. */
const MOST_LATER = 5

interface EndedRun {
  readonly run_id: string
  readonly verdict: string
  readonly date: string
}

/** A line for each run that a week or quarter says nothing of. */
export const laterLines = (runs: readonly EndedRun[], span: 'week' | 'quarter'): string[] =>
  runs.map(
    ({ run_id, verdict, date }) => `later    ${run_id} ended ${verdict} on ${date}: it counts in the next ${span}`,
  )

/** The newest runs of its intents that ended behind a week or quarter, and that it says nothing of. */
export async function endedSince(
  store: LocalStore,
  { date, intents }: { readonly date: string; readonly intents: readonly { readonly intent: string }[] },
): Promise<EndedRun[]> {
  const own = new Set(intents.map(({ intent }) => intent))
  const runs: EndedRun[] = []
  for await (const { line } of runLines(store.objects)) {
    // Lines come newest first.
    const on = line.date.slice(0, 10)
    if (on <= date || runs.length === MOST_LATER) break
    if (line.intent !== null && own.has(line.intent))
      runs.push({ run_id: line.run_id, verdict: line.verdict.replaceAll('_', ' '), date: on })
  }
  return runs
}

function writeProposals(folder: string, proposals: readonly PartProposalFile[]): string[] {
  if (proposals.length > 0) mkdirSync(folder, { recursive: true })
  return proposals.map((proposal) => {
    const path = join(folder, `retire-${segment(proposal.intent)}.json`)
    writeNew(path, `${JSON.stringify(proposal, null, 2)}\n`)
    return path
  })
}

/** What became of an approved change that waited. */
interface Promoted {
  readonly run_id: string
  /** Null: it could not be started, and why. */
  readonly rollout: string | null
  readonly why: string | null
}

/** Starts the rollouts that nobody started since; what stands against one is told and leaves the others. */
async function promoteWaiting(
  store: LocalStore,
  { intents }: WeeklyCadence,
  config: RolloutConfig,
): Promise<Promoted[]> {
  const promoted: Promoted[] = []
  const waiting = intents
    .flatMap(({ funnel }) => entriesOf(funnel))
    .filter(({ stands }) => stands === 'waits_for_rollout')
  for (const { run_id } of waiting) {
    if (await readRollout(store, rolloutId(run_id))) continue
    try {
      const { rollout_id } = await startWith(store, storeSigner(store.vaultDir, 'release'), run_id, config)
      promoted.push({ run_id, rollout: rollout_id, why: null })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      promoted.push({ run_id, rollout: null, why: error.message })
    }
  }
  return promoted
}
