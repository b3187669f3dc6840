/**
 * Made-up cases, on which a rule of a suite is tried when the suite is taken in: every name that a rule may read has a value of
 * its type. A rule that gives no verdict about any of them, for the type of a value, gives none about any recorded case.
 */
import { CASE_VIEW, type Shape, type ViewName } from '#schemas/case-view.ts'
import type { Evaluator } from '#schemas/suite.ts'
import { compileRule, NoResult, resultKind, WrongType } from '../json-logic.ts'
import { answerOf } from './checks/result.ts'

/** A view of a case that nobody recorded. */
type MadeUpView = Readonly<Record<ViewName, unknown>>

/** Each combination of a flag, a kind of value and a text that is a number or none. */
const ROUNDS = 12

/**
 * Views of made-up cases, the last of them with nothing recorded.
 *
 * @param words names that a rule uses, for values whose names the records choose
 * @param literals texts that it compares with
 */
export function madeUpViews(words: readonly string[], literals: readonly string[]): MadeUpView[] {
  const texts = ['7', 'text', ...literals]
  return [...Array.from({ length: Math.max(ROUNDS, 2 * texts.length) }, (_, i) => madeUp(i, words, texts)), NOTHING]
}

const NOTHING = Object.fromEntries(
  Object.entries(CASE_VIEW).map(([name, { shape }]) => [name, emptyOf(shape)]),
) as MadeUpView

function emptyOf(shape: Shape): unknown {
  if (typeof shape !== 'object') return null
  return 'list' in shape ? [] : 'names' in shape ? new Map() : {}
}

function madeUp(round: number, words: readonly string[], texts: readonly string[]): MadeUpView {
  // No two numbers of a view are the same, so that no difference of them is 0.
  let numbers = round
  const aValue = (shape: Shape): unknown => {
    if (shape === 'flag') return round % 2 === 0
    if (shape === 'number') return (++numbers) ** 2
    if (shape === 'text') return texts[round % texts.length]
    if (shape === 'value') return aValue((['text', 'number', 'flag'] as const)[Math.floor(round / 2) % 3]!)
    if ('list' in shape) return [fieldsOf(shape.list), fieldsOf(shape.list)]
    return 'names' in shape ? new Map(words.map((word) => [word, aValue(shape.names)])) : fieldsOf(shape.fields)
  }
  const fieldsOf = (fields: Readonly<Record<string, Shape>>): unknown =>
    Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, aValue(shape)]))
  return fieldsOf(Object.fromEntries(Object.entries(CASE_VIEW).map(([name, { shape }]) => [name, shape]))) as MadeUpView
}

/** What a rule said of a made-up case: a verdict or nothing, or why the type of a value leaves none. */
export type MadeUpAnswer = { readonly isVerdict: boolean } | { readonly mistake: string }

/** The mistake of a rule, by what it said of all made-up cases; null: of one at least it gives a verdict, or types are not why not. */
export function mistakeOf(answers: readonly MadeUpAnswer[]): string | null {
  if (answers.some((answer) => 'isVerdict' in answer && answer.isVerdict)) return null
  const mistake = answers.find((answer) => 'mistake' in answer)
  return mistake && 'mistake' in mistake ? mistake.mistake : null
}

/** Mistakes of type in the JsonLogic of an evaluator, by its field; empty: there are none. */
export function typeMistakes(evaluator: Evaluator): { readonly field: string; readonly why: string }[] {
  const rules: [field: string, json: unknown, isVerdict: (value: unknown) => boolean][] = []
  if (evaluator.check === 'expression') rules.push(['expression', evaluator.expression, isOfScale])
  if ('applies_when' in evaluator && evaluator.applies_when !== undefined)
    rules.push(['applies_when', evaluator.applies_when, (value) => typeof value === 'boolean'])
  return rules.flatMap(([field, json, isVerdict]) => {
    const why = mistakeOf(logicAnswers(json, isVerdict))
    return why === null ? [] : [{ field, why }]
  })
}

/** Is it what a scale takes, in its range or not? */
export const isOfScale = (value: unknown): boolean => typeof value === 'boolean' || typeof value === 'number'

function logicAnswers(json: unknown, isVerdict: (value: unknown) => boolean): MadeUpAnswer[] {
  const rule = compileRule(json)
  const texts = textsIn(json)
  const words = texts.flatMap((text) => /^(?:attributes|recorded_settings)\.(.+)$/s.exec(text)?.[1] ?? [])
  return madeUpViews(words, texts).map((view) => {
    const said = answerOf(rule, view)
    if (said instanceof WrongType) return { mistake: said.message }
    if (said instanceof NoResult || said === null) return { isVerdict: false }
    return isVerdict(said) ? { isVerdict: true } : { mistake: `it gives ${resultKind(said)}` }
  })
}

/** Every text in a value, once. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return [...new Set(Object.values(value).flatMap(textsIn))]
}
