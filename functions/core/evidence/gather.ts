/** Gathers the evidence of a change case by case, in bounded memory, whatever the size of the search set. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { Certificate } from '#schemas/heldout.ts'
import type { ContextPack, PriceTable } from '#schemas/pack.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import { byCodeUnit } from '../canonical.ts'
import { Actions } from './actions.ts'
import { alternativesOf } from './alternatives.ts'
import { type CasePair, contextChanged, courseOf } from './case-pair.ts'
import { Coverage } from './coverage.ts'
import { ageOf, Days } from './days.ts'
import { Groups } from './groups.ts'
import { reviewPoints } from './look-at.ts'
import type { PromptCosts } from './prompt-cost.ts'
import { Slices } from './slices.ts'
import { SpendingParts } from './spending.ts'
import type { CoverageRow, HeldoutFigures, RunEvidence, SourceRow, WholeCase } from './types.ts'
import type { CaseSketch } from './whole-case.ts'

/** What stands beside the cases. */
interface EvidenceInput {
  /** The change that is shown, whether or not it won. */
  readonly candidate: CandidateScore
  readonly candidates: readonly CandidateScore[]
  readonly pack: ContextPack
  /** Memory as the run was given it. */
  readonly rejections: readonly RejectionRecord[]
  readonly direction: 'decrease' | 'increase'
  /** The baseline's value of the target metric on the search set. */
  readonly baselineMetric: number | null
  /** Cases of the pinned search set, those left out included. */
  readonly recordedCases: number
  readonly families: number
  /** Certificate of the change; null: nothing was asked, or its answer is not published. */
  readonly certificate: Certificate | null
  /** Day or moment on which the run began; null: not known. */
  readonly runDay: string | null
}

export class EvidenceGathering {
  readonly #coverage = new Coverage()
  readonly #actions = new Actions()
  readonly #slices = new Slices()
  readonly #groups = new Groups()
  readonly #days = new Days()
  readonly #spending: SpendingParts
  readonly #prompts: PromptCosts | null
  #compared = 0
  #changed = 0
  #changeKnown = true
  #unreplayable = 0
  #failed = 0
  #values = 0
  #untraced = 0

  /** @param prompts counts what a change of prompt blocks costs; absent: it changes none */
  constructor(prices: PriceTable | null, prompts: PromptCosts | null = null) {
    this.#spending = new SpendingParts(prices)
    this.#prompts = prompts
  }

  /** @param day day on which its recording was made; null: not recorded */
  add(pair: CasePair, day: string | null): void {
    const { recording, after } = pair
    for (const part of [this.#coverage, this.#actions, this.#spending]) part.add(pair)
    const course = courseOf(pair)
    for (const part of [this.#slices, this.#groups]) part.add(pair, course)
    this.#days.add(day)
    this.#prompts?.add(recording, after.verdicts)
    this.#compared++
    if (after.problem?.status === 'unreplayable') this.#unreplayable++
    else if (after.problem) this.#failed++
    else {
      const changed = contextChanged(pair)
      if (changed === null) this.#changeKnown = false
      else if (changed) this.#changed++
    }
    const untraced = recording.untraced?.action.length ?? recording.never_grounded
    this.#values += recording.needs.action.length + untraced
    this.#untraced += untraced
  }

  /** Cases that are to be shown whole, with the group of each: their texts are asked for. */
  shownCases(): readonly (readonly [group: string, sketch: CaseSketch])[] {
    return this.#groups.told().sketches
  }

  /** The evidence, with the whole cases in the order of `shownCases`. */
  evidence(input: EvidenceInput, examples: readonly WholeCase[]): RunEvidence {
    const { candidate, candidates, pack, rejections, direction, baselineMetric, certificate, runDay } = input
    const coverage = this.#coverage.rows()
    const evidence = {
      version: 1,
      candidate_id: candidate.candidate_id,
      patch: candidate.patch,
      cases: {
        recorded: input.recordedCases,
        compared: this.#compared,
        families: input.families,
        context_changed: this.#changeKnown ? this.#changed : null,
        unreplayable: this.#unreplayable,
        failed: this.#failed,
        values: this.#values,
        untraced: this.#untraced,
      },
      recorded: this.#days.recorded(runDay),
      utility: this.#groups.tally(),
      metric: { before: baselineMetric, after: candidate.metric },
      heldout: certificate && heldoutFigures(certificate),
      coverage,
      spending: this.#spending.spending(),
      ...(this.#prompts && !this.#prompts.isEmpty && { prompts: this.#prompts.costs() }),
      actions: this.#actions.tools(),
      amounts: this.#actions.gates(),
      sources: sourcesOf(coverage ?? [], pack, runDay),
      slices: this.#slices.slices(),
      groups: this.#groups.told().groups,
      examples,
      alternatives: alternativesOf(candidates, direction, baselineMetric),
    } as const
    const surfaces = pack.tunable_surfaces
    const facts = { evidence, certificate: certificate?.rows ?? [], candidates, surfaces, rejections }
    return { ...evidence, look_at: reviewPoints(facts) }
  }
}

/** What the certificate publishes: no case, no family. */
const heldoutFigures = ({ metric, heldout }: Certificate): HeldoutFigures => ({
  before: metric.baseline,
  after: metric.candidate,
  families: heldout.families,
  labelled: heldout.labelled,
  worse: heldout.regressions,
  better: heldout.improvements,
})

/** Every source of which passages were read, with what the pack says of it. */
function sourcesOf(
  coverage: readonly CoverageRow[],
  { sources = [] }: ContextPack,
  runDay: string | null,
): SourceRow[] {
  const read = Map.groupBy(
    coverage.filter((r) => r.source !== null),
    (r) => r.source!,
  )
  return [...read.entries()]
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([source, rows]) => {
      const declared = sources.find((s) => s.source === source)
      const before = rows.reduce((sum, r) => sum + r.before, 0)
      return {
        source,
        owner: declared?.owner ?? null,
        version: declared?.version ?? null,
        updated: declared?.updated ?? null,
        age_days: ageOf(declared?.updated ?? null, runDay),
        before,
        after: rows.reduce((sum, r) => sum + r.before - r.removed + r.added, 0),
      }
    })
}
