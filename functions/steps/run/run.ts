/** One whole run over a store: take the lock, pin the inputs, run the pipeline, write what it left. */

import { digestOf } from '#core/canonical.ts'
import { liveProblems } from '#core/contract/live-problems.ts'
import { standingProblems } from '#core/contract/standing.ts'
import { otherRules } from '#core/gate/rules.ts'
import type { RunOutcome } from '#core/outcome.ts'
import type { Proposing } from '#core/proposers/proposer.ts'
import { cageProblem, liveOf } from '#core/replay/cage.ts'
import { type AutotunePorts, runAutotune } from '#core/run-autotune.ts'
import type { AutotuneRun, RunSummary } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../errors.ts'
import type { Holder, ReplayEngine, Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { refusedByTwoAnswers } from '../replay/answered-alike.ts'
import { replayerOf } from '../replay/replays.ts'
import { unaskable, verdictCage } from '../replay/verdicts.ts'
import { keepHeld } from '../store/held.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { answeredContract, type RunRequest } from './contract.ts'
import { clearUnfinished, freshRunId, writeOutcome } from './finish.ts'
import { type FreshRun, type Pinned, pinRun } from './fresh-run.ts'
import { releaseLock, takeLock } from './lock.ts'
import { aboutOf } from './pinned-input.ts'
import { portsOf, recordPorts } from './ports.ts'
import { proposingOf } from './proposers.ts'
import { ContractRefused, keepRefusal, leaveRefusal } from './refusal.ts'
import { gatherStanding } from './standing.ts'

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
  const { resolved, riskClass } = contract
  await refuseUnaskable(store, target, contract.suite, engine)
  const about = aboutOf({
    target,
    candidates: request.candidates,
    replayer: replayerOf(engine),
    proposed: proposing && namesOf(proposing),
  })
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
    const aside = store.scratch()
    try {
      const fresh = { store, request, contract, proposing, engine, runId: lock.run_id, heads: aside.records }
      const resumed = lock.resumed ? await pinnedRun(store, lock.run_id, about) : null
      const pinned = resumed ? { run: resumed, reproduced: () => null } : await pinRun(fresh)
      if ('refused' in pinned) {
        await keepRefusal(store, lock.run_id, target, pinned.refused.reasons)
        return pinned.refused
      }
      const outcome = await runPinned(fresh, pinned, keeping)
      await writeOutcome(store, pinned.run, riskClass, outcome, startedAt)
      return outcome.summary
    } finally {
      aside.close()
    }
  } finally {
    keeping.stop()
    await releaseLock(store, resolved.intent, riskClass, lock.run_id)
  }
}

/** Throws UserError where nobody here may replay the target's cases, or judge for its suite. */
async function refuseUnaskable(
  store: Store,
  target: TuningTarget,
  suite: EvaluatorSuite,
  engine: ReplayEngine,
): Promise<void> {
  const replayer = replayerOf(engine)
  const caged = cageProblem(target, { replayer, verdict_cage: verdictCage(suite, store.verdicts) })
  if (caged) throw new UserError(caged)
  const problems = liveOf(replayer) ? liveProblems(suite) : []
  if (problems.length > 0) throw new UserError(problems.join('\n'))
  const [lost] = await unaskable(suite, store.verdicts)
  if (lost) throw new UserError(`${suite.suite}: evaluators[${lost.at}]: ${lost.why}`)
}

/** The pipeline over a pinned input. A run whose lock was lost, or whose baseline moved, asks no question. */
async function runPinned(
  { store, engine, heads }: Pick<FreshRun, 'store' | 'engine' | 'heads'>,
  { run, reproduced }: Pinned,
  keeping: ReturnType<typeof keepHeld>,
): Promise<RunOutcome> {
  store.progress(
    `search set ${run.search_set.ref}: ${run.search_set.cases} cases; held out: ${run.heldout_test_set?.families ?? 0} families`,
  )
  const ports = portsOf(store, engine, reproduced, heads)
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
  return outcome
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

/**
 * The input that a killed run had pinned; null when it had not, or when it was about something else. Throws UserError for one
 * that another version began.
 */
async function pinnedRun(store: Store, id: string, about: string): Promise<AutotuneRun | null> {
  const run = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(id, 'target.json'))
  if (!run || aboutOf(run) !== about) return null
  const other = otherRules(run)
  if (other)
    throw new UserError(
      `run ${id} was started by version ${other}: finish it with that version, or give it up with "autotune run --abandon ${id}"`,
    )
  return run
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
