/** A long journal of heads is read by volumes of a thousand lines, which vouch for nothing, and by the lines since. */
import { describe, expect, test } from 'vitest'
import { canonical, digestOf } from '#core/canonical.ts'
import { lineText } from '#core/heads/head-line.ts'
import type { ObjectStore } from '#ports'
import type { HeadLine } from '#schemas/head-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import { headsOf } from '../../../functions/steps/heads/journal.ts'
import { lyingHeads } from '../../../functions/steps/heads/read-heads.ts'
import { headsSigner } from '../../support/journaled.ts'
import { memoryStore } from '../../support/memory/memory-store.ts'
import { memory } from '../stores.ts'

const journalOver = (objects: ObjectStore) =>
  headsOf(
    objects,
    () => headsSigner,
    memory().clock,
    async () => [],
  )

/** A journal as a version without volumes left it. */
async function lines(count: number): Promise<HeadLine[]> {
  const all: HeadLine[] = []
  for (let n = 1; n <= count; n++) {
    const head: HeadLine['head'] =
      n === 1 ? { kind: 'begun', version: 2, found: [] } : { kind: 'import', digest: digestOf(n) }
    const line = { n, at: '2026-05-12T00:00:00.000Z', previous: n === 1 ? null : digestOf(all.at(-1)), head }
    all.push({ ...line, code: { key: 'heads', mac: await headsSigner.sign(lineText(line)) } })
  }
  return all
}

const written = await lines(2030)

async function long(): Promise<ObjectStore> {
  const objects = memoryStore()
  for (const line of written) await objects.put(keys.head(line.n), `${canonical(line)}\n`)
  return objects
}

/** The same with its volumes, which the next line brings. */
const bound = await long()
await journalOver(bound).append({ kind: 'import', digest: digestOf('next') })

/** What was read of objects that are the same as some others. */
function counted(objects: ObjectStore): { readonly objects: ObjectStore; readonly reads: string[] } {
  const reads: string[] = []
  return {
    reads,
    objects: {
      ...objects,
      get(key, version) {
        reads.push(key)
        return objects.get(key, version)
      },
    },
  }
}

async function copy(): Promise<ObjectStore> {
  const objects = memoryStore()
  for await (const key of bound.list('')) await objects.put(key, (await bound.get(key))!)
  return objects
}

const read = (objects: ObjectStore) => journalOver(objects).read()

test('a journal of a version without volumes is bound by whoever adds to it next, and reads the same', async () => {
  expect(await Array.fromAsync(bound.list(keys.headVolumes()))).toEqual([keys.headVolume(1), keys.headVolume(2)])
  const now = await read(bound)
  expect(now.problem).toBeNull()
  expect(now.lines.slice(0, 2030)).toEqual(written)
  expect(await journalOver(bound).read({ whole: true })).toEqual(now)
  expect(await lyingHeads(bound)).toEqual(now.lines)
})

test('a decision reads the volumes and the lines since; another one in the same process what was added', async () => {
  const { objects, reads } = counted(bound)
  const journal = journalOver(objects)
  await journal.read()
  expect(reads).toHaveLength(2 + 31)
  await journal.read()
  expect(reads).toHaveLength(2 + 31)
})

describe('whoever can write the journal', () => {
  type Attack = (objects: ObjectStore) => Promise<unknown>
  const text = async (objects: ObjectStore, key: string) => new TextDecoder().decode((await objects.get(key))!)
  const edited = (key: string, edit: (lines: string[]) => string[]) => async (objects: ObjectStore) =>
    objects.put(
      key,
      edit((await text(objects, key)).split('\n').slice(0, -1))
        .map((line) => `${line}\n`)
        .join(''),
    )
  const [first, second] = [keys.headVolume(1), keys.headVolume(2)]
  const forged = canonical({ ...written[1998]!, head: { kind: 'import', digest: digestOf('forged') } })

  test.each<[what: string, attack: Attack, says: RegExp]>([
    [
      'edits a line of a volume',
      edited(first, (l) => [...l.slice(0, 500), l[500]!.replace('T00:00', 'T01:00'), ...l.slice(501)]),
      /00000001\.jsonl does not say/,
    ],
    [
      'edits the last line of the last volume',
      edited(second, (l) => [...l.slice(0, 999), forged]),
      /00000002\.jsonl|does not follow/,
    ],
    ['takes a line out of a volume', edited(first, (l) => l.slice(1)), /00000001\.jsonl does not say/],
    ['puts a line into a volume', edited(second, (l) => [...l, forged]), /00000002\.jsonl does not say/],
    ['empties a volume', edited(first, () => []), /00000001\.jsonl does not say/],
    ['writes no JSON there', (objects) => objects.put(second, 'x'), /00000002\.jsonl does not say/],
    [
      'puts one volume in the place of another',
      async (objects) => objects.put(second, (await objects.get(first))!),
      /00000002\.jsonl does not say/,
    ],
    [
      'makes a volume of its own from what is to come',
      async (objects) => objects.put(keys.headVolume(3), (await objects.get(second))!),
      /00000003\.jsonl does not say/,
    ],
    [
      'removes a line since the last volume',
      (objects) => objects.delete(keys.head(2010)),
      /line 2010 of the journal does not follow/,
    ],
    [
      'removes the first line since',
      (objects) => objects.delete(keys.head(2001)),
      /line 2001 of the journal does not follow/,
    ],
    ['removes the last line that is bound', (objects) => objects.delete(keys.head(2000)), /lines were removed/],
    [
      'swaps two lines since',
      async (objects) => {
        const [a, b] = [(await objects.get(keys.head(2010)))!, (await objects.get(keys.head(2011)))!]
        await objects.put(keys.head(2010), b)
        await objects.put(keys.head(2011), a)
      },
      /line 2010 of the journal does not follow/,
    ],
    [
      'puts the last line anew without the key',
      (objects) =>
        objects.put(keys.head(2031), canonical({ ...written[2029]!, n: 2031, previous: digestOf(written[2029]) })),
      /was not written by this store/,
    ],
  ])('%s: nothing is decided', async (_, attack, says) => {
    const objects = await copy()
    await attack(objects)
    const added = journalOver(objects).append({ kind: 'import', digest: digestOf('y') })
    await expect(added).rejects.toThrow(says)
  })

  test('edits a volume: verify names it too', async () => {
    const objects = await copy()
    await objects.put(second, (await objects.get(first))!)
    expect((await journalOver(objects).read({ whole: true })).problem).toMatch(/00000002\.jsonl does not say/)
  })

  test.each<[what: string, attack: Attack]>([
    ['edits a line that is bound', (objects) => objects.put(keys.head(700), `${forged}\n`)],
    ['removes one', (objects) => objects.delete(keys.head(700))],
  ])('%s: no decision rests on it, and verify names it', async (_, attack) => {
    const objects = await copy()
    await attack(objects)
    const { lines, problem } = await read(objects)
    expect(problem).toBeNull()
    expect(lines[699]).toEqual(written[699])
    expect((await journalOver(objects).read({ whole: true })).problem).toMatch(/line 70[01] of the journal/)
  })

  test.each([[[1]], [[2]]])(
    'removes volumes %j: the lines speak for themselves, and the next one binds them again',
    async (removed) => {
      const objects = await copy()
      for (const n of removed) await objects.delete(keys.headVolume(n))
      expect(await read(objects)).toEqual(await read(bound))
      await journalOver(objects).append({ kind: 'import', digest: digestOf('y') })
      for (const n of [1, 2]) expect(await objects.get(keys.headVolume(n))).toEqual(await bound.get(keys.headVolume(n)))
    },
  )

  test('puts all of it back to an older copy while a process works: that process misses what it knew', async () => {
    const objects = await copy()
    const journal = journalOver(objects)
    await journal.read()
    for (let n = 1990; n <= 2031; n++) await objects.delete(keys.head(n))
    await objects.delete(second)
    expect((await journal.read()).problem).toMatch(/the journal ends at line 1989; on .* it had 2031/)
    expect((await read(objects)).lines).toHaveLength(1989)
  })
})
