/** Numbers that are no measurement, and numbers that only look odd. */
import fc from 'fast-check'

/** What no measured number can be: each has been read as good somewhere. */
export const NO_MEASUREMENT = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  -1e308,
  1e308,
] as const

/** One of them. */
export const noMeasurement = fc.constantFrom(...NO_MEASUREMENT)

/** What no limit can be. A limit of -1 is below every share, and one of 1e308 is refused where it is declared. */
export const noLimit = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)

/** A copy of a value with the number at a path replaced. */
export function withNumber<T>(value: T, path: readonly (string | number)[], number: number): T {
  const copy = structuredClone(value)
  let at = copy as Record<string | number, unknown>
  for (const key of path.slice(0, -1)) at = at[key] as typeof at
  at[path.at(-1)!] = number
  return copy
}

/** Paths of every number in a value. */
export function numbersIn(value: unknown): (string | number)[][] {
  if (typeof value === 'number') return [[]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) => numbersIn(child).map((path) => [key, ...path]))
}
