/** A user's own harness in this process: the whole loop over it, without processes and without a workflow. */

import { canonical } from '#core/canonical.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import { harnessResult } from '#core/replay/harness-result.ts'
import { harnessView } from '#core/search/harness-replayer.ts'
import { searchRounds } from '#core/search/search.ts'
import type { ReplayEngine, Store, VerdictSource } from '#ports'
import type { HarnessModule } from '#schemas/harness.ts'
import { HarnessReturn } from '#schemas/harness-call.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { harnessFunction } from '../../functions/harness-client/harness-function.ts'
import type { Pass } from '../../functions/ports.ts'
import { runLoader } from '../../functions/steps/experience/run-loader.ts'
import { harnessReplays } from '../../functions/steps/replay/harness-replays.ts'
import type { Job, Side } from '../../functions/steps/replay/harness-runner.ts'
import type { CaseReplays } from '../../functions/steps/replay/replays.ts'
import { INTENT } from './builders.ts'
import { memoryScratch } from './memory-scratch.ts'

export type Replay = HarnessModule['replay']

export const TOP_K = 'evidence.orders.top_k'

/** Keeps `top_k` passages, asks the recorded model once, decides as recorded. `before` runs first, and may answer itself. */
export const desk =
  (before: (...given: Parameters<Replay>) => unknown = () => {}): Replay =>
  async (recorded, settings, pinned) => {
    const own = await before(recorded, settings, pinned)
    if (own !== undefined && own !== null) return own as Awaited<ReturnType<Replay>>
    const offered = await pinned.retrieve('orders', { hop: 1 })
    const kept = offered.slice(0, settings[TOP_K] as number)
    await pinned.model({ prompt: recorded.messages[0]!.content })
    return { status: 'DECIDED', outputs: { refund: true }, evidence_refs: kept.map((p) => p.evidence_ref), usage: null }
  }

export const json = (value: unknown) => JSON.parse(JSON.stringify(value))

/** Replays of cases with a search in this process. */
export function searchingEngine(replays: CaseReplays): ReplayEngine {
  let searched: ReadonlyMap<string, ReplayCase> = new Map()
  return {
    ...replays,
    async *reproduce(lines, pins, side) {
      const texts = await Array.fromAsync(lines)
      if (side === 'search')
        searched = new Map(texts.map((text) => JSON.parse(text) as ReplayCase).map((c) => [c.case_id, c]))
      yield* replays.reproduce(texts, pins, side)
    },
    async *search(input) {
      const run = { pack: { settings: input.pins.baseline }, price_table: null, evaluator_suite: input.suite }
      const results: string[] = []
      const rounds = searchRounds(input, harnessView(input.pins), (result) => results.push(canonical(result)))
      const { cases, baseline } = input.panel
      let step = rounds.next()
      while (!step.done) {
        const lines = step.value.cases.map((i) => ({
          case: searched.get(cases.at(i)!.case_id)!,
          baseline: baseline.at(i)!,
        }))
        step = rounds.next(await replays.answer(lines, step.value.settings, run, step.value))
      }
      yield* results
      return step.value
    },
  }
}

const DIGEST = `sha256:${'7'.repeat(64)}`

/**
 * The engine of a "module" whose processes are this one. `start` makes what a fresh process would have loaded: once for each
 * side of the split and each pass over it. `verdicts`: who judges for evaluators that are asked elsewhere.
 */
export function inProcess(
  store: Store,
  start: (pass: Pass, side: Side) => Replay,
  verdicts?: VerdictSource,
): ReplayEngine {
  const started = new Map<string, ReturnType<typeof harnessFunction>>()
  const replays = harnessReplays({
    replayer: { kind: 'module', path: 'mine.mjs', digest: DIGEST, limit_ms: 1000 } as const,
    name: 'the harness module mine.mjs',
    aside: memoryScratch(),
    verdicts,
    runs: {
      search: runLoader(store, [store.objects], INTENT),
      vault: runLoader(store, [store.vault, store.objects], INTENT),
    },
    async map(side, pass, items, work) {
      const key = `${side} ${pass}`
      if (!started.has(key)) started.set(key, harnessFunction(start(pass, side)))
      const results: Awaited<ReturnType<typeof work>>[] = []
      const ask = async (job: Job) => replyOf(json(await started.get(key)!(json({ ...job, model_answers: null }))))
      for (const item of items) results.push((await work(item, ask)) as Awaited<ReturnType<typeof work>>)
      return results as never
    },
  })
  return searchingEngine(replays)
}

function replyOf(answered: unknown): HarnessReply {
  const reply = HarnessReturn.parse(answered)
  if ('asks_model' in reply) throw new Error('nobody answers for a model here')
  if (!('returned' in reply)) return reply
  const checked = harnessResult(reply.returned)
  return 'result' in checked ? { result: checked.result, served: reply.served } : { failed: checked.problem }
}
