/** Hand-written changes: everything a patch may not do is refused with a reason, and nothing undeclared is ever reachable. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tokenCounter } from '#core/space/prompt/tokens.ts'
import { boundedChange } from '#core/space/validate.ts'
import { aPack, INTENT } from '../../support/builders.ts'

const COUNT = await tokenCounter({ tunable_surfaces: [] })

const BLOCK = 'Find the order first. Name the clause. Say the amount and wait for a yes.'
const shared = { intents: [INTENT], owner: 'o' }
const pack = aPack({
  settings: {
    'evidence.orders.top_k': 4,
    'evidence.orders.source_priority': 'as_ranked',
    'budget.tool_tokens': 1000,
    'budget.memory_tokens': 1000,
    'planner.tool_preference': 'direct',
    'prompt.instruction_block': BLOCK,
    'policy.bundle': 'strict',
  },
  tunable_surfaces: [
    { layer: 'retrieval', field: 'top_k', path: 'evidence.orders.top_k', bounds: { min: 1, max: 5 }, ...shared },
    {
      layer: 'retrieval',
      field: 'source_priority',
      path: 'evidence.orders.source_priority',
      bounds: { allowed: ['as_ranked', 'named_first'] },
      ...shared,
    },
    {
      layer: 'context_budget',
      field: 'tool_tokens',
      path: 'budget.tool_tokens',
      bounds: { min: 500, max: 1500, step: 250 },
      ...shared,
    },
    {
      layer: 'context_budget',
      field: 'memory_tokens',
      path: 'budget.memory_tokens',
      bounds: { min: 500, max: 1500, step: 250 },
      intents: ['support.status'],
      owner: 'o',
    },
    {
      layer: 'planner',
      field: 'tool_preference',
      path: 'planner.tool_preference',
      bounds: { allowed: ['direct', 'mcp'] },
      ...shared,
    },
    {
      layer: 'prompt',
      field: 'instruction_block',
      path: 'prompt.instruction_block',
      bounds: { max_added_tokens: 10, forbidden_terms: ['skip the policy'] },
      ...shared,
    },
  ],
})
const SPACE = pack.tunable_surfaces.map((s) => s.path).filter((p) => p !== 'planner.tool_preference')
type Value = number | string | boolean
const problems = (patch: Record<string, Value | { from?: Value; to: Value }>): readonly string[] => {
  const bounded = boundedChange({ patch }, pack, INTENT, SPACE, COUNT)
  return 'problems' in bounded ? bounded.problems : []
}

describe('boundedChange', () => {
  test('takes a change within bounds and fills in what it is from', () => {
    const change = { patch: { 'evidence.orders.top_k': 2, 'budget.tool_tokens': { to: 750 } }, rationale: 'cheaper' }
    expect(boundedChange(change, pack, INTENT, SPACE, COUNT)).toMatchObject({
      candidate: {
        layer: 'context_budget',
        rationale: 'cheaper',
        patch: { 'evidence.orders.top_k': { from: 4, to: 2 }, 'budget.tool_tokens': { from: 1000, to: 750 } },
      },
    })
  })

  test.each<[string, Parameters<typeof problems>[0], string]>([
    ['a path without a surface', { 'policy.bundle': 'lax' }, 'no code path may change it'],
    ['a path that does not exist', { 'evidence.policy.top_k': 1 }, 'has no tunable surface'],
    ['a path of Object itself', { constructor: 1 }, 'has no tunable surface'],
    ['a surface of another intent', { 'budget.memory_tokens': 750 }, 'is not open to intent "support.refund"'],
    ['a surface outside the search space', { 'planner.tool_preference': 'mcp' }, "is not in the target's search_space"],
    ['a value off its step', { 'budget.tool_tokens': 800 }, '800 is off the step: allowed are 500, 750, 1000, 1250'],
    ['a value below the range', { 'evidence.orders.top_k': 0 }, '0 is outside 1..5'],
    ['a value above the range', { 'budget.tool_tokens': 1750 }, '1750 is outside 500..1500'],
    ['a fraction of a whole number', { 'evidence.orders.top_k': 2.5 }, '2.5 is off the step'],
    ['a text for a number', { 'evidence.orders.top_k': '2' }, '"2" is a string, the field takes a number'],
    ['a number for a choice', { 'evidence.orders.source_priority': 2 }, '2 is a number, the field takes a string'],
    ['a flag for a number', { 'evidence.orders.top_k': true }, 'true is a boolean'],
    [
      'a choice that is not listed',
      { 'evidence.orders.source_priority': 'newest' },
      '"newest" is not one of as_ranked',
    ],
    ['what already is', { 'evidence.orders.top_k': 4 }, 'already is 4'],
    ['a wrong "from"', { 'evidence.orders.top_k': { from: 3, to: 2 } }, 'is 4 in ctxpack.support@1.0.0, not 3'],
    ['nothing at all', {}, 'the change has an empty patch'],
    ['a longer prompt', { 'prompt.instruction_block': `${BLOCK} ${'kind '.repeat(20)}` }, 'at most 10 may be added'],
    [
      'a forbidden term',
      { 'prompt.instruction_block': `${BLOCK} Skip the Policy.` },
      'forbidden term "skip the policy"',
    ],
    [
      'a longer text than a setting has',
      { 'prompt.instruction_block': `${BLOCK} ${'x '.repeat(10_000)}` },
      'characters, and a setting has at most 20000',
    ],
    ['a prompt rewrite', { 'prompt.instruction_block': 'Refund at once and be friendly.' }, 'whole-prompt rewrite'],
    ['a number for a prompt', { 'prompt.instruction_block': 7 }, 'an instruction block is text, not a number'],
  ])('refuses %s', (_, patch, why) => {
    expect(problems(patch).join('\n')).toContain(why)
  })

  test('says of long texts and names where they differ, and no more of them', () => {
    const block = 'prompt.instruction_block'
    const [stale] = problems({
      [block]: { from: `${BLOCK} ${'old '.repeat(50_000)}`, to: `${BLOCK} Mention earlier credits.` },
    })
    expect(stale).toMatch(/^"prompt\.instruction_block" is ".*" in ctxpack\.support@1\.0\.0, not ".*old old .*…"$/)
    const long = aPack({
      ...pack,
      settings: { ...pack.settings, [block]: 'Find the order first. '.repeat(400).trim() },
    })
    const same = { patch: { [block]: long.settings[block]! } }
    const told = [
      ...(boundedChange(same, long, INTENT, SPACE, COUNT) as { problems: string[] }).problems,
      ...problems({ ['x'.repeat(100_000)]: 1 }),
      ...problems({ 'evidence.orders.top_k': 'x'.repeat(100_000) }),
      ...problems({ 'evidence.orders.source_priority': 'x'.repeat(100_000) }),
      ...problems({ 'evidence.orders.top_k': { from: 'x'.repeat(100_000), to: 2 } }),
      stale!,
    ]
    expect(told).toHaveLength(6)
    for (const line of told) expect(line.length).toBeLessThan(450)
  })

  test('takes a prompt block that says one thing more', () => {
    expect(problems({ 'prompt.instruction_block': `${BLOCK} Mention earlier credits.` })).toEqual([])
  })

  test('refuses a prompt rewrite that keeps the words of the block and drowns them', () => {
    const long = 'Find the order first. '.repeat(8).trim()
    const grown = aPack({ ...pack, settings: { ...pack.settings, 'prompt.instruction_block': long } })
    const change = {
      patch: { 'prompt.instruction_block': `Find the order first. ${'Never ask for a yes. '.repeat(7)}` },
    }
    expect(boundedChange(change, grown, INTENT, SPACE, COUNT)).toHaveProperty('problems')
  })

  test('names every problem of a change at once', () => {
    expect(problems({ 'evidence.orders.top_k': 9, 'policy.bundle': 'lax' })).toHaveLength(2)
  })

  test('lets no random patch reach an undeclared field or an undeclared value', () => {
    const paths = fc.oneof(
      fc.constantFrom(...Object.keys(pack.settings), 'evals.suite', 'safety.threshold', '__proto__', 'toString'),
      fc.string(),
    )
    const values = fc.oneof(
      fc.integer({ min: -5, max: 2000 }),
      fc.double({ noNaN: true }),
      fc.string(),
      fc.boolean(),
      fc.constantFrom<Value>('mcp', 'named_first'),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(paths, values), { maxLength: 3 }), (entries) => {
        const bounded = boundedChange({ patch: Object.fromEntries(entries) }, pack, INTENT, SPACE, COUNT)
        if ('problems' in bounded) return
        for (const [path, { from, to }] of Object.entries(bounded.candidate.patch)) {
          expect(SPACE).toContain(path)
          expect(pack.tunable_surfaces.find((s) => s.path === path)!.intents).toContain(INTENT)
          expect(from).toBe(pack.settings[path])
          if (path === 'evidence.orders.top_k') expect([1, 2, 3, 5]).toContain(to)
        }
      }),
      { numRuns: 500 },
    )
  })
})
