/** `autotune run`: one run of a target, or giving up on one. */
import { join } from 'node:path'
import { thisProcess } from '#adapters/local/holder.ts'
import type { LocalStore } from '#adapters/local/open-store.ts'
import { type CandidateChange, HandWrittenChange } from '#schemas/candidate.ts'
import { Id } from '#schemas/common.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { RunSummary } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { TuningTarget } from '#schemas/target.ts'
import { UserError } from '../errors.ts'
import { abandonRun } from '../steps/abandon.ts'
import { parseAs, parseJson, parseTarget, pinnedDocuments } from '../steps/documents.ts'
import { boundedCandidates } from '../steps/hand-written.ts'
import { runTarget } from '../steps/run.ts'
import { readJson } from '../steps/store.ts'
import { chosenReplayer, type LocalEngine, openEngine } from './engine.ts'
import { existingStore } from './inspect.ts'
import { print, readInput, terminalProgress } from './io.ts'
import { runLines } from './text.ts'

interface Options {
  readonly store: string
  readonly json: boolean
  readonly target?: string
  readonly candidates?: string
  readonly runId?: string
  readonly abandon?: string
  readonly replayer?: string
  readonly concurrency?: number
  readonly limitMs?: number
}

export async function runVerb(o: Options): Promise<number> {
  if (o.abandon !== undefined) return await abandon(o.abandon, o)
  if (o.target === undefined) throw new UserError('name a target with --target FILE ("autotune init" writes a starter)')
  if (o.runId !== undefined && !Id.safeParse(o.runId).success)
    throw new UserError(`--run-id "${o.runId}" is no id: letters, digits, "_", "-", "." and ":" only, at most 128`)
  const target = parseTarget(readInput(o.target), o.target)
  const replayer = chosenReplayer(target, o.target, o.replayer)
  const text = o.candidates === undefined ? null : readInput(o.candidates)
  const store = existingStore(o.store, { progress: terminalProgress() })
  let engine: LocalEngine | null = null
  try {
    engine = await openEngine(store, target.intent ?? '', { ...o, replayer })
    const candidates = text === null ? null : await handWritten(store, target, text, o.candidates!)
    const summary = await runTarget(
      store,
      { target, candidates, runId: o.runId ?? null, demonstration: null },
      thisProcess(),
      engine,
    )
    return await report(store, summary, o.json)
  } finally {
    engine?.close()
    store.close()
  }
}

/** Prints a finished run and returns its exit code: 0 a proposal, 3 none, 2 refused. */
export async function report(store: LocalStore, summary: RunSummary, json: boolean): Promise<number> {
  const path = summary.proposal === null ? null : join(store.dir, 'autotune/runs', summary.run, summary.proposal)
  const proposal =
    summary.proposal === null
      ? null
      : await readJson<TuningProposal>(store.objects, keys.autotuneRun(summary.run, 'selected-proposal.json'))
  print(json, { ...summary, proposal: path }, () => runLines(summary, proposal, path))
  return summary.verdict === 'certified' ? 0 : summary.verdict === 'refused' ? 2 : 3
}

/** The changes of a file, one a line, as bounded candidates. */
async function handWritten(
  store: LocalStore,
  target: TuningTarget,
  text: string,
  file: string,
): Promise<CandidateChange[]> {
  const { pack } = await pinnedDocuments(store.objects, target)
  if (!pack) throw new UserError(`the baseline pack ${target.baseline_tuple?.pack ?? ''} is not in this store`)
  const changes = text.split('\n').flatMap((line, i) => {
    const at = `${file}:${i + 1}`
    return line.trim() === '' ? [] : [{ at, change: parseAs(HandWrittenChange, parseJson(line, at), at) }]
  })
  if (changes.length === 0) throw new UserError(`${file} holds no change: one {"patch": {"path": value}} a line`)
  return boundedCandidates(changes, pack, target)
}

async function abandon(runId: string, { store: dir, json }: Options): Promise<number> {
  const store = existingStore(dir)
  try {
    const result = await abandonRun(store, runId, thisProcess())
    print(json, result, () => [
      result.question === null
        ? `run ${runId} had no open question; its lock is free`
        : `question ${result.question} of run ${runId} is answered "no"; its lock is free`,
    ])
    return 0
  } finally {
    store.close()
  }
}
