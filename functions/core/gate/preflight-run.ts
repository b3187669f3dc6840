/** Decides whether the run may spend a question: refused, inconclusive, nothing to ask, or ask. */
import type { LedgerItem, PreflightRow } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { digestOf } from '../canonical.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { harnessBehind } from '../replay/by-construction.ts'
import { liveOf } from '../replay/cage.ts'
import type { SearchResult } from '../search/search.ts'
import type { CompiledSearch } from '../search/search-set.ts'
import { expectLost, harnessNeed, recordedNeed } from './harness-need.ts'
import { askRefusal } from './ledger.ts'
import { neededOf, preflight } from './preflight.ts'
import { inconclusiveWording } from './wording.ts'

/** Why a run is refused that has nobody to ask. */
export const NO_VERSION =
  'no live held-out version: every sealed family has answered. Import families that were never sealed; the next run seals them'

export interface Readiness {
  readonly verdict: 'refused' | 'inconclusive' | 'no_candidate' | 'ask'
  readonly reasons: readonly string[]
  readonly rows: readonly PreflightRow[]
  readonly needed: number | null
}

/** In the order of precedence: refused, inconclusive, no candidate, ask. Spends nothing. */
export function preflightRun(
  run: AutotuneRun,
  target: ResolvedTarget,
  compiled: CompiledSearch,
  found: SearchResult,
  commit: string,
  item: LedgerItem | null,
): Readiness {
  const facts = run.heldout_test_set
  if (!facts || !item)
    return {
      verdict: 'refused',
      reasons: [NO_VERSION],
      rows: [],
      needed: null,
    }
  // A question that this very commit opened is resumed, not asked again.
  const refusal = item.history.some((q) => q.commit === commit) ? null : askRefusal(item)
  const first = found.committed[0]
  const live = liveOf(run.replayer) !== null
  const needs = preflight(
    live ? expectLost(facts, compiled.twice) : facts,
    target,
    run.evaluator_suite,
    harnessBehind(run),
    first
      ? {
          candidate: first,
          panel: compiled.input.panel,
          measures: found.firstMeasures!,
          commit,
          listed: found.committed.length,
        }
      : null,
    found.control.floors,
  )
  const rows = [
    ...needs,
    ...(live ? [] : harnessNeed(compiled.twice, facts.families)),
    ...recordedNeed(found.planned, facts.families),
  ]
  const needed = neededOf(rows)
  if (refusal) return { verdict: 'refused', reasons: [refusal], rows, needed }
  if (rows.some((r) => r.verdict === 'inconclusive'))
    return { verdict: 'inconclusive', reasons: [inconclusiveWording(rows)], rows, needed }
  if (!first)
    return {
      verdict: 'no_candidate',
      reasons: ['no candidate is better and within every limit on the search set'],
      rows,
      needed,
    }
  const said = run.rejections.find(
    (r) => r.source === 'gate' && digestOf(r.patches) === digestOf(found.committed.map((c) => c.patch)),
  )
  if (said)
    return {
      verdict: 'no_candidate',
      reasons: [
        `this very list was answered "no" in ${said.run_id}: asking again would spend a question on a known answer`,
      ],
      rows,
      needed,
    }
  return { verdict: 'ask', reasons: [], rows, needed }
}
