/** A lattice too large to list: from recorded runs through the sampled search to a certified proposal. */
import { EXACT_BELOW } from '/tmp/wt/sampler/functions/core/search/exact-candidates.ts'
import { reachableSize, tunableFields } from '/tmp/wt/sampler/functions/core/space/lattice.ts'
import type { TuningProposal } from '/tmp/wt/sampler/schemas/proposal.ts'
import { keys } from '/tmp/wt/sampler/schemas/s3-keys.ts'
import { transcriptEngine } from '/tmp/wt/sampler/functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '/tmp/wt/sampler/functions/steps/run/verify.ts'
import { readJson } from '/tmp/wt/sampler/functions/streams/read-object.ts'
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
} from '/tmp/wt/sampler/test/support/builders.ts'
import { contents, memory, run, stocked } from '/tmp/wt/sampler/test/steps/stores.ts'

const EVIDENCE = 'budget.evidence_tokens'
const TOOLS = 'budget.tool_tokens'
const BASELINE = { 'evidence.orders.top_k': 4, [EVIDENCE]: 1500, [TOOLS]: 1500 }

const budget = (field: 'evidence_tokens' | 'tool_tokens', path: string) => ({
  layer: 'context_budget' as const,
  field,
  path,
  bounds: { min: 10, max: 1500, step: 10 },
  intents: [INTENT],
  owner: 'refunds',
})
const pack = aPack({
  settings: BASELINE,
  tunable_surfaces: [...aPack().tunable_surfaces, budget('evidence_tokens', EVIDENCE), budget('tool_tokens', TOOLS)],
})
const target = aTarget({ search_space: Object.keys(BASELINE), blast_radius: { max_fields: 2, max_decision: 0.1 } })

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
        toolCall('w', { order: `ORDER-${name}` }, { writes: true, correct: true }),
      ],
    },
  })
const world = [
  ...Array.from({ length: 40 }, (_, i) => aConversation(`s${i}`, 'search')),
  ...Array.from({ length: 120 }, (_, i) => aConversation(`h${i}`, 'heldout')),
]


const store = await stocked(memory(), world, { pack })
const t0 = performance.now()
const s = await run(store, { target, runId: 'r' })
console.log((performance.now() - t0).toFixed(0), 'ms run', JSON.stringify(s.search), JSON.stringify(s.winner))
