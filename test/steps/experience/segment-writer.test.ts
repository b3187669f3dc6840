/** Segments on their way to where they are stored: several at once, told of in their order, and nothing under way in the end. */
import { describe, expect, test } from 'vitest'
import type { IndexLine } from '#core/experience/index-line.ts'
import { packRun } from '#core/experience/run-files.ts'
import type { ObjectStore } from '#ports'
import { SegmentWriter } from '../../../functions/steps/experience/segment-writer.ts'
import { aRun } from '../../support/builders.ts'
import { memoryStore } from '../../support/memory/memory-store.ts'
import { memoryScratch } from '../../support/memory-scratch.ts'

/** A writer of so many segments of one run each. */
function writerOf(segments: number): SegmentWriter<string> {
  const writer = new SegmentWriter<string>(memoryScratch())
  for (let i = 0; i < segments; i++) {
    const run = { ...aRun(`r${i}`), case_id: `c${i}` }
    const packed = { segment: `s${i}`, at: 0, bytes: [0, 0], line: 0, digest: '' }
    const line = { run_id: run.run_id, family: 'f', case: run.case_id, date: null, packed } as unknown as IndexLine
    writer.add(line, packRun(run), run.run_id)
  }
  return writer
}

/** A store whose writes take some milliseconds each, longer than a segment is made; those before it take longer. `lost`: the write that fails, counted from 1. */
function slow(lost = 0) {
  const objects = memoryStore()
  let [begun, underWay, most] = [0, 0, 0]
  const put: ObjectStore['put'] = async (key, bytes) => {
    const turns = 8 - (begun++ % 4)
    const isLost = begun === lost
    most = Math.max(most, ++underWay)
    await new Promise((resolve) => setTimeout(resolve, 5 * turns))
    underWay--
    if (isLost) throw new Error('the line is cut')
    return await objects.put(key, bytes)
  }
  return { objects: { ...objects, put }, stored: objects, now: () => ({ begun, underWay, most }) }
}

const told = async (writer: SegmentWriter<string>, objects: ObjectStore, of: string[]) => {
  for await (const written of writer.write(objects)) of.push(...written.map(({ about }) => about))
}

describe('segments of an import', () => {
  test('go out side by side, a bounded number at once, and are told of in their order with the names they always had', async () => {
    const store = slow()
    const order: string[] = []
    await told(writerOf(20), store.objects, order)
    expect(order).toEqual(
      Array.from({ length: 20 }, (_, i) => i)
        .map((i) => `r${i}`)
        .sort(),
    )
    const { most, ...rest } = store.now()
    expect(rest).toEqual({ begun: 20, underWay: 0 })
    expect([most > 1, most <= 6]).toEqual([true, true])
  })

  test('are told of as far as all before them are stored, when one is lost; those under way end first', async () => {
    const store = slow(8)
    const order: string[] = []
    await expect(told(writerOf(20), store.objects, order)).rejects.toThrow('the line is cut')
    expect(order).toHaveLength(7)
    // What is stored beyond them the next import writes again, under the same names.
    const { begun, underWay } = store.now()
    expect([begun <= 8 + 6, underWay]).toEqual([true, 0])
    const again = slow()
    await told(writerOf(20), again.objects, [])
    const names = async (s: ObjectStore) => await Array.fromAsync(s.list(''))
    expect(await names(again.stored)).toEqual(expect.arrayContaining(await names(store.stored)))
  })
})
