/** What was tried before on an intent, newest first: candidates of its runs with their fates, and what came through the inbox. */
import type { TriedChange } from '#schemas/agent.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson, streamValues } from '../../streams/read-object.ts'
import type { InboxRow } from '../run/inbox.ts'
import { endedRuns } from '../run/run-lines.ts'

/** Runs that are looked back on, and what became of the rest. */
const MOST_RUNS = 50

/** The places of an inbox, newest first. */
export function* triedInbox(rows: readonly InboxRow[]): Generator<TriedChange> {
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

/** Candidates of the latest runs, and how many runs were left out so far when it ends. */
export async function* triedInRuns(
  store: Pick<Store, 'objects' | 'rolesApart'>,
  intent: string,
  told: { runs: number; left_out: number } = { runs: 0, left_out: 0 },
): AsyncGenerator<TriedChange> {
  for await (const { run_id, date, intent: of } of endedRuns(store)) {
    if (of !== intent) continue
    if (told.runs === MOST_RUNS) {
      told.left_out++
      continue
    }
    told.runs++
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
        reason,
        value: metric,
        failed: guardrails.filter(({ verdict }) => verdict === 'block').map(({ guardrail }) => guardrail),
      }
  }
}
