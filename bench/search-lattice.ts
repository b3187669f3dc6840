/** How many replays until the exact answer stands? The project's search beside sweeps, sampling and halving. */
import { makePanel } from '#core/evaluate/panel.ts'
import { type Measures, NOT_MEASURED } from '#core/evaluate/scorecard.ts'
import { type CaseView, SAME_AS_BASELINE, UNNUMBERED } from '#core/search/replayer.ts'
import { searchRounds } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { asCandidate, latticePatches, type TunableField } from '#core/space/lattice.ts'
import type { Settings } from '#schemas/common.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { digestOf } from '../functions/core/canonical.ts'
import { type Bench, draws, percent } from './bench.ts'
import {
  BASELINE,
  CASES,
  drawWorld,
  FIELDS,
  MARGIN,
  meanCost,
  POINTS,
  type Point,
  shortfall,
  type World,
} from './lattice-world.ts'

const SEED = 4
const WORLDS = 200
const ALL = Array.from({ length: CASES }, (_, i) => i)

/** What a method paid, and the point it answers with; the baseline when it found nothing better. */
interface Answer {
  readonly replays: number
  readonly point: Point
}
type Method = (world: World, seed: number) => Answer

const METHODS: Readonly<Record<string, Method>> = {
  ours,
  exhaustive: (world) => ({ replays: POINTS.length * CASES, point: cheapestFeasible(world, POINTS) }),
  'exhaustive, memo': (world) => ({ replays: contexts(world, POINTS), point: cheapestFeasible(world, POINTS) }),
  '12 random candidates': randomCandidates,
  'successive halving, eta 3': successiveHalving,
}

export async function run(): Promise<Bench> {
  const totals = Object.keys(METHODS).map(() => ({ replays: 0, within: 0 }))
  for (let w = 0; w < WORLDS; w++) {
    const world = drawWorld(SEED * 1_000_000 + w)
    const baseline = meanCost(world, BASELINE)
    const possible = baseline - meanCost(world, cheapestFeasible(world, POINTS))
    Object.values(METHODS).forEach((method, m) => {
      const { replays, point } = method(world, SEED * 2_000_000 + w)
      const saving = shortfall(world, point, ALL) === 0 ? baseline - meanCost(world, point) : 0
      totals[m]!.replays += replays
      if (saving >= 0.95 * possible - 1e-12) totals[m]!.within++
    })
  }
  const rows = Object.keys(METHODS).map((name, m) => ({
    name,
    mean_replays: totals[m]!.replays / WORLDS,
    within_5_percent: totals[m]!.within / WORLDS,
  }))
  const { name: _, ...figures } = rows[0]!
  return {
    name: 'search-lattice',
    conditions: {
      seed: SEED,
      worlds: WORLDS,
      lattice: `${POINTS.length + 1} points, ${CASES} cases; feasible: no violation, mean utility loss at most ${MARGIN}`,
      counted: 'executions of a (case, context) that was not executed before, until the exact answer stands',
    },
    figures,
    peers: Object.fromEntries(rows.slice(1).map(({ name, ...row }) => [name, row])),
    table: [
      ['', 'mean replays', "within 5 % of the oracle's saving"],
      ...rows.map((r) => [r.name, r.mean_replays.toFixed(0), percent(r.within_5_percent)]),
    ],
    bars: [
      { figure: 'mean_replays', atMost: 250 },
      { figure: 'within_5_percent', atLeast: 1 },
    ],
  }
}

function cheapestFeasible(world: World, points: readonly Point[]): Point {
  let best = BASELINE
  for (const point of points)
    if (meanCost(world, point) < meanCost(world, best) && shortfall(world, point, ALL) === 0) best = point
  return best
}

/** Distinct contexts that points show to cases, the baseline's own left out. */
function contexts(world: World, points: readonly Point[]): number {
  let distinct = 0
  for (const i of ALL) {
    const own = world.context(i, BASELINE)
    distinct += new Set(points.map((p) => world.context(i, p)).filter((context) => context !== own)).size
  }
  return distinct
}

/** Twelve points drawn from all 105; the baseline, if drawn, is known. */
function randomCandidates(world: World, seed: number): Answer {
  const draw = draws(seed)
  const pool: Point[] = [BASELINE, ...POINTS]
  const drawn = Array.from({ length: 12 }, () => pool.splice(draw.below(pool.length), 1)[0]!).filter(
    (p) => p !== BASELINE,
  )
  return { replays: drawn.length * CASES, point: cheapestFeasible(world, drawn) }
}

/** A ninth of the cases for all, a third of the cases for the best third, all cases for the best third of those. */
function successiveHalving(world: World): Answer {
  let left: readonly Point[] = POINTS
  let seen = 0
  let replays = 0
  for (const share of [9, 3, 1]) {
    const count = Math.floor(CASES / share)
    replays += left.length * (count - seen)
    seen = count
    if (share === 1) break
    const cases = ALL.slice(0, count)
    const ranked = left.map((point) => ({
      point,
      missed: shortfall(world, point, cases),
      cost: meanCost(world, point),
    }))
    ranked.sort((a, b) => a.missed - b.missed || a.cost - b.cost)
    left = ranked.slice(0, Math.floor(left.length / 3)).map((r) => r.point)
  }
  return { replays, point: cheapestFeasible(world, left) }
}

/** The project's search over the same world: only what a case shows and costs comes from here. */
function ours(world: World): Answer {
  const view: CaseView = {
    renders: true,
    sideBySide: (tables) => (i) =>
      tables.map((settings) => ({
        measures: { ...NOT_MEASURED, economics_cents: world.cost(i, pointOf(settings as Settings)) },
        amounts: [],
        context: UNNUMBERED,
      })),
    contextKey(i, settings) {
      const key = world.context(i, pointOf(settings as Settings))
      return key === world.context(i, BASELINE) ? SAME_AS_BASELINE : key
    },
  }
  const executed = new Map<string, number>()
  const rounds = searchRounds(inputOf(world), view, () => {}, { block: 1 })
  let step = rounds.next()
  while (!step.done) {
    const { candidate_id, settings, cases } = step.value
    executed.set(candidate_id, (executed.get(candidate_id) ?? 0) + cases.length)
    step = rounds.next(cases.map((i) => answerOf(world, i, pointOf(settings as Settings))))
  }
  // Candidates stand in the order in which they were paid for: the first survivor is the exact answer.
  let replays = 0
  for (const { candidate_id, fate, patch } of step.value.candidates) {
    replays += executed.get(candidate_id) ?? 0
    if (fate !== 'committed' && fate !== 'dominated') continue
    return { replays, point: pointOf(Object.fromEntries(Object.entries(patch).map(([path, { to }]) => [path, to]))) }
  }
  return { replays, point: BASELINE }
}

const pathOf = (field: string): string => (field === 'evidence_tokens' ? `budget.${field}` : `evidence.${field}`)

const pointOf = (settings: Settings): Point => {
  const at = (field: keyof Point) => (settings[pathOf(field)] as number | undefined) ?? BASELINE[field]
  return { top_k: at('top_k'), max_hops: at('max_hops'), evidence_tokens: at('evidence_tokens') }
}

function measured(world: World, i: number, point: Point): Measures {
  const { violates, passes } = world.replay(i, point)
  return {
    ...NOT_MEASURED,
    policy_violation: violates,
    utility_passed: passes,
    utility_score: passes ? 1 : 0,
    economics_cents: world.cost(i, point),
  }
}

const caseId = (i: number): string => `case-${String(i).padStart(3, '0')}`

const answerOf = (world: World, i: number, point: Point) => ({
  measures: measured(world, i, point),
  decisionChanged: false,
  result: {
    case_id: caseId(i),
    family_id: caseId(i),
    status: 'replayed' as const,
    reason: null,
    recording: null,
    context: null,
    context_equal: false,
    findings: [],
    scorecard: null,
  },
})

const TUNABLE: readonly TunableField[] = FIELDS.map(([field, values]) => ({
  surface: {
    layer: 'retrieval',
    field,
    path: pathOf(field),
    bounds: {},
    intents: ['bench'],
    owner: 'bench',
  } as TunableSurface,
  path: pathOf(field),
  baseline: BASELINE[field],
  values,
}))

const PACK: ContextPack = {
  pack: 'ctxpack.bench@1.0.0',
  settings: Object.fromEntries(TUNABLE.map((f) => [f.path, f.baseline])),
  intents: [{ intent_id: 'bench', risk_class: 'read_only', owner: 'bench' }],
  tunable_surfaces: TUNABLE.map((f) => f.surface),
}
/** Named one by one, so that no random arm runs behind the search. */
const CHANGES = [...latticePatches(TUNABLE)].map((patch) => asCandidate(patch, PACK, 'point of the lattice'))

function inputOf(world: World): SearchInput {
  const cases = ALL.map(
    (i): ReplayCase => ({
      case_id: caseId(i),
      family_id: caseId(i),
      intent_id: 'bench',
      recordings: [],
      digest: digestOf(i),
    }),
  )
  return {
    target: {
      intent: 'bench',
      metric: 'economics_cents_per_decision',
      direction: 'decrease',
      baseline_tuple: {
        pack: PACK.pack,
        policy: 'policy.bench@1.0.0',
        tools: 'tools.bench@1.0.0',
        evals: 'evals.bench@1.0.0',
      },
      guardrails: { policy: { min: 1 }, utility_delta: { min: -MARGIN } },
      ranges: {},
      not_measured: {},
      not_at_stake: {},
      max_not_recorded: 0.02,
      max_family_share: 0.05,
      search_space: TUNABLE.map((f) => f.path),
      search_set: 'goldens/bench/search',
      heldout_share: 0.5,
      alpha: 0.05,
      questions: null,
      release_path: { requires_reviewers: ['bench'], rollout_stage: '0%_shadow', rollback_target: PACK.pack },
      owner: 'bench',
      max_fields: FIELDS.length,
      max_decision: 1,
    },
    pack: PACK,
    suite: { suite: 'evals.bench@1.0.0', evaluators: [] },
    pins: { baseline: PACK.settings, prices: null },
    fields: TUNABLE,
    panel: makePanel(
      cases,
      ALL.map((i) => measured(world, i, BASELINE)),
    ),
    rejections: [],
    candidates: CHANGES,
  }
}
