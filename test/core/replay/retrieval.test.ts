/** What of the offered evidence a candidate's retrieval settings keep, and where the records fall silent. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileCase } from '#core/replay/compile.ts'
import { type Replayed, replayTranscript } from '#core/replay/transcript.ts'
import type { Settings } from '#schemas/common.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { anOffer, aRun, offersInOrder, retrieval } from '../../support/builders.ts'

const replay = (run: ExperienceRun | readonly ExperienceRun[], settings: Settings, baseline?: Settings) =>
  replayTranscript(
    compileCase([run].flat() as ExperienceRun[]),
    settings,
    baseline && {
      baseline,
      prices: null,
    },
  )
const replayed = (...args: Parameters<typeof replay>): Replayed => {
  const result = replay(...args)
  if ('unreplayable' in result) throw new Error(result.unreplayable)
  return result
}
const keptRefs = (...args: Parameters<typeof replay>): string[] => {
  const { trimmed } = replayed(...args)
  return [...trimmed.rendered.kept].map((i) => trimmed.recording.evidence.ref[i]!)
}
const why = (...args: Parameters<typeof replay>): string => {
  const result = replay(...args)
  return 'unreplayable' in result ? result.unreplayable : 'replayed'
}

describe('top_k', () => {
  test('keeps the offers up to that rank, of each bucket and each hop', () => {
    const run = aRun('r', {
      evidence: [
        anOffer('order1', { rank: 1 }),
        anOffer('order2', { rank: 2 }),
        anOffer('order3', { rank: 3 }),
        anOffer('linked1', { rank: 1, hop: 2 }),
        anOffer('linked3', { rank: 3, hop: 2 }),
        anOffer('clause1', { rank: 1, bucket: 'policy' }),
        anOffer('clause3', { rank: 3, bucket: 'policy' }),
      ],
      settings: { 'evidence.orders.top_k': 3, 'evidence.policy.top_k': 3 },
      offers: { orders: { depth: 3, exhausted: false }, policy: { depth: 3, exhausted: false } },
    })
    expect(keptRefs(run, { 'evidence.orders.top_k': 2, 'evidence.policy.top_k': 3 })).toEqual([
      'order1',
      'clause1',
      'order2',
      'clause3',
      'linked1',
    ])
  })

  test('falls back to the setting for all buckets', () => {
    const run = aRun('r', { evidence: offersInOrder(3), settings: { 'evidence.top_k': 3 } })
    expect(keptRefs(run, { 'evidence.top_k': 1 })).toEqual(['ref1'])
  })

  test('beyond what was offered is unreplayable, and says so', () => {
    const run = aRun('r', { evidence: offersInOrder(3), settings: { 'evidence.orders.top_k': 3 } })
    expect(why(run, { 'evidence.orders.top_k': 4 })).toBe('evidence.orders.top_k 4 is beyond the 3 that were offered')
  })

  test('beyond what was offered is the same context where the store held nothing more', () => {
    const run = aRun('r', {
      evidence: offersInOrder(3),
      settings: { 'evidence.orders.top_k': 3 },
      offers: { orders: { depth: 3, exhausted: true } },
    })
    expect(replayed(run, { 'evidence.orders.top_k': 4 }).trimmed.equal).toBe(true)
  })

  test('reaches what was offered deeper than the recorded setting read', () => {
    const run = aRun('r', { evidence: offersInOrder(5), settings: { 'evidence.orders.top_k': 3 } })
    expect(keptRefs(run, { 'evidence.orders.top_k': 5 })).toHaveLength(5)
    expect(why(run, { 'evidence.orders.top_k': 6 })).toMatch('beyond the 5')
  })

  test('fails to replay beyond a bucket that offered nothing and was not exhausted', () => {
    const run = aRun('r', {
      settings: { 'evidence.orders.top_k': 3 },
      offers: { orders: { depth: 0, exhausted: false } },
    })
    expect(why(run, { 'evidence.orders.top_k': 2 })).toBe('replayed')
    expect(why(run, { 'evidence.orders.top_k': 3 })).toBe('replayed')
    expect(why(run, { 'evidence.orders.top_k': 4 })).toMatch('beyond the 0')
  })

  test('of 0 keeps nothing', () => {
    const run = aRun('r', { evidence: offersInOrder(3), settings: { 'evidence.orders.top_k': 3 } })
    expect(keptRefs(run, { 'evidence.orders.top_k': 0 })).toEqual([])
  })
})

describe('max_hops', () => {
  const hops = (settings: Settings) =>
    aRun('r', {
      evidence: [anOffer('near'), anOffer('far', { hop: 2 })],
      offers: { orders: { depth: 3, exhausted: true } },
      settings,
    })

  test('drops what later hops found', () => {
    expect(keptRefs(hops({ 'evidence.orders.max_hops': 2 }), { 'evidence.orders.max_hops': 1 })).toEqual(['near'])
  })

  test('beyond the recorded hops is unreplayable where the last one still found something', () => {
    expect(why(hops({ 'evidence.orders.max_hops': 2 }), { 'evidence.orders.max_hops': 3 })).toBe(
      'evidence.orders.max_hops 3 is beyond the 2 that were recorded',
    )
  })

  test('beyond the recorded hops stands where the trail had ended before', () => {
    expect(replayed(hops({ 'evidence.orders.max_hops': 3 }), { 'evidence.orders.max_hops': 4 }).trimmed.equal).toBe(
      true,
    )
  })
})

describe('source_priority', () => {
  const run = aRun('r', {
    evidence: [
      anOffer('blog', { ranks: { as_ranked: 1, named_first: 2 } }),
      anOffer('paper', { ranks: { as_ranked: 2, named_first: 1 } }),
      anOffer('wire', { ranks: { as_ranked: 3 } }),
    ],
    settings: { 'evidence.orders.source_priority': 'as_ranked' },
  })

  test('reads the offers in the order of its own ranks', () => {
    expect(keptRefs(run, { 'evidence.orders.source_priority': 'as_ranked' })).toEqual(['blog', 'paper', 'wire'])
    expect(keptRefs(run, { 'evidence.orders.source_priority': 'named_first', 'evidence.orders.top_k': 1 })).toEqual([
      'paper',
    ])
  })

  test('leaves out what that ordering never offered', () => {
    expect(keptRefs(run, { 'evidence.orders.source_priority': 'named_first' })).toEqual(['paper', 'blog'])
  })

  test('fails to replay under an ordering without recorded ranks', () => {
    expect(why(run, { 'evidence.orders.source_priority': 'newest_first' })).toBe(
      'no recorded ranks under source_priority "newest_first"',
    )
  })

  test('fails to replay where a bucket has no ranks under it, although another one has', () => {
    const two = { ...run, evidence: [...run.evidence, anOffer('clause', { bucket: 'policy' })] }
    const offered = { ...two, offers: { ...run.offers, policy: { depth: 1, exhausted: true } } }
    expect(why(offered, { 'evidence.orders.source_priority': 'named_first' })).toBe('replayed')
    expect(why(offered, { 'evidence.source_priority': 'named_first' })).toMatch('no recorded ranks')
  })
})

describe('evidence_tokens', () => {
  const sized = (...tokens: number[]) =>
    aRun('r', {
      evidence: tokens.map((t, i) => anOffer(`ref${i + 1}`, { rank: i + 1, tokens: t })),
      settings: {},
    })

  test('keeps whole items in rank order until one does not fit, however small the next one is', () => {
    expect(keptRefs(sized(100, 100, 300, 10), { 'budget.evidence_tokens': 250 })).toEqual(['ref1', 'ref2'])
  })

  test('is met exactly', () => {
    expect(keptRefs(sized(100, 100, 10), { 'budget.evidence_tokens': 200 })).toEqual(['ref1', 'ref2'])
    expect(keptRefs(sized(100, 100, 10), { 'budget.evidence_tokens': 199 })).toEqual(['ref1'])
  })

  test('counts ceil(chars/4) where no tokens are recorded', () => {
    const run = aRun('r', {
      evidence: [
        anOffer('a', { tokens: null, text: 'nine char' }),
        anOffer('b', { rank: 2, tokens: null, text: 'four' }),
      ],
      settings: {},
    })
    expect(replayed(run, {}).trimmed.rendered.keptTokens).toBe(4)
    expect(keptRefs(run, { 'budget.evidence_tokens': 3 })).toEqual(['a'])
  })
})

describe('a recording', () => {
  const armed = (id: string, arm: string | null, k = 3) =>
    aRun(id, {
      case_id: 'case',
      family_id: 'f',
      evidence: offersInOrder(3),
      settings: { 'evidence.orders.top_k': k, ...(arm ? { 'planner.tool_preference': arm } : {}) },
    })
  const runs = [armed('plain', 'direct'), armed('routed', 'mcp')]

  test('answers for the planner arm it was made under', () => {
    for (const [arm, run_id] of [
      ['direct', 'plain'],
      ['mcp', 'routed'],
    ] as const)
      expect(
        replayed(runs, { 'evidence.orders.top_k': 2, 'planner.tool_preference': arm }).trimmed.recording.run_id,
      ).toBe(run_id)
  })

  test('fails to answer for an arm that nobody recorded', () => {
    expect(why(runs, { 'planner.tool_preference': 'mcp_optimized' })).toBe(
      'no recording under planner.tool_preference = mcp_optimized',
    )
  })

  test('that does not state a setting answers for its baseline value only', () => {
    const baseline = { 'planner.tool_preference': 'direct' }
    expect(why(armed('silent', null), { 'planner.tool_preference': 'direct' }, baseline)).toBe('replayed')
    expect(why(armed('silent', null), { 'planner.tool_preference': 'mcp' }, baseline)).toMatch('no recording under')
  })

  test('answers with a prompt block only when it was made under that very block', () => {
    const run = aRun('r', { settings: { 'prompt.instruction_block': 'Be brief.' } })
    expect(why(run, { 'prompt.instruction_block': 'Be brief.' })).toBe('replayed')
    expect(why(run, { 'prompt.instruction_block': 'Be kind.' })).toMatch('no recording under prompt.instruction_block')
  })
})

describe('trimming', () => {
  const worlds = fc.record({
    ranks: fc.array(fc.record({ hop: fc.integer({ min: 1, max: 3 }), tokens: fc.integer({ min: 0, max: 50 }) }), {
      maxLength: 12,
    }),
    recorded: fc.record({ k: fc.integer({ min: 1, max: 12 }), hops: fc.integer({ min: 1, max: 3 }) }),
    k: fc.integer({ min: 0, max: 14 }),
    hops: fc.integer({ min: 1, max: 4 }),
    budget: fc.integer({ min: 0, max: 400 }),
  })
  const runOf = (world: { ranks: { hop: number; tokens: number }[]; recorded: { k: number; hops: number } }) => {
    const next = new Map<number, number>()
    return aRun('r', {
      evidence: world.ranks.map(({ hop, tokens }, i) => {
        next.set(hop, (next.get(hop) ?? 0) + 1)
        return anOffer(`e${i}`, { hop, tokens, rank: next.get(hop)! })
      }),
      settings: { 'evidence.orders.top_k': world.recorded.k, 'evidence.orders.max_hops': world.recorded.hops },
      offers: { orders: { depth: 12, exhausted: true } },
    })
  }

  test('never keeps what the settings do not admit, and keeps a prefix of what they do', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const run = runOf(world)
        const result = replay(run, {
          'evidence.orders.top_k': world.k,
          'evidence.orders.max_hops': world.hops,
          'budget.evidence_tokens': world.budget,
        })
        if ('unreplayable' in result) return
        const { evidence } = result.trimmed.recording
        const admitted = run.evidence
          .map((_, i) => i)
          .filter((i) => evidence.ranks.as_ranked![i]! <= world.k && evidence.hop[i]! <= world.hops)
          .sort(
            (a, b) =>
              evidence.hop[a]! - evidence.hop[b]! || evidence.ranks.as_ranked![a]! - evidence.ranks.as_ranked![b]!,
          )
        const kept = [...result.trimmed.rendered.kept]
        expect(kept).toEqual(admitted.slice(0, kept.length))
        const tokens = kept.reduce((sum, i) => sum + evidence.tokens[i]!, 0)
        expect(tokens).toBe(result.trimmed.rendered.keptTokens)
        expect(tokens).toBeLessThanOrEqual(world.budget)
        const next = admitted[kept.length]
        if (next !== undefined) expect(tokens + evidence.tokens[next]!).toBeGreaterThan(world.budget)
      }),
    )
  })

  test('to the recorded settings is the recorded context: the recorded observation stands', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const run = aRun('r', {
          ...runOf(world),
          steps: [retrieval(1, 100), retrieval(2, 100), retrieval(3, 100)],
        })
        const result = replayed(run, run.settings)
        expect(result.trimmed.equal).toBe(true)
        expect(result.latencyMs).toBe(2000)
        expect(result.ungrounded).toEqual([])
      }),
    )
  })
})
