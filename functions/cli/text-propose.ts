/** What `propose` prints of each change. Values in, lines out. */
import { askedTwiceLine } from '#core/baseline/two-answers.ts'
import { promptCostLines } from '#core/evidence/prompt-cost.ts'
import { radiusWording } from '#core/gate/wording.ts'
import type { MemoryAnswer } from '#core/proposers/memory.ts'
import type { Assessment } from '#core/search/assess.ts'
import { predictionWords } from '#core/search/predictions.ts'
import { reachLine } from '#core/space/scopes.ts'
import { sayingWhatDiffers } from '#core/space/where-they-differ.ts'
import type { Fate, GuardrailRow } from '#schemas/candidate.ts'
import { metricOf } from '#schemas/metrics.ts'
import type { Proposed, ProposedChange } from '../steps/run/propose.ts'
import { clip, number, patchLine, reasonText } from './text.ts'

const FATES: Partial<Record<Fate, string>> = {
  committed: 'WITHIN ALL LIMITS',
  dominated: 'WITHIN ALL LIMITS',
  search_guardrail: 'BREAKS A LIMIT',
  scar: 'FAILS A SCAR',
  no_gain: 'NO GAIN',
  blast_radius: 'REACHES TOO FAR',
  remembered: 'REJECTED BEFORE',
  unreplayable: 'THE RECORDS CANNOT SAY',
}

const MEMORY: Readonly<Record<MemoryAnswer['why'], string>> = {
  stale: 'STALE',
  dead_end: 'REJECTED BEFORE',
  inert: 'CHANGES NOTHING',
  looked_at: 'LOOKED AT BEFORE',
}

/** Every change with its figures, then how many would go on. */
export function proposeLines(proposed: Proposed): string[] {
  const { intent, search_cases: cases, excluded, notes, changes } = proposed
  const twice = askedTwiceLine(proposed.twice)
  const lost = Object.entries(excluded).map(([reason, n]) => `${n} ${reason}`)
  const good = changes.filter((c) => survives(c) && c.released === null).length
  const remembered = changes.filter((c) => c.memory !== null).length
  const out = changes.filter((c) => c.problems.length > 0).length
  return [
    ...(cases !== null
      ? [`search   ${cases} cases of ${intent}${lost.length > 0 ? ` (left out: ${lost.join(', ')})` : ''}`]
      : []),
    ...(twice ? [`twice    ${twice}`] : []),
    ...notes.map((note) => `note     ${note}`),
    ...changes.flatMap((change) => changeLines(change, proposed)),
    `verdict  ${good} of ${changes.length} change${changes.length === 1 ? '' : 's'} within all limits and better${out > 0 ? `, ${out} out of bounds` : ''}; nothing was spent or written`,
    ...(remembered > 0
      ? [`memory   answered ${remembered} of them without a replay; --again replays them all the same`]
      : []),
  ]
}

/** Would a run keep it, as far as memory or the search side says? */
export const survives = ({ memory, assessed }: ProposedChange): boolean =>
  (memory?.survives ?? assessed?.survives) === true

/** One change with its problems, what memory says of it, or its fate and figures. */
export function changeLines(
  { at, change, problems, released, memory, other_baseline: other, prompts = [], assessed }: ProposedChange,
  proposed: Proposed,
): string[] {
  const elsewhere = other === undefined ? [] : [`   memory   ${other}`]
  if (memory)
    return ['', `${at}  ${patchLine(memory.patch)}`, `   ${MEMORY[memory.why]}  ${memory.reason}`, ...elsewhere]
  if (!assessed)
    return [
      '',
      `${at}  ${clip(Object.keys(change.patch).join(', '), 160) || 'empty patch'}`,
      ...problems.map((p) => `   OUT OF BOUNDS  ${p}`),
    ]
  return [
    '',
    `${at}  ${patchLine(assessed.patch)}`,
    ...(released === null ? [] : [`   RELEASED  ${released}; a run refuses it`]),
    ...assessedLines(assessed, proposed),
    ...elsewhere,
    ...prompts
      .flatMap((one) => promptCostLines(one, assessed.patch))
      .map((line, i) => `   ${(i === 0 ? 'prompt' : '').padEnd(8)} ${line}`),
  ]
}

function assessedLines(assessed: Assessment, proposed: Proposed): string[] {
  const {
    fate,
    reason,
    metric,
    guardrails,
    search,
    blast_radius,
    examples,
    applies_to,
    rejected_elsewhere: elsewhere,
    prediction,
    happened,
  } = assessed
  const lines = [
    `   fate     ${FATES[fate] ?? fate} (${fate}): ${reasonText(sayingWhatDiffers(reason, assessed.patch))}`,
    ...(applies_to ? [`   scope    ${reachLine(applies_to)}; all others are the baseline`] : []),
    ...(elsewhere === undefined ? [] : [`   memory   ${elsewhere}`]),
  ]
  // Nothing was read of it: there are no figures.
  if (search === null) return lines
  return [
    ...lines,
    `   metric   ${metricText(metric, proposed)}`,
    `   ${'guardrail'.padEnd(21)} ${'verdict'.padEnd(13)} ${'observed'.padStart(10)} ${'limit'.padStart(8)}`,
    ...guardrails.map(guardrailLine),
    ...(proposed.metric === 'utility' ? [utilityText(search)] : []),
    ...(prediction ? [`   said     ${predictionWords(prediction, happened)}`] : []),
    ...(blast_radius ? [`   reach    ${radiusWording(blast_radius)}`] : []),
    ...examples.map(
      ({ guardrail, case_id, rule, says }) =>
        `   e.g.     ${guardrail}: ${case_id}: ${rule === null ? '' : `${rule}: `}${says}`,
    ),
  ]
}

function metricText({ baseline, candidate, delta }: Assessment['metric'], { metric, direction }: Proposed): string {
  const value = (v: number | null): string => (v === null ? 'not measured' : number(v))
  const share =
    delta !== null && baseline ? `, ${signed(Number(((100 * delta) / Math.abs(baseline)).toPrecision(3)))} %` : ''
  const change = delta === null ? '' : ` (${signed(delta)}${share})`
  return `${metric} ${value(baseline)} -> ${value(candidate)} ${metricOf(metric).unit}${change}; wanted: ${direction}`
}

/** Where utility is the metric itself, no guardrail row tells these. */
const utilityText = ({ regressions, improvements, labelled }: NonNullable<Assessment['search']>): string =>
  `   utility  ${regressions ?? 'not measured:'} regressions, ${improvements ?? 'no'} improvements of ${labelled} labelled families`

const signed = (value: number): string => `${value > 0 ? '+' : ''}${number(value)}`

function guardrailLine({ guardrail, verdict, observed, limit, note }: GuardrailRow): string {
  const value = (v: number | null): string => (v === null ? '-' : number(v))
  const head = `   ${guardrail.padEnd(21)} ${(verdict === 'block' ? 'BLOCK' : verdict.replace('_', ' ')).padEnd(13)} ${value(observed).padStart(10)} ${value(limit).padStart(8)}  `
  return `${head}${note}`
}
