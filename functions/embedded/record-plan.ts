/** `autotune record`: a user's own recorder over what of a plan is not recorded yet, within a budget. What it made is kept at once. */
import { RecorderProcess, type RecorderReply } from '#adapters/local/recorder/recorder-process.ts'
import { plannedRun } from '#core/plan/planned-run.ts'
import { centsOfRun, type RecordingBudget, Spending } from '#core/plan/spending.ts'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import type { Settings } from '#schemas/common.ts'
import { ExperienceRun } from '#schemas/experience-run.ts'
import { RecordedParts } from '#schemas/recording-plan.ts'
import { UserError } from '../errors.ts'
import type { Progress, RunLoader, Store } from '../ports.ts'
import { fieldPath, problemOf } from '../steps/experience/parse.ts'
import { type OpenPlan, progressOf } from '../steps/plan/open-plan.ts'
import { heldAgainst, servedRuns } from './import-planned.ts'
import type { RecordedFile } from './recorded-file.ts'

interface RecordOptions {
  /** Real path of the recorder module. */
  readonly module: string
  readonly budget: RecordingBudget
  /** Processes at once. */
  readonly concurrency: number
  /** Longest that one case may take. */
  readonly limitMs: number
}

export interface RecordReport {
  /** Recordings that this command made, and those that failed. */
  readonly made: number
  readonly failed: readonly { readonly case_id: string; readonly settings_id: string; readonly why: string }[]
  /** Recordings in the file, and what they cost in cents; null: nobody counted all of them. */
  readonly calls: number
  readonly cents: number | null
  /** Why it stopped before the plan was recorded; null: it did not. */
  readonly stopped: string | null
}

/** So many failures one after the other are a recorder that does not work. */
const MOST_IN_A_ROW = 5

interface Entry {
  readonly case_id: string
  readonly settings_id: string
  readonly settings: Settings
}

/**
 * Records what is missing and adds each run to the file as soon as it is made. What the file or the store holds is not made
 * again. Throws UserError for a recorder that cannot be started, and for a file that holds other runs.
 */
export async function recordPlan(
  store: Store,
  open: OpenPlan,
  file: RecordedFile,
  { module, budget, concurrency, limitMs }: RecordOptions,
): Promise<RecordReport> {
  const { plan, prices } = open
  const served = servedRuns(store, open)
  const spending = new Spending(budget, plan.price.cents.unknown > 0 ? null : plan.price.cents.most)
  let isCounted = true
  const count = (run: ExperienceRun): number | null => {
    const cents = centsOfRun(run, prices)
    isCounted &&= cents !== null
    return cents
  }
  for (const [i, line] of file.lines.entries()) {
    const run = await earlierRun(line, i + 1, open, served)
    spending.add(`case ${run.case_id}`, count(run))
  }
  file.goOn()
  const waiting = missing(open).values()
  const failed: RecordReport['failed'][number][] = []
  let [made, inARow] = [0, 0]
  let stopped: string | null = null
  const work = async (): Promise<void> => {
    let recorder: RecorderProcess | null = null
    try {
      while (stopped === null) {
        const { value: entry, done } = waiting.next()
        if (done) return
        stopped = spending.stop
        if (stopped !== null) return
        spending.begin()
        if (!recorder?.isAlive) recorder = await RecorderProcess.start(module)
        const run = await served(open.cases.get(entry.case_id)!.served)
        const reply = await recorder.run(
          { recorded: pinRecording(run, null).recorded, settings: entry.settings },
          limitMs,
        )
        const found = await runOf(reply, run, entry, open, served)
        if ('why' in found) {
          spending.end(`case ${entry.case_id}`, null, true)
          isCounted = false
          failed.push({ case_id: entry.case_id, settings_id: entry.settings_id, why: found.why })
          if (++inARow >= MOST_IN_A_ROW) stopped ??= `${inARow} recordings failed one after the other`
          continue
        }
        spending.end(`case ${entry.case_id}`, count(found.run))
        file.add(JSON.stringify(found.run))
        inARow = 0
        made++
        tell(store.progress, open, spending)
      }
    } catch (error) {
      // What cannot go on here must not go on spending beside it.
      stopped ??= 'it failed'
      throw error
    } finally {
      recorder?.close()
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: concurrency }, work))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return { made, failed, calls: spending.calls, cents: isCounted ? spending.cents : null, stopped }
}

function tell(progress: Progress, open: OpenPlan, { cents }: Spending): void {
  const { recorded, of } = progressOf(open)
  progress(`${recorded} of ${of} recorded, ${Number(cents.toPrecision(4))} cents`)
}

/** What of a plan is recorded neither in the store nor in the file, in the plan's order. */
function missing({ plan, cases }: OpenPlan): Entry[] {
  return plan.recordings.flatMap(({ case_id, settings_id }) => {
    const planned = cases.get(case_id)
    if (!planned || planned.recorded.has(settings_id)) return []
    return [{ case_id, settings_id, settings: planned.wanted.get(settings_id)! }]
  })
}

/** The run of an earlier command; one that is stored already is counted all the same: it was paid for. */
async function earlierRun(line: string, at: number, open: OpenPlan, served: RunLoader): Promise<ExperienceRun> {
  const run = ExperienceRun.safeParse(jsonOf(line))
  const found = run.success ? await heldAgainst(run.data, open, served) : { field: 'document', problem: 'it is no run' }
  if ('run_id' in found) return found
  throw new UserError(
    `line ${at} of the file of recorded runs is none of this plan (${found.field}: ${found.problem}): name another file with --out`,
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** What a recorder returned as a run of the plan, or why it is none. */
async function runOf(
  reply: RecorderReply,
  before: ExperienceRun,
  { settings_id, settings }: Entry,
  open: OpenPlan,
  served: RunLoader,
): Promise<{ readonly run: ExperienceRun } | { readonly why: string }> {
  if ('failed' in reply) return { why: reply.failed }
  const parts = RecordedParts.safeParse(reply.returned)
  if (!parts.success) return { why: issueText(parts.error.issues[0]!) }
  const run = ExperienceRun.safeParse(plannedRun(parts.data, before, { plan: open.plan, settings_id, settings }))
  if (!run.success) return { why: issueText(run.error.issues[0]!) }
  const found = await heldAgainst(run.data, open, served)
  return 'run_id' in found ? { run: found } : { why: `${found.field}: ${found.problem}` }
}

const issueText = (issue: Parameters<typeof problemOf>[0]): string =>
  `what it returned is not valid: ${fieldPath(issue.path)}: ${problemOf(issue)}`
