/** A fresh run pins its input: what stands against it is looked at, its baseline is replayed, and its held-out set is sealed. */
import type { Reproduction } from '#core/baseline/reproduce.ts'
import type { Records } from '#core/bytes/records.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { refuseRun } from '#core/outcome.ts'
import type { Proposing } from '#core/proposers/proposer.ts'
import { searchProblems, writtenIn } from '#core/search/search-set.ts'
import { tableOf } from '#core/space/scope.ts'
import type { Correction } from '#schemas/correction.ts'
import type { AutotuneRun, RunSummary } from '#schemas/run.ts'
import { UserError } from '../../errors.ts'
import type { ReplayEngine, Store } from '../../ports.ts'
import { compileIntent, keepSearch } from '../experience/compile.ts'
import { drawnBy } from '../experience/split-rule.ts'
import { retireOutgrown } from '../heldout/outgrown.ts'
import { limitsOnTheWay, pinnedLimits } from '../heldout/pinned-limits.ts'
import { joinRetired, replayedHere, sealIfNeeded } from '../heldout/seal.ts'
import { replayerOf } from '../replay/replays.ts'
import { gather } from '../replay/reproduce.ts'
import { judgingWith } from '../replay/verdicts.ts'
import { type AnsweredContract, type RunRequest, reasonsOf } from './contract.ts'
import { clearUnfinished, isTaken } from './finish.ts'
import { openRuns } from './lock.ts'
import { pinnedInput } from './pinned-input.ts'
import { proposedFor } from './proposers.ts'
import { ContractRefused, leaveRefusal } from './refusal.ts'
import { whatStands } from './standing.ts'

/** A run that holds its lock and has pinned nothing yet. */
export interface FreshRun {
  readonly store: Store
  readonly request: RunRequest
  readonly contract: AnsweredContract
  /** Who proposes beside the search; absent: nobody. */
  readonly proposing: Proposing | undefined
  readonly engine: ReplayEngine
  readonly runId: string
  /** Where the heads of its search cases are put, which are read until it ends. */
  readonly heads: Records
}

/** What a run works on from here. */
export interface Pinned {
  readonly run: AutotuneRun
  /** Its baseline where it was replayed already: once, so that nobody holds it longer than it is read. */
  readonly reproduced: () => Reproduction | null
}

/** Pins the input of a run, or says why there is nothing to search. A refused contract leaves its record, and is thrown. */
export async function pinRun(fresh: FreshRun): Promise<Pinned | { readonly refused: RunSummary }> {
  const { store, request, runId } = fresh
  try {
    await clearTheWay(fresh)
    const aside = store.scratch()
    try {
      return await pinSets(fresh, aside.records)
    } finally {
      aside.close()
    }
  } catch (error) {
    if (error instanceof ContractRefused) return await leaveRefusal(store, request, runId, error)
    if (!(error instanceof TamperError)) throw error
    const reasons = await reasonsNow(fresh, true)
    if (reasons.length === 0) throw error
    return await leaveRefusal(store, request, runId, new ContractRefused([...reasons, error.message]))
  }
}

/** Refuses a run that may not start; what an earlier one left unfinished goes, and sealed sets that have done their service open. */
async function clearTheWay(fresh: FreshRun): Promise<void> {
  const { store, contract, runId } = fresh
  const { resolved, suite } = contract
  if (await isTaken(store, runId)) throw new UserError(`run ${runId} exists already: choose another --run-id`)
  if ((await openRuns(store, runId)).length > 1)
    throw new UserError(`run ${runId} is open on another intent: choose another --run-id`)
  if ((await reasonsNow(fresh, false)).length > 0) throw new ContractRefused(await reasonsNow(fresh, true))
  await clearUnfinished(store, runId)
  await retireOutgrown(store, resolved.intent, suite.suite)
  await joinRetired(store, resolved.intent)
}

/** Everything that stands against the run: where anything does, or a file was changed, every file is looked into (`whole`). */
const reasonsNow = async ({ store, request, contract }: FreshRun, whole: boolean): Promise<string[]> =>
  reasonsOf(request, contract, await whatStands(store, request.target, { whole }))

/** Both sides of the split as they are now, the search side put into `set` on the way. */
async function pinSets(
  { store, request, contract, proposing, engine, runId, heads }: FreshRun,
  set: Records,
): Promise<Pinned | { readonly refused: RunSummary }> {
  const { pack, suite, prices, resolved } = contract
  const { target, candidates } = request
  const replayer = replayerOf(engine)
  const draw = await drawnBy(store)
  const pins = { tuple: resolved.baseline_tuple, settings: tableOf(pack), suite, prices, replayer, ...draw }
  const corrections: Correction[] = []
  const compiled = compileIntent(store, resolved.intent, undefined, (one) => corrections.push(one))
  // Whoever proposes reads the whole set first: of what it makes for some cases the reach is counted below.
  if (proposing) for await (const _ of kept(compiled, set));
  const about = { target, contract, replayer, given: candidates ?? [] }
  const proposed = proposing && (await proposedFor(store, proposing, about, set.texts()))
  const lines = proposing ? set.texts() : kept(compiled, set)
  const written = writtenIn({ candidates: candidates && [...candidates], proposed })
  const limits = limitsOnTheWay(pins.settings, suite, () =>
    pinnedLimits(set.texts(), pins.settings, suite, judgingWith(store.verdicts, 'search')),
  )
  const reproduced = await gather(limits.seen(engine.reproduce(lines, pins, 'search')), pins.draw, written, heads)
  if (set.count === 0)
    throw new UserError(`no recorded run of intent "${resolved.intent}" is in this store: "autotune import FILE" first`)
  const problems = searchProblems(reproduced, resolved, suite, replayer.kind)
  if (problems.length > 0) {
    const size = { run_id: runId, heldout_test_set: null, search_set: { cases: set.count } }
    return { refused: refuseRun(size, problems, reproduced.excluded).summary }
  }
  const searchSet = await keepSearch(store.objects, resolved.intent, set, corrections)
  const unsealed = replayedHere(store, resolved.intent, pins, engine)
  const heldout = await sealIfNeeded(store, resolved, pins, unsealed, limits.pinned)
  const run = await pinnedInput(store, request, contract, {
    runId,
    replayer,
    ...draw,
    ...(proposed && { proposed }),
    searchSet,
    heldout,
  })
  return { run, reproduced: once(reproduced) }
}

/** Hands a value out the first time that it is asked for. */
function once<T>(value: T): () => T | null {
  let held: T | null = value
  return () => {
    const given = held
    held = null
    return given
  }
}

/** The same lines, each put aside as it passes. */
async function* kept(lines: AsyncIterable<string>, aside: Records): AsyncGenerator<string> {
  for await (const line of lines) {
    aside.append(line)
    yield line
  }
}
