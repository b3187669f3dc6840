/** The no-search arm: the same number of replays spent on uniformly random candidates, so that a reader sees what searching was worth. */
import type { Patch } from '#schemas/common.ts'
import type { Records } from '../bytes/records.ts'
import { digestOf } from '../canonical.ts'
import { pointRows } from '../evaluate/guardrails.ts'
import { MEASURES_COLUMN, type MeasureList, measureList } from '../evaluate/measure-list.ts'
import { isBetter, metricOver } from '../evaluate/metric.ts'
import { asCandidate, latticeSize, patchAt, patchDigest, type TunableField } from '../space/lattice.ts'
import { applyPatch, tableOf } from '../space/scope.ts'
import { bootstrapSeed, indexDraws, MOST_DRAWN } from '../statistics/generator.ts'
import { EXACT_BELOW } from './exact-candidates.ts'
import type { Keeping } from './kept-search.ts'
import { NONE, ReplayMemo } from './memo.ts'
import { withinNoise } from './paid-fates.ts'
import type { Answer, CaseView, Round } from './replayer.ts'
import { brokenScar } from './scars.ts'
import type { SearchInput } from './search-input.ts'
import type { NoSearchArm } from './search-result.ts'
import { isMissing, type Place, placeOf, withNext } from './visit.ts'

/** Draws random lattice points and replays each over the whole panel, memoised, until the budget of replays is spent. */
export function* noSearchArm(
  input: SearchInput,
  view: CaseView,
  budget: number,
  { aside, block, keeping }: { readonly aside: Records; readonly block: number; readonly keeping: Keeping },
): Generator<Round, NoSearchArm, readonly Answer[]> {
  const { panel, pack } = input
  // Another search's replays: counted, not on record.
  const memo = new ReplayMemo(() => {}, panel.cases.length, aside)
  const kept = keeping.from?.arm ?? null
  if (kept) keeping.resume(memo)
  else keeping.armBegins(memo)
  const drawn = randomCandidates(input)
  let best = kept?.best ?? null
  const baseline = metricOver(input.target.metric, panel.baseline)
  const judge = (patch: Patch, measures: MeasureList) => {
    const metric = withinLimits(measures, baseline, input)
    if (metric !== null && (best === null || isBetter(input.target.direction, metric, best.metric)))
      best = { patch, metric }
  }
  if (view.measuredSideBySide)
    return sideBySide(drawn, input, view.measuredSideBySide, { budget, memo, judge, best: () => best })
  let candidates = kept?.candidates ?? 0
  for (const { tries, patch } of drawn) {
    if (tries < (kept?.tries ?? 0)) continue
    if (memo.counts.paid >= budget) break
    keeping.armReached({ tries, candidates, best }, memo)
    candidates++
    const { candidate_id } = asCandidate(patch, pack, '')
    const settings = applyPatch(tableOf(pack), patch)
    const measures = measureList()
    /** Blocks of the cases that what is left of the budget can pay for. */
    const affordable = function* () {
      let left = budget - memo.counts.paid
      for (let i = 0; i < panel.cases.length && left > 0; ) {
        const places: Place[] = []
        const cases: number[] = []
        for (; i < panel.cases.length && cases.length < Math.min(block, left); i++) {
          const place = placeOf(i, settings, undefined, view, memo)
          places.push(place)
          if (isMissing(place)) cases.push(i)
        }
        left -= cases.length
        yield { places, cases }
      }
    }
    for (const [{ places, cases }, following] of withNext(affordable())) {
      const next = following?.cases ?? []
      const answers = cases.length > 0 ? yield { candidate_id, settings, cases, next, offRecord: true, once: true } : []
      let paid = 0
      for (const place of places) {
        const { index, key, at } = place
        if (isMissing(place))
          measures.add(memo.pay(index, key, answers[paid++]!, { candidateId: candidate_id }).measures)
        else measures.add(at === NONE ? panel.baseline.at(index)! : memo.measures(at))
      }
    }
    if (measures.length < panel.cases.length) break
    judge(patch, measures)
  }
  return { candidates, replays: memo.counts.paid, best }
}

/** Candidates that are measured side by side, at most: more than a budget pays for is measured for nothing. */
const MOST_BESIDE = 16
/** Bytes of their measures, at most. */
const MOST_BYTES = 32 * 1024 * 1024

/**
 * The same arm where looking at a case costs more than measuring it: several candidates a look. What is measured beyond the
 * budget is as if it had not been.
 */
function sideBySide(
  drawn: Iterator<Drawn>,
  { panel, pack }: SearchInput,
  measured: NonNullable<CaseView['measuredSideBySide']>,
  {
    budget,
    memo,
    judge,
    best,
  }: {
    readonly budget: number
    readonly memo: ReplayMemo
    readonly judge: (patch: Patch, measures: MeasureList) => void
    readonly best: () => NoSearchArm['best']
  },
): NoSearchArm {
  const { length } = panel.cases
  const most = Math.max(1, Math.min(MOST_BESIDE, Math.floor(MOST_BYTES / ((length || 1) * MEASURES_COLUMN.bytes))))
  let candidates = 0
  let replays = 0
  // None costs more than a replay a case, so that so many are needed; later ones cost as much as those before, or less.
  for (let each = length; replays < budget; ) {
    const group: { patch: Patch; paid: number; lastPaid: number; measures: MeasureList }[] = []
    while (group.length < Math.min(most, Math.ceil((budget - replays) / Math.max(1, each)))) {
      const next = drawn.next()
      if (next.done) break
      group.push({ patch: next.value.patch, paid: 0, lastPaid: NONE, measures: measureList() })
    }
    if (group.length === 0) break
    const beside = measured(group.map(({ patch }) => applyPatch(tableOf(pack), patch)))
    for (let i = 0; i < length; i++)
      for (const [at, { key, answer }] of beside(i).entries()) {
        const candidate = group[at]!
        const known = answer === null ? NONE : memo.find(i, key)
        if (answer === null) candidate.measures.add(panel.baseline.at(i)!)
        else if (known !== NONE) candidate.measures.add(memo.measures(known))
        else {
          candidate.paid++
          candidate.lastPaid = i
          candidate.measures.add(memo.pay(i, key, answer, { candidateId: '' }).measures)
        }
      }
    for (const { patch, paid, lastPaid, measures } of group) {
      if (replays >= budget) break
      candidates++
      replays += paid
      // The last replay of the budget ends the arm, though what is left would cost nothing.
      if (replays > budget || (replays === budget && lastPaid < length - 1)) break
      judge(patch, measures)
    }
    each = group.reduce((sum, { paid }) => sum + paid, 0) / group.length
  }
  return { candidates, replays: Math.min(budget, replays), best: best() }
}

interface Drawn {
  readonly tries: number
  readonly patch: Patch
}

/** Points of the lattice other than the baseline, each once. */
function* randomCandidates({ fields, target }: SearchInput): Generator<Drawn> {
  const draw = randomPatches(fields, digestOf([target.intent, target.metric, target.search_space]).slice(7))
  // Where few contexts differ the search may have paid for all of them, and nothing random ever costs as much.
  const most = 4 * Math.min(latticeSize(fields), EXACT_BELOW)
  const seen = new Set<string>()
  for (let tries = 0; tries < most; tries++) {
    const patch = draw()
    const digest = patchDigest(patch)
    if (Object.keys(patch).length === 0 || seen.has(digest)) continue
    seen.add(digest)
    yield { tries, patch }
  }
}

/** The metric of a candidate that is within every limit and better than the baseline; null: it is not. */
function withinLimits(
  measures: MeasureList,
  baseline: number | null,
  { panel, target, scars = [], noise }: SearchInput,
): number | null {
  const metric = metricOver(target.metric, measures)
  const allowed = pointRows(target.guardrails, target.not_measured, panel, measures).every((r) => r.verdict !== 'block')
  const isScarred = brokenScar(scars, panel.baseline, measures) !== null
  if (!allowed || isScarred || metric === null || baseline === null || !isBetter(target.direction, metric, baseline))
    return null
  return withinNoise(target, metric, baseline, noise?.metric.within) === null ? metric : null
}

/** Uniformly random points of the lattice as patches; of one that a single draw cannot number, field group by field group. */
function randomPatches(fields: readonly TunableField[], seed: string): () => Patch {
  const groups: TunableField[][] = [[]]
  for (const field of fields) {
    if (latticeSize([...groups.at(-1)!, field]) > MOST_DRAWN) groups.push([])
    groups.at(-1)!.push(field)
  }
  const draws = groups.map((group, i) => {
    const draw = indexDraws(bootstrapSeed(seed, `no-search arm${i === 0 ? '' : ` ${i + 1}`}`), latticeSize(group))
    return () => patchAt(group, draw())
  })
  return () => Object.assign({}, ...draws.map((part) => part()))
}
