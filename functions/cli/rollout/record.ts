/** `rollout record`: scored production runs, as JSON lines, into the log of a rollout. */
import { ImportError } from '#adapters/local/import/import-error.ts'
import { readJsonl } from '#adapters/local/import/read-jsonl.ts'
import { ProductionRun } from '#schemas/release.ts'
import { UserError } from '../../errors.ts'
import { parseJson } from '../../steps/experience/parse.ts'
import { type RecordedRun, recordProduction } from '../../steps/release/production.ts'
import { print } from '../terminal.ts'
import { type RolloutOptions, withRollouts } from './open.ts'

export const record = (id: string, files: readonly string[], o: RolloutOptions): Promise<number> =>
  withRollouts(o, async (store) => {
    const report = await recordProduction(store, id, () => productionRuns(files))
    print(o.json, { rollout: id, ...report }, () => [
      `recorded ${report.recorded} runs${report.amended !== undefined ? `, ${report.amended} of them a later outcome of one that was there` : ''}${report.known > 0 ? `; ${report.known} were in the log already` : ''}`,
    ])
    return 0
  })

/** Problems that are told at once. */
const MOST = 20

/** Runs of files, in order. Reads on after a bad line, to name up to twenty, and then throws. */
async function* productionRuns(files: readonly string[]): AsyncGenerator<RecordedRun> {
  const problems: string[] = []
  for (const file of files)
    for await (const { line, text } of readJsonl(file)) {
      const run = runOf(file, line, text)
      if ('run' in run && problems.length === 0) yield { run: run.run, at: `${file}:${line}` }
      if ('problem' in run) problems.push(run.problem.message)
      if (problems.length === MOST) break
    }
  if (problems.length > 0) throw new UserError(`nothing was recorded:\n${problems.map((p) => `  ${p}`).join('\n')}`)
}

function runOf(file: string, line: number, text: string): { run: ProductionRun } | { problem: ImportError } {
  const todo = 'Mend the line; schemas/json/production-run.schema.json says what a run holds'
  let value: unknown
  try {
    value = parseJson(text, '')
  } catch (error) {
    const problem = (error as Error).message.replace(/^(?:: | is )/, '')
    return { problem: new ImportError({ file, line, field: null, problem, todo }) }
  }
  const parsed = ProductionRun.safeParse(value)
  if (parsed.success) return { run: parsed.data }
  const { path, message } = parsed.error.issues[0]!
  return { problem: new ImportError({ file, line, field: path.join('.') || null, problem: message, todo }) }
}
