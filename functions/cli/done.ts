/** `autotune done`: is the loop done for an intent, as the definition of done asks? Reads only. */
import { storeSigner } from '#adapters/local/store-signer.ts'
import type { DoneFacts } from '#core/done/facts.ts'
import type { Probe } from '#core/done/probe.ts'
import { type DoneReport, doneReport } from '#core/done/report.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { recomputeDeployed, recomputeRun } from '../embedded/recompute-run.ts'
import { donePage } from '../pages/done/page.ts'
import { gatherDone } from '../steps/done/gather.ts'
import { writeNew } from './new-file.ts'
import { nextCommand } from './next.ts'
import { type CommandStore, existingStore, isLocal, openForAudit } from './open.ts'
import { terminalProgress } from './progress.ts'
import { isDeployed, type StoreOptions } from './store-options.ts'
import { inLine, print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly intent?: string
  readonly html?: string
  /** What was tried of each failure mode, and what stopped it. */
  readonly verbose: boolean
}

/** Exit code: 0 every answer is yes, 3 not yet. */
export async function done({ json, intent, html, verbose, ...o }: Options): Promise<number> {
  const { report } = await lookDone(o, intent ?? null)
  if (html !== undefined) writeNew(html, donePage(report), 0o600, '--html')
  print(json, report, () => [
    `intent   ${report.intent ?? 'none yet'}; run ${report.run ?? 'none yet'}; rollout ${report.rollout ?? 'none yet'}`,
    'checks',
    ...report.checks.flatMap((probe) => probeLines(probe, o)),
    'failure modes, each tried on a copy of the configuration that the run pinned',
    ...report.failure_modes.flatMap((probe) => [...probeLines(probe, o), ...(verbose ? attemptLines(probe) : [])]),
    ...(html === undefined ? [] : [`wrote    ${html}`]),
    report.done ? 'done     YES' : `done     NOT YET: ${unanswered(report)} of 14 answers are not yes`,
  ])
  return report.done ? 0 : 3
}

interface LookedDone {
  readonly facts: DoneFacts
  readonly report: DoneReport
}

const asItIs = async (_: CommandStore, looked: LookedDone): Promise<LookedDone> => looked

/**
 * Facts and report of a store, which is only looked at: a folder, or a deployment under the role of its auditor, to whom the vault is closed.
 * @param also what else is looked at while it is open
 */
export async function lookDone<T = LookedDone>(
  o: StoreOptions,
  intent: string | null,
  also: (store: CommandStore, looked: LookedDone) => Promise<T> = asItIs as never,
): Promise<T> {
  const store = isDeployed(o)
    ? await openForAudit(o, terminalProgress())
    : existingStore(o.store, { readOnly: true, progress: terminalProgress() })
  try {
    const signer = isLocal(store) ? storeSigner(store.vaultDir, 'release') : store.releaseSigner!
    const recompute = ({ run_id }: AutotuneRun) =>
      isLocal(store) ? recomputeRun(store, run_id) : recomputeDeployed(store, run_id)
    const facts = await gatherDone(store, signer, async (run) => await recompute(run), intent)
    return await also(store, { facts, report: doneReport(facts) })
  } finally {
    store.close()
  }
}

const unanswered = ({ checks, failure_modes }: DoneReport): number =>
  [...checks, ...failure_modes].filter(({ answer }) => answer !== 'yes').length

const MARK = { yes: 'yes ', no: 'NO  ' } as const

const probeLines = ({ id, answer, reason, recompute, repair }: Probe, place: StoreOptions): string[] => [
  `   ${answer === null ? '?   ' : MARK[answer]} ${id.replaceAll('_', ' ')}: ${inLine(reason)}`,
  ...(repair === null ? [] : [`        repair: ${repair}`, `        check: ${nextCommand(place, recompute)}`]),
]

const attemptLines = ({ attempts = [] }: Probe): string[] =>
  attempts.map(
    ({ tried, stopped }) =>
      `        tried ${inLine(tried)}: ${stopped === null ? 'WENT THROUGH' : `stopped: ${inLine(stopped)}`}`,
  )
