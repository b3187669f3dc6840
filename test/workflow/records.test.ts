/** Recorded runs of a deployment that are gone or replaced: whoever compiles a side compares it with what was imported there. */
import { describe, expect, it } from 'vitest'
import type { ObjectStore, Store } from '#ports'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { imported, items, memory, stocked } from '../steps/stores.ts'
import { aTarget, aWorld, INTENT } from '../support/builders.ts'
import { deploy } from '../support/workflow/deployed.ts'
import { locks, RUN } from '../support/workflow/twin.ts'

const world = aWorld({ search: 6, heldout: 40 })
const folder = (run: string) => keys.run('2026-05-12', run)
const clear = async (side: ObjectStore, prefix: string): Promise<void> => {
  for await (const key of side.list(prefix)) await side.delete(key)
}
/** Puts what another run says in the place of one: it seals itself. */
const replace = async (store: Store, side: 'objects' | 'vault', run: string): Promise<void> => {
  const other = memory()
  const one = world.find((r) => r.run_id === run)!
  await imported(other, [{ ...one, outcome: { ...one.outcome, passed: false } }])
  for (const file of RUN_FILES)
    await store[side].put(`${folder(run)}${file}`, (await other[side].get(`${folder(run)}${file}`))!)
}

describe('a deployed run is refused where recorded runs', () => {
  it.each<[string, (store: Store) => Promise<void>, string, string]>([
    ['of the search are gone', (s) => clear(s.objects, folder('s0')), '1 of 6 recorded runs', 'Compile Search Set'],
    ['of the search were replaced', (s) => replace(s, 'objects', 's1'), '(1 changed): s1.', 'Compile Search Set'],
    [
      'of the search are in no index',
      (s) => clear(s.objects, keys.index(INTENT)),
      '6 recorded runs that were imported are in no index',
      'Compile Search Set',
    ],
    ['of the sealed side are gone', (s) => clear(s.vault, folder('h0')), '1 of 40 held-out runs', 'Seal Held-Out Set'],
    ['of the sealed side were replaced', (s) => replace(s, 'vault', 'h1'), '(1 changed).', 'Seal Held-Out Set'],
    [
      'of the sealed side are in no index',
      (s) => clear(s.vault, keys.index(INTENT)),
      '40 held-out runs that were imported are in no index',
      'Seal Held-Out Set',
    ],
  ])('%s; the same import restores what is gone', async (what, lose, says, at) => {
    const store = await stocked({ ...memory(), rolesApart: true as const }, world)
    await lose(store)
    const refused = await deploy(store).tune({ target: aTarget(), run_id: RUN })
    expect(refused.error).toMatchObject({ error: 'UserError', cause: expect.stringContaining(says) })
    expect(refused.error!.cause).not.toMatch(/\bh[01]\b|remove/)
    expect(refused.entered.at(-1)).toBe(at)
    expect(await locks(store)).toBe(0)
    expect(await items(store)).toEqual([])
    if (!what.endsWith('gone')) return
    expect(await imported(store, world)).toMatchObject({ stored: 0, restored: 1 })
    const again = await deploy(store).tune({ target: aTarget(), run_id: `${RUN}_2` })
    expect(again.error).toBeNull()
  })
})
