/** What `run` prints of a finished run, embedded or deployed, and its exit code. */
import type { TuningProposal } from '#schemas/proposal.ts'
import type { RunSummary } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { readJson } from '../streams/read-object.ts'
import { type CommandStore, readerOf } from './open.ts'
import { print } from './terminal.ts'
import { runLines } from './text.ts'

/** Prints a finished run and returns its exit code: 0 a proposal, 3 none, 2 refused. */
export async function report(store: CommandStore, summary: RunSummary, json: boolean): Promise<number> {
  const key = summary.proposal === null ? null : keys.autotuneRun(summary.run, 'selected-proposal.json')
  const path = key === null ? null : store.nameOf(key)
  const proposal = key === null ? null : await readJson<TuningProposal>(store.objects, key)
  const { line } = await readerOf(store)
  print(json, { ...summary, proposal: path }, () => [...runLines(summary, proposal, path), line])
  return summary.verdict === 'certified' ? 0 : summary.verdict === 'refused' ? 2 : 3
}
