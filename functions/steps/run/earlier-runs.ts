/** Earlier runs of the very same question: the same bytes in, so the fates that they found hold for it. */
import { byCodeUnit, digestOf } from '#core/canonical.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import type { EarlierRun } from '#core/proposers/memory.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson, readLines } from '../../streams/read-object.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { runLines } from './run-lines.ts'
import type { RunRecord } from './run-record.ts'

/** What a fate on the search side follows from. */
type Question = Pick<
  AutotuneRun,
  'target' | 'pack' | 'replayer' | 'evaluator_suite' | 'price_table' | 'scars' | 'draw'
> & {
  readonly search_set: Pick<AutotuneRun['search_set'], 'digest'>
}

/** Runs that are looked through, and of them those that are read whole. */
const MOST_LOOKED = 50
const MOST_READ = 3

/** The newest first. One whose files cannot be read says nothing. */
export async function earlierRuns(
  store: Pick<Store, 'objects' | 'table' | 'rolesApart'>,
  question: Question,
): Promise<EarlierRun[]> {
  const asked = questionOf(question)
  const found: EarlierRun[] = []
  let looked = 0
  for await (const run_id of runsOf(store, question.target.intent!)) {
    if (++looked > MOST_LOOKED || found.length === MOST_READ) break
    const run = await orNull(readJson<AutotuneRun>(store.objects, keys.autotuneRun(run_id, 'target.json')))
    if (run === null || questionOf(run) !== asked) continue
    const candidates = await readLines<CandidateScore>(
      store.objects,
      keys.autotuneRun(run_id, 'candidates.jsonl'),
    ).catch(() => [])
    found.push({ run_id, candidates })
  }
  return found
}

/** Runs of an intent that ended, newest first. A deployment has a row of each, and keeps no lines. */
async function* runsOf(store: Pick<Store, 'objects' | 'table' | 'rolesApart'>, intent: string): AsyncGenerator<string> {
  if (!store.rolesApart) {
    for await (const { line } of runLines(store.objects)) if (line.intent === intent) yield line.run_id
    return
  }
  const rows = await Array.fromAsync(store.table.query<RunRecord>(rowKeys.runs(intent)))
  const ended = rows.filter(({ body }) => body.status === 'finished')
  yield* ended.sort((a, b) => byCodeUnit(b.body.started_at, a.body.started_at)).map(({ sk }) => sk)
}

const questionOf = ({
  target,
  pack,
  replayer,
  evaluator_suite,
  price_table,
  search_set,
  scars,
  draw,
}: Question): string => {
  const { proposers: _, $schema: __, ...asked } = target
  return digestOf({
    target: asked,
    baseline: baselineDigest({ target, pack, replayer }),
    pack,
    suite: evaluator_suite,
    prices: price_table,
    search_set: search_set.digest,
    scars: scars ?? [],
    draw: draw ?? null,
  })
}
