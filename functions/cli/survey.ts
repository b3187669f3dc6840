/** `autotune inspect`: what a set of traces or records holds and what could be tuned with it, before there is any store. */
import { prospectsOf } from '#core/survey/prospects.ts'
import { SurveyOfRuns } from '#core/survey/survey.ts'
import { tryImport } from '../embedded/import-files.ts'
import { UserError } from '../errors.ts'
import { terminalProgress } from './progress.ts'
import { print } from './terminal.ts'
import { surveyLines } from './text-survey.ts'
import { type TraceFlags, traceImport } from './trace-options.ts'

const TOLD_EVERY = 500

interface Options extends TraceFlags {
  readonly json: boolean
  readonly map?: string
  readonly groupBy?: string
}

export async function inspect(files: readonly string[], o: Options): Promise<number> {
  if (files.length === 0) throw new UserError('nothing to inspect: name files or folders of traces')
  const survey = new SurveyOfRuns()
  const progress = terminalProgress()
  let read = 0
  // Looking refuses nothing for what it would drop: that is what it is there to say.
  const traces = { ...traceImport(o), maxDropped: 1, allowCut: true }
  const grouping = o.groupBy === undefined ? {} : { groupBy: o.groupBy }
  const tried = await tryImport(files, { map: o.map ?? null, ...grouping, traces }, (run) => {
    survey.add(run)
    if (++read % TOLD_EVERY === 0) progress(`read ${read} runs`)
  })
  const found = survey.result
  const prospects = prospectsOf(found)
  print(o.json, { traces: tried.traces, survey: found, prospects }, () => surveyLines(tried.traces, found, prospects))
  return 0
}
