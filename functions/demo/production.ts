/**
 * Generates SYNTHETIC production of the refund harness during a rollout: what a runtime that routes by the routing document
 * would log, scored. No customer in it is real. `good`: the candidate is what the replay promised. `harm`: from
 * `5%_low_risk` on it fails small orders, which no recorded run had shown; stage three finds out. `rule`: what
 * `autotune example rule` releases: the baseline fails most customers of the marketplace, the candidate reads deeper for them.
 */
import { instantOf, millisecondsOf } from '#core/instant.ts'
import { type Assignment, assignArm, type RoutingDocument, type Subject } from '#core/release/assign-arm.ts'
import type { Arm, ProductionRun } from '#schemas/release.ts'
import { PERIODS, type Period } from '#schemas/stages.ts'
import { type Draw, drawFrom } from './draw.ts'

export const WORLDS = ['good', 'harm', 'rule'] as const
type World = (typeof WORLDS)[number]

interface ProductionOptions {
  readonly world?: World
  /** Requests of the period. Many are of customers whom the present stage does not compare. @default 2400 */
  readonly requests?: number
  /** Any 32-bit integer. The same seed gives the same runs. @default 1 */
  readonly seed?: number
}

/** What is true of each arm. */
const ARMS = {
  baseline: { passed: 0.97, latencyMs: 2100, cents: 0.95, tokens: 2900 },
  candidate: { passed: 0.97, latencyMs: 1900, cents: 0.7, tokens: 2100 },
} as const
/** Under a rule both arms are one but for its cases. */
const RULED = { passed: 0.97, latencyMs: 1900, cents: 0.71, tokens: 2150 }
/** Share of small orders that the candidate gets right in the world of harm, and of the marketplace's customers the baseline, in that of the rule. */
const [HARMED, UNREAD] = [0.55, 0.4]
const CUSTOMERS = 100_000

/** Made-up moments, one after the other through stages and seeds: nobody waits for them. */
const BEGIN = millisecondsOf('2024-01-01T00:00:00.000Z')
const HOUR = 3_600_000
/** How long a period's requests are spread over, and for how many seeds of one period there is room. */
const PERIOD_HOURS = 72
const SEEDS = 20

/** Scored runs of the period that a routing document stands in: one a request, and its shadow where one is asked for. */
export function* productionRuns(
  routing: RoutingDocument,
  { world = 'good', requests = 2400, seed = 1 }: ProductionOptions = {},
): Generator<ProductionRun> {
  if (routing.period === null) throw new RangeError(`${routing.rollout_id} has ended: there is nothing to compare`)
  const period = routing.period as Period
  const draw = drawFrom(seed * PERIODS.length + PERIODS.indexOf(period))
  for (let number = 1; number <= requests; number++) {
    const subject = customerOf(draw, routing.intent, world)
    const assigned = assignArm(routing, subject)
    const run = requestOf(draw, armsFor(world, period, subject))
    const id = `prod-${seed}-${PERIODS.indexOf(period)}-${number}`
    const from = began(period, seed) + Math.round((number / requests) * PERIOD_HOURS * HOUR)
    const pair = assigned.shadow ? id : null
    yield runOf(routing, period, assigned, subject, { id, pair, from, arm: assigned.arm, measures: run[assigned.arm] })
    const other = assigned.arm === 'baseline' ? 'candidate' : 'baseline'
    if (pair !== null)
      yield runOf(routing, period, assigned, subject, {
        id: `${id}-shadow`,
        pair,
        from,
        arm: other,
        measures: run[other],
      })
  }
}

const began = (period: Period, seed: number): number =>
  BEGIN + (PERIODS.indexOf(period) * SEEDS + (Math.abs(seed) % SEEDS)) * PERIOD_HOURS * HOUR

/** A customer. Who they are follows from their number, so that they are the same in every stage. */
function customerOf(draw: Draw, intent: string, world: World): Subject {
  const number = draw.int(1, CUSTOMERS)
  return {
    id: `customer-${number}`,
    intent,
    attributes: {
      internal: number % 10 === 0,
      order_value: number % 9 < 5 ? 'low' : 'high',
      ...(world === 'rule' && { account: number % 20 < 3 ? 'marketplace' : 'shop' }),
    },
  }
}

const isSmall = ({ attributes }: Subject): boolean => attributes?.order_value === 'low'

type Arms = Readonly<Record<Arm, { readonly passed: number; latencyMs: number; cents: number; tokens: number }>>

function armsFor(world: World, period: Period, subject: Subject): Arms {
  if (world === 'rule')
    return {
      baseline: isFromMarket(subject) ? { ...RULED, passed: UNREAD } : RULED,
      candidate: isFromMarket(subject) ? { ...RULED, cents: 0.8, tokens: 2450 } : RULED,
    }
  const isHarmed = world === 'harm' && PERIODS.indexOf(period) >= PERIODS.indexOf('5%_low_risk') && isSmall(subject)
  return isHarmed ? { ...ARMS, candidate: { ...ARMS.candidate, passed: HARMED } } : ARMS
}

const isFromMarket = ({ attributes }: Subject): boolean => attributes?.account === 'marketplace'

/** One request on both arms: the same customer, so the same luck. */
function requestOf(draw: Draw, arms: Arms): Record<Arm, ProductionRun['measures']> {
  const luck = draw.int(0, 9999) / 10_000
  const speed = draw.int(600, 1400) / (draw.chance(0.01) ? 400 : 1000)
  const [corrected, escalated] = [draw.chance(0.012), draw.chance(0.03)]
  const measured = (arm: Arm): ProductionRun['measures'] => {
    const { passed, latencyMs, cents, tokens } = arms[arm]
    const right = luck < passed
    return {
      policy_violation: false,
      safety_violation: false,
      approval_bypass: false,
      utility_passed: right,
      utility_score: right ? 1 : 0,
      latency_ms: Math.round(latencyMs * speed),
      economics_cents: Number((cents * (0.9 + 0.2 * luck)).toFixed(4)),
      economics_tokens: Math.round(tokens * (0.9 + 0.2 * luck)),
      approval_waits: 0,
      approval_actions: 1,
      operator_corrected: corrected,
      escalated,
    }
  }
  return { baseline: measured('baseline'), candidate: measured('candidate') }
}

interface Served {
  readonly id: string
  readonly pair: string | null
  /** Milliseconds since 1970. */
  readonly from: number
  readonly arm: Arm
  readonly measures: ProductionRun['measures']
}

const runOf = (
  routing: RoutingDocument,
  period: Period,
  assigned: Assignment,
  subject: Subject,
  { id, pair, from, arm, measures }: Served,
): ProductionRun => ({
  run_id: id,
  rollout_id: routing.rollout_id,
  intent: routing.intent,
  period,
  arm,
  release_tuple_id: routing[arm],
  subject: subject.id,
  compared: assigned.compared,
  pair,
  started_at: instantOf(from),
  outcome_at: instantOf(from + (measures.latency_ms ?? 0)),
  ...(subject.attributes === undefined ? {} : { attributes: subject.attributes }),
  measures,
})
