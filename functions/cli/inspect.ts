/** `list` and `show`: what a store knows of its runs, finished, under way and interrupted. */
import { runUsageLines } from '#core/model/usage-text.ts'
import { partInWords } from '#core/review/any-proposal.ts'
import { Id } from '#schemas/common.ts'
import type { PartProposal } from '#schemas/part-proposal.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { RunManifest } from '#schemas/run.ts'
import { type AutotuneFile, keys } from '#schemas/s3-keys.ts'
import { DamagedObject, UserError } from '../errors.ts'
import type { Store } from '../ports.ts'
import { type FiledPart, listedParts, statusOfProposal } from '../steps/release/lineage.ts'
import { readPart } from '../steps/review/part-proposals.ts'
import { latestReview } from '../steps/review/reviews.ts'
import { allRemembered } from '../steps/run/forget.ts'
import { readRefusal } from '../steps/run/read-refusal.ts'
import { findRun } from '../steps/run/run-record.ts'
import { waitingCorrections, waitingLine } from '../steps/run/waiting-corrections.ts'
import { type RunRow, runRows } from '../steps/workbench/run-list.ts'
import { readJson } from '../streams/read-object.ts'
import { table } from './layout.ts'
import { usageOf } from './model-usage.ts'
import { nextCommand } from './next.ts'
import { type CommandStore, openExisting, readerOf, unfinishedOf } from './open.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { number, patchLine, refusalLines, runLines, standsLines } from './text.ts'
import { memoryLines, rememberedObject } from './text-memory.ts'
import { partLines } from './text-part.ts'

interface Options extends StoreOptions {
  readonly json: boolean
}

/** Manifest of a finished run. Throws UserError when there is none. */
export async function manifestOf(store: Store, run: string): Promise<RunManifest> {
  const manifest = await finishedRun(store, run)
  if (!manifest) throw new UserError(`no finished run "${run}" in this store; "autotune list" shows what there is`)
  return manifest
}

/** A filed proposal of this id; null: it is that of a finished run. Throws UserError where there is neither. */
export async function filedOrFinished(store: Store, id: string): Promise<PartProposal | null> {
  const part = await readPart(store, id)
  if (!part) await manifestOf(store, id)
  return part
}

/** Manifest of a run; null: it is not finished, or there is none. Throws UserError when somebody changed it. */
export async function finishedRun(store: Store, run: string): Promise<RunManifest | null> {
  const id = Id.safeParse(run)
  const manifest = id.success ? await readable<RunManifest>(store, run, 'manifest.json') : null
  if (manifest && !RunManifest.safeParse(manifest).success) throw damaged(run, 'manifest.json')
  return manifest
}

/** A file of a run; a UserError where somebody changed it so that it cannot be read any more. */
async function readable<T>(store: Store, run: string, file: AutotuneFile): Promise<T | null> {
  return await readJson<T>(store.objects, keys.autotuneRun(run, file)).catch((error: Error) => {
    throw error instanceof DamagedObject ? damaged(run, file) : error
  })
}

const damaged = (run: string, file: AutotuneFile): UserError =>
  new UserError(`${file} of run ${run} was changed: "autotune verify ${run}" says what else was`)

export async function list({ json, ...o }: Options): Promise<number> {
  const store = await openExisting(o)
  try {
    const runs = (await runRows(store, await unfinishedOf(store))).map(listed)
    const corrections = await waitingCorrections(store)
    const waiting = waitingLine(corrections)
    const memory = await allRemembered(store)
    const { parts, damaged } = await listedParts(store)
    const proposals = [...parts.map(filedRow), ...damaged.map(damagedRow)]
    print(
      json,
      { runs, corrections, memory: memory.map(rememberedObject), ...(proposals.length > 0 && { proposals }) },
      () => [
        ...(runs.length === 0
          ? [`no runs yet: "${nextCommand(o, ['run', '--target', 'FILE'])}"`]
          : [...listLines(runs), ...memoryLines(memory)]),
        ...filedLines(proposals),
        ...(waiting ? [waiting] : []),
      ],
    )
    return 0
  } finally {
    store.close()
  }
}

/** A filed proposal as `--json` prints it. */
const filedRow = ({ proposal, status }: FiledPart) => ({
  proposal: proposal.tuning_proposal_id,
  verdict: proposal.certification,
  certified: false,
  date: proposal.proposed_at,
  intent: proposal.target.intent,
  change: partInWords(proposal.change),
  status,
})

/** The same of one that is no longer what was filed. */
const damagedRow = ({ id, why }: { readonly id: string; readonly why: Error }) => ({
  ...{
    proposal: id,
    verdict: null,
    certified: false,
    date: null,
    intent: null,
    change: null,
    status: 'damaged' as const,
  },
  reason: why.message,
})

type ProposalRow = ReturnType<typeof filedRow> | ReturnType<typeof damagedRow>

const filedLines = (proposals: readonly ProposalRow[]): string[] =>
  proposals.length === 0
    ? []
    : [
        '',
        'proposals of other producers',
        ...proposals.flatMap((row) =>
          row.status === 'damaged'
            ? [`${row.proposal}  damaged`, `   ${row.reason}`]
            : [
                `${row.proposal}  ${row.date.slice(0, 10)}  ${row.verdict}  ${row.status.replaceAll('_', ' ')}`,
                `   ${row.intent}: ${row.change}`,
              ],
        ),
      ]

/** A row as `--json` prints it. */
const listed = ({ run_id, date, intent, change, gain, worse, verdict, status, reasons, unfinished }: RunRow) => ({
  run: run_id,
  date,
  intent: intent ?? '',
  change,
  gain,
  worse,
  verdict: verdict ?? status,
  status,
  finished_at: verdict === null ? '' : (date ?? ''),
  winner: change,
  ...(unfinished || reasons.length > 0
    ? { reason: (unfinished ? standsLines(unfinished) : reasons).join('\n   ') }
    : {}),
})

/** A run on two lines: its figures in columns, and below what it is about. */
function listLines(runs: readonly ReturnType<typeof listed>[]): string[] {
  const [head, ...rows] = table(
    [
      ['run', 'date', 'verdict', 'gain', 'worse', 'status'],
      ...runs.map(({ run, date, verdict, gain, worse, status }) => [
        run,
        date?.slice(0, 10) ?? '-',
        verdict.replace('_', ' '),
        gainText(gain),
        worse === null ? '-' : `${worse.worse} of ${worse.of}`,
        status === 'finished' ? '-' : status.replaceAll('_', ' '),
      ]),
    ],
    ['left', 'left', 'left', 'right', 'right', 'left'],
    '',
  )
  return [
    head!,
    ...runs.flatMap(({ intent, change, reason }, at) => [
      rows[at]!,
      ...(intent === '' && change === null ? [] : [`   ${intent}${change === null ? '' : `: ${patchLine(change)}`}`]),
      ...(reason ? [`   ${reason}`] : []),
    ]),
  ]
}

/** The metric of the winner against its baseline, in per cent of that. */
function gainText(gain: RunRow['gain']): string {
  if (gain === null) return '-'
  const { baseline, candidate } = gain
  if (baseline === null || candidate === null) return 'not measured'
  const by = candidate - baseline
  const sign = by > 0 ? '+' : ''
  return baseline === 0
    ? `${sign}${number(by)}`
    : `${sign}${Number(((100 * by) / Math.abs(baseline)).toPrecision(3))} %`
}

export async function show(run: string, { json, ...o }: Options): Promise<number> {
  const store = await openExisting(o)
  try {
    const manifest = await finishedRun(store, run)
    if (!manifest) return (await showPart(store, run, json)) ?? (await showUnfinished(store, run, json))
    const proposal = await readable<TuningProposal>(store, run, 'selected-proposal.json')
    const files = [...(Object.keys(manifest.artifacts) as AutotuneFile[]), 'manifest.json' as const].map((file) =>
      store.nameOf(keys.autotuneRun(run, file)),
    )
    const status = proposal ? await statusOfProposal(store, run) : null
    const { vault, line } = await readerOf(store)
    const usage = await usageOf(store, run)
    const told = { proposal_status: status, tuning_proposal: proposal, vault, ...(usage && { model_usage: usage }) }
    print(json, { ...manifest.summary, files, ...told }, () => [
      ...runLines(manifest.summary, proposal, null),
      ...(usage === null ? [] : runUsageLines(usage).map((of) => `models   ${of}`)),
      line,
      ...(status === null ? [] : [`status   ${status.replace('_', ' ')}`]),
      'files',
      ...files.map((f) => `   ${f}`),
    ])
    return 0
  } finally {
    store.close()
  }
}

/** A filed proposal, stamp first; null: there is none of this id. */
export async function showPart(store: Store, id: string, json: boolean): Promise<number | null> {
  const proposal = await readPart(store, id)
  if (!proposal) return null
  const status = await statusOfProposal(store, id)
  const review = (await latestReview(store, id))?.review ?? null
  const told = { proposal: id, verdict: proposal.certification, certified: false, status }
  print(json, { ...told, tuning_proposal: proposal, review }, () => [
    ...partLines(proposal, status),
    ...(review?.decisions ?? []).map(
      (d) =>
        `decision ${d.decision} by ${d.reviewer} as ${d.role}, ${d.decided_at}${d.reason ? `: ${d.reason}` : ''} (${proposal.certification})`,
    ),
  ])
  return 0
}

/** A run that was refused before it started, or of which only the ledger knows. Throws UserError when it does not. */
export async function showUnfinished(store: CommandStore, runId: string, json: boolean): Promise<number> {
  const isId = Id.safeParse(runId).success
  const refusal = isId ? await readRefusal(store.objects, runId) : null
  if (refusal) {
    print(json, refusal, () => refusalLines(refusal))
    return 0
  }
  const found = (await unfinishedOf(store)).find(({ run }) => run === runId)
  if (found) {
    print(json, found, () => [
      `run ${runId}`,
      `verdict  ${found.status.toUpperCase()} (${found.intent})`,
      ...standsLines(found),
    ])
    return 0
  }
  const record = isId ? await findRun(store, runId) : null
  if (!record) throw new UserError(`no finished run "${runId}" in this store; "autotune list" shows what there is`)
  const { run, intent, verdict, status, started_at, execution, reason } = record
  print(json, { run, intent, verdict: verdict ?? status, started_at, execution, reason }, () => [
    `run ${run}`,
    `verdict  ${(verdict ?? status).toUpperCase()} (${intent}, started ${started_at})`,
    ...(reason ? [`note     ${reason}`] : []),
    `workflow ${execution}`,
  ])
  return 0
}
