/** Surfaces that bring nothing, by what came of their candidates in two quarters, and the proposal to retire them. */
import { QUARTER_DAYS } from '#schemas/band-metrics.ts'
import type { BaselineTuple, ContextPack } from '#schemas/pack.ts'
import type { PartProposalFile } from '#schemas/part-proposal.ts'
import type { FunnelEntry, IntentWeek, SurfaceToRetire } from '#schemas/weekly.ts'
import { dayAfter } from './days.ts'
import { fatesOf, isCertified, type SearchedRun } from './origins.ts'

/** Rejections by reviewers that retire a surface, where the bands say nothing. */
const REJECTIONS = 3

/** What is looked at: the surfaces of the pack in use, and what was tried on them. */
export interface Tried {
  readonly pack: Pick<ContextPack, 'pack' | 'tunable_surfaces'>
  readonly runs: readonly SearchedRun[]
  readonly entries: readonly FunnelEntry[]
}

/** Paths of a pack that an intent may tune. */
export const surfacesOf = (
  { tunable_surfaces: all }: Pick<ContextPack, 'tunable_surfaces'>,
  intent: string,
): string[] => all.filter(({ intents }) => intents.includes(intent)).map(({ path }) => path)

/** Surfaces to retire at the end of a day, in the order of the pack. */
export function surfacesToRetire(
  intent: string,
  date: string,
  { pack, runs, entries }: Tried,
  rejections = REJECTIONS,
): SurfaceToRetire[] {
  const [since, middle] = [dayAfter(date, 1 - 2 * QUARTER_DAYS), dayAfter(date, 1 - QUARTER_DAYS)]
  const recent = runs.filter(({ ended }) => ended >= since)
  return surfacesOf(pack, intent).flatMap((path) => {
    const tried = on(path, recent)
    const quarters = [tried.filter(({ ended }) => ended < middle), tried.filter(({ ended }) => ended >= middle)]
    const reasons = [...fruitless(path, quarters), ...rejected(path, recent, entries, rejections)]
    const groups = tried.flatMap((run) => run.groups)
    return reasons.length === 0 ? [] : [{ path, pack: pack.pack, reasons, runs: tried.length, fates: fatesOf(groups) }]
  })
}

/** Runs with the candidates that change a path. */
const on = (path: string, runs: readonly SearchedRun[]): SearchedRun[] =>
  runs
    .map((run) => ({ ...run, groups: run.groups.filter(({ paths }) => paths.includes(path)) }))
    .filter(({ groups }) => groups.length > 0)

type Reasons = SurfaceToRetire['reasons']

/** What both quarters have in common. */
function fruitless(path: string, quarters: readonly (readonly SearchedRun[])[]): Reasons {
  const reasons: Reasons = []
  const groups = quarters.map((runs) => runs.flatMap((run) => run.groups))
  // Where no question could be asked, that nothing was certified says nothing of the surface.
  const answered = quarters.every((runs) => runs.some(({ verdict }) => ANSWERED.includes(verdict)))
  if (answered && groups.every((of) => of.every(({ fate }) => !isCertified(fate))))
    reasons.push({ why: 'no_certified_change', says: `no change of ${path} was certified in two quarters` })
  if (groups.every((of) => of.some(isRefused) && of.every((one) => isRefused(one) || one.fate === 'remembered')))
    reasons.push({ why: 'all_refused', says: `guardrails refused every candidate on ${path} in two quarters` })
  // A candidate of several surfaces is inert where one of them is: only those of this one alone speak of it.
  const alone = groups.map((of) => of.filter(({ paths }) => paths.length === 1))
  if (alone.every((of) => of.length > 0 && of.every(({ fate }) => fate === 'inert')))
    reasons.push({
      why: 'inert',
      says: `no value of ${path} changed a context, an action or a decision in two quarters`,
    })
  return reasons
}

const ANSWERED: readonly SearchedRun['verdict'][] = ['certified', 'not_certified', 'no_candidate']
const isRefused = ({ fate }: SearchedRun['groups'][number]): boolean => fate === 'search_guardrail'

function rejected(path: string, runs: readonly SearchedRun[], entries: readonly FunnelEntry[], limit: number): Reasons {
  const won = new Set(
    runs
      .filter(({ groups }) => groups.some(({ fate, paths }) => fate === 'won' && paths.includes(path)))
      .map(({ run_id }) => run_id),
  )
  const no = entries.filter(({ run_id, stands }) => stands === 'rejected' && won.has(run_id))
  return no.length < limit
    ? []
    : [
        {
          why: 'rejected',
          says: `certified and rejected by reviewers ${no.length} times in two quarters, last in ${no.at(-1)!.run_id}: ${no.at(-1)!.says}`,
        },
      ]
}

/** Why, in words that claim nothing: what is proposed here no replay judges. */
const WORDS: Readonly<Record<SurfaceToRetire['reasons'][number]['why'], string>> = {
  no_certified_change: 'no change of it passed in two quarters',
  all_refused: 'guardrails refused every candidate on it in two quarters',
  inert: 'no value of it changed a context, an action or a decision in two quarters',
  rejected: 'reviewers rejected its changes again and again',
}

/** The surfaces of a week as a proposal for people to decide on; null: none is to be retired, or the pack has no such intent. */
export function retirement(
  { intent, retire }: Pick<IntentWeek, 'intent' | 'retire'>,
  pack: Pick<ContextPack, 'intents'>,
  tuple: BaselineTuple,
): PartProposalFile | null {
  const known = pack.intents.find(({ intent_id }) => intent_id === intent)
  const own = retire.filter((one) => one.pack === tuple.pack)
  if (!known || own.length === 0) return null
  return {
    kind: 'part_release',
    part: 'pack',
    intent,
    baseline_tuple: tuple,
    retire_surfaces: own.map(({ path }) => path),
    reason: own.map(({ path, reasons }) => `${path}: ${reasons.map(({ why }) => WORDS[why]).join(', ')}`).join('; '),
    producer: 'autotune cadence weekly',
    owner: known.owner,
    risk_class: known.risk_class,
  }
}
