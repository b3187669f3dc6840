/** Files of corrections, a line of JSON each, held to their contract: each with its file and line. */
import { ImportError } from '#adapters/local/import/import-error.ts'
import { readJsonl } from '#adapters/local/import/read-jsonl.ts'
import { Correction } from '#schemas/correction.ts'
import { UserError } from '../errors.ts'
import type { LocatedCorrection } from '../steps/experience/corrections.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'

/** Problems that a refusal names; a file of another kind has one on every line. */
const NAMED = 20

/**
 * The corrections of some files, instants in one form. The same line twice is one correction.
 * @throws UserError naming every line that holds none
 */
export async function correctionsOf(files: readonly string[]): Promise<LocatedCorrection[]> {
  const problems: string[] = []
  const located: LocatedCorrection[] = []
  for (const file of files)
    try {
      for await (const { line, text } of readJsonl(file)) {
        const at = `${file}:${line}`
        if (line === 1 && /^[[{]\s*$/.test(text))
          throw new ImportError({
            ...{ file, line, field: null },
            problem: 'a correction is one line of JSON, and here one goes over several lines',
            todo: `Write each on a line of its own: "jq -c '.[]? // .' ${file}"`,
          })
        try {
          const correction = parseAs(Correction, parseJson(text, at), at)
          located.push({ at, correction: { ...correction, at: new Date(correction.at).toISOString() } })
        } catch (error) {
          if (!(error instanceof UserError)) throw error
          problems.push(error.message)
        }
      }
    } catch (error) {
      if (!(error instanceof ImportError)) throw error
      problems.push(error.message)
    }
  const more = problems.length - NAMED
  if (problems.length > 0)
    throw new UserError(
      [...problems.slice(0, NAMED), ...(more > 0 ? [`... and ${more} more`] : []), 'no correction was stored'].join(
        '\n',
      ),
    )
  if (located.length === 0)
    throw new UserError(
      `${files.join(', ')} holds no correction: one {"run_id": ..., "at": ..., "by": ..., "outcome": {"passed": false}} a line`,
    )
  return located
}
