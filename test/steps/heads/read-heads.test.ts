/** The journal of heads is read once by a process, then only what was added; what it has read may not go. */
import { expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import type { ObjectStore } from '#ports'
import { headsOf } from '../../../functions/steps/heads/journal.ts'
import { macHolds, sign } from '../../core/review/builders.ts'
import { memoryStore } from '../../support/memory/memory-store.ts'
import { memory } from '../stores.ts'

const signer = {
  key: 'test',
  sign: async (text: string) => sign(text),
  holds: async (t: string, m: string) => macHolds(t, m),
}
const journalOver = (objects: ObjectStore) =>
  headsOf(
    objects,
    () => signer,
    memory().clock,
    async () => [],
  )
const line = (n: number) => ({ kind: 'import' as const, digest: digestOf(n) })

/** A journal of forty lines, and another process's view of it that counts the lines it reads. */
async function forty() {
  const objects = memoryStore()
  const other = journalOver(objects)
  for (let n = 1; n < 40; n++) await other.append(line(n))
  let reads = 0
  const counted: ObjectStore = {
    ...objects,
    get(key, version) {
      reads++
      return objects.get(key, version)
    },
  }
  return { objects, other, mine: journalOver(counted), reads: () => reads }
}

test('each line is read once, whoever wrote it', async () => {
  const { other, mine, reads } = await forty()
  expect((await mine.read()).lines).toHaveLength(40)
  expect(reads()).toBe(40)
  for (let n = 40; n < 50; n++) {
    await mine.append(line(n))
    await other.append(line(-n))
    expect((await mine.read()).problem).toBeNull()
  }
  expect((await mine.read()).lines).toHaveLength(60)
  expect(reads()).toBe(60)
})

test('lines that are removed while a process works are missed, and nothing is added after them', async () => {
  const { objects, mine } = await forty()
  await mine.read()
  for (const n of [40, 39]) await objects.delete(`heads/${String(n).padStart(8, '0')}.json`)
  expect((await mine.read()).problem).toMatch(/the journal ends at line 38; on .* it had 40: .* lines were removed/)
  await expect(mine.append(line(99))).rejects.toThrow(/lines were removed\. Nothing is added to it/)
})

test('a line that is put behind them by somebody else is refused', async () => {
  const { objects, mine } = await forty()
  const { lines } = await mine.read()
  const last = lines.at(-1)!
  await objects.put('heads/00000041.json', JSON.stringify({ ...last, n: 41, previous: digestOf(last) }))
  expect((await mine.read()).problem).toMatch(/heads\/00000041.json was not written by this store/)
  await expect(mine.append(line(99))).rejects.toThrow(/was not written by this store/)
})
