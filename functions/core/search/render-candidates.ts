/** Renders every case under every candidate, which costs nothing: many candidates a case, because reading a case costs more. */
import type { CandidateChange, CandidateScore } from '#schemas/candidate.ts'
import type { Settings } from '#schemas/common.ts'
import { ByteList } from '../bytes/byte-list.ts'
import { MEASURES_COLUMN, type MeasureList, measureList } from '../evaluate/measure-list.ts'
import { type Rendered, rememberedOrTooWide, renderedFate, type Visited } from './free-fates.ts'
import type { CaseView } from './replayer.ts'
import type { SearchInput } from './search-input.ts'

/** Measures of candidates that are rendered side by side take so much memory at most, or those of one. */
const SIDE_BY_SIDE_BYTES = 64 * 1024 * 1024

/** For each change, in their order, a fate that costs nothing, or a candidate worth paying for. */
export function* renderCandidates(
  changes: readonly CandidateChange[],
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
  progress: (message: string) => void = () => {},
): Generator<CandidateScore | Visited> {
  const bytes = ByteList.bytes(MEASURES_COLUMN, input.panel.cases.length || 1)
  const atOnce = Math.max(1, Math.floor(SIDE_BY_SIDE_BYTES / bytes))
  const room: MeasureList[] = []
  let group: (CandidateScore | Visited)[] = []
  let waiting = 0
  for (const [at, change] of changes.entries()) {
    const known = rememberedOrTooWide(change, input)
    group.push(known)
    if (!('fate' in known)) waiting++
    if (waiting < atOnce) continue
    yield* renderGroup(group, room, input, view, baselineMetric)
    progress(`rendered ${at + 1} of ${changes.length} candidates`)
    group = []
    waiting = 0
  }
  yield* renderGroup(group, room, input, view, baselineMetric)
}

/** The same for one change. */
export const renderCandidate = (
  change: CandidateChange,
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
): CandidateScore | Visited => [...renderCandidates([change], input, view, baselineMetric)][0]!

/** `room`: lists of the groups before, which nobody reads any more. */
function* renderGroup(
  group: readonly (CandidateScore | Visited)[],
  room: MeasureList[],
  input: SearchInput,
  view: CaseView,
  baselineMetric: number | null,
): Generator<CandidateScore | Visited> {
  let used = 0
  const renderings = group.map((known) => {
    if ('fate' in known) return null
    if (room.length === used) room.push(measureList())
    const list = room[used++]!
    list.clear()
    return new Rendering(known.settings, list)
  })
  for (let i = 0; i < input.panel.cases.length; i++) for (const rendering of renderings) rendering?.add(i, view)
  for (const [at, known] of group.entries()) {
    const rendering = renderings[at]!
    yield 'fate' in known || !rendering?.isKnown ? known : renderedFate(known, rendering, input, baselineMetric)
  }
}

/** One candidate while its cases are rendered. */
class Rendering implements Rendered {
  readonly #settings: Settings
  readonly measures: MeasureList
  readonly amounts: number[] = []
  unreplayable = 0
  why = ''
  /** Does the replayer know anything of a case before it runs it? */
  isKnown = true

  constructor(settings: Settings, room: MeasureList) {
    this.#settings = settings
    this.measures = room
  }

  add(caseIndex: number, view: CaseView): void {
    if (!this.isKnown) return
    const measures = view.rendered(caseIndex, this.#settings)
    if (measures === null) this.isKnown = false
    else if ('unreplayable' in measures) {
      this.unreplayable++
      this.why ||= measures.unreplayable
    } else {
      this.measures.add(measures)
      if (measures.approval_bypass) this.amounts.push(...view.bypassedAmounts(caseIndex, this.#settings))
    }
  }
}
