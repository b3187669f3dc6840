/** What a reviewer must know first, as values: the change in words, the gain, the harm, what disappears. */
import { goneKinds } from '#core/evidence/look-at.ts'
import type { CoverageRow } from '#core/evidence/types.ts'
import { isShownPart, type Shown, type ShownProposal } from '#core/review/shown.ts'
import { metricOf } from '#schemas/metrics.ts'
import { changeInWords } from '../kit/change-words.ts'
import { count, metricChange, metricName, number, percent, signed, signedPercent, visible } from '../kit/format.ts'
import { partHeadline, partInOneLine } from './part.ts'

/** Decisions to which a gain is scaled up. */
const VOLUME = 10_000

/** A figure in one short line, and what stands behind it in another. */
export interface Told {
  readonly says: string
  readonly more: string
  readonly isBad?: boolean
}

/** `support.refund: read 6 instead of 10 passages a hop of order history`. */
const headline = ({ proposal }: ShownProposal): string =>
  `${visible(proposal.target.intent)}: ${changeInWords(proposal.candidate_change.patch)}`

/** The same of whatever is reviewed. */
export const headlineOf = (shown: Shown): string =>
  isShownPart(shown) ? partHeadline(shown.proposal) : headline(shown)

/** The difference of the metric on held-out families, as a part of its baseline there; null: not known. */
export function gainShare({ proposal, evidence }: ShownProposal): number | null {
  const delta = proposal.observed_delta[metricOf(proposal.target.metric).delta_key] ?? null
  const baseline = evidence?.heldout?.before ?? null
  return delta === null || baseline === null || baseline === 0 ? null : delta / Math.abs(baseline)
}

/** Gain and harm in two short sentences: `Saves 8.83 % of cents per decision. 46 of 2,926 families get worse, 0 better.` */
export function inShort(shown: ShownProposal): {
  readonly gains: string
  readonly harms: string
  readonly isBad: boolean
} {
  const { metric, direction } = shown.proposal.target
  const share = gainShare(shown)
  const gains =
    share === null
      ? `${gain(shown).says} ${metricName(metric)}`
      : direction === 'decrease'
        ? `Saves ${percent(-share)} of ${metricName(metric)}`
        : `Raises ${metricName(metric)} by ${percent(share)}`
  const { says, isBad = false } = harm(shown)
  return { gains, harms: `Held-out families: ${says}`, isBad }
}

/** The gain on the held-out set, with its baseline, its bound, and what it comes to in many decisions. */
export function gain(shown: ShownProposal): Told {
  const { proposal, evidence } = shown
  const { metric } = proposal.target
  const { unit, statistic, delta_key } = metricOf(metric)
  const delta = proposal.observed_delta[delta_key] ?? null
  const share = gainShare(shown)
  const baseline = evidence?.heldout?.before ?? null
  const own = proposal.certificate.find((row) => row.guardrail === metric)
  const says = share === null ? metricChange(metric, delta) : `${signedPercent(share)} ${metricName(metric)}`
  const parts = [
    share === null ? '' : `${metricChange(metric, delta)} of ${number(baseline!)} held out`,
    own?.bound == null ? '' : `${percent(1 - own.level, 4)} bound ${metricChange(metric, own.bound)}`,
    delta !== null && statistic === 'mean' && (unit === 'cents' || unit === 'tokens')
      ? `${signed(Math.round(delta * VOLUME))} ${unit} in ${number(VOLUME)} decisions`
      : '',
  ]
  return { says, more: parts.filter(Boolean).join('; ') }
}

/** Families that get worse and better on the held-out set: `46 of 2,926 worse, 0 better`. */
export function harm(shown: ShownProposal): Told {
  const { proposal, evidence } = shown
  const row = proposal.certificate.find((r) => r.guardrail === 'utility_delta')
  const worse = evidence?.heldout?.worse ?? row?.counts.regressions ?? null
  const better = evidence?.heldout?.better ?? row?.counts.improvements ?? null
  const labelled = evidence?.heldout?.labelled ?? row?.families ?? null
  const search = evidence
    ? `search set: ${number(evidence.utility.worse)} of ${count(evidence.utility.labelled, 'case')} worse, ${number(evidence.utility.better)} better`
    : ''
  if (worse === null || better === null || labelled === null)
    return { says: 'not measured: no case has a label', more: search, isBad: true }
  const limit = row ? `a drop of ${number(-row.limit * 100)} points is allowed` : 'no limit was declared'
  const cost = proposal.target.metric === 'utility' ? costOf(shown) : ''
  return {
    says: `${number(worse)} of ${number(labelled)} worse, ${number(better)} better`,
    more: [limit, cost, search].filter(Boolean).join('; '),
    isBad: worse > better,
  }
}

/** Where utility is the gain, money is the price. */
function costOf({ proposal }: ShownProposal): string {
  const row = proposal.certificate.find((r) => r.guardrail === 'economics_delta')
  const cost = metricChange('economics_cents_per_decision', proposal.observed_delta.economics_cents ?? null)
  return `cost ${cost}, ${row ? `at most ${metricChange('economics_cents_per_decision', row.limit)} is allowed` : 'without a limit'}`
}

/** Passages that no context has any more, and whether one of them was needed. */
export function disappears({ evidence }: ShownProposal): Told | null {
  if (!evidence) return null
  const { coverage, amounts } = evidence
  const through = amounts.reduce((sum, a) => sum + a.let_through, 0)
  if (through > 0)
    return { says: `${count(through, 'approval')} fewer`, more: 'actions that no person sees', isBad: true }
  if (coverage === null) return { says: 'not known', more: 'your harness chose what it read' }
  const removed = sum(coverage, 'removed')
  if (removed === 0) return { says: 'nothing', more: `${number(sum(coverage, 'before'))} passages are read as before` }
  const gone = goneKinds(coverage)
  const needed = `needed ones lost: ${number(sum(coverage, 'needed_lost'))} of ${number(sum(coverage, 'needed'))}`
  const [largest] = coverage.toSorted((a, b) => b.removed - a.removed)
  return gone.length > 0
    ? {
        says: gone.length === 1 ? `all of ${kindOf(gone[0]!)}` : `${gone.length} kinds of passages`,
        more: needed,
        isBad: true,
      }
    : {
        says: `${percent(removed / sum(coverage, 'before'))} of passages`,
        more: `the most from ${kindOf(largest!)}; ${needed}`,
      }
}

/** `adp_orders, hop 1`. */
export const kindOf = ({ source, bucket, hop }: Pick<CoverageRow, 'source' | 'bucket' | 'hop'>): string =>
  `${visible(source ?? bucket)}, hop ${hop}`

const sum = (rows: readonly CoverageRow[], of: 'before' | 'removed' | 'needed' | 'needed_lost'): number =>
  rows.reduce((total, row) => total + row[of], 0)

/** Change, gain and harm in one line, for a notice. */
export function inOneLine(shown: Shown): string {
  if (isShownPart(shown)) return partInOneLine(shown.proposal)
  const { gains, harms } = inShort(shown)
  return `${headline(shown)}. ${gains}. ${harms}.`
}
