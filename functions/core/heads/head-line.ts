/** Lines of the journal of heads: what is signed, what follows what, and whether a journal still reaches its anchors. */
import type { Anchor, HeadLine } from '#schemas/head-line.ts'
import { canonical, digestOf } from '../canonical.ts'

/** Keeps a code made for one thing from being valid for another under the same key. */
const LINE_PURPOSE = 'contextos-autotune/head-line/v1'
const ITEM_PURPOSE = 'contextos-autotune/ledger-item/v1'

/** Text that the code of a line covers. A line covers the one before it, and so all of them. */
export const lineText = (line: Omit<HeadLine, 'code'>): string => `${LINE_PURPOSE}\n${digestOf(line)}`

/** Text that the code of a ledger item covers: where it stands, how often it was written, what it says. */
export const itemText = (pk: string, sk: string, revision: number, digest: string): string =>
  `${ITEM_PURPOSE}\n${canonical({ pk, sk, revision, digest })}`

/** How far a journal goes after a line. */
export const anchorOf = (line: HeadLine): Anchor => ({ n: line.n, digest: digestOf(line), at: line.at })

/**
 * The first line that does not follow from the one before it; null when all do.
 * @param known so many lines at the beginning were found to follow before
 */
export function brokenLine(lines: readonly HeadLine[], known: number): number | null {
  let previous = known === 0 ? null : digestOf(lines[known - 1])
  for (let i = known; i < lines.length; i++) {
    const line = lines[i]!
    if (line.n !== i + 1 || line.previous !== previous) return i + 1
    previous = digestOf(line)
  }
  return null
}

/** Why a journal is not the one that an anchor was taken of; null when it is, or has gone on since. */
export function anchorProblem(lines: readonly HeadLine[], anchor: Anchor): string | null {
  const line = lines[anchor.n - 1]
  if (line === undefined)
    return `the journal ends at line ${lines.length}; on ${anchor.at} it had ${anchor.n}: the store was put back to an older copy, or lines were removed`
  return digestOf(line) === anchor.digest
    ? null
    : `line ${anchor.n} of the journal is not the one that was there on ${anchor.at}: the journal was written anew`
}
