/** One whole run over a store: pin the inputs, take the lock, run the pipeline, write what it left. */

import type { Reproduction } from '#core/baseline/reproduce.ts'
import type { Records } from '#core/bytes/records.ts'
import { digestOf } from '#core/canonical.ts'
import { liveProblems } from '#core/contract/live-problems.ts'
import { standingProblems } from '#core/contract/standing.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { otherRules } from '#core/gate/rules.ts'
import { refuseRun } from '#core/outcome.ts'
import type { Proposing } from '#core/proposers/proposer.ts'
import { cageProblem, liveOf } from '#core/replay/cage.ts'
import { type AutotunePorts, runAutotune } from '#core/run-autotune.ts'
import { searchProblems, writtenIn } from '#core/search/search-set.ts'
import { tableOf } from '#core/space/scope.ts'
import type { Correction } from '#schemas/correction.ts'
import type { AutotuneRun, RunSummary } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Holder, ReplayEngine, Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { compileIntent, keepSearch } from '../experience/compile.ts'
import { drawnBy } from '../experience/split-rule.ts'
import { retireOutgrown } from '../heldout/outgrown.ts'
import { pinnedLimits } from '../heldout/pinned-limits.ts'
import { joinRetired, replayedHere, sealIfNeeded } from '../heldout/seal.ts'
import { refusedByTwoAnswers } from '../replay/answered-alike.ts'
import { replayerOf } from '../replay/replays.ts'
import { gather } from '../replay/reproduce.ts'
import { judgingWith, unaskable, verdictCage } from '../replay/verdicts.ts'
import { keepHeld } from '../store/held.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { answeredContract, type RunRequest, reasonsOf } from './contract.ts'
import { clearUnfinished, freshRunId, isTaken, writeOutcome } from './finish.ts'
import { openRuns, releaseLock, takeLock } from './lock.ts'
import { aboutOf, pinnedInput } from './pinned-input.ts'
import { portsOf, recordPorts } from './ports.ts'
import { proposedFor, proposingOf } from './proposers.ts'
import { ContractRefused, keepRefusal, leaveRefusal } from './refusal.ts'
import { gatherStanding, whatStands } from './standing.ts'

/** Runs a target. Throws UserError for bad input and for a held lock, with nothing written. */
export async function runTarget(
  store: Store,
  request: RunRequest,
  holder: Holder,
  engine: ReplayEngine,
): Promise<RunSummary> {
  const { target } = request
  const proposing = request.proposing ?? proposingOf(target)
  const contract = await answeredContract(store, target).catch(async (error: unknown) => {
    if (!(error instanceof ContractRefused)) throw error
    return await leaveRefusal(store, request, request.runId, error)
  })
  const { pack, suite, prices, resolved, riskClass } = contract
  const replayer = replayerOf(engine)
  const caged = cageProblem(target, { replayer, verdict_cage: verdictCage(suite, store.verdicts) })
  if (caged) throw new UserError(caged)
  if (liveOf(replayer)) {
    const problems = liveProblems(suite)
    if (problems.length > 0) throw new UserError(problems.join('\n'))
  }
  const [lost] = await unaskable(suite, store.verdicts)
  if (lost) throw new UserError(`${suite.suite}: evaluators[${lost.at}]: ${lost.why}`)
  const about = aboutOf({ target, candidates: request.candidates, replayer, proposed: proposing && namesOf(proposing) })
  const startedAt = store.clock.now()
  const lock = await takeLock(
    store,
    resolved.intent,
    riskClass,
    {
      run_id: request.runId ?? (await freshRunId(store, target, startedAt)),
      about,
      ...(request.command !== undefined && { command: request.command }),
    },
    holder,
  )
  const keeping = keepHeld(store, rowKeys.lock(resolved.intent, riskClass), holder)
  try {
    const resumed = lock.resumed ? await pinnedRun(store, lock.run_id, about) : null
    const other = resumed && otherRules(resumed)
    if (other)
      throw new UserError(
        `run ${lock.run_id} was started by version ${other}: finish it with that version, or give it up with "autotune run --abandon ${lock.run_id}"`,
      )
    const fresh = resumed ? { run: resumed, reproduced: null } : await pinRun().catch(recorded)
    if ('refused' in fresh) {
      await keepRefusal(store, lock.run_id, target, fresh.refused.reasons)
      return fresh.refused
    }
    const { run, reproduced } = fresh
    store.progress(
      `search set ${run.search_set.ref}: ${run.search_set.cases} cases; held out: ${run.heldout_test_set?.families ?? 0} families`,
    )
    const ports = portsOf(store, engine, reproduced)
    const ask: AutotunePorts['ask'] = async (...question) => {
      await keeping.check()
      const meanwhile = await movedMeanwhile(store, run, question[1])
      return meanwhile === null ? await ports.ask(...question) : { refused: meanwhile }
    }
    const outcome = await runAutotune(run, { ...ports, ask }).catch(refusedByTwoAnswers(run))
    await keeping.check()
    if (outcome.artifacts.length === 0) {
      await keepLateRefusal(store, run, outcome.summary.reasons)
      await clearUnfinished(store, run.run_id)
    }
    await writeOutcome(store, run, riskClass, outcome, startedAt)
    return outcome.summary
  } finally {
    keeping.stop()
    await releaseLock(store, resolved.intent, riskClass, lock.run_id)
  }

  /** Everything that stands against the run: where anything does, or a file was changed, every file is looked into. */
  async function reasonsNow(whole: boolean): Promise<string[]> {
    return reasonsOf(request, contract, await whatStands(store, target, { whole }))
  }

  /** A refused contract leaves its record. */
  async function recorded(error: unknown): Promise<never> {
    if (error instanceof ContractRefused) return await leaveRefusal(store, request, lock.run_id, error)
    if (!(error instanceof TamperError)) throw error
    const reasons = await reasonsNow(true)
    if (reasons.length === 0) throw error
    return await leaveRefusal(store, request, lock.run_id, new ContractRefused([...reasons, error.message]))
  }

  async function pinRun(): Promise<{ run: AutotuneRun; reproduced: Reproduction } | { refused: RunSummary }> {
    if (await isTaken(store, lock.run_id))
      throw new UserError(`run ${lock.run_id} exists already: choose another --run-id`)
    if ((await openRuns(store, lock.run_id)).length > 1)
      throw new UserError(`run ${lock.run_id} is open on another intent: choose another --run-id`)
    if ((await reasonsNow(false)).length > 0) throw new ContractRefused(await reasonsNow(true))
    await clearUnfinished(store, lock.run_id)
    await retireOutgrown(store, resolved.intent, suite.suite)
    await joinRetired(store, resolved.intent)
    const aside = store.scratch()
    try {
      return await pinFresh(aside.records)
    } finally {
      aside.close()
    }
  }

  async function pinFresh(
    set: Records,
  ): Promise<{ run: AutotuneRun; reproduced: Reproduction } | { refused: RunSummary }> {
    const draw = await drawnBy(store)
    const pins = { tuple: resolved.baseline_tuple, settings: tableOf(pack), suite, prices, replayer, ...draw }
    const corrections: Correction[] = []
    const compiled = compileIntent(store, resolved.intent, undefined, (one) => corrections.push(one))
    const { candidates } = request
    // Whoever proposes reads the whole set first: of what it makes for some cases the reach is counted below.
    if (proposing) for await (const _ of kept(compiled, set));
    const about = { target, contract, replayer, given: candidates ?? [] }
    const proposed = proposing && (await proposedFor(store, proposing, about, set.texts()))
    const lines = proposing ? set.texts() : kept(compiled, set)
    const written = writtenIn({ candidates: candidates && [...candidates], proposed })
    const reproduced = await gather(engine.reproduce(lines, pins, 'search'), pins.draw, written)
    if (set.count === 0)
      throw new UserError(
        `no recorded run of intent "${resolved.intent}" is in this store: "autotune import FILE" first`,
      )
    const problems = searchProblems(reproduced, resolved, suite, replayer.kind)
    if (problems.length > 0) {
      const size = { run_id: lock.run_id, heldout_test_set: null, search_set: { cases: set.count } }
      return { refused: refuseRun(size, problems, reproduced.excluded).summary }
    }
    const searchSet = await keepSearch(store.objects, resolved.intent, set, corrections)
    const unsealed = replayedHere(store, resolved.intent, pins, engine)
    const heldout = await sealIfNeeded(store, resolved, pins, unsealed, () =>
      pinnedLimits(set.texts(), tableOf(pack), suite, judgingWith(store.verdicts, 'search')),
    )
    const run = await pinnedInput(store, request, contract, {
      runId: lock.run_id,
      replayer,
      ...draw,
      ...(proposed && { proposed }),
      searchSet,
      heldout,
    })
    return { run, reproduced }
  }
}

/**
 * What came to stand against a run while it searched, or before a killed one was begun again: a question would be spent on a
 * baseline that nobody serves. null: nothing did, or its question is open already and is answered whatever happens.
 */
async function movedMeanwhile(store: Store, run: AutotuneRun, commit: string): Promise<string | null> {
  const item = await recordPorts(store).ledgerItem(run.heldout_test_set!)
  if (item?.history.some((q) => q.commit === commit)) return null
  const problems = standingProblems(await gatherStanding(store, run.target), run.target, null)
  return problems.length === 0 ? null : `meanwhile: ${problems.join('; ')}. No question was asked`
}

/** Who a run asks for changes, as far as it is another run with others. */
const namesOf = ({ proposers, blocks }: Proposing) => ({
  proposers: proposers.map(({ name }) => name),
  ...(blocks && { blocks: digestOf(blocks) }),
})

/** The same lines, each put aside as it passes. */
async function* kept(lines: AsyncIterable<string>, aside: Records): AsyncGenerator<string> {
  for await (const line of lines) {
    aside.append(line)
    yield line
  }
}

/** The input that a killed run had pinned; null when it had not, or when it was about something else. */
async function pinnedRun(store: Store, id: string, about: string): Promise<AutotuneRun | null> {
  const run = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(id, 'target.json'))
  return run && aboutOf(run) === about ? run : null
}

/**
 * Keeps the refusal of a run that had pinned its input, which nobody is to go on with. One that opened its question before
 * it was killed stays open: "autotune run --abandon" answers it.
 */
export async function keepLateRefusal(store: Store, run: AutotuneRun, reasons: readonly string[]): Promise<void> {
  const row = run.heldout_test_set && (await recordPorts(store).ledgerItem(run.heldout_test_set))
  if (row?.open?.run_id === run.run_id)
    throw new UserError(
      `${reasons.join('; ')}\nquestion ${row.open.k} of this run is open: start it again, or give it up with "autotune run --abandon ${run.run_id}"`,
    )
  await keepRefusal(store, run.run_id, run.target, reasons)
}
