/** `autotune erase`: says what an erasure would take, and with `--yes` takes it. */
import { clearUnfinished } from '#adapters/local/files/unfinished.ts'
import { thisProcess } from '#adapters/local/holder.ts'
import { erasedBy } from '#core/heads/erasures.ts'
import type { EraseRunsInput } from '#schemas/erase-payloads.ts'
import { ErasedSaid } from '#schemas/head-line.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { type ErasurePlan, erase, planErasure } from '../steps/erase/erase.ts'
import type { Wanted } from '../steps/erase/find.ts'
import { needIdle } from '../steps/erase/under-way.ts'
import { importAlone } from '../steps/experience/import-lock.ts'
import { deploymentName, existingStore, sidesOf, unfinishedOf } from './open.ts'
import { terminalProgress } from './progress.ts'
import { isDeployed, type StoreOptions } from './store-options.ts'
import { onInterrupt, print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly family?: string
  readonly file?: string
  readonly reason: string
  readonly person: string
  readonly yes: boolean
}

export async function eraseVerb(runs: readonly string[], { json, yes, ...o }: Options): Promise<number> {
  const wanted = wantedRuns(runs, o)
  const said = saidBy(o)
  const plan = isDeployed(o) ? await erasedThere(o, wanted, { ...said, yes }) : await erasedHere(o, wanted, said, yes)
  print(json, { ...plan, erased: yes }, () => lines(plan, yes))
  return 0
}

/** In a deployment a function does it: it alone may read both sides, and nobody takes its role. */
async function erasedThere(
  o: StoreOptions,
  wanted: Wanted,
  said: Omit<EraseRunsInput, 'wanted'>,
): Promise<ErasurePlan> {
  const { eraseDeployed } = await import('#adapters/aws/deployed-erase.ts')
  const input = { ...said, wanted: 'family' in wanted ? wanted : { runs: [...wanted.runs] } }
  return (await eraseDeployed(deploymentName(o), input)) as ErasurePlan
}

async function erasedHere(
  o: StoreOptions,
  wanted: Wanted,
  said: ReturnType<typeof saidBy>,
  yes: boolean,
): Promise<ErasurePlan> {
  const store = existingStore(o.store, { progress: terminalProgress() })
  const ended = onInterrupt('What was begun is not undone: the same command ends it')
  try {
    await store.unlockVault()
    await needIdle(store, await unfinishedOf(store))
    await needJournal(store)
    return await importAlone(store, thisProcess(), async (check) => {
      const planned = await planErasure(store, wanted)
      if (yes) {
        await erase(store, planned, said, check)
        for (const side of sidesOf(store)) clearUnfinished(side)
      }
      return planned.plan
    })
  } finally {
    ended()
    store.close()
  }
}

/** Runs by one of three ways. Throws UserError for none, for two, and for a file that names nothing. */
function wantedRuns(runs: readonly string[], { family, file }: Pick<Options, 'family' | 'file'>): Wanted {
  const ways = [runs.length > 0, family !== undefined, file !== undefined].filter(Boolean).length
  if (ways !== 1)
    throw new UserError(
      `name what to erase in one way${ways === 0 ? '' : ' alone'}: run ids, --family FAMILY, or --file with a run id on each line`,
    )
  if (family !== undefined) return { family }
  const ids =
    file === undefined
      ? runs
      : readInput(file)
          .split('\n')
          .map((line) => line.trim())
  const named = new Set(ids.filter((id) => id !== ''))
  if (named.size === 0)
    throw new UserError(`${file ?? 'the command line'} names no run: give a run id${file ? ' on each line' : ''}`)
  return { runs: named }
}

function saidBy({ reason, person }: Pick<Options, 'reason' | 'person'>) {
  const said = ErasedSaid.safeParse({
    reason: reason.trim(),
    person: person.trim(),
  })
  if (said.success) return said.data
  const { path, message } = said.error.issues[0]!
  throw new UserError(
    `--${String(path[0])}: ${message}. The tombstone keeps a reason of 3 to 2000 characters and the name of a person`,
  )
}

/** No tombstone without the journal and its key, and nothing is erased without a tombstone. */
async function needJournal({ heads }: ReturnType<typeof existingStore>): Promise<void> {
  const { problem } = await heads!.journal.read()
  if (problem !== null) throw new UserError(`${problem}. Nothing was erased: no tombstone can be signed`)
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

function lines(plan: ErasurePlan, done: boolean): string[] {
  const words = [...new Set(plan.erased_before.map(erasedBy))].join('; ')
  const before = plan.erased_before.length === 0 ? [] : [`${counted(plan.erased_before.length, 'named run')} ${words}`]
  if (plan.runs === 0) return before
  const versions = plan.retired_versions.map((version) => version.slice(0, 15))
  return [
    `${done ? 'erased' : 'would erase'} ${counted(plan.runs, 'recorded run')} of ${plan.families === 1 ? '1 family' : `${plan.families} families`} on both sides of the split (which lies where is not told)`,
    ...before,
    ...(plan.copies > 0 ? [`copies      ${plan.copies} of them: they say what a named one says`] : []),
    `segments    ${plan.segments} written again`,
    `past runs   ${plan.past_runs.join(', ') || 'none'}: one that counted any of them cannot be recomputed any more ("autotune verify RUN")`,
    `versions    ${versions.join(', ') || 'none'} retired and answered: the answers stand`,
    ...(done
      ? ['tombstone   in the journal of heads: publish an anchor of it, and see to copies and backups of this store']
      : [
          '            one that was asked and goes on is retired if it holds any of them, one that was not asked is sealed anew',
          'nothing was changed: the same command with --yes erases',
        ]),
  ]
}
