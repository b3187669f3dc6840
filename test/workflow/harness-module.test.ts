/** A harness module in the synthesized workflow: deployed as it lies, it leaves the bytes of the embedded run. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GivenAnswer, ReplayCall } from '#core/replay/pinned-answers.ts'
import type { FunctionCaller, ReplayEngine, Store } from '#ports'
import { ReplayReturn } from '#schemas/harness-call.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { harnessFiles } from '../../functions/adapters/local/module/harness-files.ts'
import { harnessFunction } from '../../functions/harness-client/harness-function.ts'
import { runLoader } from '../../functions/steps/experience/run-loader.ts'
import { moduleReplays } from '../../functions/steps/replay/module-replays.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { memory, stocked } from '../steps/stores.ts'
import { aTarget, aWorld, INTENT } from '../support/builders.ts'
import { json, searchingEngine } from '../support/harness-engine.ts'
import { synthesize } from '../support/infra/deployment.ts'
import type { Templates } from '../support/infra/resolve.ts'
import { journaled } from '../support/journaled.ts'
import { memoryScratch } from '../support/memory-scratch.ts'
import { deploy } from '../support/workflow/deployed.ts'
import { harnessHost } from '../support/workflow/judge-hosts.ts'
import { locks, RUN, twin } from '../support/workflow/twin.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-harness-module-')))
const HARNESS = join(root, 'desk/harness.mjs')
// It names another file, which is part of its digest.
const SOURCES = {
  'desk/harness.mjs': `import { bucket } from './names.mjs'
export async function replay(recorded, settings, pinned) {
  if (recorded.case_id === 'thrown') throw new TypeError('no reader')
  if (recorded.case_id === 'live') {
    const [one, two] = await Promise.all([pinned.model({ prompt: 'p1' }), pinned.model({ prompt: 'p2' })])
    const again = await pinned.model({ prompt: 'p1' })
    return { status: 'DECIDED', outputs: [one.content, two.content, again.content], evidence_refs: [], usage: null }
  }
  if (recorded.case_id === 'asked') return { status: 'DECIDED', outputs: process.env.AWS_SECRET_ACCESS_KEY ?? 'no key', evidence_refs: [], usage: null }
  const offered = await pinned.retrieve(bucket, { hop: 1 })
  const kept = offered.slice(0, settings['evidence.orders.top_k'])
  await pinned.model({ prompt: recorded.messages[0].content })
  return { status: 'DECIDED', outputs: { refund: true }, evidence_refs: kept.map((p) => p.evidence_ref), usage: null }
}`,
  'desk/names.mjs': `export const bucket = 'orders'`,
  'package.json': '{ "type": "module" }',
}
const target = aTarget({ scoring: { replayer: 'module' } })

describe('a deployed run with a harness module', () => {
  let templates: Templates
  let base: Store
  let digest: string
  /** The module in this process, as its function answers: a process a case is tried below. */
  let call: FunctionCaller['call']
  beforeAll(async () => {
    mkdirSync(join(root, 'desk'))
    for (const [file, text] of Object.entries(SOURCES)) writeFileSync(join(root, file), text)
    templates = synthesize({ harness: HARNESS }).templates
    digest = harnessFiles(HARNESS, null).digest
    const { replay } = await import(/* @vite-ignore */ pathToFileURL(HARNESS).href)
    const handler = harnessFunction(replay)
    call = async (_, request) => {
      const { job } = request as ReplayCall
      return { returned: { digest, reply: json(await handler(json({ ...job, model_answers: null }))) } }
    }
    base = await stocked(journaled(memory()), aWorld({ search: 6, heldout: 100 }), { layout: 'segments' })
  }, 120_000)
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  /** The same module without a workflow, one case after the other, pinned as a laptop without a wall pins it. */
  const embedded = (store: Store): ReplayEngine => {
    const pinned = { kind: 'module', path: HARNESS, digest, limit_ms: 10_000 } as const
    const replayer = { ...pinned, cage: 'belt without network gate' } as const
    const runs = { search: runLoader(store, [store.objects], INTENT), vault: runLoader(store, [store.vault], INTENT) }
    const deployed = { ...pinned, function_arn: 'arn' }
    return searchingEngine(
      moduleReplays({ aside: memoryScratch(), replayer, deployed, runs, caller: { call }, atOnce: 1 }),
    )
  }
  const tuned = (its: FunctionCaller['call'], over: Parameters<typeof deploy>[1] = {}) => {
    const store = base
    return { store, run: deploy(store, { harness: { templates, call: its }, ...over }).tune({ target, run_id: RUN }) }
  }

  it('leaves the bytes of the embedded run, and pins the module; each side asks its own function', async () => {
    const asked = new Set<string>()
    const counting: FunctionCaller['call'] = async (arn, ...given) => {
      asked.add(arn)
      return call(arn, ...given)
    }
    const same = await twin(base, target, { engine: embedded, harness: { templates, call: counting } })
    expect(same.verdict).toBe('certified')
    const { store, execution } = await same.deployed({ shardCases: 4 })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
    const run = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(RUN, 'target.json'))
    const cage = 'belt without network gate'
    expect(run!.replayer).toEqual({ kind: 'module', path: HARNESS, digest, limit_ms: 10_000, cage })
    expect([...asked].map((arn) => /Harness(Search|Sealed)/.exec(arn)?.[1]).sort()).toEqual(['Sealed', 'Search'])
  }, 120_000)

  it.each<[string, unknown, RegExp]>([
    [
      'runs other bytes',
      { digest: `sha256:${'b'.repeat(64)}`, reply: { failed: 'it' } },
      /runs other bytes \(sha256:bbbbbbbbbbbb\) than the run pinned .*deploy it anew with -c harness=/,
    ],
    ['cannot load it', { digest: '', unloadable: 'the harness module ./h.mjs cannot be run' }, /cannot be run/],
  ])('ends in words, and frees its lock, where the function %s', async (_, returned, says) => {
    const its = { digest, ...(returned as object) } as { digest: string }
    if (its.digest === '') its.digest = digest
    const { store, run } = tuned(async () => ({ returned: its }))
    const { error } = await run
    expect(error!.cause).toMatch(says)
    expect(await locks(store)).toBe(0)
  })

  it('ends where another module was deployed meanwhile', async () => {
    const other = { kind: 'module', path: HARNESS, digest: `sha256:${'c'.repeat(64)}`, limit_ms: 1, function_arn: 'a' }
    const replayer = { kind: 'module', path: HARNESS, digest, limit_ms: 1 } as const
    const { runsModule } = await import('../../functions/steps/replay/module-replays.ts')
    expect(() => runsModule(replayer, other as never)).toThrow(
      /this deployment has another one \(sha256:cccccccccccc\)/,
    )
    expect(() => runsModule(replayer, null)).toThrow(/this deployment has none: deploy it with -c harness=/)
  })

  it('runs as it lies, each case in a process of its own, which is told nothing of its function', async () => {
    const host = await harnessHost(HARNESS)
    const recorded = (case_id: string) => ({
      case_id,
      intent_id: INTENT,
      messages: [{ role: 'user', content: 'hello' }],
    })
    const recording = (case_id: string) => ({
      recorded: recorded(case_id),
      tools: [],
      buckets: { orders: { depth: null, hops: null, passages: [], steps: [] } },
      models: [],
      models_withheld: null,
    })
    const ask = async (case_id: string) => {
      const request = { job: { recording: recording(case_id), settings: {} }, limit_ms: 20_000 }
      return ReplayReturn.parse(json(await host.call(request)))
    }
    // A live one says what it asks next, in its order, and comes past that when it is called with the answer.
    const live: GivenAnswer[] = []
    for (const [prompt, content] of [
      ['p1', 'a'],
      ['p2', 'b'],
      ['p1', 'c'],
    ] as const) {
      const request = { job: { recording: recording('live'), settings: {} }, limit_ms: 20_000, live }
      expect(ReplayReturn.parse(json(await host.call(request)))).toMatchObject({ reply: { asks_model: { prompt } } })
      const answer = { model: 'm', content, tool_calls: [], prompt_tokens: 1, completion_tokens: 1, latency_ms: 1 }
      live.push({ prompt, answer })
    }
    const last = { job: { recording: recording('live'), settings: {} }, limit_ms: 20_000, live }
    expect(ReplayReturn.parse(json(await host.call(last)))).toMatchObject({
      reply: { returned: { outputs: ['a', 'b', 'c'] } },
    })
    process.env.AWS_SECRET_ACCESS_KEY ??= 'a key of the function'
    expect(await ask('asked')).toMatchObject({ digest, reply: { returned: { outputs: 'no key' }, served: [] } })
    expect(await ask('thrown')).toMatchObject({ digest, reply: { failed: expect.stringContaining('no reader') } })
    expect(await ask('else')).toMatchObject({
      digest,
      reply: { unreplayable: 'model: only 0 model calls were recorded' },
    })
  }, 60_000)
})
