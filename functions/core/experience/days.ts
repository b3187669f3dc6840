/** Recorded runs by the day of their recording. */
import type { IndexLine } from './index-line.ts'

/** Runs of each day, `YYYY-MM-DD`; `undated`: no day was recorded. */
export type RunsByDay = Readonly<Record<string, number>>

export function daysOf(lines: Iterable<Pick<IndexLine, 'date'>>): RunsByDay {
  const days: Record<string, number> = {}
  for (const { date } of lines) days[date ?? 'undated'] = (days[date ?? 'undated'] ?? 0) + 1
  return days
}

/** Several counts as one. */
export function addDays(all: readonly RunsByDay[]): RunsByDay {
  const days: Record<string, number> = {}
  for (const one of all) for (const [day, runs] of Object.entries(one)) days[day] = (days[day] ?? 0) + runs
  return days
}
