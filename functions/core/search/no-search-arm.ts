/** The no-search arm: the same number of replays spent on uniformly random candidates, so that a reader sees what searching was worth. */
import type { Patch } from '#schemas/common.ts'
import type { Records } from '../bytes/records.ts'
import { digestOf } from '../canonical.ts'
import { pointRows } from '../evaluate/guardrails.ts'
import { measureList } from '../evaluate/measure-list.ts'
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
  const { panel, target, fields, pack, scars = [] } = input
  // Another search's replays: counted, not on record.
  const memo = new ReplayMemo(() => {}, panel.cases.length, aside)
  const kept = keeping.from?.arm ?? null
  if (kept) keeping.resume(memo)
  else keeping.armBegins(memo)
  const draw = randomPatches(fields, digestOf([target.intent, target.metric, target.search_space]).slice(7))
  // Where few contexts differ the search may have paid for all of them, and nothing random ever costs as much.
  const most = 4 * Math.min(latticeSize(fields), EXACT_BELOW)
  const seen = new Set<string>()
  const baseline = metricOver(target.metric, panel.baseline)
  let best = kept?.best ?? null
  let candidates = kept?.candidates ?? 0
  for (let tries = 0; tries < most; tries++) {
    const isAgain = tries < (kept?.tries ?? 0)
    if (!isAgain && memo.counts.paid >= budget) break
    const patch = draw()
    const digest = patchDigest(patch)
    if (Object.keys(patch).length === 0 || seen.has(digest)) continue
    seen.add(digest)
    if (isAgain) continue
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
    const metric = metricOver(target.metric, measures)
    const allowed = pointRows(target.guardrails, target.not_measured, panel, measures).every(
      (r) => r.verdict !== 'block',
    )
    const isScarred = brokenScar(scars, panel.baseline, measures) !== null
    if (!allowed || isScarred || metric === null || baseline === null || !isBetter(target.direction, metric, baseline))
      continue
    if (withinNoise(target, metric, baseline, input.noise?.metric.within) !== null) continue
    if (best === null || isBetter(target.direction, metric, best.metric)) best = { patch, metric }
  }
  return { candidates, replays: memo.counts.paid, best }
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
