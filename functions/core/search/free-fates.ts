/** What a search learns of a candidate for free: memory, reach, replayability, rendered cost, latency and bypasses. */
import type { CandidateChange, CandidateScore, Fate, GuardrailRow } from '#schemas/candidate.ts'
import type { SettingsTable } from '#schemas/common.ts'
import { type GuardrailName, metricOf, readsVerdicts } from '#schemas/metrics.ts'
import { canonical } from '../canonical.ts'
import type { ResolvedTarget } from '../contract/resolve.ts'
import { limitOf, notEvaluated, pointRow, type Told } from '../evaluate/guardrails.ts'
import { isBetter } from '../evaluate/metric.ts'
import { patchDigest } from '../space/lattice.ts'
import { applyPatch, scopeOf, tableOf, unscoped } from '../space/scope.ts'
import { reachLine, reachOf } from '../space/scopes.ts'
import { isAtMost } from '../statistics/compare.ts'
import { needsUtility, type SurfaceControl } from './control.ts'
import type { Contexts } from './replayer.ts'
import type { SearchInput } from './search-input.ts'

/** What rendering every case says of one candidate. */
export interface Rendered {
  readonly told: Told
  readonly unreplayable: number
  /** Why the first case cannot be replayed that cannot. */
  readonly why: string
  /** Amounts of the approvals that it skips. */
  readonly amounts: readonly number[]
}

/** A candidate on its way through the search. */
export interface Visited {
  readonly change: CandidateChange
  readonly digest: string
  readonly settings: SettingsTable
  readonly metric: number | null
  /** Number of each case's context, as far as they were rendered side by side. */
  readonly contexts?: Contexts
}

const dropped = (
  { change, digest }: Pick<Visited, 'change' | 'digest'>,
  fate: Fate,
  reason: string,
  metric: number | null = null,
  guardrails = notEvaluated(),
): CandidateScore => ({
  ...change,
  digest,
  fate,
  reason,
  search: null,
  metric,
  search_evidence: null,
  guardrails,
  blast_radius: null,
})

/** The fate of a change that no case needs to be read for, or what is to be rendered. */
export function rememberedOrTooWide(
  change: CandidateChange,
  {
    target,
    rejections,
    pack,
    control,
    scopes,
  }: Pick<SearchInput, 'target' | 'rejections' | 'pack' | 'control' | 'scopes'>,
): CandidateScore | Visited {
  const digest = patchDigest(change.patch)
  const reach = reachOf(change.patch, scopes)
  // What holds for every search case is the change for all of them, whatever its condition is called.
  const isEverywhere = reach !== null && reach.cases === reach.of_cases
  const known =
    patchesIn(rejections).get(digest) ??
    (isEverywhere ? patchesIn(rejections).get(patchDigest(unscoped(change.patch))) : undefined)
  if (known) return dropped({ change, digest }, 'remembered', known)
  const fields = Object.keys(change.patch).length
  if (!isAtMost(fields, target.max_fields))
    return dropped(
      { change, digest },
      'blast_radius',
      `changes ${fields} fields, at most ${target.max_fields} are allowed`,
    )
  if (reach?.families === 0) return dropped({ change, digest }, 'inert', `its condition ${reachLine(reach)}`)
  const inert = control?.surfaces.find((s) => s.inert && isOf(s, change))
  if (inert)
    return dropped(
      { change, digest },
      'inert',
      `${inert.path} changes no context, approval, action or decision of any case, not even at ${valueList(inert)}`,
    )
  return { change, digest, settings: applyPatch(tableOf(pack), change.patch), metric: null }
}

/** Is a control about a change: of a surface of it, for the same cases? */
const isOf = ({ path, when }: SurfaceControl, { patch }: CandidateChange): boolean =>
  Object.hasOwn(patch, path) && canonical(when ?? null) === canonical(scopeOf(patch))

/** Why each remembered patch was rejected, by its digest; a "no" to a list of several rejects none of them alone. */
function patchesIn(rejections: SearchInput['rejections']): ReadonlyMap<string, string> {
  const known = PATCHES.get(rejections)
  if (known) return known
  const found = new Map<string, string>()
  for (const { source, run_id, patches, reason, reasons } of rejections)
    if (source !== 'gate')
      for (const [i, patch] of patches.entries()) {
        const digest = patchDigest(patch)
        if (!found.has(digest)) found.set(digest, `${source} rejected it in ${run_id}: ${reasons?.[i] ?? reason}`)
      }
  PATCHES.set(rejections, found)
  return found
}

const PATCHES = new WeakMap<SearchInput['rejections'], ReadonlyMap<string, string>>()

const valueList = ({ values }: SurfaceControl): string => values.map((v) => String(v).slice(0, 40)).join(' or ')

/**
 * Why nothing could have spoken against a change: utility was never seen to fail under a surface of it. Null: it was.
 * @param byServed what was recorded for a plan has no say
 */
export function blindness(
  change: CandidateChange,
  { control, fields, ...input }: SearchInput,
  isPaid: boolean,
  byServed = false,
): string | null {
  const blind = control?.surfaces.find(
    (s) =>
      isOf(s, change) &&
      ((byServed ? s.served_utility : undefined) ?? s.utility) === 0 &&
      // Where the control could answer nothing, the replays of the candidate say why.
      (isPaid || s.shown > 0) &&
      needsUtility(
        input,
        fields.filter((f) => f.path === s.path),
      ),
  )
  return blind
    ? `${blind.path}: not even its most destructive values break utility in a search family: the records could not contradict this change`
    : null
}

/** The fate of such a change before anything is paid for it. */
export function blindFate(visited: Visited, input: SearchInput): CandidateScore | Visited {
  const why = blindness(visited.change, input, false)
  return why === null ? visited : dropped(visited, 'blind', why, visited.metric)
}

/** The fate of a change that follows from how its cases are rendered, or what is worth paying for. */
export function renderedFate(
  visited: Visited,
  { told, unreplayable, why, amounts }: Rendered,
  { target, panel }: SearchInput,
  baselineMetric: number | null,
): CandidateScore | Visited {
  if (unreplayable > 0)
    return dropped(visited, 'unreplayable', `${unreplayable} of ${panel.cases.length} cases cannot be replayed: ${why}`)
  const free = FREE.map((name) => pointRow(name, target.guardrails, target.not_measured, panel, told))
  const metric = readsVerdicts(target.metric) ? null : told.metric(target.metric)
  const blocked = free.find((r) => r.verdict === 'block')
  // Where verdicts make the metric its value is worth knowing even of a candidate that a limit blocks.
  if (blocked && (!readsVerdicts(target.metric) || blocked.guardrail === 'approval_bypass_rate'))
    return dropped(
      visited,
      'search_guardrail',
      `${blocked.guardrail}: ${bypassNote(blocked, amounts) ?? blocked.note}`,
      metric,
      notEvaluated().map((row) => free.find((r) => r.guardrail === row.guardrail) ?? unreached(row, target)),
    )
  if (!readsVerdicts(target.metric) && !gains(target, metric, baselineMetric))
    return dropped(visited, 'no_gain', noGain(target, metric, baselineMetric), metric)
  return { ...visited, metric }
}

/** Guardrails that rendering alone can break. */
const FREE = ['approval_bypass_rate', 'p95_latency_delta', 'economics_delta'] as const

const unreached = (row: GuardrailRow, { guardrails }: ResolvedTarget): GuardrailRow => ({
  ...row,
  limit: limitOf(guardrails, row.guardrail as GuardrailName),
})

export const gains = (target: ResolvedTarget, metric: number | null, baseline: number | null): boolean =>
  metric !== null && baseline !== null && isBetter(target.direction, metric, baseline)

export const noGain = (target: ResolvedTarget, metric: number | null, baseline: number | null): string =>
  metric === null
    ? `${target.metric} is not measured on every case`
    : `${target.metric} ${tidy(metric)} ${metricOf(target.metric).unit}, baseline ${baseline === null ? 'not measured' : tidy(baseline)}: no ${target.direction}`

/** A number for people: six digits at most. */
export const tidy = (value: number): string => String(Number(value.toPrecision(6)))

/** A bypass is refused with the amounts that would go through unseen. */
function bypassNote(row: GuardrailRow, unseen: readonly number[]): string | null {
  if (row.guardrail !== 'approval_bypass_rate') return null
  const amounts = [...unseen].sort((a, b) => a - b)
  const shown = amounts.slice(0, 8).map(tidy).join(', ')
  const more = amounts.length > 8 ? `, ... ${tidy(amounts.at(-1)!)}` : ''
  return `lets ${amounts.length} actions through that the baseline sends to a person: amounts ${shown}${more}, ${tidy(amounts.reduce((a, b) => a + b, 0))} in all`
}
