/** What a live run may spend: told before the first call, refused at the limit, and nothing is asked twice. */
import { describe, expect, test } from 'vitest'
import { requestDigest } from '#core/model/request.ts'
import type { Store } from '#ports'
import type { LiveOptions } from '../../../functions/embedded/live-asker.ts'
import { UserError } from '../../../functions/errors.ts'
import { aTarget, prices } from '../../support/builders.ts'
import { type Scripted, scripted } from '../../support/live-engine.ts'
import { contents, items, Killed, watched } from '../stores.ts'
import { started as startedLive, world } from './live-runs.ts'

const started = (store: Store, model: Scripted, live: Partial<LiveOptions> = {}, by = 'me') =>
  startedLive(store, model, { live, by })
const calls = (n: number): Partial<LiveOptions> => ({ budget: { calls: n, cents: null } })
const distinct = ({ asked }: Scripted) => new Set(asked.map(requestDigest)).size

describe('a budget', () => {
  test('is told with the plan and its price before the first call', async () => {
    const store = await world()
    const asked = scripted()
    const told: string[] = []
    const say = (lines: readonly string[]) => {
      expect(asked.asked).toEqual([])
      told.push(...lines)
    }
    const table = { ...prices(), models: { small: prices().models.large! } }
    await started(store, asked, { say, prices: table, budget: { calls: 5000, cents: 900 } })
    expect(told.join('\n')).toMatch(/^live {5}small at 127\.0\.0\.1:9, signed by ana@example\.com on 2026-11-29/)
    expect(told.join('\n')).toContain('baseline 40 (2 draws of 20 search cases)')
    expect(told.join('\n')).toContain('sealed side at most 900 (baseline and 8 candidates on 100 cases)')
    expect(told.join('\n')).toMatch(/in all at most 1100 calls, \d+ cents by prices\.models@1\.0\.0/)
  })

  test('that does not hold the baseline is refused before the first call', async () => {
    const store = await world()
    const asked = scripted()
    await expect(started(store, asked, calls(39))).rejects.toThrow(
      /the baseline alone takes 40 calls .* 1 call each as recorded.*budget\.calls is 39: raise it and sign again\. Nothing was asked/,
    )
    expect(asked.asked).toEqual([])
  })

  test('in cents takes a price', async () => {
    const store = await world()
    const asked = scripted()
    await expect(started(store, asked, { budget: { calls: 5000, cents: 1 } })).rejects.toThrow(
      /no price for small, so a budget in cents cannot be held/,
    )
    expect(asked.asked).toEqual([])
  })

  test('that ends in the search loses nothing: with a higher one the run goes on, and asks nothing twice', async () => {
    const store = await world()
    const asked = scripted()
    await expect(started(store, asked, calls(60))).rejects.toThrow(/the budget of 60 calls is spent.*Nothing is lost/s)
    expect(asked.asked).toHaveLength(60)
    expect(await items(store)).toMatchObject([{ used: 0 }])
    // What was paid for before counts: the same budget asks nothing more.
    await expect(started(store, asked, calls(60))).rejects.toThrow(/is spent/)
    expect(asked.asked).toHaveLength(60)
    expect((await started(store, asked)).verdict).toBe('certified')
    expect(distinct(asked)).toBe(asked.asked.length)
  })

  test('that does not hold both arms of the sealed side opens no question', async () => {
    const store = await world()
    const asked = scripted()
    await expect(started(store, asked, calls(200))).rejects.toThrow(
      /the sealed side takes \d+ calls \(baseline and \d candidates? on 100 cases\), and \d+ of 200 are left.*No question was asked/,
    )
    expect(await items(store)).toMatchObject([{ used: 0, open: null }])
    expect(asked.asked.filter(({ prompt }) => prompt.startsWith('refund h'))).toEqual([])
  })
})

describe('a run that ends in the middle of the sealed side', () => {
  const whole = async () => {
    const store = await world()
    const asked = scripted()
    await started(store, asked)
    return { asked: asked.asked.length, gate: (await contents(store))['open/autotune/runs/r/gate.json'] }
  }

  test('killed: goes on with what was answered, asks no call twice, and comes to the same answer', async () => {
    const { asked: all } = await whole()
    const store = await world()
    const asked = scripted()
    let sealed = 0
    const dying = watched(store, (act, side, key) => {
      if (act === 'write' && side === 'vault' && key.includes('model-cache/') && ++sealed > 130) throw new Killed()
    })
    await expect(started(dying, asked)).rejects.toThrow(Killed)
    expect(await items(store)).toMatchObject([{ used: 1, open: { k: 1 } }])
    const before = asked.asked.length
    const { verdict } = await started(store, asked, {}, 'after')
    expect(verdict).toBe('certified')
    // The one that was answered while it was killed was not kept: nobody knows it.
    expect(asked.asked.length - distinct(asked)).toBeLessThanOrEqual(1)
    expect(asked.asked.length).toBeLessThanOrEqual(all + 1)
    expect(before).toBeLessThan(all)
  })

  test('because the endpoint is gone: the question stays open, nothing is answered for it, and the run goes on later', async () => {
    const store = await world()
    let fails = true
    const flaky: Scripted = {
      asked: [],
      converse: (request) => {
        if (fails && request.prompt.startsWith('refund h50:')) throw new UserError('model small is gone')
        return scripted().converse(request)
      },
    }
    await expect(started(store, flaky)).rejects.toThrow('model small is gone')
    expect(await items(store)).toMatchObject([{ used: 1, open: { k: 1 }, history: [{ answer: null }] }])
    fails = false
    expect((await started(store, flaky)).verdict).toBe('certified')
    expect(await items(store)).toMatchObject([{ used: 1, retired: 'passed' }])
  })
})

test('a second question asks its baseline anew: an older one beside it would show the drift of the model', async () => {
  const store = await world()
  const drops = scripted(({ prompt }) => (prompt.startsWith('refund h') && !prompt.includes('-e4') ? 'no' : undefined))
  const twice = aTarget({ scoring: { replayer: 'module', questions: 2 } })
  const ask = (model: Scripted, runId: string, to: number) => {
    const patch = { 'evidence.orders.top_k': { from: 4, to } }
    const change = { candidate_id: `c_${to}`, layer: 'retrieval', patch, rationale: 'cheaper' } as const
    return startedLive(store, model, { request: { target: twice, candidates: [change], runId } })
  }
  const first = await ask(drops, 'r1', 3)
  expect([first.verdict, first.reasons[0]]).toEqual(['not_certified', expect.anything()])
  const second = scripted()
  const { verdict } = await ask(second, 'r2', 2)
  expect(verdict).not.toBe('refused')
  const baseline = second.asked.filter(({ prompt }) => prompt.startsWith('refund h') && prompt.includes('-e4'))
  expect(baseline).toHaveLength(100)
})
