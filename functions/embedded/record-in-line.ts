/** A line of a file of native records as what stands in it. */
import type { TextLine } from '#adapters/local/carriers/text-lines.ts'
import type { ImportProblem } from '#adapters/local/import/import-error.ts'
import { parseRecord } from '../steps/experience/parse.ts'

/** What is wrong with a line; it travels between threads as it is. */
export type LineProblem = Omit<ImportProblem, 'file'>

/** The JSON value of a line, not held to any shape yet, or what is wrong with the line. */
export function recordIn({ line, text }: TextLine, file: string): { readonly value: unknown } | LineProblem {
  try {
    return { value: parseRecord(text, file) }
  } catch (error) {
    const problem = (error as Error).message.replace(`${file} `, 'the line ').replace(`${file}: `, '')
    return { line, field: null, problem, todo: 'Mend the line; every line is one JSON object' }
  }
}
