/** What a run could not search is said: in stretches, with the reason nearest to the baseline, and never of what was searched. */
import { expect, test } from 'vitest'
import { recordedNeed } from '#core/gate/harness-need.ts'
import { notSearched } from '#core/search/not-searched.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { Fate } from '#schemas/candidate.ts'
import type { Patch } from '#schemas/common.ts'
import { aPack, aSurface, INTENT } from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const PLANNER = 'planner.tool_preference'
const PROMPT = 'prompt.instruction_block'
const pack = aPack({
  settings: { [K]: 4, [PLANNER]: 'direct', [PROMPT]: 'Be brief.' },
  tunable_surfaces: [
    aSurface(K, { min: 1, max: 8 }),
    aSurface(PLANNER, { allowed: ['direct', 'mcp', 'none'] }),
    aSurface(PROMPT, { max_added_tokens: 50, max_changed_sentences: 3, forbidden_terms: [] }),
  ],
})
const tried = (fate: Fate, reason: string, patch: Patch) => ({ patch, fate, reason })
const k = (to: number, fate: Fate = 'unreplayable', reason = `why ${to}`) =>
  tried(fate, reason, { [K]: { from: 4, to } })
const planner = (to: string, fate: Fate = 'unreplayable') =>
  tried(fate, `why ${to}`, { [PLANNER]: { from: 'direct', to } })
const when = { '==': [{ var: 'attributes.tier' }, 'gold'] }

test.each([
  [
    'a stretch above the baseline, by its first value',
    [K],
    [k(3, 'no_gain'), k(5), k(6), k(7), k(8)],
    [`${K} 5 .. 8 not searched: why 5`],
  ],
  [
    'one below it, by its last',
    [K],
    [k(1), k(2), k(3, 'no_gain'), k(5, 'committed')],
    [`${K} 1 .. 2 not searched: why 2`],
  ],
  [
    'two stretches',
    [K],
    [k(3), k(5, 'no_gain'), k(6, 'no_gain'), k(7)],
    [`${K} 3 not searched: why 3`, `${K} 7 not searched: why 7`],
  ],
  [
    'values of a list, each',
    [PLANNER],
    [planner('mcp'), planner('none')],
    [`${PLANNER} mcp not searched: why mcp`, `${PLANNER} none not searched: why none`],
  ],
  [
    'a prompt block that nobody tried',
    [PROMPT],
    [k(3, 'no_gain')],
    [
      `${PROMPT} not searched: a prompt block is tried as a hand-written change (--candidates FILE) or by a proposer (--proposers blocks,sentences)`,
    ],
  ],
  [
    'a prompt block that nobody recorded',
    [PROMPT],
    [tried('unreplayable', 'why', { [PROMPT]: { from: 'Be brief.', to: 'Be kind.' } })],
    [`${PROMPT} Be kind. not searched: why`],
  ],
  [
    'nothing of changes of two fields',
    [K],
    [tried('unreplayable', 'why', { [K]: { from: 4, to: 8 }, [PLANNER]: { from: 'direct', to: 'mcp' } })],
    [],
  ],
  ['nothing of a change for some cases', [K], [tried('unreplayable', 'why', { [K]: { from: 4, to: 8, when } })], []],
  [
    'nothing where everything was searched',
    [K, PLANNER],
    [k(3, 'no_gain'), k(8, 'won'), planner('mcp', 'search_guardrail')],
    [],
  ],
])('%s', (_, paths, candidates, says) => {
  expect(notSearched(tunableFields(pack, INTENT, paths), candidates)).toEqual(says)
})

test.each([
  [undefined, 100, []],
  [{ families: 12, of: 12 }, 100, [{ verdict: 'inconclusive', needed: null, power: 0 }]],
  [{ families: 1, of: 1000 }, 10, [{ verdict: 'ready', needed: 0 }]],
  [{ families: 1, of: 10 }, 100, [{ verdict: 'inconclusive', needed: null }]],
] as const)(
  'a first candidate on planned recordings of %j families asks %i sealed ones: %j',
  (planned, sealed, rows) => {
    expect(recordedNeed(planned, sealed)).toMatchObject(rows)
  },
)
