import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { hoursBetween, instantAfter, instantOf, millisecondsOf } from '#core/instant.ts'
import { nextPackVersion } from '#core/release/pack-version.ts'
import { nextTuple, tupleId } from '#core/release/tuple.ts'
import { tokenCounter } from '#core/space/prompt/tokens.ts'
import { ContextPack, ReleaseTuple } from '#schemas/pack.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { aPack, baseline, INTENT, PATCH } from './builders.ts'

const COUNT = await tokenCounter({ tunable_surfaces: [] })
const next = (published: string[] = [], patch: Parameters<typeof nextPackVersion>[1] = PATCH, intent = INTENT) =>
  nextPackVersion(aPack(), patch, intent, published, COUNT)

describe('the next pack version', () => {
  test('is the patched pack under the next minor version, the old one untouched', () => {
    const before = aPack()
    const built = nextPackVersion(before, PATCH, INTENT, [before.pack], COUNT)
    if ('refused' in built) throw new Error(built.refused.join())
    expect(built.pack.pack).toBe('ctxpack.support@5.3.0')
    expect(built.pack.settings).toEqual({ ...before.settings, 'evidence.order_history.top_k': 6 })
    expect(built.pack.tunable_surfaces).toEqual(before.tunable_surfaces)
    expect(before).toEqual(aPack())
    expect(ContextPack.parse(built.pack)).toEqual(built.pack)
  })

  test('of a changed prompt block remembers what its growth is counted from, once', () => {
    const path = 'prompt.instruction_block'
    const surface: TunableSurface = {
      layer: 'prompt',
      field: 'instruction_block',
      path,
      bounds: { max_added_tokens: 3, forbidden_terms: [] },
      intents: [INTENT],
      owner: 'o',
    }
    const first = {
      ...aPack(),
      settings: { ...aPack().settings, [path]: 'Find the order.' },
      tunable_surfaces: [surface],
    }
    const release = (pack: ContextPack, to: string) =>
      nextPackVersion(pack, { [path]: { from: pack.settings[path]!, to } }, INTENT, [pack.pack], COUNT)
    const second = release(first, 'Find the order now.')
    if ('refused' in second) throw new Error(second.refused.join())
    expect(ContextPack.parse(second.pack).tunable_surfaces).toEqual([
      { ...surface, bounds: { ...surface.bounds, grown_since: { pack: first.pack, text: 'Find the order.' } } },
    ])
    const third = release(second.pack, 'Find the order right now.')
    if ('refused' in third) throw new Error(third.refused.join())
    expect(third.pack.tunable_surfaces).toEqual(second.pack.tunable_surfaces)
    expect(release(third.pack, 'Find the order right now, please.')).toEqual({
      refused: [`"${path}": the block grows by 5 tokens (by estimate) since ${first.pack}, at most 3 may be added`],
    })
  })

  test('is never a version that exists, nor one below it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(40), fc.nat(9))), (versions) => {
        const published = versions.map((v) => `ctxpack.support@${v.join('.')}`)
        const built = next([...published, 'ctxpack.sales@5.90.0'])
        if ('refused' in built) throw new Error(built.refused.join())
        expect(published).not.toContain(built.pack.pack)
        const minor = Number(built.pack.pack.split('.').at(-2))
        expect(minor).toBe(Math.max(2, ...versions.filter(([major]) => major === 5).map(([, m]) => m)) + 1)
      }),
    )
  })

  test.each<[string, Parameters<typeof nextPackVersion>[1], string, RegExp]>([
    [
      'a setting without a surface',
      { 'budget.evidence_tokens': { from: 1600, to: 800 } },
      INTENT,
      /no tunable surface/,
    ],
    ['another intent', PATCH, 'support.faq', /not open to intent/],
    [
      'a pack that moved on',
      { 'evidence.order_history.top_k': { from: 8, to: 6 } },
      INTENT,
      /is 10 in ctxpack.support@5.2.0, not 8/,
    ],
    ['a value out of bounds', { 'evidence.order_history.top_k': { from: 10, to: 60 } }, INTENT, /outside 1..20/],
    ['an empty patch', {}, INTENT, /empty patch/],
  ])('fails for %s', (_, patch, intent, message) => {
    const built = next([], patch, intent)
    expect('refused' in built && built.refused.join('; ')).toMatch(message)
  })
})

describe('the release tuple', () => {
  test('changes the pack alone, pins it, and names the tuple it replaces', () => {
    const pack = { ...aPack(), pack: 'ctxpack.support@5.3.0' }
    const tuple = nextTuple(baseline(), pack)
    expect(ReleaseTuple.parse(tuple)).toMatchObject({
      refs: { ...baseline().refs, pack: 'ctxpack.support@5.3.0' },
      digests: { pack: digestOf(pack) },
      prior_release_tuple_id: baseline().release_tuple_id,
    })
    expect(tuple.release_tuple_id).not.toBe(baseline().release_tuple_id)
    expect(tuple.release_tuple_id).toBe(tupleId(INTENT, tuple.refs))
  })
})

describe('moments', () => {
  test('agree with the calendar of the platform, there and back', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        expect(millisecondsOf(date.toISOString())).toBe(date.getTime())
        expect(instantOf(date.getTime())).toBe(date.toISOString())
      }),
    )
  })

  test('add up over month ends and leap days', () => {
    expect(instantAfter('2028-02-28T12:00:00.000Z', 24)).toBe('2028-02-29T12:00:00.000Z')
    expect(hoursBetween('2026-12-31T23:30:00.000Z', '2027-01-01T00:30:00.000Z')).toBe(1)
  })

  test.each(['2026-02-30T00:00:00.000Z', '2026-01-01T25:00:00.000Z', '2026-01-01', 'soon'])('fails for %s', (text) => {
    expect(() => millisecondsOf(text)).toThrow(RangeError)
  })
})
