/** Changes as people and other producers hand them over: JSON lines, one change or StrategyRule, or a list of them. */
import { changeOfRule } from '#core/space/strategy-rule.ts'
import { HandWrittenChange } from '#schemas/candidate.ts'
import { StrategyRule } from '#schemas/strategy-rule.ts'
import { UserError } from '../errors.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'
import type { LocatedChange } from '../steps/run/hand-written.ts'

/** Problems that are printed; a file of another kind has one on every line. */
const MOST_PROBLEMS = 20

/** The changes of a file, each with its file and line. Throws UserError with every line that holds none. */
export function changesOf(text: string, file: string): LocatedChange[] {
  const problems: string[] = []
  const changes = valuesOf(text, file).flatMap(({ at, read }): LocatedChange[] => {
    try {
      return [{ at, change: changeIn(read(), at) }]
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      problems.push(error.message)
      return []
    }
  })
  if (problems.length > MOST_PROBLEMS)
    problems.splice(MOST_PROBLEMS, problems.length, `... and ${problems.length - MOST_PROBLEMS} more`)
  if (problems.length > 0) throw new UserError(problems.join('\n'))
  if (changes.length === 0) throw new UserError(`${file} holds no change: one {"patch": {"path": value}} a line`)
  return changes
}

/** One change, in either of the forms in which they come; a rule is the change that it makes. */
function changeIn(value: unknown, at: string): HandWrittenChange {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  if (kind === undefined) return parseAs(HandWrittenChange, value, at)
  if (kind === RULE) return changeOfRule(parseAs(StrategyRule, value, at))
  throw new UserError(
    `${at}: kind ${JSON.stringify(kind)?.slice(0, 60)} is no kind of change: "${RULE}" is one, and a change of a person has none (a proposal of another kind is a file of its own)`,
  )
}

/** `kind` of a StrategyRule. */
export const RULE = 'strategy_rule'

interface Located {
  readonly at: string
  readonly read: () => unknown
}

function valuesOf(text: string, file: string): Located[] {
  const whole = text.trimStart().startsWith('[') ? parseJson(text, file) : oneObject(text)
  if (whole === null)
    return text.split('\n').flatMap((line, i) => {
      const at = `${file}:${i + 1}`
      return line.trim() === '' ? [] : [{ at, read: () => parseJson(line, at) }]
    })
  const values = Array.isArray(whole) ? whole : [whole]
  const lines = linesOfValues(text, Array.isArray(whole) ? 1 : 0)
  return values.map((value, i) => ({ at: `${file}:${lines[i]}`, read: () => value }))
}

/** The object that a text is, over several lines; null: it is none, or JSON lines. */
function oneObject(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return null
  try {
    return parseJson(text, '')
  } catch (error) {
    if (error instanceof UserError) return null
    throw error
  }
}

/** Line on which each value of a JSON text begins that lies so many brackets deep. */
function linesOfValues(text: string, depth: number): number[] {
  const lines: number[] = []
  let [line, open, begun] = [1, 0, false]
  // Strings hold brackets, commas and escaped quotes, but no line ends.
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[[\]{},\n]|[^\s[\]{},"]+/g)) {
    if (token === '\n') line++
    else if (token === ',') begun &&= open > depth
    else {
      const closes = token === ']' || token === '}'
      if (closes) open--
      else if (open === depth && !begun) {
        lines.push(line)
        begun = true
      }
      if (token === '[' || token === '{') open++
    }
  }
  return lines
}
