/** The one error of an import: where it is, what is wrong, what to do about it. */
import { UserError } from '../../../errors.ts'

export interface ImportProblem {
  /** The file as it was named on the command line. */
  readonly file: string
  /** Line of the file, from 1; null when the file as a whole is meant. */
  readonly line: number | null
  /** Path of the field, e.g. `steps[2].tool_call_id`; null when the line as a whole is meant. */
  readonly field: string | null
  readonly problem: string
  /** One sentence in the imperative: what the user does next. */
  readonly todo: string
}

/** A file, record or map that cannot be imported. The message reads `FILE:LINE: FIELD: PROBLEM. WHAT TO DO`. */
export class ImportError extends Error implements ImportProblem {
  override readonly name = 'ImportError'
  readonly file: string
  readonly line: number | null
  readonly field: string | null
  readonly problem: string
  readonly todo: string

  constructor({ file, line, field, problem, todo }: ImportProblem) {
    super(`${file}${line === null ? '' : `:${line}`}: ${field === null ? '' : `${field}: `}${problem}. ${todo}`)
    this.file = file
    this.line = line
    this.field = field
    this.problem = problem
    this.todo = todo
  }
}

/** Problems that are told at once: an import with one is refused as a whole anyway. */
const MOST_PROBLEMS = 20

/** Records, as long as nothing is wrong with any. Throws one UserError in the end that lists the first problems. */
export async function* soundRecords<T>(records: AsyncIterable<T | ImportError>): AsyncGenerator<T> {
  const problems: ImportError[] = []
  for await (const record of records) {
    if (record instanceof ImportError) problems.push(record)
    else if (problems.length === 0) yield record
    if (problems.length === MOST_PROBLEMS) break
  }
  if (problems.length > 0) throw new UserError(`nothing was imported:\n${problemLines(problems).join('\n')}`)
}

/** Lines for people: what several lines of a file have wrong alike is told of the first one, with how many more there are. */
function problemLines(problems: readonly ImportError[]): string[] {
  const alike = Map.groupBy(problems, ({ file, line, field, problem, todo }) =>
    JSON.stringify([file, line === null, field, problem, todo]),
  )
  return [...alike.values()].map(([first, ...others]) =>
    others.length === 0
      ? `  ${first!.message}`
      : `  ${first!.message} (the same in ${others.length} more of the lines that were looked at)`,
  )
}
