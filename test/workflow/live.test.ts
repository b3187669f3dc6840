/** A live run in the synthesized workflow: our functions ask the model under their roles, and it leaves the bytes of the laptop. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pinOf, signedBy } from '#core/live/live-model.ts'
import type { ModelRequest } from '#core/model/request.ts'
import type { ReplayEngine, Store } from '#ports'
import type { LiveModel, LivePin } from '#schemas/live-model.ts'
import { harnessFiles } from '../../functions/adapters/local/module/harness-files.ts'
import { memory, stocked } from '../steps/stores.ts'
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
import { moduleCall } from '../support/workflow/module-call.ts'
import { twin } from '../support/workflow/twin.ts'

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

  it('leaves the bytes of the embedded run, and asks the very same', async () => {
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
  }, 120_000)
})
