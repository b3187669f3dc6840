/** What an import of traces counted: everything read, joined, left out, and one example of each reason for which a trace was dropped. */
import type { Where } from './span.ts'

/** Why a whole trace became no run. */
export const DROPPED = [
  'no_model_call',
  'content_missing',
  'content_truncated',
  'content_external',
  'clock_backwards',
  'open',
  'cut',
  'scorer_trace',
  'waits_for_approval',
  'too_large',
  'cycle',
] as const
export type DropReason = (typeof DROPPED)[number]

/** Counts by dotted name (`spans.read`, `dropped.open`), and where the first of a kind stood. */
export class Tally {
  /** Instants of the first and the last run. */
  first: string | null = null
  last: string | null = null
  readonly #counts = new Map<string, number>()
  readonly #examples = new Map<string, string>()

  add(name: string, n = 1): void {
    if (n > 0) this.#counts.set(name, (this.#counts.get(name) ?? 0) + n)
  }

  /** Counts one, and keeps the first example in words. */
  saw(name: string, where: Where | null, what: string): void {
    this.add(name)
    if (!this.#examples.has(name)) this.#examples.set(name, where ? `${what} (${where.file}, ${where.at})` : what)
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** Widens a range of text that is ordered as what it stands for. */
  between(text: string): void {
    if (this.first === null || text < this.first) this.first = text
    if (this.last === null || text > this.last) this.last = text
  }

  exampleOf(name: string): string | null {
    return this.#examples.get(name) ?? null
  }

  /** Counts under a prefix, by the rest of their names, largest first. */
  under(prefix: string): readonly (readonly [name: string, n: number])[] {
    const start = `${prefix}.`
    return [...this.#counts]
      .filter(([name]) => name.startsWith(start))
      .map(([name, n]) => [name.slice(start.length), n] as const)
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  }

  /** As JSON: nested objects by the dots, names in order. */
  json(): Readonly<Record<string, unknown>> {
    const root: Record<string, unknown> = {}
    for (const [name, n] of [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const path = name.split('.')
      let at = root
      for (const word of path.slice(0, -1)) {
        at[word] ??= {}
        at = at[word] as Record<string, unknown>
      }
      at[path.at(-1)!] = n
    }
    return root
  }
}
