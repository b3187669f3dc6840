/** `autotune run` against a deployment: starts the tuning workflow, follows it, and prints what the embedded run prints. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DeployedStore } from '#adapters/aws/deployed-store.ts'
import { readableCause } from '#adapters/aws/readable-cause.ts'
import { refuseRun } from '#core/outcome.ts'
import type { HandWrittenChange } from '#schemas/candidate.ts'
import type { LiveModel } from '#schemas/live-model.ts'
import type { RunSummary } from '#schemas/run.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { StartRequest } from '#schemas/workflow.ts'
import { UserError } from '../errors.ts'
import type { WorkflowState } from '../ports.ts'
import { readRefusal } from '../steps/run/read-refusal.ts'
import { runOfExecution } from '../steps/run/run-record.ts'
import { finishedRun } from './inspect.ts'
import { usageOf } from './model-usage.ts'
import type { AskedFiles } from './next.ts'
import { report } from './report.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'

interface Request {
  readonly target: TuningTarget
  readonly candidates: readonly HandWrittenChange[] | null
  readonly run_id: string | null
  /** What proposers made of the search side; null: none was asked. */
  readonly proposed: StartRequest['proposed']
  /** The signed document of the model that is asked live; null: recorded answers stand. */
  readonly live: LiveModel | null
}

/** What a person who waits should know of a state, beside its name. */
const NOTES: Readonly<Record<string, string>> = {
  'Ask Held-Out Set':
    'every answer becomes readable at one fixed time after its question (an hour unless deployed otherwise). Ctrl-C leaves the run going',
}

/** Exit code of a command that a person stopped, as shells have it. */
const STOPPED = 130

/** Exit code: as the embedded run's; 1 when the workflow itself failed, 130 when a person stopped following. */
export async function runDeployed(
  store: DeployedStore,
  request: Request,
  { json, ...place }: StoreOptions & AskedFiles & { readonly json: boolean },
): Promise<number> {
  const stop = new AbortController()
  const interrupt = () => stop.abort()
  process.once('SIGINT', interrupt)
  try {
    const execution = await store.workflows.start(request)
    const state = await follow(store, execution, stop.signal).catch((error: unknown) => {
      goesOn(store, null, execution)
      throw error
    })
    const intent = request.target.intent ?? ''
    if (state === null) {
      goesOn(store, await runOfExecution(store, intent, execution), execution)
      return STOPPED
    }
    if (state.status === 'failed') return await failed(store, intent, execution, state, json)
    const { run_id } = state.output as { run_id: string }
    return await report(store, await summaryOf(store, run_id), json, place, await usageOf(store, run_id))
  } finally {
    process.removeListener('SIGINT', interrupt)
  }
}

/** Waits for the end; null: a person did not. */
async function follow(
  store: DeployedStore,
  execution: string,
  stop: AbortSignal,
): Promise<Exclude<WorkflowState, { status: 'running' }> | null> {
  let at: string | null = null
  for (let wait = 250; ; wait = Math.min(wait * 1.5, 5000)) {
    const state = await store.workflows.describe(execution)
    if (state.status !== 'running') return state
    if (state.at !== null && state.at !== at)
      store.progress(state.at in NOTES ? `${state.at}: ${NOTES[state.at]}` : state.at)
    at = state.at
    if (stop.aborted) return null
    await sleep(wait, null, { signal: stop }).catch(() => {})
  }
}

/** A finished run has a manifest, unless it was refused without a result: then its refusal has the reasons. */
async function summaryOf(store: DeployedStore, runId: string): Promise<RunSummary> {
  const manifest = await finishedRun(store, runId)
  if (manifest) return manifest.summary
  const reasons = (await readRefusal(store.objects, runId))?.reasons ?? ['its record is missing']
  return refuseRun({ run_id: runId, heldout_test_set: null, search_set: { cases: 0 } }, reasons).summary
}

/** Says that nobody follows the run any more, and how to see it. */
function goesOn(
  { deployment: { stack } }: DeployedStore,
  row: { readonly sk: string } | null,
  execution: string,
): void {
  const how = row === null ? `autotune list --stack ${stack}` : `autotune show ${row.sk} --stack ${stack}`
  process.stderr.write(`autotune: the run goes on by itself (${execution}). See how it stands with "${how}"\n`)
}

/** What a person got wrong is refused as ever; anything else is the deployment's failure. */
async function failed(
  store: DeployedStore,
  intent: string,
  execution: string,
  { error, cause }: Extract<WorkflowState, { status: 'failed' }>,
  json: boolean,
): Promise<number> {
  const reason = readableCause(cause)
  if (error === 'UserError' || error === 'TamperError') throw new UserError(reason)
  const run = (await runOfExecution(store, intent, execution))?.sk ?? null
  print(json, { run, verdict: 'failed', execution, error, reason }, () => [
    `run ${run ?? '(not begun)'} failed: ${error}${reason === '' ? '' : `: ${reason}`}`,
    `   its lock is free and it spends nothing more; redrive it in Step Functions to go on where it stopped: ${execution}`,
  ])
  return 1
}
