/** Starting a rollout: what it writes, what it refuses, and that a killed start ends like a whole one. */
import { beforeAll, describe, expect, test } from 'vitest'
import { canonical, digestOf, digestOfBytes } from '#core/canonical.ts'
import { chainProblems } from '#core/release/record-chain.ts'
import type { ReplayEngine, Store } from '#ports'
import type { ContextPack, ReleaseTuple } from '#schemas/pack.ts'
import { SignedRollout } from '#schemas/rollout-artifact.ts'
import type { RunManifest } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { readInForce } from '../../../functions/steps/release/in-force.ts'
import { explainVersion, statusOfProposal } from '../../../functions/steps/release/lineage.ts'
import { startRunRollout } from '../../../functions/steps/release/start.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { readJson, readText } from '../../../functions/streams/read-object.ts'
import { aConfig } from '../../core/release/builders.ts'
import { aPack, INTENT } from '../../support/builders.ts'
import { contents, Killed, killedAtWrite, rows, twin, watched } from '../stores.ts'
import { approve, at, certified, ID, reviewed, rolloutOf, START, signer, start } from './support.ts'

let unreviewed: Store
let approved: Store
beforeAll(async () => {
  unreviewed = await certified()
  approved = await twin(unreviewed)
  await approve(approved, 'r')
})
const fresh = async () => at(await twin(approved), START)
const everything = async (store: Store) => ({ files: await contents(store), rows: await rows(store) })

describe('a start', () => {
  test('makes the next pack version, pins both tuples and signs the way back', async () => {
    const store = await fresh()
    const before = await readText(store.objects, keys.pack('ctxpack.support@1.0.0'))
    const { rollout } = await start(store)
    expect(rollout).toMatchObject({
      rollout_id: ID,
      status: 'running',
      stage: '0%_shadow',
      revision: 0,
      risk_class: 'destructive',
      approver: [
        { role: 'reliability', reviewer: 'ana' },
        { role: 'policy', reviewer: 'ben' },
      ],
      rollback_replay: { cases: 6, reproduced: 6, release_tuple_id: rollout.baseline.release_tuple_id },
    })
    expect(chainProblems(rollout)).toEqual([])
    expect(await readText(store.objects, keys.pack('ctxpack.support@1.0.0'))).toBe(before)
    const next = (await readJson<ContextPack>(store.objects, keys.pack('ctxpack.support@1.1.0')))!
    expect(next).toEqual({ ...aPack(), pack: 'ctxpack.support@1.1.0', settings: { 'evidence.orders.top_k': 1 } })
    expect(rollout.candidate).toMatchObject({
      refs: { ...rollout.baseline.refs, pack: 'ctxpack.support@1.1.0' },
      digests: { ...rollout.baseline.digests, pack: digestOf(next) },
      prior_release_tuple_id: rollout.baseline.release_tuple_id,
    })
    for (const tuple of [rollout.baseline, rollout.candidate])
      expect(await readJson<ReleaseTuple>(store.releases, keys.tuple(INTENT, tuple.release_tuple_id))).toEqual(tuple)
    const signed = SignedRollout.parse(await readJson(store.releases, keys.promotion(ID, 0, 'artifact.json')))
    expect(signed.artifact).toMatchObject({ stage: '0%_shadow', rollback_target: rollout.baseline })
    expect((await readInForce(store, INTENT))!.body).toEqual({
      release_tuple_id: rollout.baseline.release_tuple_id,
      rollout_id: ID,
    })
  })

  test('answers why the version exists, and where its proposal stands', async () => {
    const store = await fresh()
    expect(await statusOfProposal(store, 'r')).toBe('approved')
    const { rollout } = await start(store)
    expect(await explainVersion(store, 'ctxpack.support@1.1.0')).toMatchObject({
      origin: {
        from_pack: 'ctxpack.support@1.0.0',
        run_id: 'r',
        prior_release_tuple_id: rollout.baseline.release_tuple_id,
        release_tuple_id: rollout.candidate.release_tuple_id,
      },
      proposal: { tuning_proposal_id: 'r_01' },
      status: 'approved',
      review: { status: 'approved', decisions: [{ reviewer: 'ana' }, { reviewer: 'ben' }] },
      rollout: { rollout_id: ID },
    })
    expect(await explainVersion(store, 'ctxpack.support@1.0.0')).toMatchObject({ origin: null })
    await expect(explainVersion(store, 'ctxpack.support@9.0.0')).rejects.toThrow('no pack ctxpack.support@9.0.0')
    expect(Object.keys(await rows(store)).filter((key) => key.startsWith('proposal#r_01'))).toEqual([
      'proposal#r_01 review#rv_r_1',
      'proposal#r_01 rollout#ro_r',
    ])
  })

  test.each([
    ['own_score.metric', { own_score: { metric: 'score:tone', direction: 'increase', max_worse: 0 } as const }],
    ['window.metric', { window: { ...aConfig().window, metric: 'score:tone' as const } }],
  ])('is refused where %s names a score that the suite does not mark', async (field, over) => {
    const store = await fresh()
    const before = await everything(store)
    const config = { ...aConfig(), ...over }
    await expect(start(store, { config })).rejects.toThrow(
      `${field} of the configuration: score:tone: evals.refund@1.0.0 has no evaluator "tone"`,
    )
    expect(await everything(store)).toEqual(before)
  })

  test('again gives the rollout that stands, and only under the same configuration', async () => {
    const store = await fresh()
    const first = await start(store)
    const whole = await everything(store)
    expect(await start(store)).toEqual(first)
    expect(await everything(store)).toEqual(whole)
    await expect(start(store, { config: aConfig({ false_rollback_rate: 0.01 }) })).rejects.toThrow(
      'was started with another configuration',
    )
  })

  test('never reuses a version number, published or not', async () => {
    const store = await fresh()
    await store.objects.put(keys.pack('ctxpack.support@1.4.0'), '{}')
    expect((await start(store)).rollout.candidate.refs.pack).toBe('ctxpack.support@1.5.0')
  })
})

describe('a start is refused, with nothing written,', () => {
  const refusal = async (store: Store, message: string, attempt: () => Promise<unknown> = () => start(store)) => {
    const before = await everything(store)
    await expect(attempt()).rejects.toThrow(message)
    expect(await everything(store)).toEqual(before)
  }

  test('without an approved review', async () => {
    const store = at(await twin(unreviewed), START)
    await refusal(store, 'was not reviewed')
    await reviewed(store, 'r')
    await refusal(store, 'is open, not approved')
  })

  test('for a proposal or a decision that was edited since', async () => {
    const store = await fresh()
    const key = keys.autotuneRun('r', 'selected-proposal.json')
    const text = (await readText(store.objects, key))!
    await store.objects.put(key, text.replace('"to":1', '"to":2'))
    await refusal(store, 'no longer the ones that review rv_r_1 approved')
    await store.objects.put(key, text)
    const row = (await store.table.get<{ review: { decisions: { reviewer: string }[] } }>('review', 'rv_r_1'))!
    const review = structuredClone(row.body)
    review.review.decisions[0]!.reviewer = 'mallory'
    await store.table.update('review', 'rv_r_1', row.revision, review)
    await refusal(store, 'mallory was not asked as reliability')
  })

  test('for a pinned pack that was edited since, with every digest in the manifest made to fit', async () => {
    const store = await fresh()
    const file = (name: 'target.json' | 'manifest.json') => keys.autotuneRun('r', name)
    const text = (await readText(store.objects, file('target.json')))!
    const edited = text.replace('"owner":"orders"', '"owner":"mallory"')
    expect(edited).not.toBe(text)
    await store.objects.put(file('target.json'), edited)
    await refusal(store, 'target.json of run r was changed')
    const { digest: _, ...manifest } = (await readJson<RunManifest>(store.objects, file('manifest.json')))!
    const body = { ...manifest, artifacts: { ...manifest.artifacts, 'target.json': digestOfBytes(edited) } }
    await store.objects.put(file('manifest.json'), `${canonical({ ...body, digest: digestOf(body) })}\n`)
    await refusal(store, 'target.json of run r pins other documents than review rv_r_1 approved')
  })

  test('when the rollback target replays to other results than reviewers saw', async () => {
    const store = await fresh()
    const drifting: ReplayEngine = {
      ...transcriptEngine(),
      async *reproduce(lines, pins, side) {
        for await (const r of transcriptEngine().reproduce(lines, pins, side))
          yield 'measures' in r.result
            ? { ...r, result: { measures: { ...r.result.measures, economics_tokens: 1 } } }
            : r
      },
    }
    await refusal(store, 'replays differently than when it was reviewed', () =>
      startRunRollout(store, drifting, signer, { runId: 'r', config: aConfig() }),
    )
  })

  test('when the rollback target does not reproduce: no rollback theatre', async () => {
    const store = await fresh()
    const lossy: ReplayEngine = {
      ...transcriptEngine(),
      async *reproduce(lines, pins, side) {
        const [, ...rest] = await Array.fromAsync(transcriptEngine().reproduce(lines, pins, side))
        yield* rest
      },
    }
    await refusal(store, 'reproduces 5 of 6 cases: there is nothing to roll back to', () =>
      startRunRollout(store, lossy, signer, { runId: 'r', config: aConfig() }),
    )
  })

  test('when another tuple is in force, or another rollout of the intent is on its way', async () => {
    const store = await fresh()
    await store.table.create('release', INTENT, { release_tuple_id: 'release.other', rollout_id: null })
    await refusal(store, 'release.other is in force for support.refund')
    await store.table.update('release', INTENT, 0, { release_tuple_id: 'release.other', rollout_id: 'ro_other' })
    await refusal(store, 'rollout ro_other of this intent is being started')
    await store.table.create('rollout', 'ro_other', { run_id: 'other', rollout: { status: 'paused', stage: '100%' } })
    await refusal(store, 'rollout ro_other of this intent is paused in 100%: one at a time')
  })
})

test('a start killed at any write, and started again, ends like a whole one', async () => {
  const whole = await fresh()
  await start(whole)
  const expected = await everything(whole)
  const dry = await fresh()
  let writes = 0
  await start(
    watched(dry, (act) => {
      if (act === 'write') writes++
    }),
  )
  expect(writes).toBeGreaterThan(8)
  for (let n = 1; n <= writes; n++) {
    const store = await fresh()
    await expect(start(killedAtWrite(store, n).store)).rejects.toThrow(Killed)
    await start(store)
    expect({ n, ...(await everything(store)) }).toEqual({ n, ...expected })
  }
})

test('two starts at once make one rollout', async () => {
  const store = await fresh()
  const [a, b] = await Promise.all([start(store), start(store)])
  expect(a).toEqual(b)
  expect(await rolloutOf(store)).toEqual(a.rollout)
})
