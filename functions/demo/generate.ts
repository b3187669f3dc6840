/**
 * Generates the bundled example: SYNTHETIC runs of a support-refund harness. No customer, order or conversation in them
 * is real, and nothing certified on them says anything about a real harness. What is true of them stands in `world.ts`.
 */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { ContextPack, PriceTable } from '#schemas/pack.ts'
import { type Draw, drawFrom } from './draw.ts'
import { offersOf } from './evidence.ts'
import packJson from './pack.json' with { type: 'json' }
import pricesJson from './prices.json' with { type: 'json' }
import { dayText, drawCase, type RefundCase } from './refund-case.ts'
import { stepsOf } from './steps.ts'
import { WORLD } from './world.ts'

interface RefundOptions {
  /** Families, one run each, at least 1. @default 1200 */
  readonly families?: number
  /** Any 32-bit integer. The same seed gives the same runs, and more families only append. @default 1 */
  readonly seed?: number
  /** The harness that they ran under. @default `pack.json` */
  readonly pack?: ContextPack
  /** What else is true of a family: the case as it is then, and what was known of it before it ran. @default nothing is */
  readonly known?: (refund: RefundCase) => Known
}

export interface Known {
  readonly refund: RefundCase
  readonly attributes: Readonly<Record<string, string>>
}

/** Synthetic runs of intent `support.refund`, one a family. */
export function* refundRuns({
  families = WORLD.families,
  seed = 1,
  pack = ContextPack.parse(packJson),
  known,
}: RefundOptions = {}): Generator<ExperienceRun> {
  const prices = PriceTable.parse(pricesJson)
  const draw = drawFrom(seed)
  for (let number = 1; number <= families; number++) {
    const drawn = drawCase(draw, number)
    const { refund, attributes } = known?.(drawn) ?? { refund: drawn }
    const run = runOf(draw, refund, pack, prices)
    yield attributes === undefined ? run : { ...run, attributes }
  }
}

const BUCKET = 'order_history'
const DEPTH = `evidence.${BUCKET}.top_k`

function runOf(draw: Draw, refund: RefundCase, pack: ContextPack, prices: PriceTable): ExperienceRun {
  const { familyId, traceId, ending, target, clause, credit } = refund
  const number = String(refund.number).padStart(6, '0')
  const date = dayText(refund.date)
  const threshold = pack.settings['approval.refund.threshold'] as number
  const { evidence, offers } = offersOf(draw, refund)
  const depth = pack.settings[DEPTH] as number
  const read = evidence.filter(({ bucket, ranks }) => bucket !== BUCKET || ranks.as_ranked! <= depth)
  // Of a credit on an order that it did not read, the agent says nothing.
  const told =
    credit !== null && refund.purchases.indexOf(credit.purchase) >= depth ? { ...refund, credit: null } : refund
  const { steps, latencyMs, costCents } = stepsOf(draw, told, read, threshold, prices)
  return {
    run_id: `run_${date.replaceAll('-', '_')}_${number}`,
    trace_id: traceId,
    case_id: `refund-${number}`,
    family_id: familyId,
    intent_id: 'support.refund',
    date,
    split: null,
    pack_version: pack.pack,
    policy_bundle_version: 'policy.returns@4.1.0',
    tool_manifest_version: 'tools.support@3.7.0',
    evaluator_suite_version: 'evals.refund@2.4.0',
    release_tuple_id: 'release.support.refund.2026-03-20',
    decision_record_id: `dr_${date.replaceAll('-', '_')}_${number}`,
    operator_corrections: drawCorrections(draw, number),
    settings: pack.settings,
    offers,
    evidence,
    gates: ['refund'],
    gold_not_offered: 0,
    steps: [...steps],
    outcome: {
      status: ending === 'escalate' ? 'ESCALATED' : 'DECIDED',
      outputs: {
        outcome: ending,
        clause: `POLICY_RETURNS_V4/${clause}`,
        ...(ending === 'refund' ? { amount: target.price, currency: 'INR' } : {}),
      },
      passed: draw.chance(WORLD.unlabelled) ? null : draw.chance(WORLD.passed),
      score: null,
      score_kind: 'business',
      must_refuse: ending === 'refuse',
      refused: ending === 'refuse',
      latency_ms: latencyMs,
      cost_cents: costCents,
    },
  }
}

/** What an operator said of the run afterwards: mostly nothing. */
function drawCorrections(draw: Draw, number: string): ExperienceRun['operator_corrections'] {
  const of = (kind: 'outcome' | 'label_disputed' | 'note', passed: boolean | null, notes: string) => [
    { correction_id: `corr-${number}`, kind, passed, operator: `op_${draw.int(1, 9)}`, notes },
  ]
  switch (draw.weighted([WORLD.correctedOutcome, WORLD.disputedLabel, WORLD.operatorNote, 1])) {
    case 0:
      return of('outcome', false, 'the customer had asked for an exchange, not for a refund')
    case 1:
      return of('label_disputed', null, 'the goods were still on their way back when this was judged')
    case 2:
      return of('note', null, 'kind tone, good')
    default:
      return []
  }
}
