/** A live run in this process: a harness of the user's own, and a model that a test scripts. */

import { pinOf, signedBy } from '#core/live/live-model.ts'
import type { ModelRefusal } from '#core/model/reply.ts'
import type { ModelRequest } from '#core/model/request.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import { harnessResult } from '#core/replay/harness-result.ts'
import { pinnedAnswers, UnpinnedCall } from '#core/replay/pinned-answers.ts'
import type { ModelPort, ReplayEngine, Store } from '#ports'
import type { Pinned } from '#schemas/harness.ts'
import { LiveModel, type LivePin } from '#schemas/live-model.ts'
import type { Cage } from '#schemas/run.ts'
import { type LiveAsker, type LiveOptions, liveAsker } from '../../functions/embedded/live-asker.ts'
import { runLoader } from '../../functions/steps/experience/run-loader.ts'
import { harnessReplays } from '../../functions/steps/replay/harness-replays.ts'
import { aFamily, anEvaluator, type aRun, aSuite, INTENT } from './builders.ts'
import { json, type Replay, searchingEngine, TOP_K } from './harness-engine.ts'
import { memoryScratch } from './memory-scratch.ts'

export const DOCUMENT: LiveModel = LiveModel.parse({
  kind: 'live_model',
  model: { provider: 'openai', base_url: 'http://127.0.0.1:9/v1', model: 'small' },
  max_tokens: 50,
  temperature: 0.7,
  seed: 7,
  repeats: 2,
  budget: { calls: 5000, cents: null },
})

export const PIN = pinOf(signedBy(DOCUMENT, 'ana@example.com', '2026-11-29')) as LivePin

/** Utility reads the new words: the answer against what the case refers to. */
export const liveSuite = () =>
  aSuite({
    evaluators: [
      ...aSuite().evaluators.filter(({ dimension }) => dimension !== 'utility'),
      anEvaluator({
        check: 'expression',
        evaluator_id: 'right_answer',
        dimension: 'utility',
        expression: { '==': [{ var: 'outputs.answer' }, { var: 'attributes.reference' }] },
      } as Parameters<typeof anEvaluator>[0]),
    ],
  })

/** Families whose answer is "yes", which the passage of rank 2 says. */
export const liveWorld = ({ search = 20, heldout = 100 } = {}) =>
  [
    ...Array.from({ length: search }, (_, i) => ['search', `s${i}`] as const),
    ...Array.from({ length: heldout }, (_, i) => ['heldout', `h${i}`] as const),
  ].map(([side, name]) =>
    aFamily(name, {
      side,
      required: 2,
      over: { attributes: { reference: 'yes' }, outcome: { outputs: { answer: 'yes' } } } as Parameters<
        typeof aRun
      >[1] &
        object,
    }),
  )

/** Asks the model once about what it kept, and says what it said. */
export const liveDesk =
  (before: (...given: Parameters<Replay>) => unknown = () => {}): Replay =>
  async (recorded, settings, pinned) => {
    const own = await before(recorded, settings, pinned)
    if (own !== undefined && own !== null) return own as Awaited<ReturnType<Replay>>
    const offered = await pinned.retrieve('orders', { hop: 1 })
    const kept = offered.slice(0, settings[TOP_K] as number).map((p) => p.evidence_ref)
    const { content } = await pinned.model({ prompt: `${recorded.messages[0]!.content}: ${kept.join(' ')}` })
    return { status: 'DECIDED', outputs: { answer: content }, evidence_refs: kept, usage: null }
  }

export interface Scripted extends ModelPort {
  /** Every request, in its order. */
  readonly asked: ModelRequest[]
}

/** A model that says "yes" where the passage of rank 2 is in the prompt, unless a test says otherwise. */
export function scripted(
  says: (request: ModelRequest, n: number) => string | ModelRefusal | undefined = () => undefined,
): Scripted {
  const asked: ModelRequest[] = []
  return {
    asked,
    async converse(request) {
      const said = says(request, asked.push(request) - 1) ?? (request.prompt.includes('-e2') ? 'yes' : 'no')
      if (typeof said !== 'string') return said
      return {
        model: 'small',
        content: said,
        tool_calls: [],
        prompt_tokens: 100 * request.prompt.split(' ').length,
        completion_tokens: 5,
        latency_ms: 10,
      }
    },
  }
}

const MINE = { path: 'mine.mjs', digest: `sha256:${'7'.repeat(64)}`, limit_ms: 1000 }

export const asker = (store: Store, model: ModelPort | null, over: Partial<LiveOptions> = {}): LiveAsker =>
  liveAsker(store, {
    pin: PIN,
    budget: DOCUMENT.budget,
    prices: null,
    model,
    payer: 'this run',
    plan: { heldout: 100, candidates: 8 },
    say: () => {},
    ...over,
  })

/** What a process of a harness was sent. */
export interface Sent {
  readonly recorded: unknown
  readonly settings: unknown
}

/** The engine of a "module" whose processes are this one. */
export function liveInProcess(
  store: Store,
  live: LiveAsker,
  replay: Replay,
  sent: (sent: Sent) => void = () => {},
  cage: Cage = 'wall',
  module: { readonly path: string; readonly digest: string; readonly limit_ms: number } = MINE,
): ReplayEngine {
  const replays = harnessReplays({
    replayer: { kind: 'module', ...module, cage, live: live.pin } as const,
    name: 'the harness module mine.mjs',
    aside: memoryScratch(),
    live: { repeats: live.pin.repeats, begin: (set) => live.begin(set) },
    runs: {
      search: runLoader(store, [store.objects], INTENT),
      vault: runLoader(store, [store.vault, store.objects], INTENT),
    },
    async map(side, pass, items, work) {
      const results: Awaited<ReturnType<typeof work>>[] = []
      for (const item of items)
        results.push((await work(item, (job) => replayed(live, side, pass, job, replay, sent))) as never)
      return results as never
    },
  })
  return { ...searchingEngine(replays), live }
}

async function replayed(
  live: LiveAsker,
  side: Parameters<LiveAsker['jobOf']>[1],
  pass: Parameters<LiveAsker['jobOf']>[2],
  given: Parameters<LiveAsker['jobOf']>[0],
  replay: Replay,
  sent: (sent: Sent) => void,
): Promise<HarnessReply> {
  const job = live.jobOf(given, side, pass)
  const model = job.live!()
  const answers = pinnedAnswers(job.recording)
  let fault: unknown = null
  const pinned: Pinned = {
    tool: async (name, args) => answers.tool(name, args),
    retrieve: async (bucket, options) => answers.retrieve(bucket, options),
    async model({ prompt }) {
      const answered = await model.model(prompt).catch((error: unknown) => {
        fault = error
        throw error
      })
      if ('unpinned' in answered) throw new UnpinnedCall(answered.unpinned)
      return answered.answer
    },
  }
  const message = json({ recorded: job.recording.recorded, settings: job.settings })
  sent(message)
  const reply = await Promise.resolve(replay(message.recorded, message.settings, pinned)).then(
    (returned): HarnessReply => {
      const checked = harnessResult(json(returned))
      return 'result' in checked
        ? { result: checked.result, served: [...answers.served] }
        : { failed: `another shape: ${checked.problem}` }
    },
    (error: Error): HarnessReply => ({ failed: error.message }),
  )
  if (fault !== null) throw fault
  const unpinned = answers.unpinned()
  return model.settled(unpinned === null ? reply : { unreplayable: unpinned })
}
