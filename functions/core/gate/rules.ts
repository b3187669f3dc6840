/** Which rules a run's gate applied: with others its bytes are others. */
import type { AutotuneRun } from '#schemas/run.ts'

/** The version of this program that introduced the rules as they stand. */
export const GATE_RULES = '0.2.0'

/** The version that made a run whose rules are not these; null: these made it. A run that names none is of version 0.1.0. */
export const otherRules = ({ gate_rules = '0.1.0' }: Pick<AutotuneRun, 'gate_rules'>): string | null =>
  gate_rules === GATE_RULES ? null : gate_rules
