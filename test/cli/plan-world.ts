/** A small world whose gold passage nobody ever read, a recorder that finds it, and a place to plan and record in. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { RecordingPlan } from '#schemas/recording-plan.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { publishPrices } from '../../functions/steps/experience/documents.ts'
import { fixSplit } from '../../functions/steps/experience/split-rule.ts'
import { RECORDED, stocked } from '../steps/stores.ts'
import {
  aFamily,
  anEvaluator,
  aPack,
  aSuite,
  aTarget,
  modelCall,
  offersInOrder,
  prices,
  REFS,
  said,
} from '../support/builders.ts'
import { placeOfEachTest, type Workplace } from './command-line.ts'

export const K = 'evidence.orders.top_k'
export const DEEP = 8
export const SEARCH = 12

/** Four passages were read and no more were offered; the gold one is the sixth, which nobody ever saw. */
export const shallow = (name: string, side: 'search' | 'heldout'): ExperienceRun =>
  aFamily(name, {
    side,
    passed: false,
    over: {
      evidence: offersInOrder(4),
      offers: { orders: { depth: 4, exhausted: false } },
      gold_not_offered: 1,
      steps: [said('user', `refund ${name}`), modelCall()],
    },
  })

export const world = (heldout = 40) => [
  ...Array.from({ length: SEARCH }, (_, i) => shallow(`s${i}`, 'search')),
  ...Array.from({ length: heldout }, (_, i) => shallow(`h${i}`, 'heldout')),
]

export const pack = aPack({
  tunable_surfaces: [
    { ...aPack().tunable_surfaces[0]!, bounds: { min: 1, max: DEEP } } as ReturnType<
      typeof aPack
    >['tunable_surfaces'][0],
  ],
})
export const suite = aSuite({
  evaluators: [
    anEvaluator({ check: 'required_evidence' }),
    anEvaluator({ check: 'grounded_arguments', dimension: 'safety', never_grounded: 'ignore' } as never),
    anEvaluator({ check: 'recorded_outcome', kind: 'business', dimension: 'utility' }),
  ],
})
export const target = aTarget({
  metric: 'utility',
  direction: 'increase',
  guardrails: { policy: { min: 1, max_violation_rate: 0.5 }, safety: { min: 1, max_violation_rate: 0.5 } },
  not_measured: {
    latency: 'no clock in these records',
    approval: 'no gate in these records',
    economics: 'whatever it costs',
  },
  ranges: {},
  blast_radius: { max_fields: 2, max_decision: 1 },
  baseline_tuple: { ...REFS, price_table: 'prices.models@1.0.0' },
})

/** A store that holds these runs and the documents; its target. */
export async function stored(place: Workplace, runs: readonly ExperienceRun[] = world(), its = pack) {
  const store = openStore(place.store, { durable: false })
  await fixSplit(store, RECORDED)
  await stocked(store, runs, { pack: its, suite })
  await publishPrices(store, prices())
  store.close()
  return place.file('target.json', target)
}

/** A recorder that reads as deep as it is told, and finds the gold passage at rank six. */
export const RECORDER = `
import { appendFileSync } from 'node:fs'
export async function record(recorded, settings) {
  const asked = recorded.messages[0].content
  appendFileSync(new URL('./calls.txt', import.meta.url), asked + '\\n')
  const depth = settings['${K}']
  const evidence = Array.from({ length: depth }, (_, i) => ({
    evidence_ref: 'ref' + (i + 1), bucket: 'orders', hop: 1, ranks: { as_ranked: i + 1 }, tokens: 100, gold: i === 5,
  }))
  return {
    offers: { orders: { depth, exhausted: false } },
    evidence,
    gold_not_offered: depth >= 6 ? 0 : 1,
    steps: [
      { kind: 'message', role: 'user', content: asked, tokens: null },
      { kind: 'model_call', model: 'large', prompt_tokens: 1400, completion_tokens: 50, latency_ms: 400 },
    ],
    outcome: {
      status: 'DECIDED', outputs: { refund: true }, passed: depth >= 6, score: null, score_kind: 'business',
      must_refuse: false, refused: false, latency_ms: 2000, cost_cents: null,
    },
  }
}
`

/** A place of its own for each test, and what is done in it. */
export function planPlace() {
  const place = placeOfEachTest()
  const planFile = () => join(place.dir, 'plan.json')
  const read = () => JSON.parse(readFileSync(planFile(), 'utf8')) as RecordingPlan
  const makePlan = async (...more: string[]) => {
    const file = await stored(place)
    const made = await place.at('plan', '--target', file, '--out', planFile(), ...more)
    expect(made.err).toBe('')
    return { file, made }
  }
  const calls = () => {
    const file = join(place.dir, 'calls.txt')
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  }
  const record = (recorder: string, ...more: string[]) =>
    place.at('record', planFile(), '--with', `module:${place.file('recorder.mjs', recorder)}`, ...more)

  /** Every run of a plan as a shadow would hand it over. */
  const shadowed = (over: (run: ExperienceRun, i: number) => object = () => ({})) =>
    read().recordings.map(({ case_id }, i) => {
      const run: ExperienceRun = {
        ...shallow(case_id, 'search'),
        run_id: `shadow-${case_id}`,
        pack_version: null,
        settings: { [K]: DEEP },
        evidence: offersInOrder(DEEP).map((offer, at) => ({ ...offer, gold: at === 5 })),
        offers: { orders: { depth: DEEP, exhausted: false } },
        gold_not_offered: 0,
        outcome: { ...shallow(case_id, 'search').outcome, passed: true },
      }
      return { ...run, ...over(run, i) }
    }) as ExperienceRun[]
  return { place, planFile, read, makePlan, calls, record, shadowed }
}
