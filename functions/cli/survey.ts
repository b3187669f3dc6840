/** `autotune inspect`: what a set of traces or records holds and what could be tuned with it, before there is any store. */
import { prospectsOf } from '#core/survey/prospects.ts'
import { SurveyOfRuns } from '#core/survey/survey.ts'
import { tryImport } from '../embedded/import-files.ts'
import { UserError } from '../errors.ts'
import { readRuns, terminalProgress } from './progress.ts'
import { print } from './terminal.ts'
import { surveyLines } from './text-survey.ts'
import { lookOptions, type TraceFlags } from './trace-options.ts'

interface Options extends TraceFlags {
  readonly json: boolean
}

export async function inspect(files: readonly string[], o: Options): Promise<number> {
  if (files.length === 0) throw new UserError('nothing to inspect: name files or folders of traces')
  const survey = new SurveyOfRuns()
  const told = readRuns(terminalProgress())
  const tried = await tryImport(files, lookOptions(o), (run) => {
    survey.add(run)
    told()
  })
  const found = survey.result
  const prospects = prospectsOf(
    found,
    tried.traces?.scores.map(({ option }) => option),
  )
  print(o.json, { traces: tried.traces, survey: found, prospects }, () => surveyLines(tried.traces, found, prospects))
  return 0
}
