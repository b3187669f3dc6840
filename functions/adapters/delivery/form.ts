/** What a routing document is written as, for those who route by it. */
import type { Routing } from '#schemas/release.ts'

export interface Form {
  /** What it is, for people. */
  readonly is: string
  /** How names of its files end. */
  readonly ending: string
  /** The whole file: the same bytes for the same document. Throws UserError for what this form cannot say. */
  readonly textOf: (routing: Routing) => string
}
