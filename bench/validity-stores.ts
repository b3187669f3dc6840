/** Worlds whose store is not what it says: copies, runs that are gone, a baseline that is no longer in force. */
import type { Store } from '#ports'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { rowKeys } from '../functions/steps/store/ledger-keys.ts'
import { memory, run, stocked } from '../test/steps/stores.ts'
import { aFamily, aTarget, INTENT } from '../test/support/builders.ts'
import type { Draws } from './bench.ts'
import { type Ending, type EvidenceWorld, ending, type Fate, fates, type Given, RATES } from './validity-evidence.ts'

const oneQuestion = aTarget({ scoring: { replayer: 'transcript', questions: 1 } })
const asked = (store: Store): Promise<Ending> => ending(run(store, { target: oneQuestion }))

const runOf = ({ id, side, harmed }: Fate): ExperienceRun => {
  const rank = harmed ? 4 : 1
  return aFamily(id, { side, required: rank, gold: rank })
}

/** The same conversation under other ids, of another day and customer. */
const copyOf = (of: ExperienceRun, as: string): ExperienceRun => ({
  ...of,
  run_id: as,
  trace_id: as,
  case_id: as,
  family_id: `family-${as}`,
  date: '2026-06-01',
})

/** Of conversations in general the change harms so many; few distinct ones may show none of it by luck. */
const COMMON_HARM = 0.3

/** Few conversations make up most of the records: each bad one is a copy of one of the others, on whichever side. */
const copies = async (given: Given): Promise<Ending> => {
  const { draw, harm, onSearch } = given
  const all = fates(given)
  const isOriginal = (f: Fate) => !f.bad || f === all.find(({ side }) => side === f.side)
  const originals = all.filter(isOriginal).map((f) => {
    const harmed = harm > 0 && (onSearch || f.side === 'heldout') && draw.chance(COMMON_HARM)
    return runOf({ ...f, harmed })
  })
  const copied = all
    .filter((f) => !isOriginal(f))
    .map(({ id, side }) => {
      const same = originals.filter((o) => o.split === side)
      return copyOf(same[draw.below(same.length)]!, id)
    })
  return await asked(await stocked(memory(), [...originals, ...copied]))
}

type Loss = (store: Store, lost: readonly Fate[], draw: Draws) => Promise<void>

const sideOf = (store: Store, { side }: Fate) => (side === 'search' ? store.objects : store.vault)
const fileOf = ({ id }: Fate, file: (typeof RUN_FILES)[number]): string => `${keys.run('2026-05-12', id)}${file}`

/** Whole runs are gone, or single files of them, or what they said was replaced. */
const LOSSES: readonly Loss[] = [
  async (store, lost) => {
    for (const fate of lost) for (const file of RUN_FILES) await sideOf(store, fate).delete(fileOf(fate, file))
  },
  async (store, lost, draw) => {
    for (const fate of lost) await sideOf(store, fate).delete(fileOf(fate, RUN_FILES[draw.below(RUN_FILES.length)]!))
  },
  async (store, lost) => {
    // Under the same name stands now what a run that is not harmed says.
    const other = await stocked(
      memory(),
      lost.map((fate) => runOf({ ...fate, harmed: false })),
    )
    for (const fate of lost)
      for (const file of RUN_FILES) {
        const bytes = await sideOf(other, fate).get(fileOf(fate, file))
        await sideOf(store, fate).put(fileOf(fate, file), bytes!)
      }
  },
]

/** Recorded runs are gone, or others stand in their place. */
const deleted = async (given: Given): Promise<Ending> => {
  const all = fates(given)
  const store = await stocked(memory(), all.map(runOf))
  const lost = all.filter((f) => f.bad)
  if (lost.length > 0) await LOSSES[given.draw.below(LOSSES.length)]!(store, lost, given.draw)
  return await asked(store)
}

/** The change is live: some of the records were made under it, and another tuple is in force. */
const notInForce = async (given: Given): Promise<Ending> => {
  const live = { pack_version: 'ctxpack.support@1.1.0', settings: { 'evidence.orders.top_k': 1 } }
  const records = fates(given).map((f) =>
    f.bad ? { ...runOf({ ...f, harmed: false }), ...live } : runOf({ ...f, harmed: false }),
  )
  const store = await stocked(memory(), records)
  if (given.bad > 0)
    await store.table.create(...rowKeys.inForce(INTENT), { release_tuple_id: 'rt_live', rollout_id: null })
  return await asked(store)
}

export const STORE_WORLDS: readonly EvidenceWorld[] = [
  { name: 'conversations that are copies', rates: [0.25, 0.75, 0.95, 1], life: copies },
  { name: 'recorded runs deleted or replaced', rates: RATES, life: deleted },
  { name: 'a baseline that is no longer in force', rates: RATES, life: notInForce },
]
