/** Kind `numbers`: what is no measurement, in every number that a decision reads. */
import { monitorRelease } from '#core/release/monitor.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { ProductionRun, RolloutConfig } from '#schemas/release.ts'
import type { Draw } from '../../functions/demo/draw.ts'
import { BASE, certified, GOOD as SEALED, READ as SEALED_READ } from '../core/numbers/gate-world.ts'
import { NO_MEASUREMENT, numbersIn, withNumber } from '../core/numbers/values.ts'
import { aConfig, afterDwell, aRun, GOOD, type Measures, released, runsIn, started } from '../core/release/builders.ts'
import type { Kind, Tried } from './kind.ts'

const READ = ['utility_score', 'latency_ms', 'economics_cents'] as const
const config = aConfig({
  window: { ...aConfig().window, gate: { ...aConfig().stages['100%'].gate, economics_cents: 5 }, min_runs: 8 },
})
for (const stage of Object.values(config.stages)) stage.min_runs = 8

/** One or more of the names, each with what is no measurement; another one in every run. */
function spoiler<N extends string>(
  draw: Draw,
  names: readonly N[],
): { of: readonly N[]; next: () => Record<N, number> } {
  const of = names.filter(() => draw.chance(0.4))
  const spoiled = of.length === 0 ? [draw.pick(names)] : of
  const one = draw.chance(0.5) ? draw.pick(NO_MEASUREMENT) : null
  const next = () => Object.fromEntries(spoiled.map((name) => [name, one ?? draw.pick(NO_MEASUREMENT)]))
  return { of: spoiled, next: next as () => Record<N, number> }
}

type Attack = (draw: Draw) => Tried

const stage: Attack = (draw) => {
  const rollout = started({ config })
  const { of, next } = spoiler(draw, READ)
  const [both, count] = [draw.chance(0.5), draw.int(8, 120)]
  const measure = (arm: string): Partial<Measures> => (both || arm === 'candidate' ? next() : {})
  const runs = runsIn(rollout, '0%_shadow', count, measure)
  const { verdict } = evaluateStage({ rollout, runs, now: afterDwell(rollout) })
  return { what: `a stage of ${count} runs without ${of.join(', ')}`, found: verdict === 'advance' ? verdict : null }
}

const after = released({ config })
const window: Attack = (draw) => {
  const { of, next } = spoiler(draw, READ)
  const [both, count] = [draw.chance(0.5), draw.int(8, 120)]
  const spoiled = runsIn(after.rollout, 'window', count, (arm) => (both || arm === 'candidate' ? next() : {}))
  const { verdict } = monitorRelease({
    rollout: after.rollout,
    runs: [...after.runs, ...spoiled],
    now: after.rollout.deadline,
    successor: null,
  })
  return { what: `a window of ${count} runs without ${of.join(', ')}`, found: verdict === 'keep' ? verdict : null }
}

const certificate: Attack = (draw) => {
  const { of, next } = spoiler(draw, SEALED_READ)
  const arm = draw.pick(['base', 'now', 'both'] as const)
  const base = arm === 'now' ? BASE : { ...BASE, ...next() }
  const now = arm === 'base' ? { ...SEALED, utility_score: 0.5 } : { ...SEALED, ...next() }
  return { what: `a certificate without ${of.join(', ')} (${arm})`, found: certified(base, now) ? 'certified' : null }
}

const contract: Attack = (draw) => {
  const value = draw.pick(NO_MEASUREMENT)
  if (draw.chance(0.5)) {
    const path = draw.pick(numbersIn({ measures: GOOD }))
    const run = withNumber(aRun(started({ config }), '0%_shadow', 'candidate', 1), path, value)
    const taken = ProductionRun.safeParse(run).success
    return { what: `a production run with ${path.join('.')} ${value}`, found: taken ? 'it was taken' : null }
  }
  const limit = draw.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1])
  const path = draw.pick(numbersIn(config))
  const taken = RolloutConfig.safeParse(withNumber(config, path, limit)).success
  return { what: `a limit ${path.join('.')} ${limit}`, found: taken ? 'it was taken' : null }
}

export const numbers: Kind = {
  name: 'numbers',
  holds: 'what is no measurement passes no stage, no window, no certificate and no contract',
  open: async () => async (draw) => draw.pick([stage, window, certificate, contract])(draw),
}
