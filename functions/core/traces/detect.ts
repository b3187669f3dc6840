/** Which dialect a file is of: the one with the most rows and spans that are unmistakably its own. */
import type { Dialect } from './dialect.ts'

export interface Claim {
  readonly dialect: Dialect
  readonly n: number
}

/**
 * `sure`: one dialect claims more than every other, or as much as one of the same envelope: each span is read by its own dialect then,
 * whichever gives its name. `tied`: two claim as much, and the rows are read as one or as the other. `none`: nobody claims anything.
 */
export type Detected =
  | { readonly kind: 'sure'; readonly dialect: Dialect; readonly share: number; readonly claims: readonly Claim[] }
  | { readonly kind: 'tied'; readonly claims: readonly Claim[] }
  | { readonly kind: 'none' }

/** @param rows the first of a file: a few hundred say enough */
export function detect(rows: readonly unknown[], dialects: readonly Dialect[]): Detected {
  const claims = dialects
    .map((dialect) => ({ dialect, n: rows.reduce<number>((sum, row) => sum + dialect.claims(row), 0) }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n)
  const [first, second] = claims
  if (!first) return { kind: 'none' }
  if (second?.n === first.n && second.dialect.envelope !== first.dialect.envelope)
    return { kind: 'tied', claims: claims.filter(({ n }) => n === first.n) }
  const all = claims.reduce((sum, { n }) => sum + n, 0)
  return { kind: 'sure', dialect: first.dialect, share: first.n / all, claims }
}
