/** Sightings of many runs as insights: what recurs in enough families, the most frequent first. */
import type { Insight } from '#schemas/insight.ts'
import { byCodeUnit, canonical, digestOf } from '../canonical.ts'
import { upperRate } from '../statistics/binomial.ts'
import { isAtLeast } from '../statistics/compare.ts'
import type { Sighting } from './observe-run.ts'

/** A run with what it says of itself. */
export interface SeenRun {
  readonly run_id: string
  readonly family: string
  readonly date: string | null
  /** What is known of its case beforehand. */
  readonly attributes?: Readonly<Record<string, string>> | undefined
  readonly sightings: readonly Sighting[]
}

const MOST_REFS = 50
/** Share of passages that a suggested value has to keep: the last few are often what no depth finds. */
const KEPT = 0.9

/** Insights of an intent. `least`: families in which a pattern has to recur. */
export function insightsOf(intent: string, runs: readonly SeenRun[], least: number): Insight[] {
  const families = new Set(runs.map(({ family }) => family)).size
  const spread = spreadOf(runs)
  const patterns = new Map<string, { sighting: Sighting; runs: SeenRun[]; from: number[] }>()
  for (const run of runs)
    for (const sighting of run.sightings) {
      const of = patterns.get(sighting.pattern) ?? { sighting, runs: [], from: [] }
      patterns.set(sighting.pattern, of)
      of.runs.push(run)
      if (sighting.kept_from) of.from.push(sighting.kept_from.value)
    }
  return [...patterns.values()]
    .map(({ sighting, runs: seen, from }) =>
      insight(intent, sighting, seen, from, { families, runs: runs.length, spread }),
    )
    .filter(({ occurrences }) => isAtLeast(occurrences, least))
    .sort((a, b) => b.occurrences - a.occurrences || byCodeUnit(a.pattern, b.pattern))
}

function insight(
  intent: string,
  { kind, pattern, kept_from }: Sighting,
  seen: readonly SeenRun[],
  from: readonly number[],
  { families: of, runs, spread }: All,
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
    where: sharedBy(seen, runs, spread),
  }
}

/** Every run that was looked at: families, runs, and how many runs have each value of an attribute. */
interface All {
  readonly families: number
  readonly runs: number
  readonly spread: ReadonlyMap<string, number>
}

function spreadOf(runs: readonly SeenRun[]): Map<string, number> {
  const spread = new Map<string, number>()
  for (const { attributes = {} } of runs)
    for (const pair of Object.entries(attributes)) spread.set(canonical(pair), (spread.get(canonical(pair)) ?? 0) + 1)
  return spread
}

/** The rarest value of an attribute that all of some runs have and others have not. */
function sharedBy(seen: readonly SeenRun[], runs: number, spread: All['spread']): Insight['where'] {
  const [first] = seen
  const shared = Object.entries(first?.attributes ?? {})
    .filter(([name, value]) => seen.every(({ attributes }) => attributes?.[name] === value))
    .map(([attribute, value]) => ({ attribute, value, n: spread.get(canonical([attribute, value]))! }))
    .filter(({ n }) => n < runs)
    .sort((a, b) => a.n - b.n || byCodeUnit(a.attribute, b.attribute))
  return shared[0] ? { attribute: shared[0].attribute, value: shared[0].value } : null
}
