/** `autotune erase`: what it asks for, what it lists, what it does with `--yes`, and when it refuses. */
import { cpSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { thisProcess } from '#adapters/local/holder.ts'
import { type LocalStore, openStore } from '../../functions/embedded/open-store.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { filesWith, fullStore, idOf, markOf } from '../steps/erase/support.ts'
import { approve, certified, reviewed, start } from '../steps/release/support.ts'
import { autotune, placeOfEachTest, type Workplace, workplace } from './command-line.ts'

const place = placeOfEachTest()
const SAID = ['--reason', 'request 4711', '--person', 'ana@example.com']
const ID = 's3'

async function within({ store: dir }: Workplace, act: (store: LocalStore) => Promise<unknown>): Promise<void> {
  const store = openStore(dir, { durable: false })
  await act(store).finally(() => store.close())
}
/** Does something with the store of the test. */
const acting = (act: (store: LocalStore) => Promise<unknown>): Promise<void> => within(place, act)

describe('help', () => {
  test('has examples of a run, a family and a file', async () => {
    const { code, out } = await autotune('erase', '--help')
    expect(code).toBe(0)
    for (const part of ['autotune erase run_', '--family', '--file', '--reason', '--person', '--yes', '--json'])
      expect(out).toContain(part)
  })
})

describe('a store with a certified run', () => {
  const made = workplace()
  beforeAll(() => within(made, certified))
  afterAll(() => made.dispose())
  beforeEach(() => cpSync(made.store, place.store, { recursive: true }))

  test('is listed first and left as it is, then erased, and says so from then on', async () => {
    const before = place.listing()
    const listed = await place.at('erase', ID, ...SAID)
    expect([listed.code, listed.out]).toEqual([0, expect.stringMatching(/^would erase 1 recorded run.*\n/)])
    expect(listed.out).toMatch(/nothing was changed: the same command with --yes erases/)
    expect(place.listing()).toEqual(before)
    expect((await place.at('erase', ID, ...SAID, '--yes')).out).toMatch(/^erased 1 recorded run.*\n/)
    expect((await place.at('verify')).out).toMatch(
      /^the store is what its journal says(?:.|\n)*\n {3}1 erased \(tombstones\)/,
    )
    const verified = await place.at('verify', 'r')
    expect([verified.code, verified.out]).toEqual([
      0,
      expect.stringMatching(
        /^erased on \d{4}-\d\d-\d\d by ana@example.com: request 4711 \(run r cannot be recomputed.*\)\n$/,
      ),
    ])
    for (const argv of [['list'], ['show', 'r'], ['explain', 'r']]) expect((await place.at(...argv)).code).toBe(0)
    expect((await place.at('show', ID, '--files', `${place.dir}/out`)).err).toMatch(
      /was erased on .* by ana@example.com/,
    )
    const again = await place.at('erase', ID, ...SAID, '--yes')
    expect([again.code, again.out]).toEqual([
      0,
      expect.stringMatching(/^1 named run.* erased on .* by ana@.*: request 4711/),
    ])
  })

  test('is erased by a family and by a file of ids, with one object for machines', async () => {
    const file = place.file('ids.txt', 's1\n\n  s2  \r\n')
    expect((await place.at('erase', '--file', file, ...SAID, '--json')).json()).toMatchObject({
      erased: false,
      runs: 2,
    })
    expect((await place.at('erase', '--file', file, ...SAID, '--yes', '--json')).json()).toEqual({
      erased: true,
      runs: 2,
      copies: 0,
      families: 2,
      segments: 0,
      past_runs: ['r'],
      retired_versions: [],
      erased_before: [],
    })
    const family = await place.at('erase', '--family', 'family-h4', ...SAID, '--yes', '--json')
    expect(family.json()).toMatchObject({
      erased: true,
      runs: 1,
      retired_versions: [expect.stringMatching(/^sha256:/)],
    })
    expect((await place.at('verify', '--json')).json()).toMatchObject({ holds: true, erased: 3 })
  })

  test.each<[what: string, argv: string[], says: RegExp]>([
    ['nothing to erase', SAID, /name what to erase in one way: run ids, --family FAMILY, or --file/],
    ['two ways at once', ['s1', '--family', 'f', ...SAID], /in one way alone/],
    ['a file without an id', ['--file', '/dev/null', ...SAID], /dev\/null .*|names no run/],
    ['a run that is not there', ['nobody', ...SAID, '--yes'], /\(nobody\): nothing was erased/],
    ['a family that is not there', ['--family', 'nobody', ...SAID, '--yes'], /family "nobody" .*: nothing was erased/],
    ['no reason', ['s1', '--person', 'ana'], /--reason/],
    ['no person', ['s1', '--reason', 'request 1'], /--person/],
    ['a reason that says nothing', ['s1', '--reason', '  x ', '--person', 'ana'], /--reason: .*3 to 2000 characters/],
    ['a person without a name', ['s1', '--reason', 'request 1', '--person', ' '], /--person: /],
  ])('refuses %s, and is left as it is', async (_, argv, says) => {
    const before = place.listing()
    const { code, err } = await place.at('erase', ...argv)
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
    expect(place.listing()).toEqual(before)
  })

  test.each<[what: string, busy: (store: ReturnType<typeof openStore>) => Promise<unknown>, says: RegExp]>([
    [
      'a run',
      ({ table, clock }) =>
        table.create(...rowKeys.lock('support.refund', 'destructive'), {
          run_id: 'n',
          about: '',
          holder: thisProcess().name,
          since: clock.now(),
        }),
      /run n is under way and reads what is to be erased/,
    ],
    [
      'an interrupted run',
      ({ table, clock }) =>
        table.create(...rowKeys.lock('support.refund', 'destructive'), {
          run_id: 'n',
          about: '',
          holder: 'gone',
          since: '2026-01-01T00:00:00.000Z',
          beat: clock.now().replace(/^\d{4}/, '2020'),
        }),
      /run n was interrupted .* give it up \(autotune run --abandon n .*\), and erase then/,
    ],
    [
      'an import',
      ({ table, clock }) =>
        table.create(...rowKeys.importLock(), { holder: thisProcess().name, since: clock.now(), beat: clock.now() }),
      /another import writes into this store: process/,
    ],
    ['an open review', (store) => reviewed(store, 'r'), /review rv_r_1 is open until .* erase then/],
    [
      'a rollout',
      start,
      /rollout ro_r is under way: erase when it has ended, or end it with "autotune rollout stop ro_r"/,
    ],
  ])('erases nothing while %s is under way', async (what, busy, says) => {
    await acting(async (store) => {
      if (what === 'a rollout') await approve(store, 'r')
      await busy(store)
    })
    const before = place.listing()
    const { code, err } = await place.at('erase', ID, ...SAID, '--yes')
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
    expect(place.listing()).toEqual(before)
  })
})

test('of a store that has seen everything no word is left, the file of the ledger included', async () => {
  await acting((store) => fullStore(store, 'segments'))
  const names = ['s3', 'x0', 'x1', 'h7', 'k9']
  expect((await place.at('erase', ...names.map(idOf), ...SAID, '--yes')).code).toBe(0)
  for (const name of names) expect([name, filesWith(place.store, markOf(name))]).toEqual([name, []])
})
