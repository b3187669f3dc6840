/** Two layouts of recorded runs: whatever a run leaves is the same, byte for byte, and what was changed is told of. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encryptedStore } from '#adapters/local/vault/encrypted-store.ts'
import { canonicalLines, digestOfBytes } from '#core/canonical.ts'
import type { IndexLine, Packed } from '#core/experience/index-line.ts'
import { filesOf, filesOfPacked, packRun, readRunFiles } from '#core/experience/run-files.ts'
import { assembleCase, assembleLine, compileRun, readCompiledText } from '#core/replay/compile.ts'
import type { Store } from '#ports'
import { keys } from '#schemas/s3-keys.ts'
import { compileIntent } from '../../../functions/steps/experience/compile.ts'
import { fixedLayout, type Layout } from '../../../functions/steps/experience/layout.ts'
import { packStore } from '../../../functions/steps/experience/pack.ts'
import { RecordedRuns } from '../../../functions/steps/experience/recorded-runs.ts'
import { readIndex } from '../../../functions/steps/experience/run-index.ts'
import { compareRecords } from '../../../functions/steps/experience/stored-records.ts'
import { checkRecords } from '../../../functions/steps/heads/check-records.ts'
import { readLines } from '../../../functions/streams/read-object.ts'
import { segmentHead } from '../../../functions/streams/segment-format.ts'
import { aRun, aWorld, INTENT } from '../../support/builders.ts'
import { contents, copied, imported as importRuns, Killed, killedAtWrite, memory, run, stocked } from '../stores.ts'

const world = aWorld()

const laidOut = (layout: Layout | null, runs = world, store: Store = memory()): Promise<Store> =>
  stocked(store, runs, { layout })

const imported = (store: Store, layout: Layout | null, runs = world) => importRuns(store, runs, layout)

const compiled = (store: Store) => Array.fromAsync(compileIntent(store, INTENT))
const segmentsOf = async (objects: Store['objects']) =>
  (await Array.fromAsync(objects.list(keys.runs()))).filter((key) => key.endsWith('.jsonl.zst'))

describe('same bytes', () => {
  test('of every artifact of a tuning run, of its search set and of its sealed version', async () => {
    const left = async (layout: Layout) => {
      const store = await laidOut(layout)
      await run(store, { runId: 'r1' })
      const all = Object.entries(await contents(store))
      return Object.fromEntries(all.filter(([key]) => !/^(open|vault)\/(experience|ingest)\//.test(key)))
    }
    const [files, segments] = [await left('files'), await left('segments')]
    expect(Object.keys(files).filter((key) => key.includes('autotune/runs/r1/')).length).toBeGreaterThan(4)
    expect(Object.keys(files).some((key) => key.startsWith('vault/goldens/'))).toBe(true)
    expect(segments).toEqual(files)
  })

  test('of the cases of an encrypted vault, packed by its import or later', async () => {
    const key = new Uint8Array(32).fill(7)
    const keyed = { forReading: () => key, forWriting: async () => key }
    const locked = (): Store => ({ ...memory(), vault: encryptedStore(memory().vault, keyed) })
    const sealed = (store: Store) => compiled({ ...store, objects: store.vault })
    const plain = await sealed(await laidOut('files'))
    const store = await laidOut('segments', world, locked())
    expect(await sealed(store)).toEqual(plain)
    expect(await compareRecords(store, INTENT, { whole: true })).toBeNull()
    const later = await laidOut('files', world, locked())
    await packStore(later, async () => {})
    expect(await sealed(later)).toEqual(plain)
  })

  test('of the five files and of a case, for one recording and for several', () => {
    for (const one of world.slice(0, 20)) {
      const packed = packRun(one)
      const files = filesOf(one)
      expect(filesOfPacked(packed.recorded)).toEqual(files)
      const read = readRunFiles(one.run_id, files)
      const compiledRun = compileRun(read.run, read.recorded)
      expect(assembleLine([readCompiledText(packed.compiled, one.run_id)]).line).toBe(assembleCase([compiledRun]).line)
    }
  })

  test('whatever a family or a case is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom('', ',"recording":', '"', '\\"'), (name, trap) => {
        const one = { ...aRun('r'), family_id: `${name}${trap}x`, case_id: 'c' }
        expect(readCompiledText(packRun(one).compiled, 'r')).toMatchObject({
          case_id: 'c',
          family_id: one.family_id,
          intent_id: one.intent_id,
        })
      }),
    )
  })
})

test('a frame is at hand until its last run was read, and no longer', async () => {
  const store = await laidOut('segments')
  const lines: IndexLine[] = []
  for await (const line of readIndex(store, INTENT)) lines.push(line)
  const asked: number[] = []
  const recorded = new RecordedRuns({
    ...store.objects,
    readRange(key, at, bytes) {
      asked.push(at)
      return store.objects.readRange(key, at, bytes)
    },
  })
  const read = async (line: IndexLine) => {
    asked.length = 0
    await recorded.compiled(line)
    return asked.length
  }
  const one = lines.filter(({ packed }) => packed!.at === lines[0]!.packed!.at)
  expect(one.length).toBeGreaterThan(2)
  // The head of the segment, and the frame.
  expect(await read(one[0]!)).toBe(2)
  expect(await read(one[1]!)).toBe(0)
  expect(await read(one[0]!)).toBe(0)
  expect(await read(one.at(-1)!)).toBe(0)
  expect(await read(one[0]!)).toBe(1)
})

describe('the layout of a store', () => {
  test('is what its first import says, and the next one may not differ', async () => {
    const store = await laidOut('segments', world.slice(0, 10))
    expect(await segmentsOf(store.objects)).not.toEqual([])
    expect((await imported(store, null, world)).layout).toBe('segments')
    await expect(imported(store, 'files')).rejects.toThrow('keeps its recorded runs as segments')
  })

  test('is files where nobody asks and the runs are few, and in a store from before', async () => {
    const few = await laidOut(null)
    expect(await fixedLayout(few.objects)).toBe('files')
    await few.objects.delete(keys.layout())
    await expect(imported(few, 'segments')).rejects.toThrow('another --store')
    expect((await imported(few, null)).layout).toBe('files')
  })
})

test('a packed store whose layout was removed goes on packed', async () => {
  const store = await laidOut('segments', world.slice(0, 10))
  await store.objects.delete(keys.layout())
  expect((await imported(store, null, world)).layout).toBe('segments')
})

describe('a segment that is not what it was', () => {
  const broken: readonly [name: string, breaking: (store: Store, key: string) => Promise<unknown>][] = [
    ['gone', (store, key) => store.objects.delete(key)],
    ['cut', async (store, key) => store.objects.put(key, (await store.objects.get(key))!.slice(0, -100))],
    [
      'with a byte changed',
      async (store, key) => {
        const bytes = (await store.objects.get(key))!
        bytes[bytes.length >> 1]! ^= 1
        await store.objects.put(key, bytes)
      },
    ],
    ['another one', async (store, key) => store.objects.put(key, segmentHead({ compile_rules: 2 }))],
    [
      'swapped with one of the vault',
      async (store, key) => {
        const [sealed] = await segmentsOf(store.vault)
        const [one, other] = [(await store.objects.get(key))!, (await store.vault.get(sealed!))!]
        await store.objects.put(key, other)
        await store.vault.put(sealed!, one)
      },
    ],
    [
      'doubled',
      async (store, key) =>
        store.objects.put(key, Buffer.concat([(await store.objects.get(key))!, (await store.objects.get(key))!])),
    ],
  ]
  test.each(broken)('%s: the run is refused in words, and the same import mends it', async (_, breaking) => {
    const store = await laidOut('segments')
    const whole = await compiled(store)
    const [key] = await segmentsOf(store.objects)
    await breaking(store, key!)
    await expect(run(store, { runId: 'r1' })).rejects.toThrow(
      /\d+ of \d+ recorded runs of .* are not as they were imported/,
    )
    const again = await imported(store, null)
    expect(again).toMatchObject({ stored: 0, unchanged: world.length, layout: 'segments' })
    expect(again.restored).toBeGreaterThan(0)
    expect(await compiled(store)).toEqual(whole)
    expect((await run(store, { runId: 'r2' })).verdict).not.toBe('refused')
  })

  test('under another name, or left there changed: told of by its name; what a killed import left is not', async () => {
    const store = await laidOut('segments')
    const [key] = await segmentsOf(store.objects)
    const [sealed] = await segmentsOf(store.vault)
    const bytes = (await store.objects.get(key!))!
    const named = (name: string) => key!.replace(/[^/]+(?=\.jsonl\.zst$)/, name)
    const [copy, elsewhere, other] = [
      named('0'.repeat(64)),
      key!.replace('/runs/', '/runs/2020-01-01/'),
      named('1'.repeat(64)),
    ]
    for (const to of [copy, elsewhere]) await store.objects.put(to, bytes)
    await store.vault.put(sealed!.replace('/runs/', '/runs/2020-01-01/'), (await store.vault.get(sealed!))!)
    await store.objects.put(other, bytes.subarray(1))
    const left = Buffer.from('an import was killed here')
    await store.objects.put(named(digestOfBytes(left).slice('sha256:'.length)), left)
    const unread = 'No index lists it and nothing reads it: remove it'
    expect((await checkRecords(store)).map(({ what, why }) => `${what} ${why}`).sort()).toEqual(
      [
        `${copy} is ${key} under another name. ${unread}`,
        `${elsewhere} is ${key} under another name. ${unread}`,
        `${sealed!.replace('/runs/', '/runs/2020-01-01/')} is ${sealed} under another name. ${unread}`,
        `${other} is not what its name says. ${unread}`,
      ].sort(),
    )
    expect((await run(store, { runId: 'r1' })).verdict).not.toBe('refused')
  })

  test.each([0, 1, 2, 3])(
    'gone, and packed again by other rules: the run is the one that was imported (%i)',
    async (at) => {
      const store = await laidOut('segments', world.slice(0, 8))
      for (const key of await Array.fromAsync(store.objects.list(keys.journal()))) {
        const lines = await readLines<{ packed: Packed }>(store.objects, key)
        const before = canonicalLines(
          lines.map((line) => ({
            ...line,
            packed: { ...line.packed, at, segment: 'gone', digest: digestOfBytes('before') },
          })),
        )
        await store.objects.put(keys.journalSegment(digestOfBytes(before)), before)
      }
      expect(await compareRecords(store, INTENT, { whole: true })).toBeNull()
      expect((await imported(store, null, world.slice(0, 8))).restored).toBe(0)
    },
  )

  test('of a later form is named, and so is the way out', async () => {
    const store = await laidOut('segments')
    const [key] = await segmentsOf(store.objects)
    const bytes = Buffer.from((await store.objects.get(key!))!)
    bytes.write('2', bytes.indexOf('"format":1') + '"format":'.length)
    await store.objects.put(key!, bytes)
    await expect(compiled(store)).rejects.toThrow(/has form 2.*use the version that wrote it/)
  })
})

test('an import that is killed at any write goes on to the same cases', async () => {
  const some = world.slice(0, 12)
  const whole = await compiled(await laidOut('segments', some))
  for (let n = 1; ; n++) {
    const store = await stocked(memory(), [])
    const { store: dying, reached } = killedAtWrite(store, n)
    const done = await imported(dying, 'segments', some).then(
      () => true,
      (error) => {
        expect(error).toBeInstanceOf(Killed)
        return false
      },
    )
    expect(reached()).toBeGreaterThan(0)
    await imported(store, 'segments', some)
    expect(await compiled(store)).toEqual(whole)
    if (done) break
  }
})

describe('packing a store', () => {
  const some = world.slice(0, 30)
  const pack = (store: Store) => packStore(store, async () => {})

  test('leaves the cases of both sides, the artifacts of a run and its verdict as they were', async () => {
    const [packed, files] = [await laidOut('files'), await laidOut('files')]
    expect(await pack(packed)).toBe(world.length)
    expect(await pack(packed)).toBe(0)
    for (const side of ['objects', 'vault'] as const) {
      const left = await Array.fromAsync(packed[side].list(keys.runs()))
      expect(left).toEqual(await segmentsOf(packed[side]))
      const cases = (store: Store) => compiled({ ...store, objects: store[side] })
      expect(await cases(packed)).toEqual(await cases(files))
    }
    for (const store of [packed, files]) await run(store, { runId: 'r1' })
    const artifacts = async (store: Store) =>
      Object.entries(await contents(store)).filter(([key]) => key.includes('autotune/runs/r1/'))
    expect(await artifacts(packed)).toEqual(await artifacts(files))
    expect(await imported(packed, null)).toMatchObject({ stored: 0, restored: 0, layout: 'segments' })
  })

  test('killed at any write or removal, the same command goes on and nothing is lost', async () => {
    const few = some.slice(0, 8)
    const base = await laidOut('files', few)
    const whole = await compiled(base)
    for (let n = 1; ; n++) {
      const store = await copied(base)
      const { store: dying } = killedAtWrite(store, n)
      const done = await pack(dying).then(
        () => true,
        (error) => {
          expect(error).toBeInstanceOf(Killed)
          return false
        },
      )
      // Readable as it lies, and after another try.
      expect(await compiled(store)).toEqual(whole)
      expect(await compareRecords(store, INTENT, { whole: true })).toBeNull()
      await pack(store)
      expect(await compiled(store)).toEqual(whole)
      expect(await compareRecords(store, INTENT, { whole: true })).toBeNull()
      expect((await imported(store, null, few)).restored).toBe(0)
      if (done) break
    }
  })

  test('stops at a run that was changed, and removes nothing', async () => {
    const store = await laidOut('files', some)
    const key = (await Array.fromAsync(store.objects.list(keys.runs()))).find((k) => k.endsWith('trace.json'))!
    await store.objects.put(key, '{}')
    await expect(pack(store)).rejects.toThrow('trace.json was changed after it was recorded')
    const left = await Array.fromAsync(store.objects.list(keys.runs()))
    expect(left.filter((k) => k.endsWith('decision-record.json')).length).toBeGreaterThan(0)
    expect(await segmentsOf(store.objects)).toEqual([])
  })
})
