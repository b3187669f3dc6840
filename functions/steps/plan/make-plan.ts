/** What would have to be recorded for a target: its search side is looked at; nothing is asked, sealed or written, and no sealed object is read. */
import { Gathered } from '#core/baseline/reproduce.ts'
import { neededOf, preflight } from '#core/gate/preflight.ts'
import { sealVersion } from '#core/gate/seal.ts'
import { lookForLacking, type RecordedSurface } from '#core/plan/lacking.ts'
import { recordingPlan, servedDigest, type ToRecord } from '#core/plan/recording-plan.ts'
import { tunableFields } from '#core/space/lattice.ts'
import { applyPatch, settingsFor, tableOf } from '#core/space/scope.ts'
import type { Patch } from '#schemas/common.ts'
import type { PreflightRow } from '#schemas/heldout.ts'
import type { RecordingPlan } from '#schemas/recording-plan.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { TuningTarget } from '#schemas/target.ts'
import type { Store } from '../../ports.ts'
import { compileIntent } from '../experience/compile.ts'
import { drawnBy } from '../experience/split-rule.ts'
import { pinnedLimits } from '../heldout/pinned-limits.ts'
import { lookAtSearch, needComparable } from '../replay/search-look.ts'
import { judgingWith } from '../replay/verdicts.ts'
import { answeredContract } from '../run/contract.ts'
import { boundedCandidates, type LocatedChange } from '../run/hand-written.ts'

type PlannedStore = Pick<Store, 'objects' | 'table' | 'scratch' | 'progress' | 'compilerOf' | 'verdicts'>

export interface MadePlan {
  readonly intent: string
  /** null: every value and change that was looked at is recorded of every case. */
  readonly plan: RecordingPlan | null
  readonly surfaces: readonly RecordedSurface[]
  /** Hand-written changes that every case is recorded under, or that trimming answers. */
  readonly recorded: readonly Patch[]
  /** What a question about such a change would take, from no sealed family at all. */
  readonly needs: readonly PreflightRow[]
  readonly search: { readonly families: number; readonly cases: number }
}

/**
 * The recording plan of a target.
 * @param changes hand-written ones, beside the values of the search space
 * @throws UserError where the contract is not answered, a change is out of bounds, or the records bear no comparison
 */
export async function makePlan(
  store: PlannedStore,
  target: TuningTarget,
  changes: readonly LocatedChange[],
): Promise<MadePlan> {
  const { pack, suite, prices, resolved } = await answeredContract(store, target)
  const { intent } = resolved
  const candidates = await boundedCandidates(changes, pack, target)
  const baseline = tableOf(pack)
  const pins = { tuple: resolved.baseline_tuple, settings: baseline, suite, prices, ...(await drawnBy(store)) }
  const served = new Map<string, string>()
  const [aside, set] = [store.scratch(), store.scratch()]
  const compiled = async function* () {
    for await (const line of compileIntent(store, intent)) {
      const { case_id, recordings } = JSON.parse(line) as ReplayCase
      served.set(case_id, servedDigest(recordings))
      set.records.append(line)
      yield line
    }
  }
  try {
    const { reproduction, panel, records } = await lookAtSearch(compiled(), pins, null, aside.records, store.verdicts)
    needComparable(reproduction, resolved, suite, 'transcript')
    const fields = tunableFields(pack, intent, resolved.search_space)
    const looked = lookForLacking(panel.cases.length, fields, candidates, baseline, records.view)
    const toRecord = [...looked.values, ...looked.changes].flatMap(({ patch, cases }) => {
      const table = applyPatch(baseline, patch)
      const change = Object.fromEntries(Object.entries(patch).map(([path, { to }]) => [path, to]))
      return cases.map((i): ToRecord => {
        const one = panel.cases.at(i)!
        const { economics_cents: cents, economics_tokens: tokens } = panel.baseline.at(i)!
        const of = { case_id: one.case_id, family_id: one.family_id, served: served.get(one.case_id)!, cents, tokens }
        return { of, change, settings: settingsFor(table, one) }
      })
    })
    // Counts of a version without a family: what it would take is asked, not what is there.
    const limits = await pinnedLimits(set.records.texts(), baseline, suite, judgingWith(store.verdicts, 'search'))
    const { facts } = sealVersion(new Gathered().reproduction(pins.draw), resolved, pins, limits)
    const needs = preflight(facts, resolved, suite, { settings: baseline, replayer: 'transcript' }, null)
    const search = { families: panel.families, cases: panel.cases.length }
    const head = {
      intent,
      pack: pack.pack,
      price_table: resolved.baseline_tuple.price_table ?? null,
      search,
      needed_families: neededOf(needs),
    }
    return {
      intent,
      plan: recordingPlan(head, toRecord),
      surfaces: looked.surfaces,
      recorded: looked.changes.filter(({ cases }) => cases.length === 0).map(({ patch }) => patch),
      needs,
      search,
    }
  } finally {
    aside.close()
    set.close()
  }
}
