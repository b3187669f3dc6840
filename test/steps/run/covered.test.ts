/** A certificate is only given where the records could have contradicted it: what was certified before and must not be. */
import { describe, expect, test } from 'vitest'
import { toNativeRun } from '#adapters/local/import/native-run.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { RunSummary } from '#schemas/run.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import type { TuningTarget } from '#schemas/target.ts'
import {
  anEvaluator,
  anOffer,
  aPack,
  approval,
  aRun,
  aSuite,
  aTarget,
  INTENT,
  modelCall,
  said,
  toolCall,
  toolResult,
} from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

type Parts = Parameters<typeof aRun>[1]

/** 40 families for the search, 120 sealed. */
const families = (of: (i: number) => Parts): ExperienceRun[] =>
  Array.from({ length: 160 }, (_, i) => aRun(`r${i}`, { split: i < 40 ? 'search' : 'heldout', ...of(i) }))

const surface = (parts: Pick<TunableSurface, 'layer' | 'field' | 'path' | 'bounds'>) =>
  ({ ...parts, intents: [INTENT], owner: 'o' }) as TunableSurface
/** Not parsed, as a pack that an earlier version published is not. */
const packWith = (settings: Settings, ...surfaces: TunableSurface[]): ContextPack => ({
  ...aPack(),
  settings: { ...settings },
  tunable_surfaces: surfaces,
})

async function tuned(
  runs: readonly ExperienceRun[],
  pack: ContextPack,
  over: Partial<TuningTarget> = {},
): Promise<RunSummary> {
  const suite = aSuite({
    evaluators: [
      ...aSuite().evaluators.filter((e) => e.check !== 'gold_coverage'),
      anEvaluator({ check: 'approval_honoured', dimension: 'approval' }),
    ],
  })
  const store = await stocked(memory(), runs, { pack, suite })
  const not_at_stake = { policy: 'no passage is marked in these records', approval: 'no gate stands in these records' }
  return await run(store, {
    target: aTarget({ search_space: pack.tunable_surfaces.map((s) => s.path), not_at_stake, ...over }),
  })
}

describe('arguments', () => {
  const pack = packWith(
    { 'budget.tool_tokens': 1600 },
    surface({
      layer: 'context_budget',
      field: 'tool_tokens',
      path: 'budget.tool_tokens',
      bounds: { min: 400, max: 1600, step: 400 },
    }),
  )
  const refunds = (shape: (args: Record<string, string>) => unknown) =>
    families((i) => ({
      settings: pack.settings,
      steps: [
        said('user', 'refund my last order'),
        modelCall({ prompt_tokens: 3000 }),
        toolCall('a', {}),
        toolResult('a', `${'item label dock '.repeat(370)} order R-${10_000_000 + i}`),
        modelCall({ prompt_tokens: 3000 }),
        toolCall('b', shape({ order: `R-${10_000_000 + i}` }) as never, {
          name: 'refund',
          writes: true,
          confirmed: true,
        }),
      ],
    }))

  test.each<[string, (args: Record<string, string>) => unknown]>([
    ['an object', (args) => args],
    ['JSON text', (args) => JSON.stringify(args)],
    ['JSON text in JSON text', (args) => JSON.stringify(JSON.stringify(args))],
    ['JSON text inside an object', (args) => ({ input: JSON.stringify(args) })],
    ['the text of a Python dictionary', (args) => `{'order': '${args.order}'}`],
  ])('that are %s keep the budget that they need, imported or as they were stored before', async (_what, shape) => {
    const stored = refunds(shape)
    const fresh = stored.map((r) => {
      const native = toNativeRun(r)
      if (native.kind === 'invalid') throw new Error(native.problem)
      return native.run
    })
    for (const runs of [fresh, stored]) {
      const summary = await tuned(runs, pack)
      expect(summary.verdict).toBe('no_candidate')
      expect(summary.candidates.map((c) => c.fate)).toEqual([
        'search_guardrail',
        'search_guardrail',
        'search_guardrail',
      ])
    }
  })
})

describe('passages that were recorded by their length', () => {
  const pack = packWith(
    { 'evidence.orders.top_k': 8 },
    surface({ layer: 'retrieval', field: 'top_k', path: 'evidence.orders.top_k', bounds: { min: 1, max: 8 } }),
  )
  const lookups = (text: (k: number, i: number) => string | null) =>
    families((i) => ({
      settings: pack.settings,
      evidence: Array.from({ length: 8 }, (_, k) => anOffer(`r${i}-${k}`, { rank: k + 1, text: text(k, i) })),
      steps: [said('user', 'refund my order'), modelCall(), toolCall('c', { order: 'ORD-4711' })],
    }))

  test('are not trimmed while an argument stands nowhere in the record', async () => {
    const summary = await tuned(
      lookups(() => null),
      pack,
    )
    expect(summary.verdict).not.toBe('certified')
    expect(summary.winner).toBeNull()
    expect(summary.reasons.join()).toContain(
      'could be traced to nothing that was read: record tool outputs and passages as text',
    )
  })

  test('are trimmed with their words, as far as the words allow', async () => {
    const summary = await tuned(
      lookups((k, i) => (k === 1 ? `order ORD-4711 of ${i}` : 'another order')),
      pack,
    )
    expect(summary).toMatchObject({ verdict: 'certified', winner: { 'evidence.orders.top_k': { from: 8, to: 2 } } })
  })
})

describe('a setting whose gate or bucket stands in no recording', () => {
  const settings = {
    'approval.write.threshold': 100,
    'evidence.guard_rules.top_k': 5,
    'moderation.toxicity.threshold': 0.5,
    'evidence.orders.top_k': 4,
  }
  const gateOf = (path: string, max: number) =>
    surface({ layer: 'approval_gate', field: 'threshold', path, bounds: { min: 0, max, step: max / 2 } })
  const runs = families((i) => ({
    settings,
    evidence: [anOffer(`r${i}-a`, { text: 'ORD-1' }), anOffer(`r${i}-b`, { rank: 2, text: 'nothing' })],
    offers: { orders: { depth: 4, exhausted: true } },
    steps: [modelCall(), toolCall('c', { order: 'ORD-1' }, { writes: true, correct: true }), approval('c', 500)],
  }))

  test.each<[string, TunableSurface]>([
    ['approval.write.threshold', gateOf('approval.write.threshold', 200)],
    ['moderation.toxicity.threshold', gateOf('moderation.toxicity.threshold', 1)],
    [
      'evidence.guard_rules.top_k',
      surface({ layer: 'retrieval', field: 'top_k', path: 'evidence.guard_rules.top_k', bounds: { min: 0, max: 5 } }),
    ],
  ])('%s is never proposed', async (path, one) => {
    const guarded = {
      guardrails: { ...aTarget().guardrails, approval_bypass_rate: { max: 0, max_violation_rate: 0.1 } },
    }
    const summary = await tuned(runs, packWith(settings, one), { ...guarded, not_measured: { latency: 'no clock' } })
    expect(summary.verdict).not.toBe('certified')
    expect(summary.winner).toBeNull()
    for (const { fate, patch } of summary.candidates) {
      expect(Object.keys(patch)).toEqual([path])
      expect(fate).toBe('unreplayable')
    }
  })
})
