/** A value on the scale of an evaluator, as a score of 0..1 and as passed or failed. */
import { isAtLeast, isWithin } from '../../statistics/compare.ts'

interface Scale {
  readonly range?: readonly [number, number] | undefined
  readonly passes_at?: number | undefined
}

/** Score and pass of a value; null: it does not lie on the scale, and so is no measurement. */
export function onScale(
  value: number,
  { range = [0, 1], passes_at }: Scale,
): { readonly score: number; readonly passed: boolean } | null {
  const [least, most] = range
  if (!isWithin(value, least, most)) return null
  // Rounding may carry the quotient past its ends.
  const score = Math.min(1, Math.max(0, (value - least) / (most - least)))
  return { score, passed: isAtLeast(value, passes_at ?? most) }
}
