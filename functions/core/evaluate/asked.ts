/**
 * Verdicts that are given elsewhere: by a module of the user's own, or by an engine that answers later. Whatever judges a
 * replay runs at once over a table of answers; what the table lacks is asked for in one batch, and the work is done again.
 */
import type { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import { byCodeUnit, canonical, digestOf, digestOfBytes } from '../canonical.ts'
import { resultKind } from '../json-logic.ts'
import { isBelow } from '../statistics/compare.ts'

/** An evaluator whose verdict is given elsewhere. */
export type AskedEvaluator = Extract<Evaluator, { check: 'module' | 'jsonata' | 'model' }>

/** What was said of one view: any JSON, held against the scale of its evaluator later, or why nothing was said. */
export type VerdictAnswer = { readonly returned: unknown } | { readonly failed: string }

/** Views of one evaluator that have no answer yet: canonical JSON each. */
export interface VerdictQuestion {
  readonly evaluator: AskedEvaluator
  readonly views: readonly string[]
}

/** Most views of one question, and characters of them: a case may offer thousands of passages. */
const MOST_VIEWS = 512
const MOST_CHARACTERS = 4_000_000
/** Answers that are remembered: beyond them memory starts anew. */
const MOST_REMEMBERED = 200_000

/** Does this evaluator have to be asked elsewhere? */
export const isAsked = (evaluator: Evaluator): evaluator is AskedEvaluator => 'reads' in evaluator

/** Does any of a suite? */
export const asksElsewhere = (suite: EvaluatorSuite): boolean => suite.evaluators.some(isAsked)

/** What an evaluator is asked with: two that differ in this alone are asked the same. */
const sources = new WeakMap<AskedEvaluator, string>()

function sourceOf(evaluator: AskedEvaluator): string {
  let source = sources.get(evaluator)
  if (source === undefined) {
    source = digestOf(askedWith(evaluator))
    sources.set(evaluator, source)
  }
  return source
}

function askedWith(evaluator: AskedEvaluator): unknown {
  switch (evaluator.check) {
    case 'module':
      return ['module', evaluator.digest, evaluator.limit_ms ?? null]
    case 'jsonata':
      return ['jsonata', evaluator.expression]
    case 'model': {
      const { rubric, asks, compares, range } = evaluator
      return ['model', rubric, asks, compares ?? null, range ?? null]
    }
  }
}

/** Answers by the digests of what was asked and of the view. */
export class VerdictTable {
  #known = new Map<string, VerdictAnswer>()
  readonly #missing = new Map<string, { readonly evaluator: AskedEvaluator; readonly view: string }>()

  /** The answer of a view; null: it is not known yet, and is asked for next. */
  find(evaluator: AskedEvaluator, view: unknown): VerdictAnswer | null {
    const text = canonical(view)
    const key = `${sourceOf(evaluator)} ${digestOfBytes(text)}`
    const known = this.#known.get(key)
    if (known === undefined) this.#missing.set(key, { evaluator, view: text })
    return known ?? null
  }

  /** Takes what is missing, by evaluator, and is given the answers. What got none is known as such. */
  *fill(): Generator<VerdictQuestion, void, readonly VerdictAnswer[]> {
    // Sorted, so that those of one evaluator stand together.
    const missing = [...this.#missing].sort(([a], [b]) => byCodeUnit(a, b))
    this.#missing.clear()
    if (isBelow(MOST_REMEMBERED, this.#known.size + missing.length)) this.#known = new Map()
    for (let from = 0; from < missing.length; ) {
      const { evaluator } = missing[from]![1]
      const source = sourceOf(evaluator)
      let chars = 0
      let to = from
      while (to < missing.length && isBelow(to - from, MOST_VIEWS) && isBelow(chars, MOST_CHARACTERS)) {
        const [, next] = missing[to]!
        if (sourceOf(next.evaluator) !== source) break
        chars += next.view.length
        to++
      }
      const views = missing.slice(from, to)
      const answers = yield { evaluator, views: views.map(([, { view }]) => view) }
      const isWhole = Array.isArray(answers) && answers.length === views.length
      const short = `${answers?.length ?? 'no'} answers came for ${views.length} cases, and nobody knows whose they are`
      for (const [i, [key]] of views.entries()) this.#known.set(key, isWhole ? answers[i]! : noVerdict(short))
      from = to
    }
  }

  get isComplete(): boolean {
    return this.#missing.size === 0
  }
}

/** The table that judges the replay at hand. What judges runs at once, so it is one at a time. */
let atHand: VerdictTable | null = null

/** The answer of an evaluator about a view; null: nobody was asked yet. */
export const answerAtHand = (evaluator: AskedEvaluator, view: unknown): VerdictAnswer | null =>
  atHand?.find(evaluator, view) ?? null

/**
 * Does some work that judges, and yields what has to be asked elsewhere until nothing is missing. The work leaves nothing
 * behind but its result: it is done again.
 */
export function* judging<T>(
  table: VerdictTable,
  work: () => T,
): Generator<VerdictQuestion, T, readonly VerdictAnswer[]> {
  for (;;) {
    const before = atHand
    atHand = table
    let result: T
    try {
      result = work()
    } finally {
      atHand = before
    }
    if (table.isComplete) return result
    yield* table.fill()
  }
}

/** Runs what judges, and asks in place. */
export function askedNow<T>(
  judged: Generator<VerdictQuestion, T, readonly VerdictAnswer[]>,
  ask: (question: VerdictQuestion) => readonly VerdictAnswer[],
): T {
  for (let step = judged.next(); ; step = judged.next(ask(step.value))) if (step.done) return step.value
}

/** Runs what judges, and waits for the answers. */
export async function askedLater<T>(
  judged: Generator<VerdictQuestion, T, readonly VerdictAnswer[]>,
  ask: (question: VerdictQuestion) => Promise<readonly VerdictAnswer[]>,
): Promise<T> {
  for (let step = judged.next(); ; step = judged.next(await ask(step.value))) if (step.done) return step.value
}

/** What stands on record of whatever was returned: true, false, a finite number or nothing; anything else is no verdict. */
export function verdictAnswerOf(value: unknown): VerdictAnswer {
  if (value === null || value === undefined) return { returned: null }
  if (typeof value === 'boolean') return { returned: value }
  if (typeof value === 'number' && Number.isFinite(value)) return { returned: value + 0 }
  return { failed: `it gave ${typeof value === 'number' ? value : resultKind(value)}, which is no verdict` }
}

/** Longest reason that stands on record. */
const MOST_REASON = 1000

/** Why there is no verdict, as it can stand on record. */
export const noVerdict = (reason: string): VerdictAnswer => ({ failed: reason.slice(0, MOST_REASON).toWellFormed() })
