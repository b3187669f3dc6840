/** What was recorded for a plan makes nobody see: a change that served records could not contradict stays blind, whatever a plan shows of its surface. */
import { expect, test } from 'vitest'
import type { BaselinePins } from '#core/baseline/baseline.ts'
import { reproduceLine } from '#core/baseline/reproduce.ts'
import { Records } from '#core/bytes/records.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { NOT_MEASURED } from '#core/evaluate/scorecard.ts'
import { slim } from '#core/replay/slim.ts'
import { assess } from '#core/search/assess.ts'
import { plannedFamilies } from '#core/search/planned-families.ts'
import { searchRounds } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { SearchSide } from '#core/search/search-side.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import {
  aCase,
  aPack,
  aRun,
  aSuite,
  aSurface,
  aTarget,
  INTENT,
  modelCall,
  offersInOrder,
  REFS,
  said,
} from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const PLAN = `sha256:${'a'.repeat(64)}`
const pack = aPack({
  tunable_surfaces: [aSurface(K, { min: 1, max: 8 })],
})
const suite = aSuite()

/** No passage of it is gold or required, so that nothing is seen to fail whatever is cut. `deep`: one that a plan recorded, where it all fails. */
const inputOf = (deep: boolean): SearchInput<ReturnType<typeof slim>> => {
  const run = (id: string, name: string, depth: number, over: Partial<ExperienceRun> = {}) =>
    aRun(id, {
      case_id: name,
      family_id: name,
      settings: { [K]: depth },
      evidence: offersInOrder(depth).map((offer) => ({
        ...offer,
        required: over.plan !== undefined && offer.evidence_ref === 'ref8',
        gold: over.plan !== undefined && offer.evidence_ref === 'ref8',
      })),
      steps: [said('user', name), modelCall()],
      ...over,
    })
  const pins: BaselinePins = { tuple: REFS, settings: pack.settings, suite, prices: null }
  const kept = ['a', 'b', 'c'].map((name) => {
    const failed = { ...run('x', name, 4).outcome, passed: false }
    const runs = [run(name, name, 4), ...(deep ? [run(`${name}-p`, name, 8, { plan: PLAN, outcome: failed })] : [])]
    const { case: whole, result } = reproduceLine(JSON.stringify(aCase(...runs)), pins)
    if (!('measures' in result)) throw new Error(result.detail)
    return { case: { ...slim(whole), floors: result.floors! }, measures: result.measures }
  })
  return {
    target: resolveTarget(aTarget()),
    pack,
    suite,
    pins: { baseline: pack.settings, prices: null },
    fields: tunableFields(pack, INTENT, [K]),
    panel: makePanel(
      kept.map((k) => k.case),
      kept.map((k) => k.measures),
    ),
    rejections: [],
    candidates: null,
  }
}

const found = (deep: boolean) => {
  const input = inputOf(deep)
  const { view, answer } = transcriptReplayer(input.panel, input.pins, suite)
  const rounds = searchRounds(input, view, () => {})
  for (let step = rounds.next(); ; step = rounds.next(answer(step.value))) if (step.done) return step.value
}
const fateAt = ({ candidates }: ReturnType<typeof found>, to: number) =>
  candidates.find(({ patch }) => patch[K]!.to === to)!.fate

test('served records that show nothing to fail are blind, and planned ones beside them change nothing of that', () => {
  const [bare, deep] = [found(false), found(true)]
  expect([fateAt(bare, 3), fateAt(bare, 8)]).toEqual(['blind', 'unreplayable'])
  expect([fateAt(deep, 3), fateAt(deep, 1)]).toEqual(['blind', 'blind'])
  expect(fateAt(deep, 8)).toBe('no_gain')
  expect(deep.committed).toEqual([])
  // What only a plan shows to fail is told of, and counts for no floor.
  expect(deep.control.surfaces).toMatchObject([{ path: K, utility: 3, served_utility: 0 }])
  expect(deep.control.floors).toEqual(bare.control.floors)
})

test('propose says the same of the very change', () => {
  const input = inputOf(true)
  const { view, answer } = transcriptReplayer(input.panel, input.pins, suite)
  const change = { candidate_id: 'c', layer: 'retrieval' as const, patch: { [K]: { from: 4, to: 3 } }, rationale: 'r' }
  const asking = assess([change], { ...input, candidates: [change] }, view)
  for (let step = asking.next(); ; step = asking.next(answer(step.value)))
    if (step.done) {
      expect(step.value).toMatchObject([{ fate: 'blind', survives: false }])
      return
    }
})

test('families that a plan answers are counted, and no case is looked at where none has such a recording', () => {
  const input = inputOf(true)
  const { view } = transcriptReplayer(input.panel, input.pins, suite)
  const deeper = { patch: { [K]: { from: 4, to: 8 } } }
  expect(plannedFamilies(deeper, input, view)).toEqual({ families: 3, of: 3 })
  const looked = () => {
    throw new Error('a case was looked at')
  }
  expect(plannedFamilies(deeper, input, { ...view, hasPlanned: false, contextKey: looked })).toBe(null)
  const side = new SearchSide(new Records())
  const kept = (...runs: readonly ExperienceRun[]) =>
    side.keep({ case: { ...aCase(...runs), digest: PLAN }, result: { measures: NOT_MEASURED } })
  kept(aRun('a'))
  expect(side.hasPlanned).toBe(false)
  kept(aRun('b'), aRun('c', { plan: PLAN, case_id: aRun('b').case_id, family_id: aRun('b').family_id }))
  kept(aRun('d'))
  expect(side.hasPlanned).toBe(true)
})
