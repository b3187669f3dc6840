/** The check before a review opens or a rollout starts looks at what was decided, never at what was recorded: it takes as long however much that is. */
import { expect, test } from 'vitest'
import { needHeads } from '../../../functions/steps/heads/check.ts'
import { aWorld } from '../../support/builders.ts'
import { onDisk, stocked, watched } from '../stores.ts'

test.each(['open', 'vault'])(
  'reads as many objects of the %s side of a small store as of a larger one, and no recorded run',
  async (wanted) => {
    const read: string[][] = []
    for (const families of [2, 40]) {
      const { store, dispose } = onDisk()
      await stocked(store, aWorld({ search: families, heldout: families }))
      const keys: string[] = []
      await needHeads(watched(store, (act, side, key) => act === 'read' && side === wanted && keys.push(key)))
      read.push(keys)
      dispose()
    }
    expect(read[1]).toHaveLength(read[0]!.length)
    expect(read[1]!.filter((key) => /^(experience|goldens|ingest)\//.test(key))).toEqual([])
  },
)
