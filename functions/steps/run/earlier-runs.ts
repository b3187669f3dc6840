/** Earlier runs of the very same question: the same bytes in, so the fates that they found hold for it. */
import { digestOf } from '#core/canonical.ts'
import { baselineDigest } from '#core/gate/commitment.ts'
import type { EarlierRun } from '#core/proposers/memory.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { orNull, readJson, readLines } from '../../streams/read-object.ts'
import { endedRuns } from './run-lines.ts'

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
  store: Pick<Store, 'objects' | 'rolesApart'>,
  question: Question,
): Promise<EarlierRun[]> {
  const asked = questionOf(question)
  const found: EarlierRun[] = []
  let looked = 0
  for await (const { run_id, intent } of endedRuns(store)) {
    if (intent !== question.target.intent) continue
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
