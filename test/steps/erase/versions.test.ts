import { expect, test } from 'vitest'
import { forGood } from '../../../functions/steps/erase/versions.ts'
import { versionedStore } from '../../support/memory/versioned-store.ts'

const KEY = 'reviews/r/evidence-1.json'

/** An object of three versions, in a store in which the removal of a version is killed once, at the n-th. */
async function killed(n: number) {
  const bucket = versionedStore()
  for (const text of ['one', 'two', 'three']) await bucket.objects.put(KEY, text)
  await bucket.objects.put(`${KEY}.other`, 'other')
  let left = n
  const remove = async (key: string, version: string) => {
    if (left-- === 0) throw new Error('killed')
    await bucket.versions.remove(key, version)
  }
  const text = async () => {
    const bytes = await bucket.objects.get(KEY)
    return bytes && Buffer.from(bytes).toString()
  }
  return { bucket, text, store: forGood(bucket.objects, { ...bucket.versions, remove }) }
}

test.each([0, 1, 2])(
  'a removal that is killed at version %i brings no earlier one back, and ends when it is done again',
  async (n) => {
    const { bucket, store, text } = await killed(n)
    await expect(store.delete(KEY)).rejects.toThrow('killed')
    expect(await text()).toBe('three')
    await store.delete(KEY)
    expect(bucket.all().map(([key]) => key)).toEqual([`${KEY}.other`])
  },
)

test.each([0, 1, 2])('what is written anew stands alone, also when it was killed at version %i', async (n) => {
  const { bucket, store, text } = await killed(n)
  await expect(store.put(KEY, 'anew')).rejects.toThrow('killed')
  expect(await text()).toBe('anew')
  await store.put(KEY, 'anew')
  expect(bucket.all().map(([key, bytes]) => [key, Buffer.from(bytes).toString()])).toEqual([
    [KEY, 'anew'],
    [`${KEY}.other`, 'other'],
  ])
})
