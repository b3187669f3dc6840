import { beforeAll, describe, expect, it } from 'vitest'
import { canonical } from '#core/canonical.ts'
import type { Store } from '#ports'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { AutotuneRun, RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { publishRefund, refundTarget } from '../../functions/demo/documents.ts'
import { refundRuns } from '../../functions/demo/generate.ts'
import { publishSuite } from '../../functions/steps/experience/documents.ts'
import { ingest } from '../../functions/steps/experience/ingest.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { answeredContract } from '../../functions/steps/run/contract.ts'
import { proposedBefore, proposingOf } from '../../functions/steps/run/proposers.ts'
import { readRefusal } from '../../functions/steps/run/read-refusal.ts'
import { runTarget } from '../../functions/steps/run/run.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { readJson, readLines, readText } from '../../functions/streams/read-object.ts'
import { holder, memory, stocked } from '../steps/stores.ts'
import { aFamily, aPack, aRoughTarget, aSuite, aSurface, aWorld, INTENT } from '../support/builders.ts'
import { journaled } from '../support/journaled.ts'
import { deploy } from '../support/workflow/deployed.ts'
import { artifacts, locks, RUN, twin, versions } from '../support/workflow/twin.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

const small = { search: 6, heldout: 30 }

const killed = () => {
  throw new WorkflowError('Lambda.Unknown', 'the function was killed')
}
const killedAt =
  (victim: string) =>
  (name: string, call: number): void => {
    if (name === victim && call === 1) killed()
  }

async function refundStore(): Promise<Store> {
  const store = journaled(memory())
  await publishRefund(store)
  const source = async function* () {
    yield* refundRuns({ seed: 1, families: 600 })
  }
  await ingest(store, source, { by: 'hash', key: 'examples/refund', heldout_share: 0.5 })
  return store
}

const worlds = {
  'a yes': aWorld(small),
  'a no': aWorld({ ...small, extra: [{ side: 'heldout', required: 3 }] }),
  'no candidate': aWorld({ ...small, extra: [{ side: 'search', required: 4, gold: 4 }] }),
}

describe.each(Object.entries(worlds))('a deployed run that ends in %s', (name, world) => {
  let base: Store
  let same: Awaited<ReturnType<typeof twin>>
  beforeAll(async () => {
    base = await stocked(journaled(memory()), world)
    same = await twin(base, aRoughTarget())
  }, 120_000)

  it.each([1, 4, 100_000])('leaves the bytes of the embedded run with shards of %i cases', async (shardCases) => {
    const { store, execution } = await same.deployed({ shardCases })
    expect(execution.error).toBeNull()
    expect(execution.output).toEqual({ run_id: RUN, verdict: same.verdict })
    await same.expectSame(store)
  })

  it('leaves them when every function is throttled at its first call', async () => {
    const before = (_: string, call: number) => {
      if (call === 1) throw new WorkflowError('Lambda.TooManyRequestsException', 'slow down')
    }
    const { store, execution } = await same.deployed({ faults: { before } })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
  })

  it.each([
    'StartRun',
    'OpenRetired',
    'CompileSearch',
    'LayOutSearch',
    'GatherSearch',
    'PlanSeal',
    'LayOutSealed',
    'SealVersion',
    'PinRun',
    'ReplayShard',
    'AdvanceRun',
  ])('leaves them when %s is killed after its work and the execution is redriven', async (victim) => {
    const { store, workflow, execution } = await same.deployed({ shardCases: 4, faults: { after: killedAt(victim) } })
    if (name === 'no candidate' && victim === 'ReplayShard' && execution.status === 'SUCCEEDED') return
    expect([execution.status, await locks(store)]).toEqual(['FAILED', 0])
    if (victim !== 'StartRun' || execution.error) {
      const line = await store.table.get<{ status: string; reason: string }>(
        ...rowKeys.run(aRoughTarget().intent!, RUN),
      )
      expect(line!.body).toMatchObject({ status: 'failed', reason: expect.stringContaining('killed') })
    }
    expect((await workflow.redrive(execution)).error).toBeNull()
    await same.expectSame(store)
  })
})

describe('a deployed run of hand-written candidates', () => {
  const change = (top_k: number) => ({ patch: { 'evidence.orders.top_k': top_k } })
  // One case was offered four passages of a store that may hold more: nobody knows what a fifth would have been.
  const four = aFamily('few', { side: 'search', required: 1, gold: 1 })
  const few = { ...four, offers: { orders: { depth: 4, exhausted: false } }, evidence: four.evidence.slice(0, 4) }
  const world = [...aWorld({ ...small, extra: [{ side: 'search', required: 2, gold: 2 }] }), few]

  it('leaves the bytes of the embedded run, also where candidates fail', async () => {
    const same = await twin(await stocked(journaled(memory()), world), aRoughTarget(), {
      written: [change(1), change(5), change(3)],
    })
    expect(same.verdict).toBe('certified')
    const { store, execution } = await same.deployed({ shardCases: 3 })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
    const lines = await readLines<CandidateScore>(store.objects, keys.autotuneRun(RUN, 'candidates.jsonl'))
    expect(lines.map((c) => c.fate).sort()).toEqual(['search_guardrail', 'unreplayable', 'won'])
  })

  it.each([
    ['a value out of bounds', [change(2), change(9)], 'candidates[1]: "evidence.orders.top_k": 9 is outside 1..5'],
    ['a field that no surface declares', [{ patch: { 'policy.bundle': 'lax' } }], '"policy.bundle" has no tunable'],
    ['the same change twice', [change(2), change(2)], 'candidates[1]: the same change was given before'],
    ['no change', [], 'candidates'],
  ])('refuses %s, with nothing written and no lock left', async (_, candidates, says) => {
    const store = await stocked(memory(), world)
    const before = await Array.fromAsync(store.objects.list(''))
    const failed = await deploy(store).tune({ target: aRoughTarget(), run_id: RUN, candidates })
    expect(failed.error).toMatchObject({ error: 'UserError', cause: expect.stringContaining(says) })
    expect(failed.entered).toEqual(['Choose Who Proposes', 'Start Run'])
    expect(await Array.fromAsync(store.objects.list(''))).toEqual(before)
    expect(await locks(store)).toBe(0)
    expect(await store.table.get(...rowKeys.run(aRoughTarget().intent!, RUN))).toBeNull()
  })
})

it('a deployed run with scars and named proposers leaves the bytes of the embedded one', async () => {
  const extra = [{ side: 'search' as const, gold: 3, required: 1 }]
  const base = await stocked(journaled(memory()), aWorld({ search: 20, heldout: 30, extra }))
  await base.objects.put(keys.scar(INTENT, 'a'), canonical({ case_id: 'x0', run_id: 'x0', since: '2026-01-01' }))
  const change = (top_k: number, origin: string) => ({ patch: { 'evidence.orders.top_k': top_k }, origin })
  const same = await twin(base, aRoughTarget(), { written: [change(1, 'night agent'), change(3, 'ana')] })
  const { store, execution } = await same.deployed({ shardCases: 4 })
  expect(execution.error).toBeNull()
  await same.expectSame(store)
  const lines = await readLines<CandidateScore>(store.objects, keys.autotuneRun(RUN, 'candidates.jsonl'))
  expect(lines.map(({ origin, fate }) => [origin, fate]).sort()).toEqual([
    ['ana', 'won'],
    ['night agent', 'scar'],
  ])
})

it.each(['where it is started', 'in the deployment'])(
  'proposers that a target names, asked %s, leave the bytes of the embedded run',
  async (where) => {
    const [top, block] = ['evidence.orders.top_k', 'prompt.instruction_block'] as const
    const pack = aPack({
      settings: { ...aPack().settings, [block]: 'Find the order first. Name the clause. Say the amount.' },
      tunable_surfaces: [...aPack().tunable_surfaces, aSurface(block, { max_added_tokens: 10, forbidden_terms: [] })],
    })
    const records = aWorld({ search: 8, heldout: 30 }).map((one) => ({ ...one, settings: pack.settings }))
    const base = await stocked(journaled(memory()), records, { pack })
    const target = aRoughTarget({ search_space: [top, block], proposers: ['neighbours', 'sentences'] })
    const proposed = async (store: Store) =>
      await proposedBefore(store, proposingOf(target)!, {
        target,
        contract: await answeredContract(store, target),
        replayer: { kind: 'transcript' },
        given: [],
      })
    const same = await twin(base, target, where === 'in the deployment' ? {} : { proposed })
    const { store, execution } = await same.deployed({ shardCases: 4 })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
    const lines = await readLines<CandidateScore>(store.objects, keys.autotuneRun(RUN, 'candidates.jsonl'))
    expect(new Set(lines.map(({ origin }) => origin))).toEqual(new Set(['search', 'neighbours', 'sentences']))
  },
)

describe('a deployed run under another evaluator suite', () => {
  const changed = async (questions: number) => {
    const base = await stocked(journaled(memory()), worlds['a no'])
    const scoring = { replayer: 'transcript', questions } as const
    const before = { target: aRoughTarget({ scoring }), candidates: null, runId: 'before', demonstration: null }
    await runTarget(base, before, holder(), transcriptEngine())
    const suite = aSuite({ suite: 'evals.refund@1.1.0' })
    await publishSuite(base, suite)
    const target = aRoughTarget({ scoring, baseline_tuple: { ...aRoughTarget().baseline_tuple!, evals: suite.suite } })
    return await twin(base, target)
  }

  it.each([['is done'], ['is killed after it wrote'], ['is killed before it wrote']])(
    'retires what was asked, and leaves the bytes of the embedded run, when OpenRetired %s',
    async (how) => {
      const same = await changed(2)
      const write = (name: string, key: string) => {
        if (how.endsWith('before it wrote') && name === 'OpenRetired' && key.startsWith('experience/')) killed()
      }
      let once = false
      const faults = {
        after: how.endsWith('after it wrote') ? killedAt('OpenRetired') : () => {},
        write: (name: string, key: string) => {
          if (once) return
          try {
            write(name, key)
          } catch (error) {
            once = true
            throw error
          }
        },
      }
      const { store, workflow, execution } = await same.deployed({ shardCases: 20, faults })
      if (how === 'is done') expect(execution.error).toBeNull()
      else expect((await workflow.redrive(execution)).error).toBeNull()
      expect(await versions(store, aRoughTarget())).toEqual([
        expect.objectContaining({ used: 1, retired: 'suite_changed' }),
      ])
      await same.expectSame(store)
    },
  )
})

describe('the deployed gate', () => {
  let same: Awaited<ReturnType<typeof twin>>
  beforeAll(async () => {
    same = await twin(await stocked(journaled(memory()), worlds['a yes']), aRoughTarget())
  }, 120_000)
  const gateSteps = ['ReserveQuestion', 'ScoreShard', 'SealAnswer', 'PublishAnswer']

  it.each(gateSteps)('asks once and leaves the same bytes when %s is killed after its work', async (victim) => {
    const { store, execution } = await same.deployed({ shardCases: 20, faults: { after: killedAt(victim) } })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
  })

  it.each(gateSteps.slice(0, -1))(
    'answers "no" and spends one question when %s is killed each time',
    async (victim) => {
      const before = (name: string) => {
        if (name === victim) killed()
      }
      const { store, execution } = await same.deployed({ faults: { before } })
      expect(execution.output).toEqual({ run_id: RUN, verdict: 'not_certified' })
      const [item] = await versions(store, aRoughTarget())
      expect(item).toMatchObject({ used: 1, open: null, history: [{ answer: false }] })
      const gate = await readJson<object>(store.objects, keys.autotuneRun(RUN, 'gate.json'))
      expect(Object.keys(gate!).sort()).toEqual(['certified', 'question', 'version'])
    },
  )
})

describe('a second deployed run', () => {
  it('finds the spent families among its search cases, as the embedded one does', async () => {
    const [embedded, deployed] = await Promise.all([1, 2].map(() => stocked(memory(), worlds['a yes'])))
    for (const runId of ['first', RUN])
      await runTarget(
        embedded!,
        { target: aRoughTarget(), candidates: null, runId, demonstration: null },
        holder(),
        transcriptEngine(),
      )
    for (const run_id of ['first', RUN])
      expect((await deploy(deployed!, { shardCases: 30 }).tune({ target: aRoughTarget(), run_id })).error).toBeNull()
    expect(await artifacts(deployed!)).toEqual(await artifacts(embedded!))
    const { search_set } = (await readJson<AutotuneRun>(deployed!.objects, keys.autotuneRun(RUN, 'target.json')))!
    expect(search_set.cases).toBeGreaterThan(30)
  })
})

describe('bad input of the deployed workflow', () => {
  it('refuses a target for an unknown intent, and leaves the record of the refusal alone', async () => {
    const store = await stocked(memory(), worlds['a yes'])
    const before = await Array.fromAsync(store.objects.list(''))
    const failed = await deploy(store).tune({ target: { ...aRoughTarget(), intent: 'nobody.knows' } })
    expect(failed.error).toMatchObject({ error: 'UserError', cause: expect.stringContaining('nobody.knows') })
    const left = (await Array.fromAsync(store.objects.list(''))).filter((key) => !before.includes(key))
    expect(left).toEqual([expect.stringMatching(/^autotune\/runs\/at_[^/]+\/refusal\.json$/)])
    const run = left[0]!.split('/')[2]!
    expect(await readRefusal(store.objects, run)).toMatchObject({
      run_id: run,
      verdict: 'refused',
      reasons: expect.arrayContaining([expect.stringContaining('"nobody.knows" is no intent')]),
      target: { intent: 'nobody.knows' },
    })
    expect(await locks(store)).toBe(0)
  })

  it('refuses a second run while another execution holds the lock, and leaves that lock', async () => {
    const store = await stocked(memory(), worlds['a yes'])
    const first = deploy(store, { faults: { after: killedAt('PinRun') } })
    // The first run stands still without having failed: its lock is nobody else's.
    const failed = await first.tune({ target: aRoughTarget(), run_id: 'first' })
    expect(failed.status).toBe('FAILED')
    const lock = { run_id: 'first', about: 'x', holder: 'elsewhere', since: '2026-11-23T00:00:00.000Z' }
    const pack = JSON.parse((await readText(store.objects, keys.pack(aRoughTarget().baseline_tuple!.pack)))!)
    const { risk_class } = pack.intents.find((i: { intent_id: string }) => i.intent_id === aRoughTarget().intent)
    await store.table.create(...rowKeys.lock(aRoughTarget().intent!, risk_class), lock)
    const second = await deploy(store).tune({ target: aRoughTarget(), run_id: 'second' })
    expect(second.error!.cause).toContain('run first is open')
    expect(await locks(store)).toBe(1)
  })

  it('reads what was handed on: a file that somebody else replaced is not taken for it', async () => {
    const store = await stocked(memory(), worlds['a yes'])
    const { objects } = store
    const replaced: typeof objects = {
      ...objects,
      async put(key, bytes) {
        const version = await objects.put(key, bytes)
        if (key.endsWith('/panel.json')) await objects.put(key, '{"shards":[],"excluded":{}}')
        return version
      },
    }
    const failed = await deploy({ ...store, objects: replaced }).tune({ target: aRoughTarget(), run_id: RUN })
    expect(failed.error!.cause).toMatch(/panel\.json is missing/)
    expect(await locks(store)).toBe(0)
  })

  it('needs a bucket that keeps versions, and says so', async () => {
    const store = await stocked(memory(), worlds['a yes'])
    const put = async (key: string, bytes: Uint8Array | string) => {
      await store.objects.put(key, bytes)
      return null
    }
    const failed = await deploy({ ...store, objects: { ...store.objects, put } }).tune({ target: aRoughTarget() })
    expect(failed.error!.cause).toContain('must be versioned')
  })

  it('misses the held-out version that is gone before it asks, and frees the lock', async () => {
    const store = await stocked(memory(), worlds['a no'])
    const target = aRoughTarget({ scoring: { replayer: 'transcript', questions: 2 } })
    expect((await deploy(store).tune({ target, run_id: 'first' })).output).toMatchObject({ verdict: 'not_certified' })
    const [asked] = await versions(store, target)
    await store.vault.delete(keys.sealed(target.intent!, asked!.version))
    const failed = await deploy(store).tune({ target: { ...target, owner: 'other' }, run_id: RUN })
    expect(failed.error!.cause).toContain('test.jsonl is missing')
    expect(await versions(store, target)).toEqual([asked])
    expect(await locks(store)).toBe(0)
  })

  it('names the shard that is gone, and frees the lock', async () => {
    const store = await stocked(memory(), worlds['a yes'])
    const gone = { ...store.objects }
    const objects = {
      ...gone,
      get: async (key: string) => (key.includes('/shards/') ? null : gone.get(key)),
    }
    const failed = await deploy({ ...store, objects }).tune({ target: aRoughTarget(), run_id: RUN })
    expect(failed.error!.cause).toMatch(/shards\/000000\.jsonl/)
    expect(await locks(store)).toBe(0)
  })
})

describe('the refund example, deployed', () => {
  it('leaves the bytes of the embedded run, and bills what it replayed ahead', async () => {
    const { guardrails, ...asked } = refundTarget()
    // Margins that some three hundred sealed families can answer: the demo has the whole example.
    const { policy, safety, utility_delta } = aRoughTarget().guardrails!
    const target = { ...asked, guardrails: { ...guardrails, policy, safety, utility_delta } }
    const same = await twin(await refundStore(), target)
    expect(same.verdict).toBe('certified')
    const { store, execution } = await same.deployed({ shardCases: 150 })
    expect(execution.output).toEqual({ run_id: RUN, verdict: 'certified' })
    await same.expectSame(store)
    const manifest = (await readJson<RunManifest>(store.objects, keys.autotuneRun(RUN, 'manifest.json')))!
    expect(manifest.billed.replays).toBeGreaterThan(manifest.summary.search.paid)
  }, 300_000)
})
