/** Proposers that ask no model: same input, same changes; what is taken of them is within bounds, and none of it twice. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { blockDigest, blockProblems } from '#core/proposers/blocks.ts'
import type { ProposerInput, ReleasedSettings } from '#core/proposers/proposer.ts'
import { PROPOSER_OF } from '#core/proposers/table.ts'
import { takeProposed } from '#core/proposers/take.ts'
import { tunableFields } from '#core/space/lattice.ts'
import { meaningOf } from '#core/space/meaning.ts'
import { promptProblems } from '#core/space/prompt/bounds.ts'
import { sentencesOf } from '#core/space/prompt/sentences.ts'
import { estimatedTokens, tokenCounter } from '#core/space/prompt/tokens.ts'
import { boundedChange } from '#core/space/validate.ts'
import { BlockLibrary } from '#schemas/block-library.ts'
import { Insight } from '#schemas/insight.ts'
import { Prediction } from '#schemas/prediction.ts'
import { MOST_PROPOSED, PROPOSERS } from '#schemas/proposers.ts'
import { aPack, aSurface, aTarget, INTENT } from '../../support/builders.ts'

const COUNT = await tokenCounter({ tunable_surfaces: [] })

const TOP = 'evidence.orders.top_k'
const TOOLS = 'budget.tool_tokens'
const BLOCK = 'prompt.instruction_block'
const PROTECTED = 'Never refund without a person.'

const packWith = (text: string, { top = 4, rest = {} }: { top?: number; rest?: object } = {}) =>
  aPack({
    settings: { [TOP]: top, [TOOLS]: 1000, [BLOCK]: text },
    tunable_surfaces: [
      aSurface(TOP, { min: 1, max: 8 }),
      aSurface(TOOLS, { min: 500, max: 1500, step: 250 }),
      aSurface(BLOCK, { max_added_tokens: 40, forbidden_terms: ['skip the policy'], ...rest }),
    ],
  })
const target = resolveTarget(aTarget({ search_space: [TOP, TOOLS, BLOCK] }))

function inputOf(
  pack = packWith('Find the order. Name the clause. Say the amount.'),
  over: Partial<ProposerInput> = {},
): ProposerInput {
  return {
    target,
    pack,
    fields: tunableFields(pack, INTENT, target.search_space),
    facts: {
      calls_per_decision: 2,
      tokens_per_decision: 1000,
      cents_per_token: 0.002,
      caseOf: new Map(),
      failed: [],
    },
    insights: [],
    blocks: null,
    released: [],
    rejections: [],
    ...over,
  }
}
const texts = (input: ProposerInput, name: 'sentences' | 'blocks' = 'sentences') =>
  PROPOSER_OF[name].propose(input).map(({ patch }) => patch[BLOCK] as string)

const aBlock = (block_id: string, text: string) => {
  const block = {
    block_id,
    path: BLOCK,
    text,
    why: 'it is shorter',
    reviewed_by: 'ana@example.com',
    reviewed_on: '2026-11-01',
  }
  return { ...block, digest: digestOf(block) }
}
const libraryOf = (...all: ReturnType<typeof aBlock>[]): BlockLibrary =>
  BlockLibrary.parse({ library: 'blocks.refund@1.0.0', blocks: all })

const anInsight = (over: Partial<Insight> = {}): Insight =>
  Insight.parse({
    insight_id: 'in_0123456789ab',
    kind: 'unread_passage',
    intent: INTENT,
    pattern: 'a needed passage of orders is not read: ranked beyond top_k 4',
    occurrences: 6,
    of: 20,
    confidence: 0.1,
    first_seen: null,
    last_seen: null,
    evidence_refs: ['r1', 'r2'],
    status: 'open',
    suggests: { path: TOP, to: 6 },
    where: null,
    ...over,
  })

describe('sentences', () => {
  test('each sentence is left out once, and nothing else changes', () => {
    expect(texts(inputOf())).toEqual([
      'Name the clause. Say the amount.',
      'Find the order. Say the amount.',
      'Find the order. Name the clause.',
    ])
  })

  test('a line of a list goes with its mark; the others keep theirs', () => {
    expect(texts(inputOf(packWith('Steps:\n- Find the order.\n- Name the clause. Say why.\n- Stop.')))).toEqual([
      '- Find the order.\n- Name the clause. Say why.\n- Stop.',
      'Steps:\n- Name the clause. Say why.\n- Stop.',
      'Steps:\n- Find the order.\n- Say why.\n- Stop.',
      'Steps:\n- Find the order.\n- Name the clause.\n- Stop.',
      'Steps:\n- Find the order.\n- Name the clause. Say why.',
    ])
  })

  test('what is protected is never left out, and the only sentence of a block neither', () => {
    const bounds = { rest: { protected_sentences: [PROTECTED] } }
    const text = `Find the order first. ${PROTECTED} Say the amount.`
    expect(texts(inputOf(packWith(text, bounds)))).toEqual([
      `${PROTECTED} Say the amount.`,
      `Find the order first. ${PROTECTED}`,
    ])
    expect(texts(inputOf(packWith('Find the order.')))).toEqual([])
  })

  test('it predicts the tokens that are saved, in every call; cents where the target is about them', () => {
    const [first] = PROPOSER_OF.sentences.propose(inputOf())
    const saved =
      estimatedTokens('Name the clause. Say the amount.') -
      estimatedTokens('Find the order. Name the clause. Say the amount.')
    expect(first!.prediction).toEqual({ metric: 'economics_tokens_per_decision', by: 2 * saved, cases: null })
    const inCents = { ...target, metric: 'economics_cents_per_decision' as const }
    expect(PROPOSER_OF.sentences.propose(inputOf(undefined, { target: inCents }))[0]!.prediction.by).toBeCloseTo(
      0.002 * saved,
    )
    const unknown = { ...inputOf().facts, calls_per_decision: null }
    expect(PROPOSER_OF.sentences.propose(inputOf(undefined, { facts: unknown }))[0]!.prediction.by).toBeNull()
  })

  const word = fc.constantFrom(
    'order',
    'clause',
    'amount',
    'never',
    'person',
    'refund',
    '注文',
    'z. B.',
    '3.5',
    'Mr. Smith',
  )
  const sentence = fc
    .tuple(fc.array(word, { minLength: 1, maxLength: 5 }), fc.constantFrom('.', '!', '?', '。', ''))
    .map(([words, end]) => `Say ${words.join(' ')}${end}`)
  const blockText = fc
    .array(fc.tuple(fc.constantFrom('', '- ', '1. ', '# '), fc.array(sentence, { minLength: 1, maxLength: 3 })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((lines) => lines.map(([mark, said]) => mark + said.join(' ')).join('\n'))

  test('whatever the block: one sentence fewer, the others in their order, protected ones among them', () => {
    fc.assert(
      fc.property(blockText, fc.nat(), (text, at) => {
        const all = sentencesOf(text).map((one) => one.text)
        const kept = all[at % all.length]!
        const pack = packWith(text, { rest: { protected_sentences: [kept] } })
        for (const to of texts(inputOf(pack))) {
          const left = sentencesOf(to).map((one) => one.text)
          expect(left).toHaveLength(all.length - 1)
          expect(all.join('\n')).toContain(left[0] ?? '')
          expect(left).toContain(kept)
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('blocks', () => {
  const library = libraryOf(aBlock('short', 'Find the order. Say the amount.'), {
    ...aBlock('other', 'x y z'),
    path: 'prompt.other',
  })

  test('a reviewed text stands in place of the block that it is for, with who reviewed it', () => {
    const [one, ...more] = PROPOSER_OF.blocks.propose(inputOf(undefined, { blocks: library }))
    expect(more).toEqual([])
    expect(one).toMatchObject({
      patch: { [BLOCK]: 'Find the order. Say the amount.' },
      rationale: 'it is shorter (block short, reviewed by ana@example.com on 2026-11-01)',
    })
    expect(PROPOSER_OF.blocks.propose(inputOf())).toEqual([])
  })

  test('a text that was changed since its review is named with the digest that a new review writes', () => {
    const changed = { ...aBlock('short', 'Find the order.'), text: 'Skip it.' }
    expect(blockProblems(libraryOf(changed))).toEqual([expect.stringContaining(`is not what ana@example.com reviewed`)])
    expect(blockProblems(libraryOf({ ...changed, digest: blockDigest(changed) }))).toEqual([])
    expect(blockProblems(library).length).toBe(1)
  })
})

describe('neighbours', () => {
  const released = (settings: object, change: ReleasedSettings['change'] = null, pack = 'ctxpack.support@0.9.0') =>
    [{ rollout: 'ro_x', pack, settings: { ...packWith('x').settings, ...settings }, change }] as ReleasedSettings[]
  const patches = (input: ProposerInput) => PROPOSER_OF.neighbours.propose(input).map(({ patch }) => patch)

  test('one step beside what is in force, then beside every earlier release', () => {
    expect(patches(inputOf())).toEqual([{ [TOOLS]: 750 }, { [TOOLS]: 1250 }, { [TOP]: 3 }, { [TOP]: 5 }])
    expect(patches(inputOf(packWith('x'), { released: released({ [TOP]: 7 }) })).slice(4)).toEqual([
      { [TOOLS]: 750, [TOP]: 7 },
      { [TOOLS]: 1250, [TOP]: 7 },
      { [TOP]: 6 },
      { [TOP]: 8 },
    ])
  })

  test('a release that moved this number alone says how much a step further brings', () => {
    const pack = packWith('x', { top: 4 })
    const change = { patch: { [TOP]: { from: 6, to: 4 } }, delta: { economics_tokens: -200 } }
    const [other, , down, up] = PROPOSER_OF.neighbours.propose(
      inputOf(pack, { released: released({ [TOP]: 4 }, change, pack.pack) }),
    )
    expect([down!.prediction.by, up!.prediction.by, other!.prediction.by]).toEqual([-100, 100, null])
  })
})

describe('corrections', () => {
  const facts = {
    ...inputOf().facts,
    caseOf: new Map([
      ['r1', 'c1'],
      ['r2', 'c1'],
    ]),
  }

  test('the setting under which the passage would have been read; for all, and for those that share something', () => {
    const where = { attribute: 'region', value: 'EU' }
    const all = PROPOSER_OF.corrections.propose(inputOf(undefined, { facts, insights: [anInsight({ where })] }))
    expect(all.map(({ patch }) => patch)).toEqual([
      { [TOP]: 6 },
      { [TOP]: { to: 6, when: { '==': [{ var: 'attributes.region' }, 'EU'] } } },
    ])
    expect(all[0]!.prediction).toEqual({ metric: target.metric, by: null, cases: ['c1'] })
  })

  test('nothing of an insight that suggests nothing, less than there is, or a path that the target does not open', () => {
    const insights = [
      anInsight({ suggests: null }),
      anInsight({ suggests: { path: TOP, to: 4 } }),
      anInsight({ suggests: { path: 'evidence.other.top_k', to: 9 } }),
    ]
    expect(PROPOSER_OF.corrections.propose(inputOf(undefined, { insights }))).toEqual([])
  })
})

describe('what a run takes', () => {
  const under = (input: ProposerInput) => ({
    pack: input.pack,
    target,
    released: input.released,
    given: [],
    count: COUNT,
  })
  const change = (to: string | number, path = TOP) => ({
    patch: { [path]: to },
    rationale: 'because',
    prediction: { metric: target.metric, by: null, cases: null },
  })

  test('what is out of bounds, proposed before, released, or too much is left out with the reason', () => {
    const input = inputOf(undefined, {
      released: [
        {
          rollout: 'ro_r1',
          pack: 'ctxpack.support@0.9.0',
          settings: { ...inputOf().pack.settings, [TOP]: 2 },
          change: null,
        },
      ],
    })
    const { candidates, left_out } = takeProposed(
      [
        {
          origin: 'one',
          changes: [change(3), change(9), change(2), change('Find  the order. Name the clause. Say it. ', BLOCK)],
        },
        { origin: 'two', changes: [change(3), change('Find the order. Name the clause. Say it.', BLOCK)] },
        { origin: 'loops', changes: Array.from({ length: MOST_PROPOSED + 5 }, () => change(5)) },
      ],
      under(input),
    )
    expect(candidates.map(({ origin, patch }) => [origin, Object.values(patch)[0]!.to])).toEqual([
      ['one', 3],
      ['one', 'Find  the order. Name the clause. Say it. '],
      ['loops', 5],
    ])
    expect(left_out.slice(0, 4)).toMatchObject([
      { origin: 'one', paths: [TOP], why: 'out_of_bounds', reason: expect.stringContaining('9 is outside 1..8') },
      { origin: 'one', why: 'released', reason: expect.stringContaining('ctxpack.support@0.9.0, by rollout ro_r1') },
      { origin: 'two', why: 'duplicate', reason: 'one proposed the same settings' },
      { origin: 'two', why: 'duplicate' },
    ])
    expect(left_out.at(-1)).toMatchObject({ origin: 'loops', why: 'too_many' })
    expect(left_out).toHaveLength(4 + MOST_PROPOSED - 1 + 1)
  })

  const inputs = fc
    .record({
      top: fc.integer({ min: 1, max: 8 }),
      text: fc.array(fc.constantFrom('Find it.', PROTECTED, 'Say why.', '- Ask {{name}}.', 'Stop!'), {
        minLength: 1,
        maxLength: 6,
      }),
      blocks: fc.array(fc.constantFrom('Find it.', 'Skip the policy now.', PROTECTED, 'Say why. Find it.'), {
        maxLength: 3,
      }),
      released: fc.array(
        fc.record({ top: fc.integer({ min: 0, max: 12 }), tools: fc.constantFrom(500, 1000, 1250, 9) }),
        { maxLength: 3 },
      ),
      suggests: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }),
    })
    .map(({ top, text, blocks, released, suggests }) => {
      const block = text.join('\n')
      const pack = packWith(block, { top, rest: block.includes(PROTECTED) ? { protected_sentences: [PROTECTED] } : {} })
      return inputOf(pack, {
        blocks: blocks.length === 0 ? null : libraryOf(...blocks.map((one, i) => aBlock(`b${i}`, one))),
        released: released.map((one, i) => ({
          rollout: `ro_r${i}`,
          pack: `ctxpack.support@0.${i}.0`,
          settings: { ...pack.settings, [TOP]: one.top, [TOOLS]: one.tools },
          change: null,
        })),
        insights: suggests.map((to) => anInsight({ suggests: { path: TOP, to } })),
      })
    })

  test('is typed, within every bound, none twice; the same input gives the same', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const handed = () => PROPOSERS.map((origin) => ({ origin, changes: PROPOSER_OF[origin].propose(input) }))
        const taken = takeProposed(handed(), under(input))
        expect(takeProposed(handed(), under(input))).toEqual(taken)
        expect(new Set(taken.candidates.map(({ patch }) => meaningOf(input.pack, patch))).size).toBe(
          taken.candidates.length,
        )
        for (const { patch, prediction, origin } of taken.candidates) {
          Prediction.parse(prediction)
          expect(PROPOSERS).toContain(origin)
          expect(boundedChange({ patch }, input.pack, INTENT, target.search_space, COUNT)).not.toHaveProperty(
            'problems',
          )
          const to = patch[BLOCK]?.to
          const surface = input.pack.tunable_surfaces.find(({ path }) => path === BLOCK)!
          if (to === undefined || surface.layer !== 'prompt') continue
          expect(promptProblems(surface.bounds, String(input.pack.settings[BLOCK]), String(to), COUNT)).toEqual([])
          for (const kept of surface.bounds.protected_sentences ?? []) expect(to).toContain(kept)
        }
      }),
      { numRuns: 60 },
    )
  })
})
