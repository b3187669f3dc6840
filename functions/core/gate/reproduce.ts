/** Replays the baseline over a set of cases: who reproduces, with which measures, and who is left out, and why. */
import type { ReplayCase } from '#schemas/replay-case.ts'
import { byCodeUnit } from '../canonical.ts'
import { makePanel, type Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { type BaselinePins, baselineReplay, type Exclusion } from '../replay/baseline.ts'

export interface Reproduction {
  /** In case order. */
  readonly lines: readonly SealedLine[]
  readonly excluded: Readonly<Partial<Record<Exclusion, number>>>
  /** First case of each exclusion and what differs. Of the search side only: nothing is told of a held-out case. */
  readonly examples?: Readonly<Partial<Record<Exclusion, string>>>
}

/** Line of `test.jsonl` in the vault. */
export interface SealedLine {
  readonly case: ReplayCase
  readonly baseline: Measures
}

/** Cases whose baseline reproduces, with their measures, and the typed exclusions of the rest. */
export function reproduce(cases: readonly ReplayCase[], pins: BaselinePins): Reproduction {
  const excluded: Partial<Record<Exclusion, number>> = {}
  const lines: SealedLine[] = []
  for (const replayCase of [...cases].sort((a, b) => byCodeUnit(a.case_id, b.case_id))) {
    const result = baselineReplay(replayCase, pins)
    if ('excluded' in result) excluded[result.excluded] = (excluded[result.excluded] ?? 0) + 1
    else lines.push({ case: replayCase, baseline: result.measures })
  }
  return { lines, excluded }
}

/** Panel of sealed lines. */
export const panelOf = (lines: readonly SealedLine[]): Panel =>
  makePanel(
    lines.map((l) => l.case),
    lines.map((l) => l.baseline),
  )
