/** What the page shows of a part that replay cannot judge: both versions, both suites, and the way back, replayed. */
import { baselinePins } from '#core/baseline/baseline.ts'
import { canonical, digestOfBytes } from '#core/canonical.ts'
import { openProblem } from '#core/contract/standing.ts'
import { baselineTuple, tupleId } from '#core/release/tuple.ts'
import { byRecords } from '#core/replay/cage.ts'
import type { ShownPart } from '#core/review/shown.ts'
import type { BaselineTuple } from '#schemas/pack.ts'
import type { PartChange, PartProposal } from '#schemas/part-proposal.ts'
import type { QuarterlyCadence } from '#schemas/quarterly.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { ObjectStore, ReplayEngine, Store } from '../../ports.ts'
import { orNull, readJson, readText } from '../../streams/read-object.ts'
import { baselineResults, gather } from '../replay/reproduce.ts'
import { pinnedLines } from '../run/pinned-input.ts'
import { gatherStanding, type StandingStore } from '../run/standing.ts'
import type { Pinned } from './part-proposals.ts'

/** Gathers it. Throws UserError where there is no way back: no recorded case reproduces under the tuple in force. */
export async function partEvidence(
  store: Store,
  engine: Pick<ReplayEngine, 'reproduce' | 'replayer'>,
  { change, baseline_tuple }: PartProposal,
  run: Pinned,
): Promise<Omit<ShownPart, 'proposal'>> {
  const { panel } = await gather(engine.reproduce(await pinnedLines(store, run), baselinePins(run), 'search'), run.draw)
  const reproduced = panel.cases.length
  if (reproduced === 0)
    throw new UserError(
      `no recorded case reproduces under ${baseline_tuple}, so there is nothing to go back to: import runs that were recorded under it, and propose again`,
    )
  const tuple = baselineTuple(run)
  return {
    rollback: {
      tuple,
      replay: {
        release_tuple_id: tuple.release_tuple_id,
        cases: run.search_set.cases,
        reproduced,
        results: baselineResults(panel),
        ...byRecords(run, engine),
      },
    },
    texts: await textsOf(store.objects, change),
    rebaseline: change.part === 'evaluators' ? await rebaselineOf(store, run.target.intent!, change.rebaseline) : null,
  }
}

async function textsOf(objects: ObjectStore, change: PartChange): Promise<ShownPart['texts']> {
  if (change.part === 'pack') return null
  const textOf = async (ref: string): Promise<string | null> => {
    if (change.part !== 'evaluators') return await readText(objects, keys.document(ref))
    const suite = await orNull(readJson(objects, keys.suite(ref)))
    return suite && canonical(suite)
  }
  const after = await textOf(change.to)
  if (after === null)
    throw new UserError(`${change.to} is not in this store any more: "autotune verify" says what else is not`)
  return { before: await textOf(change.from), after }
}

async function rebaselineOf(
  { objects }: Store,
  intent: string,
  { date, digest }: Extract<PartChange, { part: 'evaluators' }>['rebaseline'],
): Promise<ShownPart['rebaseline']> {
  const text = (await readText(objects, keys.quarterlyCadence(date))) ?? ''
  if (digestOfBytes(text) !== digest)
    throw new UserError(`the quarter until ${date} is not the one that was filed: "autotune verify --cadence ${date}"`)
  return (JSON.parse(text) as QuarterlyCadence).intents.find((of) => of.intent === intent)?.rebaseline ?? null
}

/** What a proposal is refused for, whoever looks: another tuple in force, another change under way. Empty: nothing. */
export async function standsAgainst(
  store: StandingStore,
  id: string,
  intent: string,
  refs: BaselineTuple,
): Promise<string[]> {
  const { in_force, open } = await gatherStanding(store, { intent, baseline_tuple: refs })
  const problems = open.filter(({ run }) => run !== id).map((one) => openProblem(intent, one.kind, one.id, one.run))
  if (in_force)
    problems.unshift(
      `baseline_tuple is not in force: ${intent} runs on ${in_force.release_tuple_id}, and the proposal changes ${tupleId(intent, refs)}. Make it again against the tuple in force ("autotune rollout list" shows it)`,
    )
  return problems
}

/** Throws UserError where a filed proposal cannot go on as things stand. */
export async function needStanding(store: StandingStore, proposal: PartProposal): Promise<void> {
  const { tuning_proposal_id: id, target, baseline_refs } = proposal
  const problems = await standsAgainst(store, id, target.intent, baseline_refs)
  if (problems.length > 0)
    throw new UserError(`proposal ${id} cannot be reviewed now:\n${problems.map((p) => `  ${p}`).join('\n')}`)
}
