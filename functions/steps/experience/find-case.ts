/** One case of the search side with the runs that record it, as they were recorded. */
import { correctedRecording } from '#core/experience/corrections.ts'
import { caseOf } from '#core/experience/index-line.ts'
import { readRunFiles } from '#core/experience/run-files.ts'
import { assembleCase, compileRun } from '#core/replay/compile.ts'
import type { Correction } from '#schemas/correction.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { Store } from '../../ports.ts'
import { readCorrections } from './corrections.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { findLines, linesUnder } from './run-index.ts'

export interface FoundCase {
  readonly case: ReplayCase
  /** In the order of its recordings, as they were recorded. */
  readonly runs: readonly ExperienceRun[]
  /** What was said of them after they were stored, in that order; the case is as these have it. */
  readonly corrections: readonly Correction[]
}

/**
 * A case by its id, or by that of a run which records it. Where there is none, the names of cases for whoever mistyped one. Only
 * the search side is read: nothing here tells whether a case is sealed. Throws TamperError where a recorded file was changed.
 */
export async function findCase(
  store: Pick<Store, 'objects'>,
  id: string,
): Promise<FoundCase | { readonly known: ReadonlySet<string> }> {
  const known = new Set<string>()
  let name: string | undefined
  for await (const line of linesUnder(store.objects, keys.indexes())) {
    known.add(caseOf(line))
    if (caseOf(line) === id) name = id
    else if (line.run_id === id) name ??= caseOf(line)
  }
  if (name === undefined) return { known }
  const lines = await findLines(store.objects, (line) => caseOf(line) === name)
  const recorded = new RecordedRuns(store.objects)
  const found = []
  for (const [run, line] of lines) {
    const files = await recorded.files(line)
    if (files) found.push(readRunFiles(run, files))
  }
  if (found.length === 0) return { known }
  const corrections = await readCorrections(store.objects)
  const said = (run_id: string) => corrections.get(run_id) ?? []
  const compiled = assembleCase(
    found.map(({ run, recorded: sealed }) => {
      const one = compileRun(run, sealed)
      return { ...one, recording: correctedRecording(one.recording, said(run.run_id)) }
    }),
  ).case
  const byId = new Map(found.map(({ run }) => [run.run_id, run]))
  const runs = compiled.recordings.map(({ run_id }) => byId.get(run_id)!)
  return { case: compiled, runs, corrections: runs.flatMap(({ run_id }) => said(run_id)) }
}
