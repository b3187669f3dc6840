/** The baseline of a live run on its search side, by what it was answered when the run was made: asks no harness and no model. */
import { baselinePins } from '#core/baseline/baseline.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Lines, ReproducedLine, Scratch, Store } from '../../ports.ts'
import { streamLines } from '../../streams/read-object.ts'
import { runLoader } from '../experience/run-loader.ts'
import { harnessReplays } from '../replay/harness-replays.ts'

/**
 * What `engine.reproduce` said when the run was made. The record says nothing of it: a live baseline answers anew.
 * Throws UserError where an answer is not among the kept ones.
 */
export async function* answeredBaseline(
  store: Store,
  aside: Scratch,
  run: AutotuneRun,
  lines: Lines,
): AsyncIterable<ReproducedLine> {
  if (run.replayer.kind === 'transcript') throw new RangeError('the transcript replayer is asked itself')
  const { replies, reproduce } = harnessReplays({
    replayer: run.replayer,
    name: `the harness of run ${run.run_id}`,
    runs: {
      search: runLoader(store, [store.objects], run.target.intent!),
      vault: () => Promise.reject(new RangeError('a sealed case is no evidence')),
    },
    verdicts: store.verdicts,
    aside,
    // Further draws tell noise, and noise stands on the run already.
    live: { repeats: 1, begin: () => {} },
    // The first pass is on record; nobody is asked for a second.
    map: async (_side, pass, items) => {
      if (pass === 'first') throw new UserError(`run ${run.run_id} kept no answers of its harness`)
      return items.map(() => null as never)
    },
  })
  await replies!.hold(streamLines(store.objects, keys.autotuneRun(run.run_id, 'harness-replies.jsonl')), () => {})
  yield* reproduce(lines, baselinePins(run), 'search')
}
