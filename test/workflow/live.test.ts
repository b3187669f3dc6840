/** A live run in the synthesized workflow: our functions ask the model under their roles, and it leaves the bytes of the laptop. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answerCache } from '#adapters/model-cache.ts'
import { payerOf, pinOf, signedBy } from '#core/live/live-model.ts'
import { type ModelRequest, requestDigest } from '#core/model/request.ts'
import type { ReplayEngine, Store } from '#ports'
import type { LiveModel, LivePin } from '#schemas/live-model.ts'
import { RunUsage } from '#schemas/model-usage.ts'
import { keys } from '#schemas/s3-keys.ts'
import { harnessFiles } from '../../functions/adapters/local/module/harness-files.ts'
import { deployedEngine } from '../../functions/embedded/engine.ts'
import { keepUsage } from '../../functions/steps/model/keep-usage.ts'
import { answeredUsage, askingOf, type CacheOf, sealedUsage } from '../../functions/steps/run/answered-usage.ts'
import { pinnedRun, verifyRun } from '../../functions/steps/run/verify.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { readText } from '../../functions/streams/read-object.ts'
import { copied, memory, stocked } from '../steps/stores.ts'
import { aTarget } from '../support/builders.ts'
import type { Replay } from '../support/harness-engine.ts'
import { synthesize } from '../support/infra/deployment.ts'
import type { Templates } from '../support/infra/resolve.ts'
import { journaled } from '../support/journaled.ts'
import {
  asker,
  DOCUMENT,
  liveDesk,
  liveInProcess,
  liveSuite,
  liveWorld,
  type Scripted,
  scripted,
} from '../support/live-engine.ts'
import { deploy, type Faults } from '../support/workflow/deployed.ts'
import { moduleCall } from '../support/workflow/module-call.ts'
import { locks, RUN, twin } from '../support/workflow/twin.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-live-')))
const HARNESS = join(root, 'desk.mjs')
const FILE = join(root, 'live.json')
const ARN = 'arn:aws:bedrock:eu-central-1::foundation-model/small'
const signed = (over: Partial<LiveModel> = {}): LiveModel =>
  signedBy(
    { ...DOCUMENT, model: { provider: 'bedrock', model_arn: ARN }, seed: null, ...over },
    'ana@example.com',
    '2026-11-29',
  )
const document = signed()
const target = aTarget({ scoring: { replayer: 'module' } })
const time = { now: () => '2026-11-30T10:00:00.000Z' }

describe('a live run in a deployment', () => {
  let templates: Templates
  let base: Store
  let digest: string
  beforeAll(async () => {
    mkdirSync(root, { recursive: true })
    writeFileSync(HARNESS, 'export const replay = () => null\n')
    writeFileSync(FILE, JSON.stringify(document))
    templates = synthesize({ harness: HARNESS, live: FILE }).templates
    digest = harnessFiles(HARNESS, null).digest
    base = await stocked(journaled(memory()), liveWorld({ search: 12, heldout: 100 }), {
      suite: liveSuite(),
      layout: 'segments',
    })
  }, 120_000)
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  const embedded =
    (model: Scripted, replay: Replay) =>
    (store: Store): ReplayEngine => {
      const live = asker(store, model, { pin: pinOf(document) as LivePin, budget: document.budget, payer: PAYER })
      return liveInProcess(store, live, replay, () => {}, 'belt', { path: HARNESS, digest, limit_ms: 10_000 })
    }
  const its = (model: Scripted, replay: Replay) => ({
    templates,
    call: moduleCall(replay, digest),
    converse: model.converse,
  })
  // Whoever pays is named in every answer, and told in none of the artifacts.
  const PAYER = 'the laptop'

  it('leaves the bytes of the embedded run, asks the very same, and is recomputed from what is kept', async () => {
    const [laptop, cloud] = [scripted(), scripted()]
    const replay = liveDesk()
    const same = await twin(base, target, {
      engine: embedded(laptop, replay),
      harness: its(cloud, replay),
      time,
      live: document,
    })
    expect(same.verdict).toBe('certified')
    const { store, execution } = await same.deployed({ shardCases: 5 })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
    const asked = ({ asked: all }: Scripted) => new Set(all.map((r: ModelRequest) => `${r.prompt} ${r.sample}`))
    // Search looks ahead in a deployment, so it may ask of candidates that a laptop does not come to.
    for (const one of asked(laptop)) expect(asked(cloud).has(one)).toBe(true)
    expect(asked(cloud).size).toBe(cloud.asked.length)
    // What a sealed case asked lies in the vault, and what that cost is in no item that the search may read.
    const open = (await Array.fromAsync(store.objects.list('model-cache/'))).length
    const sealed = (await Array.fromAsync(store.vault.list('gate/'))).filter((key) =>
      key.includes('/model-cache/'),
    ).length
    expect(open + sealed).toBe(cloud.asked.length)
    const payer = payerOf(target, null, pinOf(document) as LivePin)
    expect((await store.table.get(...rowKeys.asked(payer)))!.body).toEqual({ calls: open, cents: 0 })
    expect((await store.table.get(...rowKeys.askedSealed(payer)))!.body).toEqual({ calls: sealed, cents: 0 })

    const run = await pinnedRun(store, RUN)
    // What models cost stands beside the run, as on the laptop: both sides after a "yes", and no id of a case.
    const usage = JSON.parse((await readText(store.objects, keys.runUsage(RUN)))!)
    expect(RunUsage.parse(usage)).toMatchObject({ rows: [{ paid: open }], sealed: [{ paid: sealed }] })
    const cacheOf: CacheOf = (objects) => answerCache(objects, time, PAYER)
    const bySide = {
      search: await answeredUsage(same.store, RUN, askingOf(run!)!, cacheOf),
      sealed: await sealedUsage(
        same.store,
        { version: run!.heldout_test_set!.version, question: 1 },
        askingOf(run!)!,
        cacheOf,
      ),
    }
    expect(await keepUsage(same.store, { run: RUN, verdict: 'certified' }, [bySide])).toEqual({
      ...usage,
      rows: [{ ...usage.rows[0], ...(asked(cloud).size > asked(laptop).size && bySide.search[0]) }],
    })
    const verified = async () => verifyRun(store, RUN, await deployedEngine(store, run), 'closed')
    expect(await verified()).toMatchObject({ reproducible: true, scope: 'answer', differences: [], asked_again: false })
    const [key] = await Array.fromAsync(store.objects.list('model-cache/'))
    const kept = (await store.objects.get(key!))!
    await store.objects.put(
      key!,
      Buffer.from(kept)
        .toString()
        .replace(/"content":"(yes|no)"/, '"content":"perhaps"'),
    )
    expect((await verified()).differences).toEqual([
      { file: 'answers of the model', why: expect.stringMatching(/^1 of \d+ .* model-cache\/\w+\.json was changed$/) },
    ])
    await store.objects.delete(key!)
    expect((await verified()).differences[0]!.why).toMatch(/is missing$/)
    await store.objects.put(key!, kept)
    const replies = keys.autotuneRun(RUN, 'harness-replies.jsonl')
    await store.objects.put(
      replies,
      (await readText(store.objects, replies))!.replace('"answer":"yes"', '"answer":"no"'),
    )
    expect(await verified()).toMatchObject({ reproducible: false })
  }, 120_000)

  const ran = async (model: Scripted, over: { request?: object; replay?: Replay; faults?: Faults } = {}) => {
    const store = await copied(base)
    const { request = {}, replay = liveDesk(), faults = {} } = over
    const world = deploy(store, { harness: its(model, replay), shardCases: 5, faults, time })
    const input = { target, run_id: RUN, live: document, ...request }
    return { store, world, input, execution: await world.tune(input) }
  }

  it.each<[string, object, RegExp]>([
    ['nobody signed', { live: { ...document, signed: undefined } }, /nobody signed it/],
    ['was changed since', { live: { ...document, temperature: 0 } }, /no longer what ana@example.com signed/],
    [
      'somebody else signed for another model',
      { live: signed({ model: { provider: 'bedrock', model_arn: `${ARN}-other` } }) },
      /is not the one that the run names/,
    ],
    ['has a higher budget', { live: signed({ budget: { calls: 9000, cents: null } }) }, /deploy it anew with -c live=/],
    ['goes with a target that no harness scores', { target: aTarget() }, /what a harness module would ask it/],
  ])('refuses a document that %s, and asks nothing', async (_, request, says) => {
    const model = scripted()
    const { execution, store } = await ran(model, { request })
    expect(execution.error!.cause).toMatch(says)
    expect(model.asked).toEqual([])
    expect(await locks(store)).toBe(0)
  })

  it('asks nothing twice where calls of its functions die', async () => {
    const model = scripted()
    const died = new Set<string>()
    const after = (name: string, call: number) => {
      if (!/CompileSearch|ReplayShard|ScoreShard/.test(name) || call % 3 !== 1 || died.has(`${name} ${call}`)) return
      died.add(`${name} ${call}`)
      throw new WorkflowError('Lambda.ServiceException', 'it was killed')
    }
    const { execution, store } = await ran(model, { faults: { after } })
    expect(execution.error).toBeNull()
    expect(died.size).toBeGreaterThan(3)
    expect(new Set(model.asked.map(requestDigest)).size).toBe(model.asked.length)
    expect(await pinnedRun(store, RUN)).not.toBeNull()
  }, 120_000)
})
