/** What people read on a terminal: the story of a run, the contract, the preflight. Values in, lines out. */

import type { Question } from '#core/contract/questions.ts'
import { PLAN_SAYS } from '#core/search/not-searched.ts'
import { whereWords } from '#core/space/condition-words.ts'
import { whereTheyDiffer } from '#core/space/where-they-differ.ts'
import type { Fate } from '#schemas/candidate.ts'
import type { Patch } from '#schemas/common.ts'
import type { PreflightRow } from '#schemas/heldout.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { RunRefusal, RunSummary } from '#schemas/run.ts'
import type { IngestReport } from '../steps/experience/ingest.ts'
import type { UnfinishedRun } from '../steps/run/unfinished.ts'
import { table } from './layout.ts'
import { asTyped } from './next.ts'

/** `evidence.order_history.top_k 10 -> 7, ...`, and for which cases where it is not for all. */
export const patchLine = (patch: Patch): string =>
  `${Object.entries(patch)
    .map(([path, { from, to }]) => `${path} ${fromTo(from, to)}`)
    .join(', ')}${clip(whereWords(patch), 120)}`

/** `10 -> 7`, of long texts the part in which they differ. */
export const fromTo = (from: unknown, to: unknown): string =>
  whereTheyDiffer(String(from), String(to), { most: MOST_OF_A_VALUE, before: BEFORE, mark: '... ' })
    .map((text) => clip(text))
    .join(' -> ')

const MOST_OF_A_VALUE = 60
/** Characters that are kept before two long values differ. */
const BEFORE = 20

/** A value as text, cut where nobody reads on. */
export const clip = (value: unknown, most = MOST_OF_A_VALUE): string => {
  const text = String(value)
  return text.length > most ? `${text.slice(0, most - 3)}...` : text
}

/** Where a run that is not finished stands, and the commands that end that. */
export const standsLines = ({ status, since, where, go_on, give_up }: UnfinishedRun): string[] => [
  `${status === 'running' ? 'stands  ' : 'stopped '} ${where}${since === null ? '' : ` (started ${since})`}`,
  ...(status === 'running' ? [] : [`go on    ${asTyped(go_on)}`, `give up  ${asTyped(give_up)}`]),
]

/** A number for people: five digits at most, and no more of a large one. */
export const number = (value: number): string => String(Number(value.toPrecision(Math.abs(value) >= 1e5 ? 7 : 5)))

/** The seven questions, each with its answer or with what is missing. */
export function contractLines(questions: readonly Question[]): string[] {
  return questions.flatMap(({ question, answer, missing }, i) => [
    `${i + 1}. ${question}`,
    ...(answer === null ? missing.map((m) => `   MISSING  ${m}`) : [`   ${answer}`]),
  ])
}

/** One line a guardrail: ready, or what it needs. */
export const preflightLines = (rows: readonly PreflightRow[]): string[] =>
  table(
    rows.map((r) => [r.verdict === 'ready' ? 'ready' : 'INCONCLUSIVE', r.guardrail, r.note]),
    ['left', 'left', 'left'],
  )

const HEADLINE: Record<RunSummary['verdict'], string> = {
  certified: 'CERTIFIED: a proposal waits for review',
  not_certified: 'NOT CERTIFIED: the held-out set said no',
  inconclusive: 'INCONCLUSIVE: the held-out set is too small to answer; nothing was spent',
  refused: 'REFUSED',
  no_candidate: 'NO CANDIDATE: the search found nothing to propose',
}

/** Why a run is INCONCLUSIVE: more families mend it only where a row says how many. */
export function headline({ verdict, preflight }: RunSummary): string {
  if (verdict !== 'inconclusive') return HEADLINE[verdict]
  const short = preflight.filter((r) => r.verdict === 'inconclusive')
  const because = (why: string): string => `INCONCLUSIVE: ${why}; nothing was spent`
  if (short.some((r) => r.records_lack)) return because('the records could not contradict a certificate')
  if (short.every((r) => r.guardrail === 'harness_baseline')) return because('the harness does not decide as recorded')
  if (short.every((r) => r.guardrail === 'recorded')) return because('no sealed case was recorded under the candidate')
  if (short.every((r) => r.needed === null)) return because('no number of held-out families would answer')
  return HEADLINE.inconclusive
}

/** The story of a run: verdict, search, fates by kind, the gate, and the proposal in its own wording. */
export function runLines(summary: RunSummary, proposal: TuningProposal | null, proposalPath: string | null): string[] {
  const { search, candidates } = summary
  const lines = [
    `run ${summary.run}`,
    `verdict  ${headline(summary)}`,
    `search   ${search.visited} candidates${search.exact ? ' (exact)' : ' (sampled, not exhaustive)'}: ${search.paid} case replays paid, ${search.avoided} avoided${lostReplays(search)}`,
    ...excludedLine(summary.excluded),
    ...noSearchLine(search.no_search),
    ...originLines(summary.origins),
    ...fateLines(candidates),
  ]
  if (summary.preflight.length > 0)
    lines.push(
      `held out ${summary.heldout_families} families${summary.needed_families === null ? '' : `; the largest need is ${summary.needed_families}`}`,
      ...preflightLines(summary.preflight),
    )
  if (proposal) {
    lines.push(`proposal ${patchLine(proposal.candidate_change.patch)}`, ...proposal.wording.map((w) => `   ${w}`))
    const { release_path: path } = proposal
    lines.push(
      `   next          reviewed by ${path.requires_reviewers.join(', ')}; enters at ${path.rollout_stage}; rolls back to ${path.rollback_target}`,
    )
    if (proposalPath) lines.push(`file     ${proposalPath}`)
  }
  // What the proposal says of the records is not said twice.
  const isSaid = (reason: string) => proposal?.wording.some((w) => w.endsWith(` ${reason}`)) ?? false
  for (const reason of summary.reasons) if (!isSaid(reason)) lines.push(`note     ${reason}`)
  return lines
}

/** Values that nobody recorded, and what says how to: `plan` is the command; null: there is none. */
export const notSearchedLines = (lines: readonly string[], plan: string | null): string[] => [
  ...lines.map((line) => `note     ${reasonText(line)}`),
  ...(lines.length > 0 && plan !== null ? [`plan     ${PLAN_SAYS}: ${plan}`] : []),
]

const lostReplays = ({ unreplayable, failed }: RunSummary['search']): string =>
  unreplayable + failed === 0 ? '' : ` (${unreplayable} could not be replayed, ${failed} failed)`

function excludedLine({ cases, share }: RunSummary['excluded']): string[] {
  const reasons = Object.entries(cases).map(([reason, n]) => `${n} ${reason}`)
  return reasons.length === 0
    ? []
    : [
        `left out ${(share * 100).toFixed(1)} % of the search cases, whose baseline does not reproduce: ${reasons.join(', ')}`,
      ]
}

function noSearchLine(arm: RunSummary['search']['no_search']): string[] {
  if (!arm || arm.replays === 0) return []
  const found = arm.best
    ? `best within the limits: ${patchLine(arm.best.patch)} (${Number(arm.best.metric.toPrecision(4))})`
    : 'none within the limits and better than the baseline'
  return [`no search the same ${arm.replays} replays on ${arm.candidates} random candidates: ${found}`]
}

/** How far the changes of each origin came; none where no proposer was asked. */
const originLines = (origins: RunSummary['origins']): string[] =>
  origins === undefined
    ? []
    : table(
        [
          ['origin', 'proposed', 'in bounds', 'replayed', 'survived', 'certified', 'best'],
          ...origins.map(({ origin, best, ...n }) => [
            clip(origin, 40),
            ...[n.proposed, n.in_bounds, n.replayed, n.survived, n.certified].map(String),
            best === null ? '-' : `${Number(best.metric.toPrecision(4))}: ${patchLine(best.patch)}`,
          ]),
        ],
        ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
      )

/** Fates, the most telling first. */
export const INTEREST: readonly Fate[] = [
  'won',
  'certified',
  'committed',
  'dominated',
  'search_guardrail',
  'scar',
  'no_gain',
  'remembered',
  'unreplayable',
  'blast_radius',
  'blind',
  'inert',
]

/** Reasons keep the first 80 characters of a setting, as artifacts have them: where there were more, they say so. */
export const reasonText = (reason: string): string => reason.replace(/(no recording under \S+ = [\s\S]{80})$/, '$1…')

/** Why a run ended as it did. */
export const reasonLines = ({ reasons }: RunSummary): string[] => reasons.map((reason) => `note     ${reason}`)

/** The winner and what came near it first; what was never in reach last. */
const byInterest = (candidates: RunSummary['candidates']) =>
  [...candidates].sort((a, b) => INTEREST.indexOf(a.fate) - INTEREST.indexOf(b.fate))

/** Fates by kind, each with its plainest example: the one that changes the fewest fields. Every single one is in `explain --all`. */
function fateLines(candidates: RunSummary['candidates']): string[] {
  const byFate = Map.groupBy(byInterest(candidates), (c) => c.fate)
  return [...byFate].flatMap(([fate, list]) => {
    const size = (patch: Patch): number => Object.keys(patch).length
    const { patch, reason } = list.reduce((least, c) => (size(c.patch) < size(least.patch) ? c : least))
    return [
      `   ${String(list.length).padStart(4)} ${fate.padEnd(16)} ${list.length > 1 ? 'e.g. ' : ''}${patchLine(patch)}`,
      `${' '.repeat(25)}${clip(reason, 105)}`,
    ]
  })
}

/** A run that did not start, and why. */
export const refusalLines = ({ run_id, target, refused_at, reasons }: RunRefusal): string[] => [
  `run ${run_id}`,
  `verdict  ${HEADLINE.refused}: its contract does not stand, and nothing was run (${target.intent ?? 'no intent'}, ${refused_at})`,
  ...reasons.map((reason) => `note     ${reason}`),
]

/** What an import found of runs that say the same, or nearly; nothing where each is its own conversation. */
export function copiesLines({ stored, unchanged, copies, near_copies: near }: IngestReport): string[] {
  const { runs, conversations, burned_families: burned } = copies
  const all = count(stored + unchanged)
  const example = near.example ? ` (e.g. ${near.example.join(' and ')})` : ''
  return [
    runs > 0 &&
      `copies: ${count(runs)} of ${all} runs are copies of ${count(conversations)} conversation${conversations === 1 ? '' : 's'} (the same but for ids, dates and clocks): families with a copy are one family, and count once`,
    burned > 0 &&
      `burned: ${count(burned)} sealed famil${burned === 1 ? 'y is' : 'ies are'} linked with search families by these copies: never to be sealed again, and gone from the next held-out version`,
    near.runs > 0 &&
      `WARNING: ${count(near.runs)} of ${all} runs are nearly the same as one of another family${example}: ${near.joined ? 'they are joined, and count once' : 'they count as evidence of their own. If they are not, import them into a new store with --join-near-copies'}`,
  ].filter((line) => line !== false)
}

const count = (n: number): string => n.toLocaleString('en-US')
