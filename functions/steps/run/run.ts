/** One whole run over a store: pin the inputs, take the lock, run the pipeline, write what it left. */
import { baselinePins } from '#core/baseline/baseline.ts'
import type { Reproduction } from '#core/baseline/reproduce.ts'
import type { Records } from '#core/bytes/records.ts'
import { canonical, digestOf } from '#core/canonical.ts'
import { contractReasons, resolveTarget } from '#core/contract/contract.ts'
import type { ResolvedTarget } from '#core/contract/resolve.ts'
import type { Standing } from '#core/contract/standing.ts'
import { recordProblems } from '#core/experience/records-found.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { baselineDigest, harnessOf } from '#core/gate/commitment.ts'
import { GATE_RULES, otherRules } from '#core/gate/rules.ts'
import { type RunOutcome, refuseRun } from '#core/outcome.ts'
import { cageProblem } from '#core/replay/cage.ts'
import { type AutotunePorts, runAutotune } from '#core/run-autotune.ts'
import type { SearchResult } from '#core/search/search.ts'
import { searchProblems } from '#core/search/search-set.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { HeldoutVersion, LedgerItem } from '#schemas/heldout.ts'
import type { ContextPack, PriceTable } from '#schemas/pack.ts'
import type { AutotuneRun, Replayer, RunManifest, RunSummary } from '#schemas/run.ts'
import { AUTOTUNE_FILES, type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../../errors.ts'
import type { Holder, ReplayEngine, Store } from '../../ports.ts'
import { asText, digestOfPut } from '../../streams/groups.ts'
import { digestOfObject, readJson, streamLines } from '../../streams/read-object.ts'
import { compileIntent, keepSearch } from '../experience/compile.ts'
import { documentDigests, pinnedDocuments } from '../experience/documents.ts'
import { compareRecords } from '../experience/stored-records.ts'
import { traceSelection } from '../experience/trace-imports.ts'
import { headProblems } from '../heads/check.ts'
import { askGate } from '../heldout/gate.ts'
import { pinnedLimits } from '../heldout/pinned-limits.ts'
import { joinRetired, sealIfNeeded } from '../heldout/seal.ts'
import { TwoAnswers } from '../replay/harness-replays.ts'
import { replayerOf } from '../replay/replays.ts'
import { gather } from '../replay/reproduce.ts'
import { keepHeld } from '../store/held.ts'
import { rowKeys } from '../store/ledger-keys.ts'
import { openRuns, releaseLock, takeLock } from './lock.ts'
import { readRejections, writeRejections } from './memory.ts'
import { ContractRefused, keepRefusal } from './refusal.ts'
import { gatherStanding, shareProblems } from './standing.ts'

export interface RunRequest {
  readonly target: TuningTarget
  /** Hand-written changes, already bounded; null: search. */
  readonly candidates: readonly CandidateChange[] | null
  /** Chosen by the caller, or made from the clock and the metric. */
  readonly runId: string | null
  readonly demonstration: string | null
  /** Command line that goes on with the run when it is interrupted. */
  readonly command?: string
}

/** Runs a target. Throws UserError for bad input and for a held lock, with nothing written. */
export async function runTarget(
  store: Store,
  request: RunRequest,
  holder: Holder,
  engine: ReplayEngine,
): Promise<RunSummary> {
  const { target } = request
  const contract = await answeredContract(store, target).catch(async (error: unknown) => {
    if (!(error instanceof ContractRefused)) throw error
    return await leaveRefusal(store, request, request.runId, error)
  })
  const { pack, suite, prices, resolved, riskClass } = contract
  const replayer = replayerOf(engine)
  const caged = cageProblem(target, replayer)
  if (caged) throw new UserError(caged)
  const about = aboutOf({ target, candidates: request.candidates, replayer })
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
      return await ports.ask(...question)
    }
    const outcome = await runAutotune(run, { ...ports, ask }).catch((error: unknown) => {
      if (!(error instanceof TwoAnswers)) throw error
      return refuseRun(run, [error.message])
    })
    await keeping.check()
    if (outcome.artifacts.length === 0) await keepLateRefusal(store, run, outcome.summary.reasons)
    await writeOutcome(store, run, riskClass, outcome, startedAt)
    return outcome.summary
  } finally {
    keeping.stop()
    await releaseLock(store, resolved.intent, riskClass, lock.run_id)
  }

  /** A refused contract leaves its record; of records that were changed, all are counted first. */
  async function recorded(error: unknown): Promise<never> {
    if (error instanceof ContractRefused) return await leaveRefusal(store, request, lock.run_id, error)
    const records = error instanceof TamperError ? await compareRecords(store, resolved.intent, { whole: true }) : null
    if (records === null) throw error
    const reasons = reasonsOf(
      request,
      contract,
      await gatherStanding(store, target, recordProblems(resolved.intent, records)),
    )
    const file = records.search.changed > 0 ? [(error as TamperError).message] : []
    return await leaveRefusal(store, request, lock.run_id, new ContractRefused([...reasons, ...file]))
  }

  async function pinRun(): Promise<{ run: AutotuneRun; reproduced: Reproduction } | { refused: RunSummary }> {
    if (await isTaken(store, lock.run_id))
      throw new UserError(`run ${lock.run_id} exists already: choose another --run-id`)
    if ((await openRuns(store, lock.run_id)).length > 1)
      throw new UserError(`run ${lock.run_id} is open on another intent: choose another --run-id`)
    const records = [
      ...recordProblems(resolved.intent, await compareRecords(store, resolved.intent)),
      ...(await shareProblems(store, target)),
      ...(await headProblems(store)),
    ]
    const reasons = reasonsOf(request, contract, await gatherStanding(store, target, records))
    if (reasons.length > 0) throw new ContractRefused(reasons)
    await clearUnfinished(store, lock.run_id)
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
    const pins = { tuple: resolved.baseline_tuple, settings: pack.settings, suite, prices, replayer }
    const lines = kept(compileIntent(store, resolved.intent), set)
    const reproduced = await gather(engine.reproduce(lines, pins, 'search'))
    if (set.count === 0)
      throw new UserError(
        `no recorded run of intent "${resolved.intent}" is in this store: "autotune import FILE" first`,
      )
    const problems = searchProblems(reproduced, resolved, suite, replayer.kind)
    if (problems.length > 0) {
      const size = { run_id: lock.run_id, heldout_test_set: null, search_set: { cases: set.count } }
      return { refused: refuseRun(size, problems, reproduced.excluded).summary }
    }
    const searchSet = await keepSearch(store.objects, resolved.intent, set)
    const heldout = await sealIfNeeded(store, resolved, pins, engine, () =>
      pinnedLimits(set.texts(), pack.settings, suite),
    )
    const run = await pinnedInput(store, request, contract, {
      runId: lock.run_id,
      replayer,
      searchSet,
      heldout,
    })
    return { run, reproduced }
  }
}

/** The same lines, each put aside as it passes. */
async function* kept(lines: AsyncIterable<string>, aside: Records): AsyncGenerator<string> {
  for await (const line of lines) {
    aside.append(line)
    yield line
  }
}

/** The documents of a target whose contract is answered, and what follows from them. */
export interface AnsweredContract {
  readonly pack: ContextPack
  readonly suite: EvaluatorSuite
  readonly prices: PriceTable | null
  readonly resolved: ResolvedTarget
  readonly riskClass: string
}

/** Reads what a target pins. Throws ContractRefused naming every question that is not answered. */
export async function answeredContract(store: Pick<Store, 'objects'>, target: TuningTarget): Promise<AnsweredContract> {
  const { pack, suite, prices } = await pinnedDocuments(store.objects, target)
  const reasons = contractReasons({ target, pack, evaluator_suite: suite, price_table: prices })
  if (reasons.length > 0 || !pack || !suite) throw new ContractRefused(reasons)
  const resolved = resolveTarget(target)
  const riskClass = pack.intents.find((i) => i.intent_id === resolved.intent)!.risk_class
  return { pack, suite, prices, resolved, riskClass }
}

/** Why a run may not start, with what stands in its way. */
export const reasonsOf = (
  { target, candidates }: Pick<RunRequest, 'target' | 'candidates'>,
  { pack, suite, prices }: Pick<AnsweredContract, 'pack' | 'suite' | 'prices'>,
  standing: Standing,
): string[] => contractReasons({ target, pack, evaluator_suite: suite, price_table: prices, standing, candidates })

/** Keeps the record of a refusal, and refuses. A finished run keeps its own. */
export async function leaveRefusal(
  store: Store,
  { target }: Pick<RunRequest, 'target'>,
  runId: string | null,
  refused: ContractRefused,
): Promise<never> {
  const id = runId ?? (await freshRunId(store, target, store.clock.now()))
  if (!(await isTaken(store, id))) await keepRefusal(store, id, target, refused.reasons)
  throw refused
}

/** The input of a run as it is pinned: everything that its bytes depend on. */
export async function pinnedInput(
  store: Store,
  { target, candidates, demonstration }: RunRequest,
  { pack, suite, prices, resolved }: AnsweredContract,
  pinned: {
    readonly runId: string
    readonly replayer: Replayer
    readonly searchSet: { readonly ref: string; readonly digest: string; readonly cases: number }
    readonly heldout: HeldoutVersion | null
  },
): Promise<AutotuneRun> {
  const { runId, replayer, searchSet, heldout } = pinned
  const baseline = baselineDigest({ target, pack, replayer })
  const documents = await documentDigests(store.objects, resolved.baseline_tuple)
  const traces = await traceSelection(store.objects)
  return {
    run_id: runId,
    target,
    pack,
    evaluator_suite: suite,
    price_table: prices,
    ...(Object.keys(documents).length > 0 ? { documents } : {}),
    replayer,
    search_set: searchSet,
    ...(traces && { traces }),
    heldout_test_set: heldout,
    gate_rules: GATE_RULES,
    candidates: candidates ? [...candidates] : null,
    rejections: await readRejections(store, resolved.intent, baseline, digestOf(suite), runId),
    demonstration,
  }
}

/** Those ports of the pipeline that replay nothing. */
export function recordPorts(store: Store): Pick<AutotunePorts, 'pin' | 'ledgerItem'> {
  return {
    async pin(run) {
      await store.objects.put(keys.autotuneRun(run.run_id, 'target.json'), `${canonical(run)}\n`)
    },
    async ledgerItem({ intent, version }) {
      return (await store.table.get<LedgerItem>(...rowKeys.version(intent, version)))?.body ?? null
    },
  }
}

/** The pipeline's ports over a store; `reproduced` where the baseline was replayed already. */
function portsOf(store: Store, engine: ReplayEngine, reproduced: Reproduction | null): AutotunePorts {
  return {
    ...recordPorts(store),
    reproduce: async (run) =>
      reproduced ?? gather(engine.reproduce(await pinnedLines(store, run), baselinePins(run), 'search')),
    async search(run, input) {
      const put = (file: AutotuneFile) => (text: AsyncIterable<string>) =>
        store.objects.put(keys.autotuneRun(run.run_id, file), text)
      const searched = await keepReplays(engine.search(input), put('replay-results.jsonl'))
      if (!engine.replies) return searched
      return { ...searched, replies: await digestOfPut(asText(engine.replies.lines()), put('harness-replies.jsonl')) }
    },
    ask: (run, commit, found) => askGate(store, run, commit, found.committed, engine),
  }
}

/** Case lines of the search set that a run pins, whose digest was checked. */
export async function pinnedLines(store: Store, run: AutotuneRun, version?: string): Promise<AsyncIterable<string>> {
  const key = keys.goldensAt(run.target.intent!, run.search_set.digest)
  const digest = await digestOfObject(store.objects, key, version)
  if (digest === null) throw new UserError(`${key} is missing: run ${run.run_id} was computed from it`)
  if (digest !== run.search_set.digest)
    throw new UserError(`${key} was changed: its digest is no longer ${run.search_set.digest}`)
  return streamLines(store.objects, key, version)
}

/** Keeps the replays of a search as they come, and returns the digest of the file that they make. */
export async function keepReplays(
  searching: AsyncGenerator<string, SearchResult>,
  put: (text: AsyncIterable<string>) => Promise<unknown>,
): ReturnType<AutotunePorts['search']> {
  let found: SearchResult | null = null
  const lines = async function* () {
    found = yield* searching
  }
  const results = await digestOfPut(asText(lines()), put)
  return { found: found!, results }
}

/** Artifacts, then what memory learned, then the manifest: a run with a manifest is finished. */
export async function writeOutcome(
  store: Store,
  run: AutotuneRun,
  riskClass: string,
  outcome: RunOutcome,
  startedAt: string,
): Promise<void> {
  if (outcome.artifacts.length === 0) return
  for (const { file, text } of outcome.artifacts)
    if (text !== null) await store.objects.put(keys.autotuneRun(run.run_id, file), text)
  await writeRejections(store, outcome.rejections)
  const body: Omit<RunManifest, 'digest'> = {
    run_id: run.run_id,
    intent: run.target.intent!,
    risk_class: riskClass,
    verdict: outcome.verdict,
    started_at: startedAt,
    finished_at: store.clock.now(),
    artifacts: Object.fromEntries(outcome.artifacts.map(({ file, digest }) => [file, digest])),
    billed: outcome.billed,
    summary: outcome.summary,
  }
  const manifest: RunManifest = { ...body, digest: digestOf(body) }
  const { run_id, verdict, digest } = manifest
  await store.heads?.journal.append({ kind: 'run', run: run_id, verdict, digest })
  await store.objects.put(keys.autotuneRun(run_id, 'manifest.json'), `${canonical(manifest)}\n`)
}

/** Is there a finished run of this id? */
export const isTaken = async (store: Store, id: string): Promise<boolean> =>
  (await store.objects.get(keys.autotuneRun(id, 'manifest.json'))) !== null

/**
 * Keeps the refusal of a run that had pinned its input, which nobody is to go on with. One that opened its question before
 * it was killed stays open: "autotune run --abandon" answers it.
 */
async function keepLateRefusal(store: Store, run: AutotuneRun, reasons: readonly string[]): Promise<void> {
  const row = run.heldout_test_set && (await recordPorts(store).ledgerItem(run.heldout_test_set))
  if (row?.open?.run_id === run.run_id)
    throw new UserError(
      `${reasons.join('; ')}\nquestion ${row.open.k} of this run is open: start it again, or give it up with "autotune run --abandon ${run.run_id}"`,
    )
  await keepRefusal(store, run.run_id, run.target, reasons)
  await clearUnfinished(store, run.run_id)
}

/** What a run is about: the same target, hand-written candidates and harness may resume it. */
export const aboutOf = ({
  target,
  candidates,
  replayer,
}: Pick<AutotuneRun, 'target' | 'replayer'> & Pick<RunRequest, 'candidates'>): string =>
  digestOf({ target, candidates, ...harnessOf(replayer) })

/** The input that a killed run had pinned; null when it had not, or when it was about something else. */
async function pinnedRun(store: Store, id: string, about: string): Promise<AutotuneRun | null> {
  const run = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(id, 'target.json'))
  return run && aboutOf(run) === about ? run : null
}

/** Removes what a run that never finished left in its folder; a finished run is left alone. */
export async function clearUnfinished(store: Store, id: string): Promise<void> {
  if ((await isTaken(store, id)) || (await store.objects.get(keys.autotuneRun(id, 'target.json'))) === null) return
  // The pinned input goes last: while it stands, what lies beside it is cleared again.
  for (const file of AUTOTUNE_FILES.toReversed()) await store.objects.delete(keys.autotuneRun(id, file))
}

/** `at_YYYY_MM_DD_SLUG` from the clock; a number follows when that id is taken. */
export async function freshRunId(store: Store, target: TuningTarget, now: string): Promise<string> {
  const about = target.intent?.split('.').at(-1) ?? 'no_intent'
  const slug = `${about}_${(target.metric ?? 'no_metric').replace(/_per_decision$/, '').replace(/^economics_/, '')}`
  const stem = `at_${now.slice(0, 10).replaceAll('-', '_')}_${slug.replace(/[^A-Za-z0-9_]/g, '_').slice(-80)}`
  for (let n = 1; ; n++) {
    const id = n === 1 ? stem : `${stem}_${n}`
    const isFree = !(await isTaken(store, id)) && (await store.objects.get(keys.refusal(id))) === null
    if (isFree && (await openRuns(store, id)).length === 0) return id
  }
}
