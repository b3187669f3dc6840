/** An erasure takes every word of a run from both sides of a store, and what is left is a store as any other. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { keys } from '#schemas/s3-keys.ts'
import type { LocalStore } from '../../../functions/embedded/open-store.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { openRunReview } from '../../../functions/steps/review/opening.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { desk, inProcess } from '../../support/harness-engine.ts'
import { imported, run } from '../stores.ts'
import {
  aMarkedWorld,
  erased,
  familyOf,
  filesWith,
  fullStore,
  idOf,
  madeOnce,
  markOf,
  problemsOf,
  runs,
  SAID,
} from './support.ts'

const made = madeOnce({
  files: (store) => fullStore(store, 'files'),
  segments: (store) => fullStore(store, 'segments'),
})

/** One on the search side, one that blocked a candidate, one that reviewers saw fail, one of each retired version. */
const NAMES = ['s3', 'x0', 'x1', 'h7', 'k9']
const TOMBSTONE = { at: expect.stringMatching(/^20/), ...SAID }
const verify = (store: LocalStore, name: string) =>
  verifyRun(store, name, name === 'm' ? inProcess(store, () => desk()) : transcriptEngine())

describe.each(['files', 'segments'] as const)('a store of %s', (layout) => {
  test('holds no word of what was erased, on either side, and is otherwise clean', async () => {
    const store = made.copied(layout)
    const places = new Set(
      NAMES.flatMap((name) => filesWith(store.dir, markOf(name))).map((file) => file.split('/')[0]),
    )
    expect([...places]).toEqual(
      expect.arrayContaining(['autotune', 'experience', 'goldens', 'ledger.sqlite', 'reviews', 'vault']),
    )
    expect(await problemsOf(store)).toEqual([])
    const plan = await erased(store, runs(...NAMES))
    expect(plan).toMatchObject({ runs: 5, copies: 0, families: 5, past_runs: ['m', 'r'], erased_before: [] })
    for (const name of NAMES) expect([name, filesWith(store.dir, markOf(name))]).toEqual([name, []])
    expect(filesWith(store.dir, markOf('s4')).length).toBeGreaterThan(1)
    expect(await problemsOf(store)).toEqual([])
  })

  test('goes on with what is left: runs count it alone, and the same import but for the erased runs changes nothing', async () => {
    const store = made.copied(layout)
    await erased(store, runs(...NAMES))
    await imported(store, aMarkedWorld({ search: 0, prefix: 'q' }))
    expect((await run(store, { runId: 'n' })).verdict).not.toBe('refused')
    const set = Buffer.from((await store.objects.get(keys.goldens('support.refund')))!).toString()
    expect(set.trim().split('\n')).toHaveLength(60 + 200 + 2 - NAMES.length)
    const left = [...aMarkedWorld({ search: 60 }), ...aMarkedWorld({ search: 0, prefix: 'k' })].filter(
      ({ run_id }) => !NAMES.some((name) => idOf(name) === run_id),
    )
    expect(await imported(store, left)).toMatchObject({ stored: 0, unchanged: left.length, restored: 0 })
    expect(await problemsOf(store)).toEqual([])
  })
})

test('a past run that counted an erased case is erased, and no damage', async () => {
  const store = made.copied('segments')
  const before = [await verify(store, 'r'), await verify(store, 'm')]
  expect(before).toMatchObject([{ reproducible: true }, { reproducible: true }])
  await erased(store, runs('s3'))
  for (const name of ['r', 'm'])
    expect(await verify(store, name)).toEqual({
      run: name,
      reproducible: null,
      scope: 'none',
      differences: [],
      erased: [TOMBSTONE],
    })
})

test('a past run that an erased sealed case answered is erased, and one that knew nothing of it is recomputed', async () => {
  const store = made.copied('segments')
  await erased(store, runs('k9'))
  expect(await verify(store, 'm')).toMatchObject({ reproducible: null, differences: [], erased: [TOMBSTONE] })
  expect(await verify(store, 'r')).toMatchObject({ reproducible: true, scope: 'gate' })
})

test('no review opens on a proposal of which a case was erased', async () => {
  const store = made.copied('segments')
  await erased(store, runs('s3'))
  const seats = [{ role: 'policy', reviewer: 'ben' }]
  const opening = openRunReview(
    store,
    inProcess(store, () => desk()),
    {
      runId: 'm',
      seats,
      expiresHours: 72,
      nonce: () => '1'.padStart(32, '0'),
    },
  )
  await expect(opening).rejects.toThrow(
    /recorded runs that run m was computed from were erased on 20.* by ana@example.com: request 4711\. .* run its target again/,
  )
})

test('an erased run is never imported again, whoever brings it and whatever it says now', async () => {
  const store = made.copied('segments')
  await erased(store, runs('s3', 'h7'))
  const again = aMarkedWorld({ search: 60 })
  const changed = again.map((one) => (one.run_id === idOf('h7') ? { ...one, date: '2026-06-01' } : one))
  for (const brought of [again, changed])
    await expect(imported(store, brought)).rejects.toThrow(
      new RegExp(
        `nothing was imported.*\n.*${idOf('s3')} was erased on .* by ana@.*: request 4711\n.*${idOf('h7')} was`,
      ),
    )
  expect(filesWith(store.dir, markOf('s3'))).toEqual([])
})

test('the same erasure again says when it was, and writes nothing', async () => {
  const store = made.copied('segments')
  await erased(store, { family: familyOf('h7') })
  const lines = readdirSync(join(store.dir, 'heads')).length
  for (const wanted of [runs('h7'), { family: familyOf('h7') }])
    expect(await erased(store, wanted)).toMatchObject({ runs: 0, erased_before: [TOMBSTONE] })
  expect(readdirSync(join(store.dir, 'heads'))).toHaveLength(lines)
})

test.each([
  [
    'a run that is not there',
    { runs: new Set([idOf('s3'), 'run-nobody']) },
    /1 of 2 recorded runs .*\(run-nobody\): nothing was erased/,
  ],
  ['a family that is not there', { family: 'nobody' }, /no recorded run of family "nobody" .*: nothing was erased/],
])('%s is refused by name, and nothing is changed', async (_, wanted, says) => {
  const store = made.copied('segments')
  await expect(erased(store, wanted)).rejects.toThrow(says)
  expect(filesWith(store.dir, markOf('s3')).length).toBeGreaterThan(1)
  expect(await problemsOf(store)).toEqual([])
})
