/** An import of many segments into a deployment, killed on the way: the same import goes on, and leaves what one that was not killed leaves. */
import { expect, it } from 'vitest'
import { digestOfBytes } from '#core/canonical.ts'
import type { ObjectStore, Store } from '#ports'
import { SIDES } from '../../../functions/steps/experience/side.ts'
import { aFamily } from '../../support/builders.ts'
import { imported, memory } from '../stores.ts'

/** Characters of a run's one passage: two such runs fill a segment, as two thousand others do. */
const LARGE = 8 * 1024 * 1024

const runs = Array.from({ length: 7 }, (_, i) => {
  const run = aFamily(`f${i}`, { side: i === 0 ? 'heldout' : 'search' })
  return {
    ...run,
    evidence: run.evidence.map((one, at) => (at === 0 ? { ...one, text: `${i} ${'x'.repeat(LARGE)}` } : one)),
  }
})

const isSegment = (key: string) => key.endsWith('.jsonl.zst')
const held = async (store: Store): Promise<Record<string, string>> => {
  const found: Record<string, string> = {}
  for (const side of SIDES) {
    const objects = side === 'search' ? store.objects : store.vault
    for await (const key of objects.list('experience/'))
      found[`${side} ${key}`] = digestOfBytes((await objects.get(key))!)
  }
  return found
}

it('sends no segment again that was stored', async () => {
  const straight = { ...memory(), rolesApart: true as const }
  await imported(straight, runs, 'segments')
  const all = Object.keys(await held(straight)).filter(isSegment)

  const store = { ...memory(), rolesApart: true as const }
  const sent: string[] = []
  let left = all.length - 2
  const counted = (objects: ObjectStore): ObjectStore => ({
    ...objects,
    async put(key, content) {
      if (isSegment(key) && left-- === 0) throw new Error('killed')
      if (isSegment(key)) sent.push(key)
      return await objects.put(key, content)
    },
  })
  const watched = { ...store, objects: counted(store.objects), vault: counted(store.vault) }
  await expect(imported(watched, runs, 'segments')).rejects.toThrow('killed')
  const before = sent.splice(0)
  left = Number.POSITIVE_INFINITY
  await imported(watched, runs, 'segments')
  expect(before.length).toBeGreaterThan(0)
  expect([...before, ...sent].toSorted()).toEqual(all.map((key) => key.slice(key.indexOf(' ') + 1)).toSorted())
  expect(await held(store)).toEqual(await held(straight))
})
