/** The negative control: of which floors and surfaces a failure could have been known, before anything is believed. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolveTarget } from '#core/contract/resolve.ts'
import type { SlimCase } from '#core/replay/slim.ts'
import type { Control } from '#core/search/control.ts'
import { controlLines } from '#core/search/control-rows.ts'
import { beyondBounds, destructiveValues } from '#core/search/destructive.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { ContextPack } from '#schemas/pack.ts'
import {
  aFamily,
  anEvaluator,
  aPack,
  approval,
  aSuite,
  aTarget,
  INTENT,
  modelCall,
  said,
  toolCall,
} from '../../support/builders.ts'
import { searchPanel } from './panel.ts'
import { searched } from './worlds.ts'

const K = 'evidence.orders.top_k'
const GATE = 'approval.write.threshold'
const MEMORY = 'budget.memory_tokens'
const surface = (path: string, over: object) => ({ path, intents: [INTENT], owner: 'o', ...over })
const pack = aPack({
  settings: { [K]: 4, [GATE]: 100, [MEMORY]: 1200 },
  tunable_surfaces: [
    surface(K, { layer: 'retrieval', field: 'top_k', bounds: { min: 1, max: 5 } }),
    surface(GATE, { layer: 'approval_gate', field: 'threshold', bounds: { min: 100, max: 300, step: 100 } }),
    surface(MEMORY, { layer: 'context_budget', field: 'memory_tokens', bounds: { min: 600, max: 1200, step: 600 } }),
  ] as ContextPack['tunable_surfaces'],
})
const suite = aSuite({
  evaluators: [...aSuite().evaluators, anEvaluator({ check: 'approval_honoured', dimension: 'approval' })],
})

function inputOf(runs: readonly ExperienceRun[], paths: readonly string[] = [K]): SearchInput<SlimCase> {
  const own = runs.map((run) => ({ ...run, settings: pack.settings }))
  const panel = searchPanel(own, pack, suite)
  expect(panel.cases).toHaveLength(runs.length)
  const target = resolveTarget(aTarget({ search_space: [...paths], not_at_stake: {} }))
  return {
    target,
    pack,
    suite,
    pins: { baseline: pack.settings, prices: null },
    fields: tunableFields(pack, INTENT, target.search_space),
    panel,
    rejections: [],
    candidates: null,
  }
}
const found = (input: SearchInput<SlimCase>) => searched(input, () => {})
const fates = (input: SearchInput<SlimCase>) => [...new Set(found(input).candidates.map((c) => c.fate))]
const surfaceOf = ({ surfaces }: Control, path: string) => surfaces.find((s) => s.path === path)!

const marked = (n: number, required = 3, gold = 3) =>
  Array.from({ length: n }, (_, i) => aFamily(`s${i}`, { side: 'search', required, gold }))
const unmarked = (n: number) => Array.from({ length: n }, (_, i) => aFamily(`s${i}`, { side: 'search' }))
/** An action at a gate of another name: the threshold of `write` stands in no recording. */
const elsewhere = (n: number) =>
  Array.from({ length: n }, (_, i) =>
    aFamily(`s${i}`, {
      side: 'search',
      required: 1,
      gold: 1,
      over: {
        // Watched, and asked nobody: the record speaks about it.
        gates: ['write'],
        steps: [
          said('user', `order-${i}`),
          modelCall(),
          toolCall('w', { id: `order-${i}` }, { writes: true }),
          approval('w', 150, { gate: 'refund', asked: true, granted: true }),
        ],
      },
    }),
  )

describe('destructive values', () => {
  test('are the ends of a range, the worst first; a threshold is worst where it asks least', () => {
    const [gate, memory, topK] = tunableFields(pack, INTENT, [K, GATE, MEMORY])
    expect(destructiveValues(topK!, null)).toEqual([1, 5])
    expect(destructiveValues(memory!, null)).toEqual([600])
    expect(destructiveValues(gate!, null)).toEqual([300])
    expect([topK!, memory!, gate!].map((field) => beyondBounds(field, false))).toEqual([0, 0, Number.MAX_SAFE_INTEGER])
  })

  test('of a prompt block: none beyond its bounds, unless a model can be asked without it', () => {
    const prompt = { ...tunableFields(pack, INTENT, [K])[0]!, surface: { layer: 'prompt' }, values: [] } as never
    expect([false, true].map((isLive) => beyondBounds(prompt, isLive))).toEqual([null, ''])
  })
})

describe('the control', () => {
  test('counts the families in which each floor and utility are seen to fail', () => {
    const { control } = found(inputOf([...marked(3), ...marked(5, 1, 1).slice(3)]))
    expect(surfaceOf(control, K)).toMatchObject({
      values: [1, 5],
      inert: false,
      // Three at top_k 1. No argument was lost there, so top_k 0 was looked at too, and took the others as well.
      floors: { required_evidence: 5, grounded_arguments: 0, approval_honoured: 0 },
      utility: 5,
    })
    expect(control.floors).toEqual({ required_evidence: 5, grounded_arguments: 0, approval_honoured: 0 })
  })

  test('asks beyond the bounds where nothing within them does harm', () => {
    const { control } = found(inputOf(marked(4, 1, 1)))
    expect(surfaceOf(control, K)).toMatchObject({ floors: { required_evidence: 4 }, utility: 4 })
  })

  test('sees nothing where nothing was marked: the floor is blind, and so is every candidate', () => {
    const input = inputOf(unmarked(4))
    const { control, committed, candidates } = found(input)
    expect(control.floors.required_evidence).toBe(0)
    expect(committed).toEqual([])
    expect(candidates.find((c) => c.patch[K]?.to === 1)).toMatchObject({
      fate: 'blind',
      reason: `${K}: not even its most destructive values break utility in a search family: the records could not contradict this change`,
    })
  })

  test('a surface that changes nothing is inert, and nothing is paid for it', () => {
    const input = inputOf(elsewhere(4), [GATE])
    const { control, candidates, counts } = found(input)
    expect(surfaceOf(control, GATE)).toMatchObject({ inert: true, values: [300] })
    expect(candidates.map((c) => c.fate)).toEqual(['inert', 'inert'])
    expect(candidates[0]!.reason).toBe(
      `${GATE} changes no context, approval, action or decision of any case, not even at 300`,
    )
    expect(counts.paid).toBe(0)
  })

  test('is told a line a surface', () => {
    expect(controlLines(found(inputOf(elsewhere(4), [GATE, K])).control)).toEqual([
      `   ${GATE} at 300: INERT: nothing changes`,
      `   ${K} at 1, 5: failed families: utility 4, required_evidence 4, grounded_arguments 0, approval_honoured 0`,
      '   all together: failed families: utility 4, required_evidence 4, grounded_arguments 0, approval_honoured 0',
    ])
  })

  test('nothing of it is on record or counted as paid', () => {
    const results: unknown[] = []
    const { counts, control } = searched(inputOf(marked(3)), (r) => results.push(r))
    expect(control.replays).toBeGreaterThan(0)
    expect(results).toHaveLength(counts.paid)
  })

  test('a budget that matters is not inert', () => {
    const talk = marked(3, 1, 1).map((r, i) => ({
      ...r,
      steps: [
        said('user', `order-${i} ${'.'.repeat(4000)}`),
        modelCall(),
        toolCall('a', { id: `order-${i}` }),
        modelCall(),
      ],
    }))
    const input = inputOf(talk, [MEMORY])
    expect(surfaceOf(found(input).control, MEMORY)).toMatchObject({
      inert: false,
      floors: { grounded_arguments: 3 },
      utility: 3,
    })
    expect(fates(input)).toEqual(['search_guardrail'])
  })

  test('does not depend on the order of the cases', () => {
    const world = fc.array(
      fc.record({
        required: fc.integer({ min: 1, max: 5 }),
        gold: fc.integer({ min: 1, max: 5 }),
        family: fc.integer({ min: 0, max: 3 }),
      }),
      { minLength: 2, maxLength: 6 },
    )
    fc.assert(
      fc.property(world, (families) => {
        const runs = families.map(({ required, gold, family }, i) =>
          aFamily(`s${i}`, { side: 'search', required, gold, family: `f${family}` }),
        )
        const of = (order: readonly ExperienceRun[]) => found(inputOf(order)).control
        expect(of(runs.toReversed())).toEqual(of(runs))
      }),
      { numRuns: 20 },
    )
  })
})

describe('a model that is asked live', () => {
  const noise = (flipped: number): NonNullable<SearchInput['noise']> => ({
    repeats: 2,
    cases: 20,
    lost: 0,
    metric: { name: 'economics_tokens_per_decision', within: 0 },
    evaluators: suite.evaluators.map(({ evaluator_id }) => ({
      evaluator_id,
      n: 20,
      flipped,
      flip_share: null,
      cases: [],
    })),
  })
  const seen = (input: SearchInput<SlimCase>) => surfaceOf(found(input).control, K)

  test('breaks a floor where more families fail than its draws do by themselves', () => {
    const input = inputOf(marked(20))
    const id = suite.evaluators.find(({ check }) => check === 'required_evidence')!.evaluator_id
    expect(seen(input).floors[id]).toBe(20)
    expect(seen({ ...input, noise: noise(0) }).floors[id]).toBe(20)
    expect(seen({ ...input, noise: noise(20) }).floors[id]).toBe(0)
  })

  test('is blind where utility flips by itself as often as it fails', () => {
    const input = inputOf(marked(20))
    expect(seen(input).utility).toBe(20)
    expect(seen({ ...input, noise: noise(20) }).utility).toBe(0)
    expect(fates({ ...input, noise: noise(20) })).toContain('blind')
  })
})
