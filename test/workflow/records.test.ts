/** Recorded runs of a deployment that are gone or replaced: whoever compiles a side compares it with what was imported there. */
import { describe, expect, it } from 'vitest'
import type { ObjectStore, Store } from '#ports'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import type { Layout } from '../../functions/steps/experience/layout.ts'
import { findRun } from '../../functions/steps/run/run-record.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { segmentHead } from '../../functions/streams/segment-format.ts'
import { imported, items, memory, stocked } from '../steps/stores.ts'
import { aTarget, aWorld, INTENT } from '../support/builders.ts'
import { deploy } from '../support/workflow/deployed.ts'
import { artifacts, locks, RUN } from '../support/workflow/twin.ts'

type Side = 'objects' | 'vault'
type Spoil = (store: Store) => Promise<unknown>

const world = aWorld({ search: 6, heldout: 40 })
const folder = (run: string) => keys.run('2026-05-12', run)
const deployed = (layout: Layout) => stocked({ ...memory(), rolesApart: true as const }, world, { layout })

const clear = async (side: ObjectStore, prefix: string): Promise<void> => {
  for await (const key of side.list(prefix)) await side.delete(key)
}
/** Puts what another run says in the place of one: it seals itself. */
const replace = async (store: Store, side: Side, run: string): Promise<void> => {
  const other = memory()
  const one = world.find((r) => r.run_id === run)!
  await imported(other, [{ ...one, outcome: { ...one.outcome, passed: false } }])
  for (const file of RUN_FILES)
    await store[side].put(`${folder(run)}${file}`, (await other[side].get(`${folder(run)}${file}`))!)
}

/** Changes the one segment of a side. */
const segment =
  (side: Side, change: (bytes: Uint8Array) => Uint8Array): Spoil =>
  async ({ [side]: objects }) => {
    const [key, ...others] = await Array.fromAsync(objects.list(keys.runs()))
    expect(others).toEqual([])
    await objects.put(key!, change((await objects.get(key!))!))
  }
/** The same with the index and what was imported: who could write all of it still cannot make a run say something else. */
const swapped: Spoil = async ({ objects }) => {
  const runs = world.map((r) => (r.run_id === 's0' ? { ...r, outcome: { ...r.outcome, passed: false } } : r))
  const other = await stocked({ ...memory(), rolesApart: true as const }, runs)
  await clear(objects, keys.index(INTENT))
  for await (const key of other.objects.list('experience/')) await objects.put(key, (await other.objects.get(key))!)
}
const flipped = (bytes: Uint8Array) => bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1)

const [SEARCH, SEALED] = ['Compile Search Set', 'Plan Seal']

const spoiled: readonly (readonly [string, Layout, Spoil, string, string])[] = [
  ['of the search are gone', 'files', (s) => clear(s.objects, folder('s0')), '1 of 6 recorded runs', SEARCH],
  ['of the search were replaced', 'files', (s) => replace(s, 'objects', 's1'), '(1 changed): s1.', SEARCH],
  ['of the sealed side are gone', 'files', (s) => clear(s.vault, folder('h0')), '1 of 40 held-out runs', SEALED],
  ['of the sealed side were replaced', 'files', (s) => replace(s, 'vault', 'h1'), '(1 changed).', SEALED],
  ['of the search are gone', 'segments', (s) => clear(s.objects, keys.runs()), '6 of 6 recorded runs', SEARCH],
  ['of the sealed side are gone', 'segments', (s) => clear(s.vault, keys.runs()), '40 of 40 held-out runs', SEALED],
  ['of the search were cut', 'segments', segment('objects', (b) => b.slice(0, -9)), '(6 changed)', SEARCH],
  ['of the sealed side were cut', 'segments', segment('vault', (b) => b.slice(0, -9)), '(40 changed)', SEALED],
  ['of the search have a byte changed', 'segments', segment('objects', flipped), '(6 changed)', SEARCH],
  ['of the sealed side have a byte changed', 'segments', segment('vault', flipped), '(40 changed)', SEALED],
  ['of the search stand twice', 'segments', segment('objects', (b) => Buffer.concat([b, b])), '(6 changed)', SEARCH],
  [
    'of the search are of another segment',
    'segments',
    segment('objects', () => segmentHead({ compile_rules: 1 })),
    '(6 changed)',
    SEARCH,
  ],
  ['of the search were swapped, and their index with them', 'segments', swapped, '(1 changed): s0.', SEARCH],
  ...(['files', 'segments'] as const).flatMap((layout): typeof spoiled => [
    [
      'of the search are in no index',
      layout,
      (s) => clear(s.objects, keys.index(INTENT)),
      '6 recorded runs that were imported are in no index',
      SEARCH,
    ],
    [
      'of the sealed side are in no index',
      layout,
      (s) => clear(s.vault, keys.index(INTENT)),
      '40 held-out runs that were imported are in no index',
      SEALED,
    ],
  ]),
]

describe('a deployed run is refused where recorded runs', () => {
  it.each(spoiled)('%s (%s); the same import restores what is gone', async (what, layout, spoil, says, at) => {
    const whole = await deployed(layout)
    const store = await deployed(layout)
    await spoil(store)
    const refused = await deploy(store).tune({ target: aTarget(), run_id: RUN })
    expect(refused.error).toMatchObject({ error: 'UserError', cause: expect.stringContaining(says) })
    expect(refused.error!.cause).not.toMatch(/\bh[01]\b|remove/)
    expect(refused.error!.cause).toContain(
      / gone$| index$/.test(what) ? 'import the same records again' : 'bring back the versions',
    )
    expect(refused.entered.at(-1)).toBe(at)
    expect(await locks(store)).toBe(0)
    expect(await items(store)).toEqual([])
    if (!what.endsWith('gone')) return
    expect(await imported(store, world)).toMatchObject({ stored: 0, restored: Number(says.split(' ')[0]) })
    const again = await deploy(store).tune({ target: aTarget(), run_id: RUN })
    expect(again.error).toBeNull()
    await deploy(whole).tune({ target: aTarget(), run_id: RUN })
    const { [keys.refusal(RUN)]: _, ...left } = await artifacts(store)
    expect(left).toEqual(await artifacts(whole))
  })
})

it('a run for which the year has no room left is refused at its start, and nothing is taken or sealed', async () => {
  const store = await stocked({ ...memory(), rolesApart: true as const }, world)
  const spent = { intent: INTENT, version: 'sha256:v', run_id: 'before', commit: 'c', level: 1, day: null }
  await store.table.create(...rowKeys.yearBudget(), { declared: [], charged: [spent] })
  const { error } = await deploy(store).tune({ target: aTarget(), run_id: 'at_run' })
  expect(JSON.stringify(error)).toMatch(/questions of 365 days spent 1 of/)
  expect(await findRun(store, 'at_run')).toMatchObject({ verdict: 'refused' })
  expect(await locks(store)).toBe(0)
  expect(await items(store)).toEqual([])
})
