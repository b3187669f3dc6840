import fc from 'fast-check'
import { expect, test } from 'vitest'
import { holdsAny } from '../../functions/streams/holds-any.ts'

const word = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b'), minLength, maxLength })

test('finds what stands anywhere, however the object comes in pieces', async () => {
  const needles = fc.array(word(1, 6), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(word(0, 20), needles, fc.integer({ min: 1, max: 7 }), async (text, wanted, size) => {
      async function* pieces() {
        for (let i = 0; i < text.length; i += size) yield Buffer.from(text.slice(i, i + size))
      }
      const found = await holdsAny(
        { read: async () => pieces() },
        'key',
        wanted.map((one) => Buffer.from(one)),
      )
      expect(found).toBe(wanted.some((one) => text.includes(one)))
    }),
  )
  expect(await holdsAny({ read: async () => null }, 'key', [Buffer.from('a')])).toBe(false)
})
