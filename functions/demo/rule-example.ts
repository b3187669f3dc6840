/**
 * The example of a rule: the shop of the demo after its release, which reads six orders. Some customers came over from a marketplace, and
 * have a credit on an older order, one place deeper: that it is not read recurs as an insight, and a StrategyRule reads it for them alone.
 */
import { readFileSync } from 'node:fs'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { ContextPack } from '#schemas/pack.ts'
import { type Known, refundRuns } from './generate.ts'
import type { RefundCase } from './refund-case.ts'

/** As the demo's release left it. */
const PACK = 'ctxpack.support@5.3.0'
const DEPTH = 6

const read = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))

/** The documents of the example, by their file names. */
export function ruleDocuments(): Readonly<Record<string, object>> {
  const target = read('target.json')
  const { utility_delta: _, ...guardrails } = target.guardrails
  const rollout = read('rollout-quick.json')
  return {
    'pack.json': pack(),
    'suite.json': read('suite.json'),
    'prices.json': read('prices.json'),
    'target.json': {
      ...target,
      metric: 'utility',
      direction: 'increase',
      baseline_tuple: { ...target.baseline_tuple, pack: PACK },
      guardrails: { ...guardrails, economics_delta: { max_cents: 0.25 } },
      search_space: ['evidence.order_history.top_k'],
      // What is read deeper is decided otherwise: it is said how many that may be.
      blast_radius: { max_fields: 1, max_decision: 0.25 },
      release_path: { ...target.release_path, rollback_target: PACK },
    },
    'bands.json': {
      ...read('bands.json'),
      intents: read('bands.json').intents.map((of: { bands: readonly { readonly metric: string }[] }) => ({
        ...of,
        bands: of.bands.map((band) => ('target' in band ? { ...band, target: undefined } : band)),
      })),
    },
    'rollout.json': {
      ...rollout,
      window: { ...rollout.window, metric: 'utility', direction: 'increase', min_gain: 0.01 },
    },
  }
}

const pack = (): ContextPack => {
  const before = read('pack.json')
  return { ...before, pack: PACK, settings: { ...before.settings, 'evidence.order_history.top_k': DEPTH } }
}

/** Recorded runs of the example. Each is labelled, and no label is disputed: without that nothing is certified for utility. */
export function* ruleRuns(): Generator<ExperienceRun> {
  for (const { outcome, operator_corrections, ...run } of refundRuns({ pack: ContextPack.parse(pack()), known }))
    yield {
      ...run,
      operator_corrections: operator_corrections.filter(({ kind }) => kind !== 'label_disputed'),
      outcome: { ...outcome, passed: outcome.passed ?? true },
    }
}

/** One customer in four who has more orders than are read, and no credit, came over from a marketplace, where they had one. */
function known(refund: RefundCase): Known {
  const isFromMarket =
    refund.number % 4 === 0 && refund.credit === null && !refund.business && refund.purchases.length > DEPTH
  return isFromMarket
    ? {
        refund: { ...refund, credit: { purchase: refund.purchases[DEPTH]!, amount: 250 } },
        attributes: { account: 'marketplace' },
      }
    : { refund, attributes: { account: 'shop' } }
}
