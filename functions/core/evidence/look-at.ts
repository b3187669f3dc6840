/** "Look at these": what a reviewer should not miss, said by rules, one small function each; the first three that speak. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { CertifiedRow } from '#schemas/heldout.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { rejectedElsewhere } from '../space/rejected-elsewhere.ts'
import { percent } from '../statistics/percent.ts'
import { edgeOf } from './edge.ts'
import type { CaseGroup, CoverageRow, LookAt, LookAtRule, RunEvidence, Slice } from './types.ts'

/** What the rules read. */
export interface LookFacts {
  readonly evidence: Omit<RunEvidence, 'look_at'>
  /** Rows of the certificate; empty: nothing was certified. */
  readonly certificate: readonly CertifiedRow[]
  readonly candidates: readonly CandidateScore[]
  readonly surfaces: readonly TunableSurface[]
  /** Memory as the run was given it. */
  readonly rejections: readonly RejectionRecord[]
}

/** From which numbers on a rule speaks: shares 0..1, cases and days. */
export const SPEAKS = {
  /** Part of all passages that a kind held, below which its end is told only where one of it was needed. */
  gone: 0.01,
  /** Worse cases below which no pattern of theirs is told. */
  worse: 5,
  /** Of the worse cases in one slice, which holds at most half as large a part of all. */
  sliceOfWorse: 0.6,
  sliceOfAll: 0.5,
  patternOfWorse: 0.8,
  /** Worse cases of a neighbour against those of the chosen one, and the part of the gain that it keeps. */
  neighbourWorse: 0.25,
  neighbourGain: 0.5,
  ageDays: 30,
  excluded: 0.05,
  notRecorded: 0.2,
  notAtStake: 0.5,
  untraced: 0.1,
} as const

const MOST_LINES = 3

type Rule = (facts: LookFacts) => Omit<LookAt, 'rule'> | null

/** Every rule, the gravest first. null: it has nothing to say. */
export const LOOK_AT_RULES: Readonly<Record<LookAtRule, Rule>> = {
  rejected_elsewhere({ evidence: { patch }, rejections }) {
    const elsewhere = rejectedElsewhere(patch, rejections)
    if (elsewhere === null) return null
    return { says: `${elsewhere}. Does what spoke against it stand for the cases of this change, too?`, see: 'slices' }
  },

  source_gone({ evidence: { coverage } }) {
    const gone = goneKinds(coverage ?? [])
    if (gone.length === 0) return null
    const [row] = gone.toSorted((a, b) => b.before - a.before)
    const others =
      gone.length === 1 ? '' : gone.length === 2 ? ' So does one more kind.' : ` So do ${gone.length - 1} more kinds.`
    return {
      says: `Every passage of ${kindOf(row!)} disappears: ${whole(row!.removed)} of ${whole(row!.before)}. ${needOf(row!)}${others}`,
      see: 'coverage',
    }
  },

  slice_carries_harm({ evidence }) {
    const slice = carrier(evidence)
    if (slice === null) return null
    const { worse, cases } = slice
    return {
      says: `${percent(worse / evidence.utility.worse)} of the worse cases (${whole(worse)} of ${whole(evidence.utility.worse)}) have ${slice.attribute} ${slice.value}, which ${percent(cases / evidence.cases.compared)} of all cases have.`,
      see: 'slices',
    }
  },

  one_pattern({ evidence: { groups, utility } }) {
    const largest = groups.find((g) => g.course === 'worse')
    if (!largest || utility.worse < SPEAKS.worse || largest.cases / utility.worse < SPEAKS.patternOfWorse) return null
    return { says: `${onePattern(largest, utility.worse)}: ${largest.pattern}.`, see: 'cases' }
  },

  better_neighbour({ evidence: { alternatives } }) {
    const chosen = alternatives.find((a) => a.chosen)
    if (!chosen || chosen.gain === null || chosen.gain <= 0 || (chosen.worse ?? 0) < SPEAKS.worse) return null
    const least = alternatives
      .filter((a) => !a.chosen && a.worse !== null && a.gain !== null)
      .filter(
        (a) => a.worse! <= chosen.worse! * SPEAKS.neighbourWorse && a.gain! >= chosen.gain! * SPEAKS.neighbourGain,
      )
      .toSorted((a, b) => a.worse! - b.worse! || b.gain! - a.gain!)[0]
    if (!least) return null
    return {
      says: `${settingsOf(least.patch)} is certified too: it keeps ${percent(least.gain! / chosen.gain)} of the gain with ${whole(least.worse!)} worse families in place of ${whole(chosen.worse!)}.`,
      see: 'alternatives',
    }
  },

  edge_of_records({ evidence, candidates, surfaces }) {
    const edge = edgeOf(evidence.patch, candidates, surfaces)
    return edge === null ? null : { says: edge, see: 'alternatives' }
  },

  old_recordings({ evidence: { recorded } }) {
    const { age_days: age, last } = recorded
    if (age === null || age <= SPEAKS.ageDays) return null
    return {
      says: `The newest recording is from ${last}, ${whole(age)} days before this run: does the agent still work like that?`,
      see: 'records',
    }
  },

  excluded_cases({ evidence: { cases } }) {
    const excluded = cases.recorded - cases.compared
    if (cases.recorded === 0 || excluded / cases.recorded <= SPEAKS.excluded) return null
    return {
      says: `${whole(excluded)} of ${whole(cases.recorded)} recorded cases (${percent(excluded / cases.recorded)}) are left out, because their baseline does not reproduce.`,
      see: 'records',
    }
  },

  not_recorded: ({ certificate }) =>
    exposureLine(certificate, 'not_recorded', SPEAKS.notRecorded, 'the records do not say whether it could break'),

  not_at_stake: ({ certificate }) =>
    exposureLine(certificate, 'not_at_stake', SPEAKS.notAtStake, 'nothing stands there that could break'),

  untraced({ evidence: { cases } }) {
    if (cases.values === 0 || cases.untraced / cases.values <= SPEAKS.untraced) return null
    return {
      says: `${percent(cases.untraced / cases.values)} of the values that actions used (${whole(cases.untraced)} of ${whole(cases.values)}) stand nowhere in the records: what they need is not known.`,
      see: 'records',
    }
  },
}

/** At most three lines. */
export function reviewPoints(facts: LookFacts): LookAt[] {
  const lines: LookAt[] = []
  for (const [rule, speak] of Object.entries(LOOK_AT_RULES) as [LookAtRule, Rule][]) {
    if (lines.length === MOST_LINES) break
    const line = speak(facts)
    if (line) lines.push({ rule, ...line })
  }
  return lines
}

/** Kinds of passages of which nothing is read any more, but for those that were hardly read and never needed. */
export function goneKinds(coverage: readonly CoverageRow[]): CoverageRow[] {
  const all = coverage.reduce((sum, r) => sum + r.before, 0)
  return coverage.filter(
    (r) =>
      r.before > 0 &&
      r.added === 0 &&
      r.removed === r.before &&
      (r.needed + r.required > 0 || r.before >= all * SPEAKS.gone),
  )
}

/** The slice that holds most of the harm and few of the cases; null: none does. */
function carrier({ slices, utility, cases }: LookFacts['evidence']): Slice | null {
  if (utility.worse < SPEAKS.worse) return null
  const carrying = slices.filter(
    ({ worse, cases: n }) =>
      worse / utility.worse >= SPEAKS.sliceOfWorse && n / cases.compared <= (SPEAKS.sliceOfAll * worse) / utility.worse,
  )
  return carrying.toSorted((a, b) => a.cases / a.worse - b.cases / b.worse)[0] ?? null
}

/** The evaluator of which the largest part of the sealed families says nothing. */
function exposureLine(
  certificate: readonly CertifiedRow[],
  share: 'not_recorded' | 'not_at_stake',
  from: number,
  says: string,
): Omit<LookAt, 'rule'> | null {
  const told = certificate
    .filter((row) => row.kind === 'certified' && row.families > 0)
    .flatMap((row) => (row.evaluators ?? []).filter((e) => e.p !== null).map((e) => ({ row, e })))
    .toSorted((a, b) => b.e[share] / b.row.families - a.e[share] / a.row.families)[0]
  if (!told || told.e[share] / told.row.families <= from) return null
  const { row, e } = told
  return {
    says: `${e.evaluator_id} was tested by ${whole(e.exposed)} of ${whole(row.families)} held-out families: in ${percent(e[share] / row.families)} ${says}.`,
    see: 'proof',
  }
}

const kindOf = ({ source, bucket, hop }: Pick<CoverageRow, 'source' | 'bucket' | 'hop'>): string =>
  `${source ?? 'unknown source'} (${bucket}, hop ${hop})`

const needOf = ({ needed, required, needed_lost, required_lost }: CoverageRow): string =>
  needed + required === 0
    ? 'None of them is marked as needed: is the rest enough?'
    : `${whole(Math.max(needed_lost, required_lost))} of them are marked as needed.`

const onePattern = ({ cases }: CaseGroup, worse: number): string =>
  cases === worse
    ? `All ${whole(worse)} worse cases have one pattern`
    : `${whole(cases)} of ${whole(worse)} worse cases have one pattern`

const settingsOf = (patch: RunEvidence['patch']): string =>
  Object.entries(patch)
    .map(([path, { to }]) => `${path.slice(path.lastIndexOf('.') + 1)} ${String(to).slice(0, 40)}`)
    .join(', ')

const whole = (n: number): string => n.toLocaleString('en')
