/** What `case` prints: what was recorded, step by step, and a context before and after a change. Values in, lines out. */
import { correctionText } from '#core/experience/corrections.ts'
import { sayingWhatDiffers } from '#core/space/where-they-differ.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { Correction } from '#schemas/correction.ts'
import type { ExperienceRun, Offer, Step } from '#schemas/experience-run.ts'
import type { FoundCase } from '../steps/experience/find-case.ts'
import { table } from './layout.ts'
import { inLine } from './terminal.ts'
import { clip, number, patchLine, reasonText } from './text.ts'

/** A case under some settings: `unreplayable` says why the records cannot tell. */
export type Look =
  | { readonly unreplayable: string }
  | {
      readonly unreplayable: null
      /** Passages in the context, in reading order. */
      readonly kept: readonly string[]
      readonly tokens: number
      /** Was dialogue or tool output cut? */
      readonly cuts: boolean
      readonly verdicts: Readonly<Record<string, { readonly status: string; readonly says: string | null }>>
      readonly cents: number | null
      readonly prompt_tokens: number | null
    }

/** A case under the baseline of a run and under a candidate of it. */
export interface Looks {
  readonly run: string
  readonly candidate: Pick<CandidateScore, 'candidate_id' | 'patch' | 'fate'>
  readonly baseline: Look
  readonly changed: Look
}

/** Most of a text of somebody else's that a line shows. */
const LONGEST = 400

/** A text on one line. */
const flat = (text: string, most = LONGEST): string => clip(inLine(text), most)

/** The case: request, context, steps, outcome and corrections of each of its runs. */
export function caseLines({ case: { case_id, intent_id, family_id }, runs, corrections }: FoundCase): string[] {
  const [first] = runs
  const request = first?.steps.find((s) => s.kind === 'message' && s.role === 'user')
  return [
    `case     ${case_id} of ${intent_id}, family ${family_id}`,
    `request  ${request?.kind === 'message' ? flat(request.content) : 'not recorded'}`,
    ...runs.flatMap((run) =>
      runLines(
        run,
        corrections.filter(({ run_id }) => run_id === run.run_id),
      ),
    ),
  ]
}

function runLines(run: ExperienceRun, corrections: readonly Correction[]): string[] {
  const { outcome } = run
  const label = outcome.passed === null ? 'no label' : outcome.passed ? 'passed' : 'failed'
  return [
    `run      ${[run.run_id, run.date, run.pack_version].filter((v) => v !== null).join(', ')}${run.plan === undefined ? '' : ', recorded for a plan'}`,
    `outcome  ${label}${outcome.score_kind === null ? '' : ` (${outcome.score_kind})`}${outcome.status === null ? '' : `, ${outcome.status}`}${outcome.latency_ms === null ? '' : `, ${number(outcome.latency_ms)} ms`}`,
    ...run.operator_corrections.map(
      (c) =>
        `corrected  ${c.kind.replace('_', ' ')}${c.passed === null ? '' : c.passed ? ': passed' : ': failed'}${c.operator === null ? '' : `, by ${c.operator}`}${c.notes === null ? '' : `: ${flat(c.notes)}`}`,
    ),
    ...corrections.map((one) => `corrected later  ${flat(correctionText(one, run))}`),
    `context  ${run.evidence.length} passages were offered`,
    ...run.evidence.flatMap((e) => passageLines(e, `, rank ${e.ranks.as_ranked ?? '-'}`)),
    'steps',
    ...table(
      run.steps.map((step, at) => [String(at), ...stepCells(step)]),
      ['right', 'left', 'left'],
    ),
  ]
}

/** Where it stood, and below it what it says, as wide as the terminal is. */
const passageLines = (offer: Offer, rank = '', sign = ''): string[] => [
  `   ${sign}${offer.bucket}, hop ${offer.hop}${rank}${need(offer) === '' ? '' : `: ${need(offer)}`}`,
  `      ${passage(offer)}`,
]

const need = ({ required, gold }: Offer): string => (required ? 'required' : gold ? 'needed' : '')

const passage = ({ evidence_ref, text }: Offer): string =>
  `${evidence_ref}${text === null ? '' : `: ${flat(text, 160)}`}`

function stepCells(step: Step): string[] {
  switch (step.kind) {
    case 'message':
      return [step.role, flat(step.content)]
    case 'model_call':
      return [
        'model',
        `${step.model ?? 'not recorded'}: ${step.prompt_tokens ?? '-'} tokens in, ${step.completion_tokens ?? '-'} out`,
      ]
    case 'retrieval':
      return ['search', `${step.bucket}, hop ${step.hop}${step.query === undefined ? '' : `: ${flat(step.query)}`}`]
    case 'tool_call':
      return ['call', `${step.name}${step.writes ? ' (writes)' : ''} ${flat(JSON.stringify(step.arguments))}`]
    case 'tool_result':
      return ['result', step.content === null ? 'not recorded' : flat(step.content)]
    case 'approval':
      return [
        'approval',
        `${step.gate}${step.amount === null ? '' : ` ${step.amount}`}: ${step.asked === null ? 'not recorded' : step.asked ? (step.granted ? 'asked, granted' : 'asked, not granted') : 'not asked'}`,
      ]
  }
}

/** The context and the verdicts under the baseline and under a candidate: what went, what came, what changed. */
export function lookLines({ runs }: FoundCase, { run, candidate, baseline, changed }: Looks): string[] {
  const offers = new Map(runs.flatMap((r) => r.evidence.map((e) => [e.evidence_ref, e] as const)))
  const head = [`under    ${candidate.candidate_id} (${candidate.fate}) of run ${run}: ${patchLine(candidate.patch)}`]
  for (const [name, look] of [
    ['the baseline', baseline],
    ['this candidate', changed],
  ] as const)
    if (look.unreplayable !== null)
      return [...head, `no look  under ${name}: ${reasonText(sayingWhatDiffers(look.unreplayable, candidate.patch))}`]
  if (baseline.unreplayable !== null || changed.unreplayable !== null) return head
  const before = new Set(baseline.kept)
  const after = new Set(changed.kept)
  const went = baseline.kept.filter((ref) => !after.has(ref))
  const came = changed.kept.filter((ref) => !before.has(ref))
  const shown = (sign: string, refs: readonly string[]) =>
    refs.flatMap((ref) => {
      const offer = offers.get(ref)
      return offer ? passageLines(offer, '', `${sign} `) : [`   ${sign} ${ref}`]
    })
  const moved = [...shown('-', went), ...shown('+', came)]
  return [
    ...head,
    `context  ${baseline.kept.length} -> ${changed.kept.length} passages, ${baseline.tokens} -> ${changed.tokens} tokens of them${moved.length === 0 ? '; the same passages' : ''}${changed.cuts && !baseline.cuts ? '; dialogue or tool output is cut' : ''}`,
    ...moved,
    `price    ${amount(baseline.prompt_tokens)} -> ${amount(changed.prompt_tokens)} prompt tokens, ${amount(baseline.cents)} -> ${amount(changed.cents)} cents`,
    'verdicts',
    ...table(
      [
        ['evaluator', 'baseline', 'candidate', ''],
        ...Object.entries(changed.verdicts).map(([name, { status, says }]) => {
          const was = baseline.verdicts[name]
          return [name, words(was?.status ?? '-'), words(status), says ?? was?.says ?? '']
        }),
      ],
      ['left', 'left', 'left', 'left'],
    ),
  ]
}

const words = (status: string): string => status.replaceAll('_', ' ')
const amount = (value: number | null): string => (value === null ? 'not measured' : number(value))
