/** Runs that should not start: whatever stands in the way, a run is refused before anything is spent, and `doctor` says the same. */
import { cpSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '#ports'
import type { RunRefusal } from '#schemas/run.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { readRefusal } from '../../functions/steps/run/read-refusal.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { approve, certified, reviewed, start } from '../steps/release/support.ts'
import { imported, items } from '../steps/stores.ts'
import { aFamily, aTarget, INTENT } from '../support/builders.ts'
import { type Workplace, workplace } from './command-line.ts'

/** How far the proposal of run `r` has come. */
const CHAIN = ['nothing', 'open review', 'approved review', 'rollout'] as const

interface State {
  readonly chain: (typeof CHAIN)[number]
  readonly inForce: boolean
  readonly lost: readonly { readonly run: string; readonly file: (typeof RUN_FILES)[number]; readonly gone: boolean }[]
}

const SEARCH = ['s0', 's3', 's5']
const SEALED = ['fresh1', 'fresh7']
const states: fc.Arbitrary<State> = fc.record({
  chain: fc.constantFrom(...CHAIN),
  inForce: fc.boolean(),
  lost: fc.uniqueArray(
    fc.record({
      run: fc.constantFrom(...SEARCH, ...SEALED),
      file: fc.constantFrom(...RUN_FILES),
      gone: fc.boolean(),
    }),
    { maxLength: 2, selector: ({ run }) => run },
  ),
})

async function bring(store: Store, { chain, inForce, lost }: State): Promise<void> {
  if (chain === 'open review') await reviewed(store, 'r')
  if (chain === 'approved review' || chain === 'rollout') await approve(store, 'r')
  if (chain === 'rollout') await start(store)
  if (!inForce) {
    const [pk, sk] = rowKeys.inForce(INTENT)
    const row = await store.table.get<object>(pk, sk)
    const other = { ...row?.body, release_tuple_id: 'release.other' }
    if (row) await store.table.update(pk, sk, row.revision, other)
    else await store.table.create(pk, sk, { ...other, rollout_id: null })
  }
  for (const { run, file, gone } of lost) {
    const side = SEARCH.includes(run) ? store.objects : store.vault
    const key = `${keys.run('2026-05-12', run)}${file}`
    await (gone ? side.delete(key) : side.put(key, '{}\n'))
  }
}

/** What must be told of a state. */
const expected = ({ chain, inForce, lost }: State): RegExp[] => [
  ...(chain === 'nothing' ? [] : [new RegExp(`^${chain} r[ov]_\\w+ of ${INTENT} stands on this baseline \\(run r\\)`)]),
  ...(inForce ? [] : [/^baseline_tuple is not in force: support\.refund runs on release\.other/]),
  ...[SEARCH, SEALED].flatMap((side) => {
    const of = lost.filter(({ run }) => side.includes(run))
    const counts = [
      [of.filter(({ gone }) => gone).length, 'missing'],
      [of.filter(({ gone }) => !gone).length, 'changed'],
    ].filter(([count]) => count !== 0)
    if (counts.length === 0) return []
    const which = side === SEARCH ? 'recorded' : 'held-out'
    const told = counts.map(([count, how]) => `${count} ${how}`).join(', ')
    return [new RegExp(`^${of.length} of \\d+ ${which} runs of ${INTENT} are not as they were imported \\(${told}\\)`)]
  }),
]

/** Families of the retired version join the search before every file of it is looked into: the total is larger by them then. */
const JOINED = 100
const afterJoining = (line: string): string =>
  line.replace(/ of (\d+) (?=recorded)/, (_, total: string) => ` of ${Number(total) + JOINED} `)

describe('a store in any state', () => {
  let base: Workplace
  beforeAll(async () => {
    base = workplace()
    const store = openStore(base.store, { durable: false })
    await certified(store)
    const fresh = Array.from({ length: 100 }, (_, i) => aFamily(`fresh${i}`, { side: 'heldout', required: 1, gold: 1 }))
    await imported(store, fresh)
    store.close()
  })
  afterAll(() => base.dispose())

  /** Does something in a copy of the store in that state. */
  async function inState<T>(state: State, look: (place: Workplace) => Promise<T>): Promise<T> {
    const place = workplace()
    cpSync(base.store, place.store, { recursive: true })
    try {
      const store = openStore(place.store, { durable: false })
      await bring(store, state)
      store.close()
      return await look(place)
    } finally {
      place.dispose()
    }
  }

  test('is refused for what stands in the way, by question 1 and by doctor in the same words, and spends nothing', async () => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(states, (state) =>
        inState(state, async (place) => {
          const wanted = expected(state)
          const target = place.file('target.json', aTarget())
          const looked = await place.at('doctor', '--target', target, '--json')
          const [first] = (looked.json() as { questions: { missing: string[] }[] }).questions
          const before = await ledgerOf(place)
          const { code, err } = await place.at('run', '--target', target, '--run-id', 'again')
          if (wanted.length === 0) {
            expect([looked.code, code, first!.missing]).toEqual([0, 0, []])
            return
          }
          refused++
          expect([looked.code, code]).toEqual([2, 2])
          const { refusal, ...after } = await ledgerOf(place)
          expect(after).toEqual({ versions: before.versions, locks: 0 })
          const later = first!.missing.map(afterJoining)
          const same = (lines: readonly string[]) => lines.every((line) => refusal!.reasons.includes(line))
          expect(same(first!.missing) || same(later), `${refusal!.reasons}`).toBe(true)
          for (const says of wanted)
            for (const told of [first!.missing, refusal!.reasons])
              expect(told.filter((line) => says.test(line))).toHaveLength(1)
          for (const reason of refusal!.reasons) expect(err).toContain(reason)
          expect(err).not.toMatch(/\bfresh\d|remove the run/)
        }),
      ),
      { numRuns: 8 },
    )
    expect(refused).toBeGreaterThan(0)
  })
})

async function ledgerOf({ store: dir }: Workplace): Promise<{
  versions: unknown
  locks: number
  refusal?: RunRefusal | null
}> {
  const store = openStore(dir, { durable: false })
  try {
    const locks = (await Array.fromAsync(store.table.query('lock'))).length
    const refusal = await readRefusal(store.objects, 'again')
    return { versions: await items(store), locks, ...(refusal && { refusal }) }
  } finally {
    store.close()
  }
}
