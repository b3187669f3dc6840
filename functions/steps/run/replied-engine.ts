/**
 * A finished run of code of a user's, replayed by what that answered when the run was made: to be recomputed where the code cannot
 * be asked. The model behind a live run is not asked either: its kept answers are held against the record.
 */
import { RecordList, TEXT } from '#core/bytes/record-list.ts'
import { canonical } from '#core/canonical.ts'
import { liveOf } from '#core/replay/cage.ts'
import { harnessView } from '#core/search/harness-replayer.ts'
import { searchRounds } from '#core/search/search.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { UserError } from '../../errors.ts'
import type { ReplayEngine, Store } from '../../ports.ts'
import { runLoader } from '../experience/run-loader.ts'
import { answerProblem } from '../live/kept-answer.ts'
import { harnessReplays } from '../replay/harness-replays.ts'

/** Engine over the open side of a store; `close` leaves nothing aside. */
export function repliedEngine(
  store: Pick<Store, 'objects' | 'scratch' | 'verdicts'>,
  { replayer, target }: Pick<AutotuneRun, 'replayer' | 'target'>,
): ReplayEngine & { close(): void } {
  const aside = store.scratch()
  const run = runLoader(store, [store.objects], target.intent ?? '')
  const live = liveOf(replayer)
  let searched = new RecordList(aside.records, TEXT)
  const replays = harnessReplays({
    replayer,
    name: 'the harness',
    runs: { search: run, vault: run },
    verdicts: store.verdicts,
    aside,
    ...(live && { live: { repeats: live.repeats, begin() {} } }),
    asksAgain: false,
    map: async () => {
      throw new UserError('the harness of this run is not here: only what it answered then can be read')
    },
  })
  return {
    ...replays,
    asksAgain: false,
    ...(live && {
      live: { afford() {}, problemOf: (answer) => answerProblem(store.objects, answer) },
    }),

    async *reproduce(lines, pins, side) {
      searched = new RecordList(aside.records, TEXT)
      for await (const reproduced of replays.reproduce(lines, pins, side)) {
        if ('measures' in reproduced.result) searched.add(reproduced.line)
        yield reproduced
      }
    },

    async *search({ panel, ...input }) {
      const judged = {
        pack: { settings: input.pins.baseline },
        price_table: input.pins.prices,
        evaluator_suite: input.suite,
      }
      const results: string[] = []
      const rounds = searchRounds({ ...input, panel }, harnessView(input.pins), (result) =>
        results.push(canonical(result)),
      )
      for (let step = rounds.next(); ; ) {
        yield* results.splice(0)
        if (step.done) return step.value
        const { cases, settings } = step.value
        const lines = cases.map((i) => ({
          case: JSON.parse(searched.at(i)!) as ReplayCase,
          baseline: panel.baseline.at(i)!,
        }))
        step = rounds.next(await replays.answer(lines, settings, judged, step.value))
      }
    },

    close: () => aside.close(),
  }
}
