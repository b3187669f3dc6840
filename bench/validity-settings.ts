/** Worlds that change what no recording holds: a gate or a bucket. */
import { aFamily, anEvaluator, anOffer, aPack, approval, aSuite, aTarget, toolCall } from '../test/support/builders.ts'
import { type Ending, type EvidenceWorld, type Given, LIMIT, RATES, recorded } from './validity-evidence.ts'
import { packOf, tuned } from './validity-tuned.ts'

const GATE = 'approval.write.threshold'
const TOP_K = 'evidence.orders.top_k'
const gated = packOf({ [TOP_K]: 4, [GATE]: 100 }, [
  aPack().tunable_surfaces[0]!,
  { layer: 'approval_gate', field: 'threshold', path: GATE, bounds: { min: 0, max: 200, step: 100 } },
])

/** A threshold rises beyond amounts that wait for a person; bad records hold no approval. */
const gateless = (given: Given): Promise<Ending> => {
  const not_measured = { latency: 'no clock in these records' }
  return tuned(
    recorded(given, ({ id, side, harmed, bad }, i) => {
      const one = aFamily(id, { side, required: 1, gold: 1, over: { settings: gated.settings } })
      const amount = harmed ? 150 : [50, 500][i % 2]!
      const call = toolCall('c', {}, { writes: true, confirmed: true, correct: true })
      const asked = approval('c', amount, { gate: 'write', asked: amount > 100, granted: amount > 100 || null })
      return { ...one, steps: [...one.steps, call, ...(bad ? [] : [asked])] }
    }),
    {
      pack: gated,
      suite: aSuite({
        evaluators: [...aSuite().evaluators, anEvaluator({ check: 'approval_honoured', dimension: 'approval' })],
      }),
      not_measured,
      guardrails: { ...aTarget().guardrails, approval_bypass_rate: { max: 0, max_violation_rate: LIMIT } },
      // The saving comes with the passages: nobody would ask for the threshold alone.
      change: { [TOP_K]: { from: 4, to: 1 }, [GATE]: { from: 100, to: 200 } },
    },
  )
}

const GUARD = 'evidence.guard_rules.top_k'
const guarded = packOf({ [TOP_K]: 4, [GUARD]: 5 }, [
  { layer: 'retrieval', field: 'top_k', path: GUARD, bounds: { min: 1, max: 5 } },
])

/** A bucket that policy needs is asked for less; bad records do not hold it. */
const bucketless = (given: Given): Promise<Ending> =>
  tuned(
    recorded(given, ({ id, side, harmed, bad }) => {
      const one = aFamily(id, { side, required: 1, gold: 1, over: { settings: guarded.settings } })
      const rules = [1, 2, 3, 4, 5].map((rank) =>
        anOffer(`${id}-rule${rank}`, {
          bucket: 'guard_rules',
          rank,
          required: rank === (harmed ? 5 : 1),
          gold: rank === 1,
        }),
      )
      return bad
        ? one
        : {
            ...one,
            evidence: [...one.evidence, ...rules],
            offers: { ...one.offers, guard_rules: { depth: 5, exhausted: true } },
          }
    }),
    { pack: guarded },
  )

export const SETTING_WORLDS: readonly EvidenceWorld[] = [
  { name: 'a gate that stands in no recording', rates: RATES, life: gateless },
  { name: 'a bucket that stands in no recording', rates: RATES, life: bucketless },
]
