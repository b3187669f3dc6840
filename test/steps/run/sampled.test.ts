/** A lattice too large to list: from recorded runs through the sampled search to a certified proposal. */
import { expect, test } from 'vitest'
import { EXACT_BELOW } from '#core/search/exact-candidates.ts'
import { latticeSize, reachableSize, tunableFields } from '#core/space/lattice.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { keys } from '#schemas/s3-keys.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { readJson, readLines } from '../../../functions/streams/read-object.ts'
import {
  aFamily,
  anOffer,
  aPack,
  aTarget,
  INTENT,
  modelCall,
  said,
  toolCall,
  toolResult,
} from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

const EVIDENCE = 'budget.evidence_tokens'
const TOOLS = 'budget.tool_tokens'
const BASELINE = { 'evidence.orders.top_k': 4, [EVIDENCE]: 1500, [TOOLS]: 1500 }

const budget = (field: 'evidence_tokens' | 'tool_tokens', path: string, step: number) => ({
  layer: 'context_budget' as const,
  field,
  path,
  bounds: { min: 10, max: 1500, step },
  intents: [INTENT],
  owner: 'refunds',
})
const packInStepsOf = (step: number) =>
  aPack({
    settings: BASELINE,
    tunable_surfaces: [
      ...aPack().tunable_surfaces,
      budget('evidence_tokens', EVIDENCE, step),
      budget('tool_tokens', TOOLS, step),
    ],
  })
const pack = packInStepsOf(10)
const target = aTarget({
  not_at_stake: {},
  search_space: Object.keys(BASELINE),
  blast_radius: { max_fields: 2, max_decision: 0.1 },
})

/**
 * Two tool outputs of 300 tokens, of which the second holds what the last call needs in its first 40; of four passages
 * the first is required. So 110 tokens of evidence and 50 of tool output do what 400 and 600 did.
 */
const aConversation = (name: string, side: 'search' | 'heldout') =>
  aFamily(name, {
    side,
    over: {
      settings: BASELINE,
      evidence: [110, 90, 130, 70].map((tokens, i) =>
        anOffer(`${name}-e${i + 1}`, { rank: i + 1, required: i === 0, gold: i === 0, tokens }),
      ),
      offers: { orders: { depth: 4, exhausted: true } },
      steps: [
        said('user', `refund ${name}`),
        modelCall(),
        toolCall('t1'),
        toolResult('t1', '.'.repeat(1200), 300),
        modelCall(),
        toolCall('t2'),
        toolResult('t2', `${'.'.repeat(140)} ORDER-${name} `.padEnd(1200, '.'), 300),
        modelCall(),
        toolCall('w', { order: `ORDER-${name}` }, { name: 'refund', writes: true, correct: true }),
      ],
    },
  })
const world = [
  ...Array.from({ length: 40 }, (_, i) => aConversation(`s${i}`, 'search')),
  ...Array.from({ length: 120 }, (_, i) => aConversation(`h${i}`, 'heldout')),
]

test('a lattice of more points than can be listed is sampled, certified, and reproducible', async () => {
  const fields = tunableFields(pack, INTENT, target.search_space!)
  expect(reachableSize(fields, 2)).toBeGreaterThan(EXACT_BELOW)

  const store = await stocked(memory(), world, { pack })
  const summary = await run(store, { target: { ...target, proposers: ['neighbours'] }, runId: 'r' })
  expect(summary).toMatchObject({ verdict: 'certified', search: { exact: false } })

  // Both budgets as small as nothing needed allows, or so little above it that nobody would mind.
  const { [EVIDENCE]: evidence, [TOOLS]: tools } = summary.winner!
  expect(evidence!.to).toBe(110)
  expect(tools!.to).toBeLessThanOrEqual(60)
  const proposal = await readJson<TuningProposal>(store.objects, keys.autotuneRun('r', 'selected-proposal.json'))
  expect(proposal!.candidate_change.patch).toEqual(summary.winner)

  // What proposers made is looked at beside the sample, no candidate twice.
  const scored = await readLines<CandidateScore>(store.objects, keys.autotuneRun('r', 'candidates.jsonl'))
  expect(new Set(scored.map(({ candidate_id }) => candidate_id)).size).toBe(scored.length)
  const beside = scored.filter(({ origin }) => origin === 'neighbours')
  expect(beside.map(({ patch }) => Object.entries(patch).map(([path, { to }]) => `${path} ${to}`)[0]).sort()).toEqual(
    [`${EVIDENCE} 1490`, `${TOOLS} 1490`, 'evidence.orders.top_k 3', 'evidence.orders.top_k 5'].sort(),
  )
  expect(scored.length - beside.length).toBeGreaterThan(190)

  expect(await verifyRun(store, 'r', transcriptEngine())).toMatchObject({ reproducible: true, differences: [] })
})

test('a lattice of more points than one draw can number is sampled too, and its random arm with it', async () => {
  const fine = packInStepsOf(1)
  expect(latticeSize(tunableFields(fine, INTENT, target.search_space!))).toBeGreaterThan(2 ** 21)
  const store = await stocked(memory(), [...world.slice(0, 8), ...world.slice(-8)], { pack: fine })
  const { search, verdict } = await run(store, { target, runId: 'r' })
  expect(verdict).toBe('inconclusive')
  expect(search).toMatchObject({ exact: false, visited: 199 })
  expect(search!.no_search!.candidates).toBeGreaterThan(1)
  expect(Object.keys(search!.no_search!.best!.patch).sort()).toEqual([EVIDENCE, TOOLS, 'evidence.orders.top_k'].sort())
})
