/** Rows that were exported in several states: the newest stands, whatever the order of files and lines. */

import { compareInstants } from './ids.ts'
import type { About, Score } from './span.ts'
import { sortedJson } from './values.ts'

/** Oldest first; what says no time comes before what does. */
const byTime = <T>(rows: readonly T[], timeOf: (row: T) => string | null, textOf: (row: T) => string): T[] =>
  rows.length < 2
    ? [...rows]
    : rows
        .map((row) => ({ row, text: textOf(row) }))
        .sort((a, b) => compareInstants(timeOf(a.row), timeOf(b.row)) || (a.text < b.text ? -1 : 1))
        .map(({ row }) => row)

/** Each row of a score in its newest state, oldest first. Where nothing says which is newer, both stand: they may disagree. */
export function standingScores(scores: readonly Score[]): Score[] {
  const ordered = byTime(scores, ({ time }) => time ?? null, sortedJson)
  return ordered.filter(({ row, time }, i) => {
    if (!row) return true
    const later = ordered.slice(i + 1).some((other) => other.row === row && other.time !== time)
    return !later
  })
}

/** What rows say of a trace, the newest first; of the states of the trace's own row only the newest, where they say which that is. */
export function standingAbout(about: readonly About[]): About[] {
  const ordered = byTime(
    about,
    ({ updated }) => updated ?? null,
    ({ where: _, ...said }) => sortedJson(said),
  ).reverse()
  const newest = ordered.find(({ updated }) => updated)?.updated
  return ordered.filter(({ updated }) => newest === undefined || updated === undefined || updated === newest)
}
