/** What `doctor` says first: a line a question, `ok`, `FAIL` or `note`, and what mends it. The tables behind it are in `tables.ts`. */
import type { Question } from '#core/contract/questions.ts'
import type { GuardrailNeed } from '#core/gate/guardrail-table.ts'
import { table } from '../layout.ts'
import { nextCommand } from '../next.ts'
import type { StoreOptions } from '../store-options.ts'

export interface Check {
  readonly state: 'ok' | 'FAIL' | 'note'
  /** What is asked, in a word or two. */
  readonly about: string
  readonly says: string
  /** A command, or what to do where there is none. */
  readonly mend?: string | undefined
}

/** The seven questions of the contract, in their order. */
const ABOUT = ['metric', 'limits', 'space', 'data', 'scoring', 'choice', 'release'] as const

/** A command that a text names in quotes, to be pasted; else what the text itself says. */
export function mendOf(text: string, place: StoreOptions): string | undefined {
  const words = /"autotune ([a-z][^"]*)"/.exec(text)?.[1]?.split(' ')
  return words && nextCommand(place, words)
}

/** Each question with its answer, or with everything that is missing. */
export const questionChecks = (questions: readonly Question[], file: string, place: StoreOptions): Check[] =>
  questions.flatMap(({ answer, missing }, at): Check[] =>
    answer !== null
      ? [{ state: 'ok', about: ABOUT[at]!, says: answer }]
      : missing.map((says) => ({
          state: 'FAIL',
          about: ABOUT[at]!,
          says,
          mend: mendOf(says, place) ?? `edit ${file}`,
        })),
  )

/** Can the held-out set answer each guardrail? Those of which the same is said are one line. */
export const guardrailChecks = (rows: readonly GuardrailNeed[]): Check[] => {
  const says = (r: GuardrailNeed): string => r.note ?? 'no version is sealed yet'
  return [...Map.groupBy(rows, (r) => `${r.verdict} ${says(r)}`).values()].map((same) => ({
    state: same[0]!.verdict === null ? 'note' : same[0]!.verdict === 'ready' ? 'ok' : 'FAIL',
    about: 'held out',
    says: `${same.map((r) => r.guardrail).join(', ')}: ${says(same[0]!)}`,
  }))
}

/** Checks as lines; a mend that follows one that says the same is not said again. */
export function checkLines(checks: readonly Check[]): string[] {
  const rows = checks.flatMap(({ state, about, says, mend }, at) => [
    [state, about, says],
    ...(mend === undefined || checks[at + 1]?.mend === mend ? [] : [['', 'mend', mend]]),
  ])
  return table(rows, ['left', 'left', 'left'], '')
}
