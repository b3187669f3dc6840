/** Items of OpenAI's evals: one answer of a model to one item of a data source, with what the graders said of it. */
import { callSettings } from '../call-settings.ts'
import { type Asked, type Dialect, namedIn } from '../dialect.ts'
import { nanosOf, plainId } from '../ids.ts'
import { recordedMessages } from '../messages.ts'
import { type Part, type Score, spanOf, type Where } from '../span.ts'
import { usageIncluding } from '../usage.ts'
import { countOf, type Fields, firstFields, isFields, numberOf, textOf } from '../values.ts'

export const openaiEvals: Dialect = {
  name: 'openai-evals',
  about: 'OpenAI evals: output items, one a line or as saved list pages',
  envelope: 'openai-evals',
  claims: (row) => [...items(row)].length,
  *parts(row, where, asked) {
    for (const item of items(row)) yield* partsOf(item, where, asked)
  },
}

function* items(row: unknown): Generator<Fields> {
  if (!isFields(row)) return
  if (row.object === 'eval.run.output_item' && plainId(row.id) !== null) yield row
  if (Array.isArray(row.data)) for (const item of row.data) yield* items(item)
}

function* partsOf(row: Fields, where: Where, asked: Asked): Generator<Part> {
  const trace = plainId(row.id)!
  const sample = firstFields(row, 'sample') ?? {}
  const usage = firstFields(sample, 'usage') ?? {}
  const error = isFields(sample.error) && textOf(sample.error.message) !== null ? sample.error : null
  const results = Array.isArray(row.results) ? row.results.filter(isFields) : []
  const start = nanosOf(row.created_at)
  yield {
    kind: 'about',
    about: {
      trace,
      name: textOf(row.eval_id),
      start,
      case: `${row.eval_id}#${row.datasource_item_id}`,
      status_text: textOf(row.status),
      passed: row.status === 'pass' ? true : row.status === 'fail' ? false : null,
      passed_kind: results.some(isJudged) ? 'judge' : 'rule',
      scores: results.map(scoreOf),
      named: namedIn(row, asked),
      where,
    },
  }
  const name = textOf(sample.model)
  yield {
    kind: 'span',
    span: spanOf({
      trace,
      span: 'sample',
      name: name ?? 'sample',
      kind: 'call',
      // Nothing says how long it took; the item says when it was written.
      start,
      end: null,
      status: error ? 'error' : 'unset',
      status_text: error ? textOf(error.code) : null,
      input: recordedMessages(sample.input, 'user'),
      output: recordedMessages(sample.output, 'assistant'),
      usage: usageIncluding({
        prompt: countOf(usage.prompt_tokens),
        completion: countOf(usage.completion_tokens),
        cached: countOf(usage.cached_tokens),
      }),
      model: name,
      settings: callSettings({
        model: name,
        temperature: sample.temperature,
        top_p: sample.top_p,
        max_tokens: sample.max_completion_tokens,
      }),
      finish: textOf(sample.finish_reason),
      where,
    }),
  }
}

const isJudged = ({ type, sample }: Fields): boolean => /label_model|score_model/.test(String(type)) || isFields(sample)

const scoreOf = (result: Fields): Score => ({
  name: textOf(result.name) ?? 'result',
  value: numberOf(result.score) ?? (typeof result.passed === 'boolean' ? result.passed : null),
  label: typeof result.passed === 'boolean' ? (result.passed ? 'pass' : 'fail') : null,
  kind: isJudged(result) ? 'judge' : 'rule',
  annotator: null,
  comment: null,
})
