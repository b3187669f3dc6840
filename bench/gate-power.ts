/** How often does the gate pass what is good? The exact power that preflight forecasts, beside simulated questions. */
import { powerNonInferior } from '#core/statistics/acceptance.ts'
import { isNonInferior } from '#core/statistics/non-inferiority.ts'
import { defaultK, VERSION_ALPHA } from '../functions/core/gate/levels.ts'
import { type Bench, draws, percent, remembered } from './bench.ts'

const SEED = 2
const QUESTIONS = 10_000
const MARGIN = 0.02
/** Families on which the rule evaluators of policy and safety score, labelled or not. */
const RULE_SCORED = 3000
const SIZES = [149, 200, 300, 500, 1000]

/** Rates at which a candidate breaks what passed, and mends what failed. */
interface Truth {
  readonly name: string
  readonly p10: number
  readonly p01: number
}
const TRUTHS: readonly Truth[] = [
  ...[0.01, 0.03, 0.05].map((d) => ({ name: `${percent(d, 0)} discordant`, p10: d / 2, p01: d / 2 })),
  { name: 'better by .5 pt', p10: 0.005, p01: 0.01 },
]

interface Row {
  readonly n: number
  readonly level: number
  readonly truth: Truth
  readonly predicted: number
  readonly simulated: number
}

export async function run(): Promise<Bench> {
  const rows: Row[] = []
  for (const n of SIZES)
    for (const level of new Set([VERSION_ALPHA, VERSION_ALPHA / defaultK(n, RULE_SCORED, 0.01)]))
      for (const truth of TRUTHS) rows.push(measured(n, level, truth, SEED + rows.length))
  const good = rows.find((r) => r.n === 500 && r.level === 0.01 && r.truth.p01 > r.truth.p10)!
  return {
    name: 'gate-power',
    conditions: {
      seed: SEED,
      questions: `${QUESTIONS} a row, drop to exclude ${MARGIN}`,
      truths: 'equal rates of regression and improvement adding up to the discordance; the last column .5 % and 1 %',
      levels: `${VERSION_ALPHA}, and that of the default number of questions`,
    },
    figures: {
      max_abs_error: Math.max(...rows.map((r) => Math.abs(r.predicted - r.simulated))),
      power_n500: good.simulated,
    },
    peers: {},
    table: [
      ['predicted | simulated', ...TRUTHS.map((t) => t.name)],
      ...[...Map.groupBy(rows, (r) => `n=${r.n}, level ${percent(r.level)}`)].map(([name, group]) => [
        name,
        ...group.map((r) => `${percent(r.predicted)} | ${percent(r.simulated)}`),
      ]),
    ],
    bars: [
      { figure: 'max_abs_error', atMost: 0.05 },
      { figure: 'power_n500', atLeast: 0.9 },
    ],
  }
}

function measured(n: number, level: number, truth: Truth, seed: number): Row {
  const { p10, p01 } = truth
  const draw = draws(seed)
  const passes = remembered((g, f) => isNonInferior(n, g!, f!, MARGIN, level))
  let passed = 0
  for (let question = 0; question < QUESTIONS; question++) {
    let g = 0
    let f = 0
    for (let i = 0; i < n; i++) {
      const u = draw.unit()
      if (u < p10) g++
      else if (u < p10 + p01) f++
    }
    if (passes(g, f)) passed++
  }
  return { n, level, truth, predicted: powerNonInferior(n, level, MARGIN, p10, p01), simulated: passed / QUESTIONS }
}
