/** What was tried before on an intent, newest first: candidates of its runs with their fates, and what came through the inbox. */
import { sayingWhatDiffers } from '#core/space/where-they-differ.ts'
import type { TriedChange } from '#schemas/agent.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson, streamValues } from '../../streams/read-object.ts'
import type { InboxRow } from '../run/inbox.ts'
import { endedRuns } from '../run/run-lines.ts'

/** Runs that are looked back on. */
const MOST_RUNS = 50

/**
 * Changes of an inbox and of the latest runs, newest first in each; with a path those of that setting alone.
 * @param runs is told of how many runs it was, and how many older ones were left out
 */
export async function* triedChanges(
  store: Pick<Store, 'objects' | 'rolesApart'>,
  intent: string,
  inbox: readonly InboxRow[],
  path?: string,
  runs = { told: 0, left_out: 0 },
): AsyncGenerator<TriedChange> {
  const isAsked = ({ patch }: TriedChange): boolean => path === undefined || Object.hasOwn(patch, path)
  for (const one of triedInbox(inbox)) if (isAsked(one)) yield one
  for await (const one of triedInRuns(store, intent, runs)) if (isAsked(one)) yield one
}

/** The places of an inbox, newest first. */
function* triedInbox(rows: readonly InboxRow[]): Generator<TriedChange> {
  for (const { entry, answer } of rows.toReversed()) {
    if (!entry) continue
    const { quarter, n, at, origin, change } = entry
    yield {
      by: 'inbox',
      of: `${quarter} no. ${n}`,
      date: at,
      metric: null,
      patch: change.patch,
      origin,
      rationale: change.rationale ?? '',
      fate: answer?.fate ?? null,
      reason: answer
        ? [...answer.problems, answer.released, answer.reason].filter((s) => s !== null).join('; ')
        : 'no answer yet',
      value: answer?.metric?.candidate ?? null,
      failed: answer?.failed ?? [],
    }
  }
}

/** Candidates of the latest runs. */
async function* triedInRuns(
  store: Pick<Store, 'objects' | 'rolesApart'>,
  intent: string,
  runs: { told: number; left_out: number },
): AsyncGenerator<TriedChange> {
  for await (const { run_id, date, intent: of } of endedRuns(store)) {
    if (of !== intent) continue
    if (runs.told === MOST_RUNS) {
      runs.left_out++
      continue
    }
    runs.told++
    const run = await orNull(readJson<AutotuneRun>(store.objects, keys.autotuneRun(run_id, 'target.json')))
    const key = keys.autotuneRun(run_id, 'candidates.jsonl')
    for await (const { patch, origin, rationale, fate, reason, metric, guardrails } of streamValues<CandidateScore>(
      store.objects,
      key,
    ))
      yield {
        by: 'run',
        of: run_id,
        date,
        metric: run?.target.metric ?? null,
        patch,
        origin: origin ?? null,
        rationale,
        fate,
        reason: sayingWhatDiffers(reason, patch),
        value: metric,
        failed: guardrails.filter(({ verdict }) => verdict === 'block').map(({ guardrail }) => guardrail),
      }
  }
}
