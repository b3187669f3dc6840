/** The sealed side of a live run: both arms of today are compared, and what is lost there speaks for nobody. */
import { describe, expect, test } from 'vitest'
import { erase, planErasure } from '../../../functions/steps/erase/erase.ts'
import { journaled } from '../../support/journaled.ts'
import { liveSuite, liveWorld, type Scripted, scripted } from '../../support/live-engine.ts'
import { contents, items, memory, stocked } from '../stores.ts'
import { artifact, started, verified, world } from './live-runs.ts'

describe('the sealed side', () => {
  test('is certified against its own baseline of today, whatever was recorded', async () => {
    // The model of today is wrong about a third of the sealed cases, in both arms alike: no drop.
    const store = await world()
    const worse = scripted(({ prompt }) => (/^refund [hs]\d*[369]:/.test(prompt) ? 'no' : undefined))
    const { verdict, reasons } = await started(store, worse)
    expect([verdict, reasons[0]]).toEqual(['certified', expect.anything()])
    expect(await verified(store)).toMatchObject({ reproducible: true, differences: [] })
  })

  test('a drop of the candidate arm is a drop, also where each recorded label says that all is well', async () => {
    const store = await world()
    // Fewer passages than four are answered wrong, on the sealed side alone.
    const drops = scripted(({ prompt }) =>
      prompt.startsWith('refund h') && !prompt.includes('-e4') ? 'no' : undefined,
    )
    expect((await started(store, drops)).verdict).toBe('not_certified')
  })

  test.each([
    ['on both sides', () => true],
    ['on the sealed one', (prompt: string) => prompt.startsWith('refund h')],
  ])('tokens that the endpoint tells of one arm and not of the other are no gain: %s', async (_, silent) => {
    // The passages that the candidate keeps are fewer tokens than any prompt that was counted.
    const honest = scripted()
    const forgetful: Scripted = {
      ...honest,
      async converse(request) {
        const reply = await honest.converse(request)
        const isTold = request.prompt.includes('-e4') || !silent(request.prompt)
        return 'refused' in reply || isTold ? reply : { ...reply, prompt_tokens: null }
      },
    }
    const store = await world()
    expect((await started(store, forgetful)).verdict).not.toBe('certified')
  })

  test('an endpoint that changes its model meanwhile, as it says itself, certifies nothing; another name alone is shown', async () => {
    const named = (nameOf: (sealed: number) => string): Scripted => {
      const honest = scripted()
      let sealed = 0
      return {
        ...honest,
        async converse(request) {
          const reply = await honest.converse(request)
          return 'refused' in reply
            ? reply
            : { ...reply, model: nameOf(request.prompt.startsWith('refund h') ? sealed++ : 0) }
        },
      }
    }
    const store = await world()
    // Both arms are answered alike; the second one by another model.
    expect(
      (
        await started(
          store,
          named((sealed) => (sealed < 100 ? 'small-05' : 'small-08')),
        )
      ).verdict,
    ).toBe('not_certified')
    expect(JSON.parse(await artifact(store, 'gate.json'))).toEqual({
      certified: false,
      version: expect.any(String),
      question: 1,
    })
    expect(await verified(store)).toMatchObject({ reproducible: true, differences: [] })
    const steady = await world()
    const { verdict, reasons } = await started(
      steady,
      named(() => 'small-05'),
    )
    expect(verdict).toBe('certified')
    expect(JSON.parse(await artifact(steady, 'gate.json')).live.served).toEqual(['small-05'])
    expect(reasons.join('\n')).toContain('small at 127.0.0.1:9, which says that it is small-05, gave')
    expect(await verified(steady)).toMatchObject({ reproducible: true, differences: [] })
  })

  test('a case that the baseline arm cannot decide counts against the candidate, and for nobody', async () => {
    const refuses = (n: number) =>
      scripted(({ prompt }) => {
        const [, sealed] = /^refund h(\d+):/.exec(prompt) ?? []
        return sealed !== undefined && Number(sealed) < n ? { refused: 'a filter' } : undefined
      })
    const few = await world(liveSuite(), liveWorld({ heldout: 160 }))
    expect((await started(few, refuses(1))).verdict).toBe('certified')
    const [row] = JSON.parse(await artifact(few, 'gate.json')).certificates[0].rows
    expect(row.counts).toMatchObject({ violations: 0, excluded: 1 })
    const many = await world(liveSuite(), liveWorld({ heldout: 160 }))
    expect((await started(many, refuses(40))).verdict).toBe('not_certified')
  })
})

test('an erasure takes every answer of a model, of both sides: what was asked names nobody', async () => {
  const store = await stocked(journaled(memory()), liveWorld(), { suite: liveSuite() })
  await started(store, scripted())
  const answers = async () => Object.keys(await contents(store)).filter((key) => key.includes('model-cache/'))
  const sides = new Set((await answers()).map((key) => key.split('/')[0]))
  expect(sides).toEqual(new Set(['open', 'vault']))
  const planned = await planErasure(store, { runs: new Set(['s3']) })
  await erase(store, planned, { reason: 'request 4711', person: 'ana@example.com' }, async () => {})
  expect(await answers()).toEqual([])
  expect(await verified(store)).toMatchObject({ reproducible: null, erased: [expect.anything()] })
})

test('what is lost on the search side is expected on the sealed one: nothing is spent where that would break a limit', async () => {
  const store = await world()
  const refuses = scripted(({ prompt }) => (/^refund \w[0-4]:/.test(prompt) ? { refused: 'a filter' } : undefined))
  const { verdict, preflight, excluded } = await started(store, refuses)
  expect(excluded.cases).toEqual({ unreplayable: 5 })
  expect(verdict).toBe('inconclusive')
  // Five of twenty: 25 of a hundred.
  expect(preflight.find((row) => row.guardrail === 'policy')!.note).toMatch(/^N=100 beside 25 excluded, needs \d+$/)
  expect(await items(store)).toMatchObject([{ used: 0 }])
})
