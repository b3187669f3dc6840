/** Rules that no case could get a verdict of are known before there is a case; sound ones are never taken for such. */
import { describe, expect, test } from 'vitest'
import { jsonataMistake } from '#adapters/jsonata-verdicts.ts'
import { typeMistakes } from '#core/evaluate/made-up-views.ts'
import { CASE_VIEW, type ViewName } from '#schemas/case-view.ts'
import { anEvaluator } from '../../support/builders.ts'

const v = (path: string, ...otherwise: unknown[]) => ({ var: [path, ...otherwise] })
const logic = (expression: unknown, over: object = {}) =>
  typeMistakes(anEvaluator({ check: 'expression', expression, ...over } as never))
const READS = Object.keys(CASE_VIEW) as ViewName[]

describe('JsonLogic', () => {
  test.each([
    ['a flag beside a number', { '<=': [v('context.as_recorded'), 4] }, 'true or false stands where a number must'],
    ['a text beside a number', { '<': [v('attributes.order.value'), 5] }, 'a text stands where a number must'],
    ['the same in an element', { all: [v('context.kept'), { '<': [v('source'), 5] }] }, 'a text stands where'],
    ['a number as a list', { some: [v('tokens'), { '==': [v(''), 1] }] }, 'a number is no list'],
    ['different types', { '==': [v('label.passed'), 'yes'] }, 'it compares true or false with a text'],
    ['a flag as a text', { cat: ['a', v('decided_as_recorded')] }, '"cat" joins texts and numbers'],
    ['a text as the verdict', { cat: ['a', v('tokens')] }, 'it gives a text'],
    ['a list as the verdict', { filter: [v('context.kept'), v('required')] }, 'it gives a list'],
  ])('%s is a mistake', (_, expression, why) => {
    expect(logic(expression)).toEqual([{ field: 'expression', why: expect.stringContaining(why) }])
  })

  test.each([
    ['a number of the range or not', v('tokens')],
    ['a difference that is 0 for some', { '/': [1, { '-': [v('tokens'), v('context.tokens')] }] }],
    ['a text that is a number for some', { '<=': [{ '+': [v('attributes.order_value')] }, 5] }],
    ['a setting of any type', { or: [{ '<': [v('recorded_settings.a.top_k'), 5] }, v('decided_as_recorded')] }],
    ['a mistake that only some cases meet', { if: [v('label.passed'), { '<': [v('context.as_recorded'), 4] }, true] }],
    ['what hangs on a word', { if: [{ '==': [v('attributes.kind'), 'refund'] }, v('tokens'), { cat: ['other'] }] }],
    ['what counts where nothing is recorded', { '<=': [v('label.passed', 0), 5] }],
    ['what is never there', { '<=': [{ if: [false, 1, v('tokens')] }, 5] }],
  ])('%s is none', (_, expression) => {
    expect(logic(expression)).toEqual([])
  })

  test('what an evaluator is about is true or false', () => {
    const sound = { some: [v('context.kept'), v('required')] }
    expect(logic(sound, { applies_when: v('label.score') })).toEqual([
      { field: 'applies_when', why: 'it gives a number' },
    ])
    expect(logic(sound, { applies_when: { '==': [v('outcome.status'), 'done'] } })).toEqual([])
  })
})

describe('JSONata', () => {
  test.each([
    ['context.as_recorded + 1 > 0', /left side of the "\+" operator must evaluate to a number/],
    ['context.kept[source > 4]', /must be of the same data type|either side of operator/],
    ["'a' & tokens", /it gives a text/],
    ['$length(tokens) > 3', /does not match function signature/],
    ['attributes.order_value * 2', /must evaluate to a number/],
  ])('%s is a mistake', async (expression, why) => {
    expect(await jsonataMistake(expression, READS)).toMatch(why)
  })

  test.each([
    "$count(context.kept[bucket = 'policy']) > 0",
    '$number(attributes.order_value) < 5',
    "attributes.kind = 'refund' ? tokens : 'none'",
    'label.passed ? context.as_recorded + 1 > 0 : true',
    'nothing_of_it <= 5',
    '1 / (tokens - context.tokens)',
    '($f := function($n){ $n > 0 ? $f($n - 1) : true }; $f(tokens))',
    '($f := function($n){ $f($n + 1) }; $f(1))',
  ])('%s is none', async (expression) => {
    expect(await jsonataMistake(expression, READS)).toBeNull()
  })
})
