/** What `run` prints of a finished run, embedded or deployed, and its exit code. */
import { runUsageLines } from '#core/model/usage-text.ts'
import { notSearchedBy } from '#core/search/not-searched.ts'
import type { Fate } from '#schemas/candidate.ts'
import type { RunUsage } from '#schemas/model-usage.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { AutotuneRun, RunSummary } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { saidElsewhere } from '../steps/run/other-baselines.ts'
import { readJson } from '../streams/read-object.ts'
import { type AskedFiles, nextCommand, planCommand } from './next.ts'
import { type CommandStore, readerOf } from './open.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { notSearchedLines, patchLine, runLines } from './text.ts'

/** Prints a finished run and returns its exit code: 0 a proposal, 3 none, 2 refused. */
export async function report(
  store: CommandStore,
  summary: RunSummary,
  json: boolean,
  place: StoreOptions & AskedFiles,
  usage: RunUsage | null = null,
): Promise<number> {
  const key = summary.proposal === null ? null : keys.autotuneRun(summary.run, 'selected-proposal.json')
  const path = key === null ? null : store.nameOf(key)
  const proposal = key === null ? null : await readJson<TuningProposal>(store.objects, key)
  const { line } = await readerOf(store)
  const run = await readJson<AutotuneRun>(store.objects, keys.autotuneRun(summary.run, 'target.json'))
  const not_searched = run ? notSearchedBy(run, summary.candidates) : []
  const elsewhere = run ? await rejectedBefore(store, run, summary) : []
  const told = {
    ...(not_searched.length > 0 && { not_searched }),
    ...(usage && { model_usage: usage }),
    ...(elsewhere.length > 0 && { other_baselines: elsewhere }),
  }
  print(json, { ...summary, proposal: path, ...told }, () => [
    ...runLines(summary, proposal, path),
    ...elsewhere.map((line) => `memory   ${line}`),
    ...notSearchedLines(not_searched, planCommand(place, place)),
    ...(usage === null ? [] : runUsageLines(usage).map((of) => `models   ${of}`)),
    line,
    ...nextLines(summary, place, proposal?.release_path.requires_reviewers ?? []),
  ])
  return summary.verdict === 'certified' ? 0 : summary.verdict === 'refused' ? 2 : 3
}

/** What memory says under another baseline of what would be, or was, asked of the sealed set. */
async function rejectedBefore(store: CommandStore, run: AutotuneRun, { candidates }: RunSummary): Promise<string[]> {
  const patches = candidates.filter(({ fate }) => ASKED.includes(fate)).map(({ patch }) => patch)
  const said = await saidElsewhere(store, run, patches)
  return patches.flatMap((patch, i) => (said[i] ? [`${patchLine(patch)}: ${said[i]}`] : []))
}

const ASKED: readonly Fate[] = ['won', 'certified', 'committed']

/** What a person gives next: why, whether it is recomputed, and where people decide. */
const nextLines = ({ run, verdict }: RunSummary, place: StoreOptions, roles: readonly string[]): string[] => [
  `why      ${nextCommand(place, ['explain', run])}`,
  `check    ${nextCommand(place, ['verify', run])}`,
  ...(verdict === 'certified' && place.stack === undefined
    ? [`review   ${nextCommand(place, ['review', run, ...roles.flatMap((role) => ['--reviewer', `${role}=PERSON`])])}`]
    : []),
]
