/** Search or held-out: a function of the key and the family alone, so a family never moves. */
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type SplitRule, splitSide } from '#core/experience/split.ts'

const rule = (over: Partial<SplitRule> = {}): SplitRule => ({ by: 'hash', key: 'k', heldout_share: 0.5, ...over })

describe('splitSide', () => {
  test('is the first four bytes of HMAC-SHA-256 over the family against the share', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (key, family, share) => {
        const hex = createHmac('sha256', key).update(family).digest('hex').slice(0, 8)
        const side = Number.parseInt(hex, 16) / 2 ** 32 < share ? 'heldout' : 'search'
        expect(splitSide(rule({ key, heldout_share: share }), family)).toBe(side)
      }),
    )
  })

  test('only moves families to the held-out side when its share grows', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(99), fc.nat(99), (family, a, b) => {
        const [low, high] = [Math.min(a, b) / 100, Math.max(a, b) / 100]
        if (splitSide(rule({ heldout_share: low }), family) === 'heldout')
          expect(splitSide(rule({ heldout_share: high }), family)).toBe('heldout')
      }),
    )
  })

  test('holds out about the share that was asked for', () => {
    const heldout = Array.from({ length: 4000 }, (_, i) => splitSide(rule({ heldout_share: 0.3 }), `family-${i}`))
    const share = heldout.filter((s) => s === 'heldout').length / heldout.length
    expect(share).toBeGreaterThan(0.27)
    expect(share).toBeLessThan(0.33)
  })
})
