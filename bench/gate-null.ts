/** How often does a gate promote what is no better, or what is harmful? Published rules beside ours, in the same world. */
import { cleanSheetFloor } from '#core/statistics/acceptance.ts'
import { upperRate } from '#core/statistics/binomial.ts'
import { candidateP, fixedSequence } from '#core/statistics/fixed-sequence.ts'
import { pNonInferior } from '#core/statistics/non-inferiority.ts'
import type { HeldoutVersion, LedgerItem } from '#schemas/heldout.ts'
import { digestOf } from '../functions/core/canonical.ts'
import { answerQuestion, openQuestion, sealedItem } from '../functions/core/gate/ledger.ts'
import { defaultK, VERSION_ALPHA } from '../functions/core/gate/levels.ts'
import { type Bench, type Draws, draws, percent, remembered } from './bench.ts'

const SEED = 1
const REPEATS = 2000
/** Lives of a sealed version: more than the repeats, because the interval is to end below the bound. */
const LIVES = 20_000
const LOOKS = [1, 5, 20]
/** True drops of pass rate, as shares. */
const DROPS = [0, 0.01, 0.02, 0.03]
/** Labelled families of the sealed versions. */
const SEALED = [150, 300, 500]
const CASES = 60
const PASS_RATE = 0.8
/** Share of cases whose outcome a candidate draws anew. */
const REDRAWN = 0.15
/** The contract allows a drop below two points; a drop of two points is harmful. */
const MARGIN = 0.02
/** Families on which the rule evaluators of policy and safety score, labelled or not. */
const RULE_SCORED = 3000
const MAX_LOOKS = Math.max(...LOOKS)

/** A published gate: regressions and improvements on n paired cases in, promoted or not out. */
type Rule = (n: number, regressions: number, improvements: number) => boolean

/** Promotes if the mean paired difference exceeds k standard errors; squared, so that ties stay exact. */
const standardErrors =
  (k: number): Rule =>
  (n, g, f) => {
    const sum = f - g
    return sum > 0 && sum * sum * (n - 1) > k * k * (n * (f + g) - sum * sum)
  }

/**
 * Rules as their projects publish them. After a promotion `greater` goes on from the promoted candidate; whether there
 * is one at all is decided against the first incumbent.
 */
const RULES: Readonly<Record<string, Rule>> = {
  greater: (_n, g, f) => f > g,
  'k-se k=1': standardErrors(1),
  'k-se k=1.645': standardErrors(1.645),
  'k-se k=2': standardErrors(2),
}

export async function run(): Promise<Bench> {
  const rules = Object.keys(RULES)
  const peers: Record<string, Record<string, number>> = Object.fromEntries(rules.map((rule) => [rule, {}]))
  for (const [i, drop] of DROPS.entries())
    publishedShares(drop, SEED + i).forEach((shares, rule) => {
      shares.forEach((share, at) => {
        peers[rules[rule]!]![shareName(drop, LOOKS[at]!)] = share
      })
    })
  const lives = SEALED.flatMap((n) => DROPS.filter((drop) => drop >= MARGIN).map((drop) => versionLives(n, drop)))
  const worst = Math.max(...lives.map((l) => l.certifiedBy.at(-1)!))
  return {
    name: 'gate-null',
    conditions: {
      seed: SEED,
      published: `${REPEATS} repeats; ${CASES} cases, baseline passes ${PASS_RATE}, ${percent(REDRAWN, 0)} of outcomes redrawn by each candidate`,
      ours: `${LIVES} lives of a sealed version, n labelled families (rules score ${RULE_SCORED}), ${MAX_LOOKS} looks at harmful candidates, preflight off`,
      n_60: `refused: INCONCLUSIVE, a clean sheet needs ${cleanSheetFloor(MARGIN, VERSION_ALPHA)} labelled families; nothing is spent`,
    },
    figures: {
      harmful_certified_share: worst / LIVES,
      harmful_certified_upper95: upperRate(worst, LIVES, 0.05),
    },
    peers: { ...peers, 'GEPA engine, 1,500 calls (reported)': { picks_another_than_the_seed: 0.98 } },
    table: [
      ...tableOf(peers, lives),
      [`largest of ours: ${percent(worst / LIVES, 2)}, 95 % upper bound ${percent(upperRate(worst, LIVES, 0.05), 2)}`],
    ],
    bars: [{ figure: 'harmful_certified_share', atMost: VERSION_ALPHA }],
  }
}

/** `looks_20` where the truth is no better, `drop_0.03_looks_20` where it is worse. */
const shareName = (drop: number, looks: number): string => `${drop === 0 ? '' : `drop_${drop}_`}looks_${looks}`

/** Regressions and improvements of one candidate on a baseline: some outcomes are drawn anew, at another rate. */
function candidateOn(baseline: Uint8Array, drop: number, draw: Draws): { g: number; f: number } {
  let g = 0
  let f = 0
  for (const passed of baseline) {
    if (!draw.chance(REDRAWN)) continue
    const now = draw.chance(PASS_RATE - drop / REDRAWN)
    if (passed && !now) g++
    if (!passed && now) f++
  }
  return { g, f }
}

const baselineOf = (n: number, draw: Draws): Uint8Array =>
  Uint8Array.from({ length: n }, () => (draw.chance(PASS_RATE) ? 1 : 0))

/** Share of repeats with at least one promotion, by rule and number of looks. */
function publishedShares(drop: number, seed: number): number[][] {
  const draw = draws(seed)
  const rules = Object.values(RULES)
  const promoted = rules.map(() => LOOKS.map(() => 0))
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const baseline = baselineOf(CASES, draw)
    const first = rules.map(() => Number.POSITIVE_INFINITY)
    for (let look = 1; look <= MAX_LOOKS; look++) {
      const { g, f } = candidateOn(baseline, drop, draw)
      rules.forEach((rule, r) => {
        if (rule(CASES, g, f)) first[r] = Math.min(first[r]!, look)
      })
    }
    first.forEach((at, r) => {
      LOOKS.forEach((looks, i) => {
        if (at <= looks) promoted[r]![i]!++
      })
    })
  }
  return promoted.map((counts) => counts.map((count) => count / REPEATS))
}

interface Lives {
  readonly n: number
  readonly drop: number
  readonly questions: number
  /** Lives in which a candidate was certified within 1, 5 and 20 looks. */
  readonly certifiedBy: readonly number[]
}

/** Whole lives of a sealed version, asked again and again about candidates that are all harmful. */
function versionLives(n: number, drop: number): Lives {
  const draw = draws(SEED + 1000 * n + 100_000 * drop)
  const questions = defaultK(n, RULE_SCORED, 0.01)
  const facts = factsOf(n, questions)
  const p = remembered((g, f) => pNonInferior(n, g!, f!, MARGIN))
  const certifiedBy = LOOKS.map(() => 0)
  for (let life = 0; life < LIVES; life++) {
    const baseline = baselineOf(n, draw)
    let item: LedgerItem = sealedItem(facts)
    for (let look = 1; look <= MAX_LOOKS; look++) {
      const commit = `sha256:${look}`
      const opened = openQuestion(item, commit, `life_${life}`)
      if ('refused' in opened) break
      const { g, f } = candidateOn(baseline, drop, draw)
      const certified = fixedSequence([candidateP([{ p: p(g, f), alpha: facts.alpha }], facts.alpha)], facts.alpha_k)
      const answered = answerQuestion(opened.next, commit, certified.length > 0)
      if ('refused' in answered) throw new Error(answered.refused)
      item = answered.next
      if (item.retired !== 'passed') continue
      LOOKS.forEach((looks, i) => {
        if (look <= looks) certifiedBy[i]!++
      })
    }
  }
  return { n, drop, questions, certifiedBy }
}

const factsOf = (n: number, questions: number): HeldoutVersion => ({
  version: digestOf({ n, questions }),
  intent: 'bench',
  alpha: VERSION_ALPHA,
  questions,
  alpha_k: VERSION_ALPHA / questions,
  families: RULE_SCORED,
  cases: RULE_SCORED,
  labelled: n,
  scored: { policy: RULE_SCORED, safety: RULE_SCORED, approval: RULE_SCORED },
  excluded: 0,
  suite: 'evals.bench@1.0.0',
  baseline: digestOf(null),
})

function tableOf(peers: Record<string, Record<string, number>>, lives: readonly Lives[]): string[][] {
  const cell = (shares: readonly number[]) => `${shares.map((share) => (100 * share).toFixed(1)).join(' / ')} %`
  const oursAt = (n: number, drop: number) => lives.find((l) => l.n === n && l.drop === drop)
  return [
    [
      `promoted after ${LOOKS.join(' / ')} looks`,
      ...DROPS.map((drop) => (drop === 0 ? 'no better' : `drop ${100 * drop} pt`)),
    ],
    ...Object.entries(peers).map(([rule, shares]) => [
      rule,
      ...DROPS.map((drop) => cell(LOOKS.map((looks) => shares[shareName(drop, looks)]!))),
    ]),
    ...SEALED.map((n) => [
      `ours, n=${n}, K=${oursAt(n, MARGIN)!.questions}`,
      ...DROPS.map((drop) => {
        const found = oursAt(n, drop)
        return found ? cell(found.certifiedBy.map((count) => count / LIVES)) : 'not harmful'
      }),
    ]),
    ['ours, n=60', ...DROPS.map(() => 'refused')],
  ]
}
