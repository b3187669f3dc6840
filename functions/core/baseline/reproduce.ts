/** Replays the baseline over a set of cases: who reproduces, with which measures, and who is left out, and why. */

import type { HarnessResult } from '#schemas/harness.ts'
import type { LabelCounts } from '#schemas/heldout.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { ByteList } from '../bytes/byte-list.ts'
import { oneOf } from '../bytes/columns.ts'
import type { Records } from '../bytes/records.ts'
import { canonical } from '../canonical.ts'
import { caseHeads } from '../evaluate/case-heads.ts'
import { type ExposureCounts, exposureCounts } from '../evaluate/exposure-counts.ts'
import { LABEL_KINDS, type LabelKind } from '../evaluate/label-kind.ts'
import { measureList } from '../evaluate/measure-list.ts'
import { type CaseHead, familyIds, makePanel, type Panel } from '../evaluate/panel.ts'
import type { Measures } from '../evaluate/scorecard.ts'
import { addTracing, NO_TRACING, type Tracing, tracingOf } from '../replay/tracing.ts'
import type { ScopeCounts } from '../space/scopes.ts'
import { type BaselinePins, type BaselineReplay, baselineReplay, type Exclusion, type Reproducing } from './baseline.ts'
import { LiveDraws } from './live-draws.ts'
import { type AskedTwice, MOST_NAMED, type SecondAnswer } from './two-answers.ts'

/** Families with a case that is left out, and those that have no other case. */
export interface ExcludedFamilies {
  readonly some: number
  readonly all: number
}
export const NONE_EXCLUDED: ExcludedFamilies = { some: 0, all: 0 }

export interface Reproduction {
  /** Cases whose baseline reproduces, and their measures. */
  readonly panel: Panel
  readonly excluded: Readonly<Partial<Record<Exclusion, number>>>
  /** What of the actions of all cases was traced. Of the search side only. */
  readonly tracing?: Tracing
  /** How a harness answered twice. Of the search side only; absent: no harness was asked. */
  readonly twice?: AskedTwice
  /** First case of each exclusion and what differs. Of the search side only: nothing is told of a held-out case. */
  readonly examples?: Readonly<Partial<Record<Exclusion, string>>>
  /** Families with a case that is left out, and those of them that have no other. */
  readonly excludedFamilies: ExcludedFamilies
  /** Families by what each binary floor has to look at, in the order of the suite; empty: not known. */
  readonly exposure: readonly ExposureCounts[]
  /** Who gave the labels that speak, and what was set aside; absent: not looked at. */
  readonly labels?: LabelCounts
  /** What further draws of a live baseline differ in. Of the search side only; absent: no model was asked live. */
  readonly live?: LiveDraws
  /** How far changes for some cases reach. Of the search side only; absent: there are none. */
  readonly scopes?: ScopeCounts
}

/** Line of `test.jsonl` in the vault; with the head of its case alone, what is kept of it to count. */
export interface SealedLine<C extends CaseHead = ReplayCase> {
  readonly case: C
  readonly baseline: Measures
  /** Absent: version 0.1.0 sealed it. */
  readonly floors?: string
  /** What the baseline came to where a model was asked live, in a shard of the search side; absent elsewhere. */
  readonly arm?: HarnessResult
}

/** Canonical text of a sealed line, made of a case's. */
export const sealedLine = (
  caseLine: string,
  { measures, floors }: Reproducing,
  arm: HarnessResult | null = null,
): string =>
  `{${arm === null ? '' : `"arm":${canonical(arm)},`}"baseline":${canonical(measures)},"case":${caseLine}${floors === undefined ? '' : `,"floors":${canonical(floors)}`}}`

/** A sealed line as it was reproduced. */
export function reproducedLine({ case: head, baseline, ...line }: SealedLine<CaseHead>): Reproduced {
  const floors = line.floors ?? head.floors
  return { case: headOf(head), result: { measures: baseline, ...(floors !== undefined && { floors }) } }
}

/** A sealed line without what its case holds. */
export const headLine = ({ case: head, baseline, floors }: SealedLine<CaseHead>): string =>
  canonical({ case: headOf(head), baseline, ...(floors !== undefined && { floors }) })

/** A case and what its baseline replay came to. */
export interface Reproduced<C extends CaseHead = CaseHead> {
  readonly case: C
  /** What of its actions was traced; absent where nobody counts it. */
  readonly tracing?: Tracing
  readonly result: BaselineReplay
  /** Of a harness; absent: it was not asked twice. */
  readonly second?: SecondAnswer
  /** Further draws of the baseline, where a model is asked live. */
  readonly draws?: readonly BaselineReplay[]
  /** What the first of them came to; null: to no result. */
  readonly arm?: HarnessResult | null
}

/** A whole case and what its baseline replay came to. */
export type CaseReplay = Reproduced<ReplayCase>

/** What counting needs of a case. */
export const headOf = ({ case_id, family_id, digest }: CaseHead): CaseHead => ({ case_id, family_id, digest })

/** Replays the baseline of a case line. */
export function reproduceLine(line: string, pins: BaselinePins): CaseReplay {
  const replayCase = JSON.parse(line) as ReplayCase
  return { case: replayCase, tracing: tracingOf(replayCase), result: baselineReplay(replayCase, pins) }
}

/** Who gave a label, or why there is none; undefined: not looked at. */
const LABEL = oneOf([undefined, ...LABEL_KINDS, 'disputed', 'missing'])

/** Baseline replays added one by one, kept as bytes. */
export class Gathered {
  readonly #cases: ReturnType<typeof caseHeads>
  readonly #baseline = measureList()
  readonly #excluded: Partial<Record<Exclusion, number>> = {}
  readonly #examples: Partial<Record<Exclusion, string>> = {}
  readonly #excludedFamilies = new Set<string>()

  #tracing = NO_TRACING
  #live: LiveDraws | null = null
  #twice: Pick<AskedTwice, 'cases' | 'flips' | 'examples'> | null = null
  readonly #lostFamilies = new Set<string>()
  /** Of each case that reproduces. */
  readonly #labels = new ByteList(LABEL)

  /** @param aside where heads of cases are put, as long as the panel is read. @default memory */
  constructor(aside?: Records) {
    this.#cases = caseHeads(aside)
  }

  add({ case: head, result, tracing, second, draws }: Reproduced): void {
    if (draws) this.#live = (this.#live ?? new LiveDraws()).add(head.case_id, [result, ...draws])
    if (tracing) this.#tracing = addTracing(this.#tracing, tracing)
    if (second) this.#addTwice(head, second)
    if ('measures' in result) {
      const { floors, label } = result
      this.#labels.add(label)
      this.#cases.add(floors === undefined ? head : { ...head, floors })
      this.#baseline.add(result.measures)
      return
    }
    const { excluded, detail } = result
    this.#excludedFamilies.add(head.family_id)
    this.#excluded[excluded] = (this.#excluded[excluded] ?? 0) + 1
    this.#examples[excluded] ??= `${excluded}, e.g. ${head.case_id}: ${detail}`
  }

  /**
   * @param draw as `makePanel` takes it
   * @param withExamples with an example of each exclusion
   */
  reproduction(draw: string | undefined, { withExamples = false } = {}): Reproduction {
    const panel = makePanel(this.#cases, this.#baseline, draw)
    const both = {
      panel,
      excluded: this.#excluded,
      excludedFamilies: this.#countExcluded(panel),
      exposure: exposureCounts(panel),
      ...this.#labelCounts(panel),
    }
    if (!withExamples) return both
    const families = panel.families + both.excludedFamilies.all
    const twice = this.#twice && { twice: { ...this.#twice, lost_families: this.#lostFamilies.size, families } }
    return {
      ...both,
      examples: this.#examples,
      tracing: this.#tracing,
      ...twice,
      ...(this.#live && { live: this.#live }),
    }
  }

  #labelCounts(panel: Panel): { readonly labels?: LabelCounts } {
    const said = new Map<Reproducing['label'], number>()
    for (const label of this.#labels) said.set(label, (said.get(label) ?? 0) + 1)
    if (this.#labels.length === 0 || said.has(undefined)) return {}
    // A panel orders cases that came in another order.
    const at = panel.cases === this.#cases ? null : new Map(Array.from(this.#cases, ({ case_id }, i) => [case_id, i]))
    const labelOf = (i: number) => this.#labels.at(at === null ? i : at.get(panel.cases.at(i)!.case_id)!)!
    const kinds = Object.fromEntries(LABEL_KINDS.map((kind) => [kind, 0])) as Record<LabelKind, number>
    for (const i of panel.speaking) {
      const label = labelOf(i)
      if (panel.baseline.at(i)!.utility_passed !== null && label in kinds) kinds[label as LabelKind]++
    }
    return { labels: { kinds, disputed: said.get('disputed') ?? 0, missing: said.get('missing') ?? 0 } }
  }

  #addTwice({ case_id, family_id }: CaseHead, { otherwise, lost }: SecondAnswer): void {
    if (lost) this.#lostFamilies.add(family_id)
    const { cases, flips, examples } = this.#twice ?? { cases: 0, flips: 0, examples: [] }
    const named = otherwise === null || flips >= MOST_NAMED ? examples : [...examples, `${case_id}: ${otherwise}`]
    this.#twice = { cases: cases + 1, flips: flips + (otherwise === null ? 0 : 1), examples: named }
  }

  #countExcluded(panel: Panel): ExcludedFamilies {
    const some = this.#excludedFamilies.size
    if (some === 0) return NONE_EXCLUDED
    let partly = 0
    for (const family of familyIds(panel)) if (this.#excludedFamilies.has(family)) partly++
    return { some, all: some - partly }
  }
}

/** Panel of whole lines that are at hand. */
export const panelOf = <C extends CaseHead>(lines: readonly SealedLine<C>[]): Panel<C> =>
  makePanel(
    lines.map((l) => l.case),
    lines.map((l) => l.baseline),
  )
