/** Copies of an erased run go with it, families that were one stay one, and what is erased out of an encrypted vault is gone too. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { familyHash } from '#core/experience/index-line.ts'
import type { Store } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { openStore } from '../../../functions/embedded/open-store.ts'
import { compileIntent } from '../../../functions/steps/experience/compile.ts'
import { INTENT } from '../../support/builders.ts'
import { imported, stocked } from '../stores.ts'
import {
  aMarkedRun,
  aMarkedWorld,
  erased,
  familyOf,
  filesWith,
  idOf,
  madeOnce,
  markOf,
  problemsOf,
  runs,
} from './support.ts'

/** What another run says, under other ids, recorded for another family. */
const copyOf = (name: string, as: string): ExperienceRun => ({
  ...aMarkedRun(name, { side: 'search' }),
  run_id: `run-${as}`,
  case_id: `case-${as}`,
  trace_id: as,
  family_id: `family ${as}`,
})
const own = (as: string): ExperienceRun => ({
  ...aMarkedRun(`own${as}`, { side: 'search' }),
  family_id: `family ${as}`,
})

const made = madeOnce({
  async copies(store: Store) {
    await stocked(store, aMarkedWorld({ search: 5, heldout: 5 }), { layout: 'segments' })
    await imported(store, [copyOf('s1', 'a'), own('a')])
    await imported(store, [copyOf('s1', 'b'), own('b')])
  },
})
const families = async (store: Store) =>
  (await Array.fromAsync(compileIntent(store, INTENT)))
    .map((line) => JSON.parse(line) as { readonly case_id: string; readonly family_id: string })
    .filter(({ case_id }) => case_id.includes('own'))
    .map(({ family_id }) => family_id)

test.each([
  ['the run', runs('s1')],
  ['one of its copies', { runs: new Set(['run-b']) }],
  ['its family', { family: familyOf('s1') }],
])('%s takes every run that says the same, and leaves the others of their families one family', async (_, wanted) => {
  const store = made.copied('copies')
  expect(await families(store)).toEqual([familyOf('s1'), familyOf('s1')])
  expect(await erased(store, wanted)).toMatchObject({ runs: 3, copies: 2, families: 3 })
  expect([filesWith(store.dir, markOf('s1')), await problemsOf(store)]).toEqual([[], []])
  const nobody = `erased-${familyHash(familyOf('s1'))}`
  expect(await families(store)).toEqual([nobody, nobody])
  expect(filesWith(store.dir, markOf('owna')).length + filesWith(store.dir, idOf('ownb')).length).toBeGreaterThan(0)
})

test('an encrypted vault loses a run like a plain one', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'autotune-erase-'))
  const key = Buffer.alloc(32, 7).toString('base64')
  const store = openStore(dir, { durable: false, vaultKeyCommand: `echo ${key}` })
  try {
    await store.unlockVault()
    await stocked(store, aMarkedWorld({ search: 3, heldout: 4 }), { layout: 'segments' })
    const listed = async () => (await Array.fromAsync(compileIntent({ ...store, objects: store.vault }, INTENT))).join()
    expect(await listed()).toContain(markOf('h2'))
    expect(await erased(store, runs('h2'))).toMatchObject({ runs: 1, segments: 1 })
    expect(await listed()).not.toContain(markOf('h2'))
    expect(await listed()).toContain(markOf('h3'))
    expect(await problemsOf(store)).toEqual([])
  } finally {
    store.close()
    rmSync(dir, { recursive: true, force: true })
  }
})
