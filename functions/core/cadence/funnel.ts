/** The adoption funnel: how far each proposal of an intent came by the end of a day, and why it goes no further. */
import type { Rollout } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import type { Verdict } from '#schemas/run.ts'
import {
  FUNNEL_STEPS,
  type Funnel,
  type FunnelEntry,
  type FunnelStep,
  KEPT_DAYS,
  type MeasuredGain,
  type ProposalStanding,
} from '#schemas/weekly.ts'
import { byCodeUnit } from '../canonical.ts'
import { instantOf, millisecondsOf } from '../instant.ts'
import { dayAfter } from './days.ts'
import { medianOf } from './learn.ts'

/** A run whose search put a list together, with all that came of it; what lies after the end of the day is looked past. */
export interface ProposalFacts {
  readonly run_id: string
  readonly started_at: string
  readonly finished_at: string
  readonly verdict: Verdict
  readonly reviews: readonly Review[]
  readonly rollout: Rollout | null
  /** Null: its rollout was not released. */
  readonly gain: MeasuredGain | null
}

/** A proposal of another producer, with all that came of it. */
export type PartFacts = Pick<ProposalFacts, 'run_id' | 'started_at' | 'reviews' | 'rollout'>

/** Days that a funnel is about. */
export interface Week {
  readonly from: string
  readonly date: string
}

/** The first moment after a day. */
export const endOf = (day: string): string => `${dayAfter(day)}T00:00:00.000Z`

const DAY = 86_400_000

/** Proposals in the order in which their runs ended. */
export function funnelOf(facts: readonly ProposalFacts[], week: Week): Funnel {
  const end = endOf(week.date)
  const entries = [...facts]
    .sort((a, b) => byCodeUnit(a.finished_at, b.finished_at) || byCodeUnit(a.run_id, b.run_id))
    .map((of) => entryOf(of, end))
  return {
    steps: FUNNEL_STEPS.map((step, i) => stepOf(step, FUNNEL_STEPS[i - 1] ?? null, entries, week)),
    stands: counted(entries),
    reached_review: facts.filter(({ reviews }) => reviews.some(({ opened_at }) => opened_at < end)).length,
    entries,
  }
}

/** Proposals for parts that replay cannot judge, counted apart; null: there are none. */
export function uncertifiedOf(
  facts: readonly PartFacts[],
  { date }: Pick<Week, 'date'>,
): NonNullable<Funnel['not_certified_by_replay']> | null {
  const end = endOf(date)
  const entries = facts
    .filter(({ started_at }) => started_at < end)
    .sort((a, b) => byCodeUnit(a.started_at, b.started_at) || byCodeUnit(a.run_id, b.run_id))
    .map((of): FunnelEntry => {
      const at: Reached = { proposed: of.started_at, certified: null, approved: null, released: null, kept: null }
      return { run_id: of.run_id, at, ...decided(of, end, at, NOT_OPENED), gain: null }
    })
  const reached = (step: FunnelStep): number => entries.filter(({ at }) => at[step] !== null).length
  if (entries.length === 0) return null
  const [approved, released, kept] = [reached('approved'), reached('released'), reached('kept')]
  return { proposed: entries.length, approved, released, kept, entries }
}

/** Every entry of a funnel: runs, then proposals for parts that replay cannot judge. */
export const entriesOf = ({ entries, not_certified_by_replay: apart }: Funnel): FunnelEntry[] => [
  ...entries,
  ...(apart?.entries ?? []),
]

function stepOf(
  step: FunnelStep,
  before: FunnelStep | null,
  entries: readonly FunnelEntry[],
  { from }: Week,
): Funnel['steps'][number] {
  const came = entries.filter(({ at }) => at[step] !== null)
  const days = came.map(({ at }) => (millisecondsOf(at[step]!) - millisecondsOf(at[before ?? step]!)) / DAY)
  return {
    step,
    proposals: came.length,
    this_week: came.filter(({ at }) => at[step]! >= `${from}T00:00:00.000Z`).length,
    median_days: before === null ? null : hundredths(medianOf(days)),
  }
}

const hundredths = (value: number | null): number | null => value && Math.round(value * 100) / 100

function counted(entries: readonly FunnelEntry[]): Funnel['stands'] {
  const counts: Funnel['stands'] = {}
  for (const { stands } of entries) counts[stands] = (counts[stands] ?? 0) + 1
  return counts
}

type Reached = FunnelEntry['at']
type Stand = Pick<FunnelEntry, 'stands' | 'says'>

function entryOf(facts: ProposalFacts, end: string): FunnelEntry {
  const at: Reached = { proposed: facts.started_at, certified: null, approved: null, released: null, kept: null }
  const stand = standOf(facts, end, at)
  return { run_id: facts.run_id, at, ...stand, gain: at.released === null ? null : facts.gain }
}

/** Walks the steps, notes in `at` when each was reached, and says where it ends. */
function standOf(facts: ProposalFacts, end: string, at: Reached): Stand {
  const unasked = UNCERTIFIED[facts.verdict]
  if (unasked) return unasked
  at.certified = facts.finished_at
  return decided(facts, end, at, NO_REVIEW)
}

/** Where people and production brought it. */
function decided(
  { reviews, rollout }: Pick<ProposalFacts, 'reviews' | 'rollout'>,
  end: string,
  at: Reached,
  unopened: Stand,
): Stand {
  const review = reviews
    .filter(({ opened_at }) => opened_at < end)
    .sort((a, b) => byCodeUnit(a.opened_at, b.opened_at))
    .at(-1)
  const approval = review ? reviewed(review, end) : unopened
  if (typeof approval !== 'string') return approval
  at.approved = approval
  return rolledOut(rollout, end, at)
}

const stand = (stands: ProposalStanding, says: string): Stand => ({ stands, says })

const UNCERTIFIED: Partial<Record<Verdict, Stand>> = {
  not_certified: stand('not_certified', 'the sealed set answered "no"'),
  inconclusive: stand('inconclusive', 'the sealed set cannot answer it, so nothing was asked'),
  refused: stand('refused', 'the ledger of its sealed set refused the question'),
}
const NO_REVIEW = stand('no_review', 'certified, and nobody opened its review')
const NOT_OPENED = stand('no_review', 'filed, and nobody opened its review')

/** When a review was approved, or where it stands. */
function reviewed(review: Review, end: string): string | Stand {
  const decisions = review.decisions.filter(({ decided_at }) => decided_at < end)
  const no = decisions.find(({ decision }) => decision === 'rejected')
  if (no) return stand('rejected', `rejected by ${no.role}: ${no.reason}`)
  const lacking = review.requires.filter((role) => !decisions.some((one) => one.role === role))
  if (lacking.length === 0) return decisions.at(-1)!.decided_at
  return review.expires_at < end
    ? stand('expired', `nobody decided for ${lacking.join(', ')} before ${review.expires_at.slice(0, 10)}`)
    : stand('in_review', `waits for ${lacking.join(', ')} until ${review.expires_at.slice(0, 10)}`)
}

function rolledOut(rollout: Rollout | null, end: string, at: Reached): Stand {
  const records = rollout?.records.filter((record) => record.at < end) ?? []
  const last = records.at(-1)
  if (!rollout || !last) return stand('waits_for_rollout', 'approved, and no rollout was started')
  at.released = records.find((one) => one.verdict === 'advanced' && one.to_stage === null)?.at ?? null
  const ended = records.find(({ verdict }) => ENDS.includes(verdict))
  if (at.released === null)
    return ended
      ? stand(ended.verdict as ProposalStanding, endText(ended))
      : stand(
          'in_rollout',
          `${last.verdict === 'paused' ? 'paused' : 'under way'} in ${last.to_stage ?? rollout.stage}`,
        )
  const since = instantOf(millisecondsOf(at.released) + KEPT_DAYS * DAY)
  // A newer release takes nothing from one that stood its time; a way back does, whenever it is taken.
  if (ended && (ended.verdict !== 'superseded' || ended.at < since))
    return stand(ended.verdict as ProposalStanding, endText(ended))
  if (since >= end) return stand('in_thirty_days', `released; stands ${KEPT_DAYS} days on ${since.slice(0, 10)}`)
  at.kept = since
  return stand('kept', `stood ${KEPT_DAYS} days`)
}

type PromotionRecord = Rollout['records'][number]
const ENDS: readonly PromotionRecord['verdict'][] = ['rolled_back', 'stopped', 'superseded', 'retired']

/** By whom, and by which rules with what they saw. */
function endText({ verdict, by, from_stage, reasons }: PromotionRecord): string {
  const where = from_stage === null ? 'in its window' : `in ${from_stage}`
  const rules = reasons.map(({ rule, note }) => `${rule}: ${note}`).join('; ')
  return `${verdict.replaceAll('_', ' ')} ${where} by ${by === 'rollout' ? 'its rules' : by}${rules === '' ? '' : ` (${rules})`}`
}
