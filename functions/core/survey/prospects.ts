/**
 * What could be tuned from a set of records, what could not and why: read off their survey, before anything is imported. A promise of
 * nothing: a run on the same records decides.
 */

import type { MetricName } from '#schemas/metrics.ts'
import type { Layer, SurfaceField } from '#schemas/surface-fields.ts'
import { cleanSheetFloor } from '../statistics/acceptance.ts'
import { casesForZeroFailures } from '../statistics/binomial.ts'
import type { Survey } from './survey.ts'

/** A surface that the records can speak about. */
export interface Prospect {
  readonly layer: Layer
  readonly field: SurfaceField
  readonly path: string
  /** The value that was in force: recorded, or the least under which nothing of what was recorded is cut. */
  readonly value: number | string
  readonly recorded: boolean
  readonly bounds:
    | { readonly min: number; readonly max: number; readonly step?: number }
    | { readonly allowed: readonly string[] }
  readonly runs: number
  readonly metric: MetricName
  /** Share of the metric that it could move at most: all of what it governs taken out; null: not known. */
  readonly at_most: number | null
}

/** What the records say nothing about, and what would make them. */
export interface Barrier {
  readonly what: string
  readonly why: string
  readonly todo: string
}

/** Families that a clean certificate takes at the usual level, and when traffic as recorded brings them. */
export interface Need {
  readonly floor: string
  readonly limit: string
  readonly sealed: number
  /** Families of all: half of them are sealed. */
  readonly families: number
  readonly at_hand: number
  readonly days: number | null
}

export interface Prospects {
  readonly surfaces: readonly Prospect[]
  readonly barriers: readonly Barrier[]
  readonly needs: readonly Need[]
}

/** Level of one question of a version with one, as a target has it unless it says otherwise. */
const LEVEL = 0.05
const RATES = [0.01, 0.05]
const DROPS = [0.02, 0.05]
const SEALED = 0.5

/** @param scores options that would name a score that the records carry */
export const prospectsOf = (survey: Survey, scores: readonly string[] = []): Prospects => ({
  surfaces: [...retrieval(survey), ...budgets(survey), ...approvals(survey)],
  barriers: barriers(survey, scores),
  needs: needs(survey),
})

const shareOfPrompt = (tokens: number, prompt: Survey['prompt_tokens']): number | null =>
  prompt === null || prompt.median === 0 ? null : Math.min(1, tokens / prompt.median)

function retrieval({ buckets, prompt_tokens, settings }: Survey): Prospect[] {
  return buckets.flatMap(({ bucket, runs, depth, hops, orderings, tokens }): Prospect[] => {
    const recorded = settings[`evidence.${bucket}.top_k`]
    const value = recorded?.length === 1 && typeof recorded[0] === 'number' ? recorded[0] : depth
    const at_most = shareOfPrompt(tokens.median, prompt_tokens)
    const shared = { layer: 'retrieval', runs, metric: 'economics_tokens_per_decision', at_most } as const
    return [
      ...(depth > 1
        ? [
            {
              ...shared,
              field: 'top_k' as const,
              path: `evidence.${bucket}.top_k`,
              value,
              recorded: value === recorded?.[0],
              bounds: { min: 1, max: depth },
            },
          ]
        : []),
      ...(hops > 1
        ? [
            {
              ...shared,
              field: 'max_hops' as const,
              path: `evidence.${bucket}.max_hops`,
              value: hops,
              recorded: false,
              bounds: { min: 1, max: hops },
            },
          ]
        : []),
      ...(orderings.length > 0
        ? [
            {
              ...shared,
              field: 'source_priority' as const,
              path: `evidence.${bucket}.source_priority`,
              value: 'as_ranked',
              recorded: false,
              bounds: { allowed: ['as_ranked', ...orderings] },
              at_most: null,
            },
          ]
        : []),
    ]
  })
}

function budgets({ tool_tokens, buckets, prompt_tokens }: Survey): Prospect[] {
  const budget = (field: 'tool_tokens' | 'evidence_tokens', most: number, median: number, runs: number): Prospect => {
    const step = Math.max(50, Math.ceil(most / 8 / 50) * 50)
    const max = Math.ceil(most / step) * step
    return {
      layer: 'context_budget',
      field,
      path: `budget.${field}`,
      value: max,
      recorded: false,
      bounds: { min: Math.min(step, max), max, step },
      runs,
      metric: 'economics_tokens_per_decision',
      at_most: shareOfPrompt(median, prompt_tokens),
    }
  }
  const evidence = buckets.map(({ tokens }) => tokens)
  const most = evidence.reduce((sum, { max }) => sum + max, 0)
  return [
    ...(tool_tokens !== null && tool_tokens.max > 100
      ? [budget('tool_tokens', tool_tokens.max, tool_tokens.median, tool_tokens.n)]
      : []),
    ...(most > 100
      ? [
          budget(
            'evidence_tokens',
            most,
            evidence.reduce((sum, { median }) => sum + median, 0),
            Math.max(...evidence.map(({ n }) => n)),
          ),
        ]
      : []),
  ]
}

function approvals({ gates }: Survey): Prospect[] {
  return gates.flatMap(({ gate, asked, amounts }): Prospect[] =>
    amounts === null || amounts.min === amounts.max
      ? []
      : [
          {
            layer: 'approval_gate',
            field: 'threshold',
            path: `approval.${gate}.threshold`,
            value: amounts.min,
            recorded: false,
            bounds: {
              min: amounts.min,
              max: amounts.max,
              step: Math.max(1, Math.round((amounts.max - amounts.min) / 4)),
            },
            runs: asked,
            metric: 'approval_wait_rate',
            at_most: 1,
          },
        ],
  )
}

/** What to do about runs that do not say whether they were right. */
export const scoreTodo = (scores: readonly string[]): string =>
  scores.length === 0
    ? 'name the score that says it: --score NAME>=0.5'
    : `name one of the scores that are there, and what passes: ${scores.slice(0, 3).join(' or ')}`

function barriers(
  {
    runs,
    buckets,
    tools,
    gates,
    labels,
    gold,
    required,
    at_stake,
    calls_without_tokens,
    prompt_tokens,
    latency_ms,
    families,
  }: Survey,
  scores: readonly string[],
): Barrier[] {
  const found: Barrier[] = []
  const say = (what: string, why: string, todo: string) => found.push({ what, why, todo })
  if (buckets.length === 0)
    say(
      'retrieval',
      'no retrieval with its passages was recorded',
      'record retriever spans with documents and their text',
    )
  if (tools.length === 0)
    say('tool budgets and grounded arguments', 'no tool was called', 'nothing, if the agent has none')
  else if (tools.every(({ results }) => results === 0))
    say('tool budgets', 'no tool result was recorded', 'switch on the capture of tool results')
  if (tools.length > 0 && tools.every(({ writes }) => writes === null))
    say(
      'floors of actions',
      'no tool is known to change anything',
      `name those that do (of ${tools
        .map(({ tool }) => tool)
        .slice(0, 6)
        .join(', ')}): --writes NAME,...`,
    )
  if (gates.length === 0)
    say('approval thresholds', 'no approval was recorded', 'record who was asked, with the amount')
  else if (gates.every(({ amounts }) => amounts === null))
    say('approval thresholds', 'no approval says its amount', 'add the amount to the recorded approvals')
  if (labels.none === runs) say('utility by labels', 'no run says whether it was right', scoreTodo(scores))
  if (gold === 0 && required === 0)
    say(
      'utility of passages',
      'no passage is marked as needed',
      'mark the passages that an answer used, or label answers',
    )
  if (gold === 0 && required === 0 && !at_stake)
    say(
      'what a cut takes away',
      'no action passed a value that it had read in a passage or a tool’s result alone, so that these records show no harm of a cut: a run on them ends without a certificate (blind)',
      'record passages and tool results with their text and actions with their arguments, or mark the passages that an answer needs',
    )
  if (prompt_tokens === null)
    say('tokens and cost', 'no run counts its tokens', 'switch on the usage of the instrumentation')
  else if (calls_without_tokens > 0)
    say(
      'tokens and cost of some runs',
      `${calls_without_tokens} model calls count no tokens`,
      'switch on usage for streams',
    )
  if (latency_ms === null) say('latency', 'no run says how long it took', 'export the root span of each trace')
  if (families.named === 0 && runs > 1)
    say(
      'families',
      'no run says whose it is: each is a family of its own, and copies of one customer count apart',
      'record a session or user id, or name the field: --family PATH',
    )
  say('larger depths, prompts and planners', 'trimming shows less, never more', 'record runs under the other setting')
  return found
}

function needs({ intents, days }: Survey): Need[] {
  const [largest] = intents
  if (!largest) return []
  const need = (floor: string, limit: string, sealed: number): Need => {
    const families = Math.ceil(sealed / SEALED)
    const missing = families - largest.families
    const perDay = days === null || days < 2 ? null : largest.families / days
    return {
      floor,
      limit,
      sealed,
      families,
      at_hand: largest.families,
      days: missing <= 0 ? 0 : perDay === null ? null : Math.ceil(missing / perDay),
    }
  }
  return [
    ...RATES.map((rate) =>
      need('policy, safety, approvals', `violations < ${rate * 100} %`, casesForZeroFailures(rate, LEVEL)),
    ),
    ...DROPS.map((drop) => need('utility', `a drop < ${drop * 100} points`, cleanSheetFloor(drop, LEVEL)!)),
  ]
}
