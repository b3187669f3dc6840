/** Near copies are alike by their sketches, other talks are not, and short ones say nothing. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { likeness, sketchOf } from '#core/experience/sketch.ts'
import { aRun, said } from '../../support/builders.ts'

const word = fc.stringMatching(/^[a-z]{3,9}$/)
const talk = (words: readonly string[]) => aRun('r', { steps: [said('user', words.join(' '))] })
const talks = fc.uniqueArray(word, { minLength: 80, maxLength: 120 })

describe('sketches', () => {
  test('of talks that differ in one word in eighty are alike', () => {
    fc.assert(
      fc.property(talks, fc.nat(79), (words, at) => {
        const [one, other] = [talk(words), talk(words.with(at, 'zzz'))].map((run) => sketchOf('k', run)!)
        expect(likeness(one!.signature, other!.signature)).toBeGreaterThan(0.6)
        expect(likeness(one!.signature, one!.signature)).toBe(1)
      }),
    )
  })

  test('of different talks are not', () => {
    fc.assert(
      fc.property(talks, talks, (a, b) => {
        const [one, other] = [talk(a.map((w) => `a${w}`)), talk(b.map((w) => `b${w}`))].map(
          (run) => sketchOf('k', run)!,
        )
        expect(likeness(one!.signature, other!.signature)).toBeLessThan(0.3)
        expect(one!.bands.filter((band) => other!.bands.includes(band))).toEqual([])
      }),
    )
  })

  test('depend on the key, and there is none of a short talk', () => {
    const words = Array.from({ length: 80 }, (_, i) => `word${i}`)
    const [one, other] = [sketchOf('k', talk(words))!, sketchOf('other', talk(words))!]
    expect(one.bands.filter((band) => other.bands.includes(band))).toEqual([])
    expect(likeness(one.signature, other.signature)).toBeLessThan(0.3)
    expect(sketchOf('k', talk(words.slice(0, 10)))).toBeNull()
    expect(sketchOf('k', talk([]))).toBeNull()
  })

  test('are those of earlier versions, whose tables are compared with them, in every script', () => {
    const text =
      'The order ORD-17 was PAID in full; die Straße heißt Ünïcödé, İstanbul, 你好 世界 ٣٤ Ⅷ 𝒳𝒴 e\u0301 and 😀 nothing else was said of it'
    const { signature, bands } = sketchOf('k', talk([text]))!
    expect(signature).toBe(
      '9577957708e908e908e908e908e9792cab5dab5de3a1ffa7ffa71485148550235023a8fb8b488b488b484e6a5afc0b490b490b496667666766676667359c359c359c359c359c1427142714271427b8bbb8bbcad4cad4bfe9bfe9bfe9bfe9bfe9bfe9bfe9bfe96e496e496e496e496a0b6a0b6a0b6a0b937e9577957795779577',
    )
    expect(bands[0]).toBe('2bd3247794ec148221339581c844883c')
  })
})
