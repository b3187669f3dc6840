/** Renders every case under every candidate, which costs nothing: many candidates a case, because reading a case costs more. */
import type { CandidateChange, CandidateScore } from '#schemas/candidate.ts'
import { blindFate, rememberedOrTooWide, renderedFate, type Visited } from './free-fates.ts'
import { RenderedCandidate } from './rendered-candidate.ts'
import type { CaseView } from './replayer.ts'
import type { SearchInput } from './search-input.ts'

/** Candidates that are rendered side by side take so much memory, or what one takes. */
const SIDE_BY_SIDE_BYTES = 64 * 1024 * 1024
/** Bytes of a candidate for each case: its context, and its latency where that is not the baseline's. */
const BYTES_A_CASE = 4

/**
 * For each change, in their order, a fate that costs nothing, or a candidate worth paying for.
 * @param firstGroup number of the first group of candidates: contexts are numbered anew in each
 */
export function* renderCandidates(
  changes: readonly CandidateChange[],
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
  { progress = () => {}, firstGroup = 0 }: { progress?: (message: string) => void; firstGroup?: number } = {},
): Generator<CandidateScore | Visited> {
  const atOnce = Math.max(1, Math.floor(SIDE_BY_SIDE_BYTES / BYTES_A_CASE / (input.panel.cases.length || 1)))
  let group: (CandidateScore | Visited)[] = []
  let groups = firstGroup
  let waiting = 0
  for (const [at, change] of changes.entries()) {
    const known = rememberedOrTooWide(change, input)
    group.push(known)
    if (!('fate' in known)) waiting++
    if (waiting < atOnce) continue
    yield* renderGroup(group, groups++, input, view, baselineMetric)
    progress(`rendered ${at + 1} of ${changes.length} candidates`)
    group = []
    waiting = 0
  }
  yield* renderGroup(group, groups, input, view, baselineMetric)
}

/** The same for one change, which is a group of its own. */
export const renderCandidate = (
  change: CandidateChange,
  group: number,
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
): CandidateScore | Visited => [...renderCandidates([change], input, view, baselineMetric, { firstGroup: group })][0]!

function* renderGroup(
  group: readonly (CandidateScore | Visited)[],
  number: number,
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
): Generator<CandidateScore | Visited> {
  const waiting = group.filter((known): known is Visited => !('fate' in known))
  const rendered = new Map(waiting.map((known) => [known, new RenderedCandidate(input.panel, number)]))
  if (view.renders && waiting.length > 0) {
    const candidates = [...rendered.values()]
    const beside = view.sideBySide(waiting.map(({ settings }) => settings))
    for (let i = 0; i < input.panel.cases.length; i++)
      for (const [at, rendering] of beside(i).entries()) candidates[at]!.add(i, rendering)
  }
  for (const known of group) {
    const candidate = 'fate' in known ? null : rendered.get(known)!
    const settled = candidate && view.renders ? renderedFate(known as Visited, candidate, input, baselineMetric) : known
    if ('fate' in settled) yield settled
    else yield blindFate(view.renders ? { ...settled, contexts: candidate!.contexts } : settled, input)
  }
}
