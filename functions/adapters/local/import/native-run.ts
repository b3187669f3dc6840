/**
 * From what a map returned to a validated `ExperienceRun`.
 *
 * So that a map stays ten lines, these gaps are filled, and nothing else is:
 * - `case_id` and `trace_id`, when absent, are the `run_id`;
 * - an absent field that may be null becomes null: of the run, its outcome, each offer, step and correction;
 * - an absent `operator_corrections`, `evidence` or `steps` becomes `[]`; an absent `settings`, `offers` or `outcome`
 *   becomes `{}`;
 * - an offer's absent `gold` or `required` becomes false, and so no gold is known beyond the offers (`gold_not_offered` 0);
 * - a single object where one of those lists belongs is wrapped, because JSONata collapses a list of one;
 * - `arguments` of a tool call that are JSON text of an object or list are that object or list: as one text its values could
 *   be traced nowhere.
 *
 * Other values are never converted: "12" is not 12, and an explicit null is not an absent field.
 */

import * as z from 'zod'
import { argumentsOf } from '#core/replay/json-text.ts'
import { type Fields, isFields } from '#core/traces/values.ts'
import { ExperienceRun, Offer, OperatorCorrection, Outcome, Step } from '#schemas/experience-run.ts'
import { keepsOf } from '#schemas/keeps.ts'

const NULLABLE = {
  run: nullableFields(ExperienceRun),
  outcome: nullableFields(Outcome),
  offer: nullableFields(Offer),
  correction: nullableFields(OperatorCorrection),
  step: new Map(
    Step.options.map((option) => [option.shape.kind.value as string, nullableFields(option)] as const),
  ) as ReadonlyMap<unknown, Fields>,
}

const keepsContract = keepsOf(ExperienceRun, (value) => halfPair(value) === null)

/** A run, or what is wrong with the first field that is wrong. */
export type NativeRun =
  | { readonly kind: 'run'; readonly run: ExperienceRun }
  | { readonly kind: 'invalid'; readonly field: string | null; readonly problem: string }

/** Fills the gaps named above, then validates. Never throws on data. */
export function toNativeRun(value: unknown): NativeRun {
  if (!isFields(value)) return { kind: 'invalid', field: null, problem: `${preview(value)} is no run` }
  return checkedRun(fillGaps(value))
}

/** The same of a run without gaps, as the dialects make them. */
export function checkedRun(run: unknown): NativeRun {
  if (keepsContract(run)) return { kind: 'run', run: run as ExperienceRun }
  const { success, data, error } = ExperienceRun.safeParse(run)
  if (!success) return invalid(run, error.issues[0]!)
  const broken = halfPair(data)
  return broken === null ? { kind: 'run', run: data } : invalid(data, { path: broken, message: HALF_PAIR })
}

function invalid(
  value: unknown,
  { path, message, expected }: { path: readonly PropertyKey[]; message: string; expected?: unknown },
): NativeRun {
  const missing = /^Invalid input: expected (.*), received undefined$/.exec(message)
  if (missing) return { kind: 'invalid', field: fieldPath(path), problem: `is missing (${missing[1]})` }
  const got = path.reduce<unknown>((at, key) => (at as Fields | undefined)?.[key as string], value)
  return {
    kind: 'invalid',
    field: fieldPath(path),
    problem: `${message} (got ${isNumberIn(got, expected) ? 'the number as text, ' : ''}${preview(got)})`,
  }
}

const isNumberIn = (got: unknown, expected: unknown): boolean =>
  (expected === 'number' || expected === 'int') &&
  typeof got === 'string' &&
  got.trim() !== '' &&
  Number.isFinite(Number(got))

const HALF_PAIR = 'half of a surrogate pair has no UTF-8 form'

/** Path of the first text, or of the field with the first name, that could not be written to a file. */
function halfPair(value: unknown): readonly PropertyKey[] | null {
  if (typeof value === 'string') return value.isWellFormed() ? null : []
  if (typeof value !== 'object' || value === null) return null
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const at = halfPair(value[i])
      if (at) return [i, ...at]
    }
    return null
  }
  for (const name in value) {
    const at = name.isWellFormed() ? halfPair((value as Fields)[name]) : []
    if (at) return [name, ...at]
  }
  return null
}

function fillGaps(run: Fields): Fields {
  const fill = (nulls: Fields) => (item: unknown) =>
    isFields(item) && lacks(item, nulls) ? { ...nulls, ...item } : item
  const list = (value: unknown, fillItem: (item: unknown) => unknown) =>
    isFields(value) ? [fillItem(value)] : Array.isArray(value) ? value.map(fillItem) : value
  const filled: Fields = {
    ...NULLABLE.run,
    case_id: run.run_id,
    trace_id: run.run_id,
    operator_corrections: [],
    evidence: [],
    steps: [],
    settings: {},
    offers: {},
    gold_not_offered: 0,
    outcome: {},
    ...run,
  }
  return {
    ...filled,
    operator_corrections: list(filled.operator_corrections, fill(NULLABLE.correction)),
    evidence: list(filled.evidence, fill({ gold: false, required: false, ...NULLABLE.offer })),
    steps: list(filled.steps, (step) => fill((isFields(step) && NULLABLE.step.get(step.kind)) || {})(parsedCall(step))),
    outcome: fill(NULLABLE.outcome)(filled.outcome),
  }
}

function lacks(item: Fields, nulls: Fields): boolean {
  for (const name in nulls) if (!(name in item)) return true
  return false
}

const parsedCall = (step: unknown): unknown =>
  isFields(step) && step.kind === 'tool_call' && typeof step.arguments === 'string'
    ? { ...step, arguments: argumentsOf(step.arguments) }
    : step

/** The schema's nullable fields, each as null: the rule follows the contract when the contract grows. */
function nullableFields(schema: { readonly shape: Readonly<Record<string, unknown>> }): Fields {
  const names = Object.keys(schema.shape).filter((name) => schema.shape[name] instanceof z.ZodNullable)
  return Object.fromEntries(names.map((name) => [name, null]))
}

function fieldPath(path: readonly PropertyKey[]): string | null {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return text === '' ? null : text.replace(/^\./, '')
}

function preview(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
