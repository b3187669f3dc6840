/** Near copies are told of, and counted as one family only for who asks. */
import { describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { compileIntent } from '../../../functions/steps/experience/compile.ts'
import { type IngestOptions, ingest } from '../../../functions/steps/experience/ingest.ts'
import { nearCopiesOf } from '../../../functions/steps/experience/near-copies-found.ts'
import { readText } from '../../../functions/streams/read-object.ts'
import { aFamily, aWorld, INTENT, said } from '../../support/builders.ts'
import { contents, memory, RECORDED, run, stocked } from '../stores.ts'

const importing = (store: Store, runs: readonly ExperienceRun[], options: IngestOptions = {}) =>
  ingest(
    store,
    async function* () {
      yield* runs
    },
    RECORDED,
    options,
  )

/** A long talk; two with one number are nearly the same. */
const talk = (name: string, number: number, side: 'search' | 'heldout') => {
  const words = Array.from({ length: 300 }, (_, i) => `w${number}x${i}`)
  return aFamily(name, { side, required: 1, gold: 1, over: { steps: [said('user', [...words, name].join(' '))] } })
}
const families = async (store: Store, side: 'objects' | 'vault') => {
  const ids = new Set<string>()
  for await (const line of compileIntent({ ...store, objects: store[side] }, INTENT))
    ids.add(JSON.parse(line).family_id)
  return ids.size
}

describe('near copies', () => {
  test('are counted, with an example of the search side, and stay evidence of their own', async () => {
    const store = memory()
    const runs = [talk('a', 1, 'heldout'), talk('b', 1, 'heldout'), talk('c', 2, 'search'), talk('d', 2, 'search')]
    expect(await importing(store, runs)).toMatchObject({
      copies: { runs: 0 },
      near_copies: { runs: 2, joined: false, example: ['c', 'd'] },
    })
    expect([await families(store, 'objects'), await families(store, 'vault')]).toEqual([2, 2])
  })

  test('of sealed runs are counted alone', async () => {
    const runs = [talk('a', 1, 'heldout'), talk('b', 1, 'heldout'), talk('c', 1, 'search')]
    expect(await importing(memory(), runs)).toMatchObject({ near_copies: { runs: 2, example: null } })
  })

  test('are one family for who asks, also across imports, on the side of the first', async () => {
    const store = memory()
    await importing(store, [talk('a', 1, 'heldout'), talk('c', 2, 'search')], { joinNear: true })
    const later = [talk('b', 1, 'search'), talk('d', 2, 'heldout')]
    expect(await importing(store, later, { joinNear: true })).toMatchObject({ near_copies: { runs: 2, joined: true } })
    expect([await families(store, 'objects'), await families(store, 'vault')]).toEqual([1, 1])
    expect(Object.keys(await contents(store)).filter((key) => key.includes('/b/'))[0]).toMatch(/^vault\//)
  })

  test('are found among runs of which an earlier version kept a line for each band', async () => {
    const store = memory()
    await importing(store, [talk('a', 1, 'search'), talk('c', 2, 'search')])
    for await (const key of store.objects.list(keys.sketches(INTENT))) {
      const kept = Buffer.from((await store.objects.get(key))!).toString()
      const bandwise = kept
        .split('\n')
        .filter(Boolean)
        .flatMap((line) => {
          const { bands, ...rest } = JSON.parse(line) as { readonly bands: readonly string[] }
          return bands.map((band) => `${JSON.stringify({ band, ...rest })}\n`)
        })
      expect(bandwise.length).toBeGreaterThan(8)
      await store.objects.put(key, bandwise.join(''))
    }
    expect(await importing(store, [talk('b', 1, 'search')])).toMatchObject({ near_copies: { runs: 1 } })
  })

  test('that were not joined are noted once for who counts families, whatever is imported again; no name stands there', async () => {
    const store = memory()
    const first = [talk('alpha', 1, 'heldout'), talk('beta', 1, 'heldout'), talk('gamma', 2, 'search')]
    await importing(store, first)
    await importing(store, first)
    expect(await nearCopiesOf(store.objects, INTENT)).toEqual({ runs: 1, of: 3 })
    await importing(store, [...first, talk('delta', 2, 'search')])
    expect(await nearCopiesOf(store.objects, INTENT)).toEqual({ runs: 2, of: 4 })
    for (const [key, text] of Object.entries(await contents(store)))
      if (key.includes('/near-copies/')) expect(key + text).not.toMatch(/alpha|beta|gamma|delta/)
  })

  test('that were joined count once, and none stand there', async () => {
    const store = memory()
    await importing(store, [talk('a', 1, 'search'), talk('b', 1, 'search')], { joinNear: true })
    expect(await nearCopiesOf(store.objects, INTENT)).toBeNull()
  })

  test('are told with every result of a run, and under its proposal', async () => {
    const { objects, ...store } = await stocked(memory(), [
      ...aWorld(),
      talk('x', 1, 'search'),
      talk('y', 1, 'heldout'),
    ])
    const summary = await run({ ...store, objects })
    const said = 'WARNING: 1 of 162 imported runs are nearly the same as one of another family, and count as evidence'
    expect(summary.reasons.join('\n')).toContain(said)
    expect(summary.verdict).toBe('certified')
    expect(await readText(objects, keys.autotuneRun(summary.run, 'selected-proposal.json'))).toContain(said)
  })

  test('of none are told where each talk is its own, and no table names a run', async () => {
    const store = memory()
    const runs = [talk('alpha', 1, 'search'), talk('beta', 2, 'heldout'), talk('gamma', 3, 'search')]
    expect(await importing(store, runs)).toMatchObject({ near_copies: { runs: 0, example: null } })
    for (const [key, text] of Object.entries(await contents(store)))
      if (key.startsWith('open/ingest/')) expect(text).not.toMatch(/alpha|beta|gamma/)
  })
})
