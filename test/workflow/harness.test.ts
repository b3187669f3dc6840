import { beforeAll, describe, expect, it } from 'vitest'
import { answerCache, cachedModel } from '#adapters/model-cache.ts'
import type { ModelRequest } from '#core/model/request.ts'
import type { ReplayEngine, Store } from '#ports'
import type { CandidateScore, ReplayResult } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { harnessFunction } from '../../functions/harness-client/harness-function.ts'
import { runLoader } from '../../functions/steps/experience/run-loader.ts'
import { lambdaReplays } from '../../functions/steps/replay/lambda-replays.ts'
import { readRefusal } from '../../functions/steps/run/read-refusal.ts'
import { findRun } from '../../functions/steps/run/run-record.ts'
import { readJson, readLines } from '../../functions/streams/read-object.ts'
import { memory, stocked } from '../steps/stores.ts'
import { aTarget, aWorld, INTENT } from '../support/builders.ts'
import { desk, json, type Replay, searchingEngine, TOP_K } from '../support/harness-engine.ts'
import { templatesOf } from '../support/infra/deployment.ts'
import { journaled } from '../support/journaled.ts'
import { memoryScratch } from '../support/memory-scratch.ts'
import { deploy } from '../support/workflow/deployed.ts'
import type { Harness } from '../support/workflow/outside.ts'
import { artifacts, locks, RUN, twin, versions } from '../support/workflow/twin.ts'

const FUNCTION = 'arn:aws:lambda:eu-central-1:111122223333:function:desk:7'
const MODEL = 'arn:aws:bedrock:eu-central-1::foundation-model/small'
const target = aTarget({ scoring: { replayer: 'module' } })
const change = (top_k: number) => ({ patch: { [TOP_K]: top_k } })

describe('a deployed run with a harness function', () => {
  let templates: Harness['templates']
  let base: Store
  beforeAll(async () => {
    templates = templatesOf({ harness: FUNCTION, model: MODEL })
    base = await stocked(journaled(memory()), aWorld({ search: 6, heldout: 100 }), { layout: 'segments' })
  }, 60_000)

  /** A deployment whose harness is this one, as it would be called over the wire. */
  const harnessOf = (replay: Replay, model: readonly ModelRequest[] | null = null): Required<Harness> => {
    const handler = harnessFunction(replay)
    return {
      templates,
      replayer: {
        kind: 'lambda',
        function_arn: FUNCTION,
        limit_ms: 10_000,
        ...(model ? { model: { model_arn: MODEL, max_tokens: 4096 } } : {}),
      },
      call: async (_arn, request) => ({ returned: json(await handler(json(request))) }),
      async converse(request) {
        ;(model as ModelRequest[]).push(request)
        const answer = { model: MODEL, content: `answer ${model!.length}`, tool_calls: [] }
        return { ...answer, prompt_tokens: 10, completion_tokens: 5, latency_ms: 100 }
      },
    }
  }

  /** The same harness without a workflow: one case after the other, one candidate after the other. */
  const embedded =
    ({ replayer, call, converse }: Required<Harness>) =>
    (store: Store): ReplayEngine => {
      const replays = lambdaReplays({
        aside: memoryScratch(),
        replayer,
        runs: { search: runLoader(store, [store.objects], INTENT), vault: runLoader(store, [store.vault], INTENT) },
        caller: { call },
        models: {
          search: cachedModel(answerCache(store.objects, store.clock), { converse: converse! }),
          vault: cachedModel(answerCache(store.vault, store.clock), { converse: converse! }),
        },
        atOnce: 1,
      })
      return searchingEngine(replays)
    }
  const both = async (harness: Required<Harness>, written: ReturnType<typeof change>[] | null = null) =>
    twin(base, target, { written, engine: embedded(harness), harness })

  it('leaves the bytes of the embedded run, and pins the version of the function', async () => {
    const same = await both(harnessOf(desk()))
    expect(same.verdict).toBe('certified')
    for (const shardCases of [2, 500]) {
      const { store, execution } = await same.deployed({ shardCases })
      expect(execution.error).toBeNull()
      await same.expectSame(store)
      const run = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(RUN, 'target.json'))
      expect(run!.replayer).toEqual({ kind: 'lambda', function_arn: FUNCTION, limit_ms: 10_000 })
    }
  })

  it('leaves them where candidates throw or ask for what was not recorded', async () => {
    const harness = harnessOf(
      desk((recorded, settings, pinned) => {
        if (settings[TOP_K] === 2 && recorded.case_id === 's3') throw new TypeError('no reader for s3')
        return settings[TOP_K] === 3 ? pinned.tool('orders.read', { id: 1 }).catch(() => {}) : null
      }),
    )
    const same = await both(harness, [1, 2, 3].map(change))
    expect(same.verdict).toBe('certified')
    const { store, execution } = await same.deployed({ shardCases: 2 })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
    const read = <T>(file: 'candidates.jsonl' | 'replay-results.jsonl') =>
      readLines<T>(store.objects, keys.autotuneRun(RUN, file))
    const results = await read<ReplayResult>('replay-results.jsonl')
    expect(results.find((r) => r.status === 'failed')).toMatchObject({
      case_id: 's3',
      reason: 'the harness threw TypeError: no reader for s3',
    })
    expect(results.find((r) => r.status === 'unreplayable')!.reason).toMatch(/^tool orders\.read/)
    expect((await read<CandidateScore>('candidates.jsonl')).filter((c) => c.fate === 'won')).toHaveLength(1)
  })

  it('leaves them when the function is throttled in every step that calls it', async () => {
    const harness = harnessOf(desk())
    const throttled = new Set<string>()
    let step = ''
    const slow: Required<Harness> = {
      ...harness,
      async call(...given) {
        if (throttled.has(step)) return harness.call(...given)
        throttled.add(step)
        throw Object.assign(new Error('slow down'), { name: 'TooManyRequestsException' })
      },
    }
    const same = await twin(base, target, { engine: embedded(harness), harness: slow })
    const before = (name: string) => {
      step = name
    }
    const { store, execution } = await same.deployed({ shardCases: 3, faults: { before } })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
    expect([...throttled]).toEqual(['LayOutSearch', 'ReplayShard', 'ScoreShard'])
  })

  it('ends before anything is sealed when the harness answers nothing, and goes on when it is mended and redriven', async () => {
    let mended = false
    let askedInVain = 0
    const answering = desk()
    const harness = harnessOf((...given) => {
      if (!mended) askedInVain++
      if (!mended) throw new Error('not here')
      return answering(...given)
    })
    const store = await stocked(journaled(memory()), aWorld({ search: 12, heldout: 100 }))
    const workflow = deploy(store, { harness, shardCases: 1 })
    const failed = await workflow.tune({ target, run_id: RUN })
    expect(failed.error).toMatchObject({ error: 'UserError', cause: expect.stringContaining('failed on all 1 cases') })
    expect(failed.entered.at(-1)).toBe('Gather Search Set')
    expect(await locks(store)).toBe(0)
    // A case each, twice, in the eight pieces that began with the first: those behind ask nothing.
    expect([workflow.calls.LayOutSearch, askedInVain]).toEqual([12, 16])
    mended = true
    const redriven = await workflow.redrive(failed)
    expect([redriven.error, redriven.output]).toEqual([null, { run_id: RUN, verdict: 'certified' }])
  })

  /** Falls over the second time that it is asked for that case, or for any, under those settings. */
  const wavering = (top_k: number, only: string | null = null): Required<Harness> => {
    const asked = new Map<string, number>()
    return harnessOf(
      desk(({ case_id }, settings) => {
        if (settings[TOP_K] !== top_k || (only !== null && case_id !== only)) return
        const times = (asked.get(case_id) ?? 0) + 1
        asked.set(case_id, times)
        // Every second time, so that each of several runs over this harness hears two answers.
        if (times % 2 === 0) throw new Error(`lost connection at ${case_id}`)
      }),
    )
  }

  it.each([
    ['the baseline', 4, 's3', /two answers to 1 of 6 search cases .*: s3: an answer, and then .*lost connection at s3/],
    ['a candidate', 1, 's2', /two answers to 1 of 6 search cases .*: s2: an answer, and then .*lost connection at s2/],
    ['a candidate everywhere', 3, null, /two answers to 6 of 6 .*: s0: .*; s4: .*; and 1 more\. A replay is/],
  ])('is refused as the embedded one when the harness gives two answers under %s', async (_, top_k, only, says) => {
    const same = await both(wavering(top_k, only))
    expect(same.verdict).toBe('refused')
    const refusal = (await readRefusal(same.store.objects, RUN))!
    expect(refusal.reasons).toEqual([expect.stringMatching(says)])
    for (const shardCases of [2, 500]) {
      const { store, execution } = await same.deployed({ shardCases })
      expect(execution).toMatchObject({ error: null, output: { run_id: RUN, verdict: 'refused' } })
      expect(execution.entered.at(-1)).toBe('Run Refused')
      const left = (await readRefusal(store.objects, RUN))!
      expect({ ...left, refused_at: '', digest: '' }).toEqual({ ...refusal, refused_at: '', digest: '' })
      expect(Object.keys(await artifacts(store))).toEqual([keys.refusal(RUN)])
      expect(await versions(store, target)).toEqual(await versions(same.store, target))
      expect((await versions(store, target)).every(({ used, open }) => used === 0 && open === null)).toBe(true)
      expect(await locks(store)).toBe(0)
      expect(await findRun(store, RUN)).toMatchObject({
        status: 'finished',
        verdict: 'refused',
        reason: left.reasons[0],
      })
    }
  })

  it('goes on where two answers lie behind the case that stops the candidate: nobody reads them', async () => {
    const asked = new Map<string, number>()
    const harness = harnessOf(
      desk(({ case_id }, settings) => {
        if (settings[TOP_K] !== 2) return
        if (case_id === 's0') throw new Error('no reader for s0')
        asked.set(case_id, (asked.get(case_id) ?? 0) + 1)
        if (case_id === 's4' && asked.get(case_id)! % 2 === 0) throw new Error('lost connection')
      }),
    )
    const same = await both(harness, [2, 3].map(change))
    expect(same.verdict).toBe('certified')
    const { store, execution } = await same.deployed({ shardCases: 2 })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
    expect(asked.get('s4')).toBeGreaterThan(2)
  })

  it('is refused as the embedded one where nothing of the search side reproduces', async () => {
    const same = await both(harnessOf(() => ({ status: 'DECIDED', outputs: {}, evidence_refs: [], usage: null })))
    expect(same.verdict).toBe('refused')
    const { store, execution } = await same.deployed()
    expect(execution.entered.at(-1)).toBe('Run Refused')
    const of = async (its: Store) => (await readRefusal(its.objects, RUN))!.reasons
    expect(await of(store)).toEqual(await of(same.store))
    expect(await versions(store, target)).toEqual([])
    expect(await locks(store)).toBe(0)
  })

  it('is sent held-out cases by the gate alone, after the question was opened', async () => {
    const sealed = new Set<string>()
    let step = ''
    const store = await stocked(journaled(memory()), aWorld({ search: 6, heldout: 100 }))
    const harness = harnessOf(
      desk(async (recorded) => {
        if (recorded.case_id.startsWith('s')) return
        const [item] = await versions(store, target)
        sealed.add(`${step}, ${item?.open ? 'open' : 'shut'}`)
      }),
    )
    const before = (name: string) => {
      step = name
    }
    const run = deploy(store, { harness, shardCases: 40, faults: { before } })
    const done = await run.tune({ target, run_id: RUN })
    expect(done.error).toBeNull()
    expect(sealed).toEqual(new Set(['ScoreShard, open']))
    // Three shards, of the baseline and of the one listed candidate, twice each.
    expect(run.calls.ScoreShard).toBe(3 * 2 * 2)
  })

  it.each([
    [
      'throws under the candidate',
      desk((r, s) => (r.case_id === 'h7' && s[TOP_K] !== 4 ? Promise.reject(new Error('h7')) : null)),
    ],
    [
      'throws under the baseline',
      desk((r, s) => (r.case_id === 'h7' && s[TOP_K] === 4 ? Promise.reject(new Error('h7')) : null)),
    ],
  ])('leaves the bytes of the embedded no when the harness %s on a sealed case', async (_, replay) => {
    const same = await both(harnessOf(replay))
    expect(same.verdict).toBe('not_certified')
    const { store, execution } = await same.deployed({ shardCases: 30 })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
  })

  it('is refused at its start where the deployment names no harness, with nothing written', async () => {
    const store = await stocked(journaled(memory()), aWorld({ search: 6, heldout: 20 }))
    const before = await Array.fromAsync(store.objects.list(''))
    const failed = await deploy(store).tune({ target, run_id: RUN })
    expect(failed.error!.cause).toContain('names no harness')
    expect(await Array.fromAsync(store.objects.list(''))).toEqual(before)
    expect(await locks(store)).toBe(0)
  })

  describe('that asks a model for what was not recorded', () => {
    /** Under a smaller `top_k` it has a second question. */
    const curious = desk(async (recorded, settings, pinned) => {
      // The negative control goes down to none at all.
      if (settings[TOP_K] === 0 || settings[TOP_K] === 1) return
      if (settings[TOP_K] === 4) return
      await pinned.model({ prompt: recorded.messages[0]!.content })
      await pinned.model({ prompt: `and now, ${recorded.case_id}?` })
    })

    it('is answered once a question, by a model that the run names; held-out questions stay in the vault', async () => {
      const asked: ModelRequest[] = []
      const harness = harnessOf(curious, asked)
      const same = await both(harness, [change(3)])
      expect(same.verdict).toBe('certified')
      const before = asked.length
      expect(new Set(asked.map((r) => r.prompt)).size).toBe(before)
      const { store, execution } = await same.deployed({ shardCases: 2 })
      expect(execution.error).toBeNull()
      await same.expectSame(store)
      const kept = async (side: 'objects' | 'vault') => {
        const files = await Array.fromAsync(store[side].list('model-cache/'))
        return Promise.all(
          files.map(async (f) => (await readJson<{ request: { prompt: string } }>(store[side], f))!.request),
        )
      }
      const [open, sealed] = [await kept('objects'), await kept('vault')]
      expect(open.every((r) => /s\d/.test(r.prompt)) && open.length > 0).toBe(true)
      expect(sealed.every((r) => /h\d/.test(r.prompt)) && sealed.length > 0).toBe(true)
      expect(open[0]).toEqual({ model_arn: MODEL, prompt: open[0]!.prompt, max_tokens: 4096, temperature: 0 })
    })

    it('has an unpinned call without one', async () => {
      const { store } = await (await both(harnessOf(curious), [change(3)])).deployed()
      const results = await readLines<ReplayResult>(store.objects, keys.autotuneRun(RUN, 'replay-results.jsonl'))
      expect(results[0]).toMatchObject({ status: 'unreplayable', reason: 'model: only 1 model calls were recorded' })
    })
  })
})
