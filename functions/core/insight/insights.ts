/** Sightings of many runs as insights: what recurs in enough families, the most frequent first. */
import type { Insight } from '#schemas/insight.ts'
import { byCodeUnit, digestOf } from '../canonical.ts'
import { upperRate } from '../statistics/binomial.ts'
import { isAtLeast } from '../statistics/compare.ts'
import type { Sighting } from './observe-run.ts'

/** A run with what it says of itself. */
export interface SeenRun {
  readonly run_id: string
  readonly family: string
  readonly date: string | null
  readonly sightings: readonly Sighting[]
}

const MOST_REFS = 50
/** Share of passages that a suggested value has to keep: the last few are often what no depth finds. */
const KEPT = 0.9

/** Insights of an intent. `least`: families in which a pattern has to recur. */
export function insightsOf(intent: string, runs: readonly SeenRun[], least: number): Insight[] {
  const families = new Set(runs.map(({ family }) => family)).size
  const patterns = new Map<string, { sighting: Sighting; runs: SeenRun[]; from: number[] }>()
  for (const run of runs)
    for (const sighting of run.sightings) {
      const of = patterns.get(sighting.pattern) ?? { sighting, runs: [], from: [] }
      patterns.set(sighting.pattern, of)
      of.runs.push(run)
      if (sighting.kept_from) of.from.push(sighting.kept_from.value)
    }
  return [...patterns.values()]
    .map(({ sighting, runs: seen, from }) => insight(intent, sighting, seen, from, families))
    .filter(({ occurrences }) => isAtLeast(occurrences, least))
    .sort((a, b) => b.occurrences - a.occurrences || byCodeUnit(a.pattern, b.pattern))
}

function insight(
  intent: string,
  { kind, pattern, kept_from }: Sighting,
  seen: readonly SeenRun[],
  from: readonly number[],
  of: number,
): Insight {
  const occurrences = new Set(seen.map(({ family }) => family)).size
  const days = seen.flatMap(({ date }) => (date === null ? [] : [date])).sort(byCodeUnit)
  return {
    insight_id: `in_${digestOf({ kind, intent, pattern }).slice(7, 19)}`,
    kind,
    intent,
    pattern,
    occurrences,
    of,
    // The share without it is at most so much, so the share with it is at least the rest.
    confidence: 1 - upperRate(of - occurrences, of, 0.05),
    first_seen: days[0] ?? null,
    last_seen: days.at(-1) ?? null,
    evidence_refs: seen
      .map(({ run_id }) => run_id)
      .sort(byCodeUnit)
      .slice(0, MOST_REFS),
    status: 'open',
    suggests: kept_from && {
      path: kept_from.path,
      to: from.toSorted((a, b) => a - b)[Math.ceil(KEPT * from.length) - 1]!,
    },
  }
}
