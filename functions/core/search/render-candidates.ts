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
  const rendered = group.map((known) =>
    'fate' in known ? null : new RenderedCandidate(known.settings, input.panel, number),
  )
  const candidates = rendered.filter((candidate) => candidate !== null)
  for (let i = 0; candidates.length > 0 && i < input.panel.cases.length; i++) {
    const beside = view.sideBySide?.(i)
    for (const candidate of candidates) candidate.add(i, view, beside)
  }
  for (const [at, known] of group.entries()) {
    const candidate = rendered[at]!
    const settled =
      'fate' in known || !candidate?.isKnown ? known : renderedFate(known, candidate, input, baselineMetric)
    if ('fate' in settled) yield settled
    else yield blindFate(view.sideBySide ? { ...settled, contexts: candidate.contexts } : settled, input)
  }
}
