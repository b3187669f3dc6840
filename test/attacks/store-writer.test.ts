/** Wall: who can write the store, and has not its key, cannot change what was decided unseen. Each row is one way to try. */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { canonical, digestOfBytes } from '#core/canonical.ts'
import { anchorOf, anchorProblem } from '#core/heads/head-line.ts'
import { verifyWholeStore } from '../../functions/steps/release/verify-store.ts'
import { signer } from '../steps/release/support.ts'
import {
  ATTACKS,
  copied,
  file,
  found,
  json,
  LAYOUT,
  open,
  removed,
  resealed,
  stages,
  uncoded,
  withStages,
} from './written-store.ts'

withStages()

describe('verify without a run', () => {
  test('finds nothing in a store that nobody touched', async () => {
    for (const stage of Object.keys(stages) as (keyof typeof stages)[]) expect(await found(copied(stage))).toEqual([])
  })

  test.each(ATTACKS)('%s: noticed', async (_, stage, act, noticed) => {
    const dir = copied(stage)
    act(dir)
    expect((await found(dir)).join('\n')).toMatch(noticed)
  })

  test('a store that is put back whole is noticed by an anchor alone', async () => {
    const store = open(copied('started'))
    const older = open(copied('certified'))
    try {
      const anchor = anchorOf((await store.heads!.journal.read()).lines.at(-1)!)
      const { lines } = await older.heads!.journal.read()
      expect(await found(older.dir)).toEqual([])
      expect(anchorProblem(lines, anchor)).toMatch(
        /the journal ends at line \d+; on .* it had \d+: the store was put back/,
      )
      expect(anchorProblem(lines, { ...anchor, n: 2 })).toMatch(/line 2 .* is not the one that was there/)
      expect(anchorProblem((await store.heads!.journal.read()).lines, anchor)).toBeNull()
    } finally {
      store.close()
      older.close()
    }
  })
})

test('a store of an earlier version begins its journal with what is found there, and is compared with it from then on', async () => {
  const dir = copied('certified')
  removed(dir, ['heads', 'vault/heads.key', LAYOUT])
  uncoded(dir)
  const path = file(dir, 'autotune/runs/r/target.json')
  const { gate_rules: _, ...older } = json(path)
  writeFileSync(path, `${canonical(older)}\n`)
  resealed(dir, (manifest) =>
    Object.assign(manifest.artifacts as object, { 'target.json': digestOfBytes(readFileSync(path)) }),
  )
  expect(await found(dir)).toEqual([])
  const store = open(dir)
  await store.heads!.journal.begin()
  const begun = (await verifyWholeStore(store, signer))!
  store.close()
  expect(begun).toMatchObject({ problems: [] })
  expect(begun.lines).toHaveLength(1)
  expect(begun.found).toBeGreaterThan(2)
  removed(dir, ['autotune/runs/r'])
  expect((await found(dir)).join()).toMatch(/run r is missing/)
})
