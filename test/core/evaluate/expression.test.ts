/** Expressions of a suite: what they may say, what their results mean, and that a missing value never passes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { breaksOf, evaluate, exposureOf } from '#core/evaluate/evaluators.ts'
import { baselineFloors } from '#core/evaluate/floor-letters.ts'
import { compileRule, NoResult } from '#core/json-logic.ts'
import { compileCase } from '#core/replay/compile.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import {
  anOffer,
  approval,
  aRun,
  modelCall,
  offersInOrder,
  prices,
  REFS,
  said,
  toolCall,
} from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const v = (...path: unknown[]) => ({ var: path.length === 1 ? path[0] : path })
const evaluator = (expression: unknown, over: Record<string, unknown> = {}): unknown => ({
  evaluator_id: 'mine',
  evaluator_version: '2026-03-02',
  kind: 'rule',
  check: 'expression',
  dimension: 'policy',
  role: 'floor',
  expression,
  ...over,
})
const run = (over: Parameters<typeof aRun>[1] = {}) =>
  aRun('r', {
    evidence: [...offersInOrder(3, { gold: true }), anOffer('ref4', { rank: 4, source: null })],
    attributes: { channel: 'mail', 'order.value': 'high' },
    steps: [
      said('user', 'refund order-4711'),
      modelCall(),
      toolCall('a', { id: 'order-4711' }, { writes: true, confirmed: true, correct: null }),
      approval('a', 50, { asked: true, granted: true }),
    ],
    settings: { [K]: 4, 'approval.refund.threshold': 10 },
    ...over,
  })

function judged(expression: unknown, { settings = {}, of = run(), ...over }: Record<string, unknown> = {}) {
  const recorded = of as ExperienceRun
  const found = replayTranscript(
    compileCase([recorded]),
    { ...recorded.settings, ...(settings as object) },
    { baseline: recorded.settings, prices: prices() },
  )
  if ('unreplayable' in found) throw new Error(found.unreplayable)
  return evaluate(Evaluator.parse(evaluator(expression, over)), found)
}
const looked = (expression: unknown, over: Record<string, unknown> = {}, of = run()) =>
  exposureOf(Evaluator.parse(evaluator(expression, over)), compileCase([of]), of.settings)
const refused = (expression: unknown, over: Record<string, unknown> = {}) => {
  const suite = { suite: REFS.evals, evaluators: [evaluator(expression, over)] }
  return (EvaluatorSuite.safeParse(suite).error?.issues ?? []).map(
    ({ path, message }) => `${path.slice(2).join('.')}: ${message}`,
  )
}

describe('what it reads', () => {
  test.each<[string, unknown, number | null]>([
    ['tokens', { '<=': [v('tokens'), 100_000] }, 1],
    ['cents', { '>': [v('cents'), 0] }, 1],
    ['kept passages', { all: [v('context.kept'), v('gold')] }, 0],
    ['passages of a source', { all: [v('context.kept'), { in: [v('source', 'nobody'), ['shop', 'nobody']] }] }, 1],
    ['dropped ones', { none: [v('context.dropped'), v('gold')] }, 1],
    ['how many', { '===': [{ reduce: [v('context.kept'), { '+': [v('accumulator'), 1] }, 0] }, 4] }, 1],
    ['their tokens', { '<=': [v('context.tokens'), 400] }, 1],
    [
      'filtered, then mapped',
      { in: ['ref4', { map: [{ filter: [v('context.items'), { '!': v('gold') }] }, v('ref')] }] },
      null,
    ],
    ['actions', { none: [v('actions'), { and: [v('writes'), { '!': v('confirmed') }] }] }, null],
    ['arguments', { all: [v('arguments'), v('readable')] }, 1],
    ['approvals', { all: [v('approvals'), { or: [{ '<': [v('amount'), 40] }, v('asked')] }] }, 1],
    ['attributes', { if: [{ '==': [v('attributes.channel'), 'mail'] }, v('context.as_recorded'), false] }, 1],
    [
      'an attribute with a dot',
      { and: [v('context.as_recorded'), { '==': [v('attributes.order.value'), 'high'] }] },
      1,
    ],
    ['recorded settings', { and: [v('decided_as_recorded'), { '>=': [v(`recorded_settings.${K}`), 4] }] }, 1],
    ['a share', { '/': [v('context.tokens'), 800] }, 0.5],
    ['arithmetic', { '==': [{ '-': [{ '*': [v('context.tokens'), 2] }, { '%': [800, 7] }] }, 798] }, 1],
  ])('%s', (_, expression, score) => {
    // Two of them look at what a filter made, or at the outcome alone: their results stand in their own tests.
    const found = score === null ? judged({ and: [v('decided_as_recorded'), expression] }) : judged(expression)
    expect(found.score).toBe(score ?? 1)
    expect(found.status).toBe((score ?? 1) === 1 ? 'pass' : 'fail')
  })

  test('a replay that cuts the context is judged by what is left of it', () => {
    const all = { '>=': [v('context.tokens'), 400] }
    expect(judged(all)).toMatchObject({ score: 1, status: 'pass' })
    expect(judged(all, { settings: { [K]: 3 }, says: 'too little is read' })).toMatchObject({
      score: 0,
      status: 'fail',
      findings: [{ message: 'mine: too little is read' }],
    })
    expect(
      judged({ none: [v('approvals'), v('skipped')] }, { settings: { 'approval.refund.threshold': 99 } }).status,
    ).toBe('fail')
  })

  test('a number lies on the declared scale and passes from the declared value on', () => {
    const tokens = v('context.tokens')
    expect(judged(tokens, { range: [0, 800] })).toMatchObject({ score: 0.5, status: 'fail' })
    expect(judged(tokens, { range: [0, 800], passes_at: 400 })).toMatchObject({ score: 0.5, status: 'pass' })
    expect(judged(tokens, { range: [0, 100] })).toMatchObject({ score: null, status: 'warn' })
  })
})

test('a label is no label any more where a value that it rests on is gone', () => {
  const traced = run({
    evidence: [1, 2, 3, 4].map((rank) =>
      anOffer(`ref${rank}`, { rank, tokens: null, text: rank === 4 ? 'order-4711' : 'nothing' }),
    ),
    steps: [modelCall(), toolCall('a', { id: 'order-4711' }, { writes: false })],
  })
  expect(judged(v('label.passed'), { of: traced })).toMatchObject({ score: 1 })
  expect(judged(v('label.passed'), { of: traced, settings: { [K]: 3 } })).toMatchObject({ score: null, status: 'warn' })
  expect(judged({ '!': v('decided_as_recorded') }, { of: traced, settings: { [K]: 3 } })).toMatchObject({ score: 1 })
  expect(
    judged({ none: [v('arguments'), { '!': v('readable') }] }, { of: traced, settings: { [K]: 3 } }),
  ).toMatchObject({ score: 0 })
})

describe('what has no result is not measured', () => {
  const bare = run({ outcome: { score: null, status: null }, steps: [], attributes: {} })
  test.each<[string, unknown, string]>([
    ['a value that is missing', { '<=': [v('label.score'), 5] }, 'label.score is not recorded'],
    ['a cost without a price', { '<=': [v('cents'), 5] }, 'cents is not recorded'],
    [
      'an attribute that no record has',
      { '!=': [v('attributes.chanel'), 'mail'] },
      'attributes.chanel is not recorded',
    ],
    ['the negation of a missing value', { '!': [v('label.score')] }, 'label.score is not recorded'],
    ['a field of an element', { none: [v('context.kept'), { '==': [v('source'), 'x'] }] }, 'source is not recorded'],
    ['text', { cat: ['a', v('tokens')] }, 'it gave a text'],
    ['a list', { map: [v('context.kept'), v('ref')] }, 'it gave a list'],
    ['a number out of range', { '+': [v('tokens'), 2] }, 'wanted true, false or a number of 0 to 1'],
    ['a division by nothing', { '/': [v('tokens'), { '-': [1, 1] }] }, 'no finite number'],
    ['nothing by nothing', { '/': [{ '*': [v('tokens'), 0] }, 0] }, 'no finite number'],
    ['text beside a number', { '<': [v('attributes.order.value', 'high'), 5] }, 'a text stands where a number must'],
    ['different types', { '==': [v('tokens'), '0'] }, 'compares a number with a text'],
    ['a list that is none', { in: [1, v('tokens')] }, 'looks for a number in a number'],
  ])('%s', (_, expression, why) => {
    const found = judged({ and: [{ '>=': [v('tokens'), 0] }, expression] }, { of: bare })
    expect(found).toMatchObject({ score: null, status: 'warn' })
    expect(found.findings[0]!.message).toContain(why)
  })

  test('what its author says of a missing value stands, and "missing" asks for it by name', () => {
    const over = { of: bare }
    expect(judged({ and: [{ '>=': [v('tokens'), 0] }, { '<=': [v('label.score', 0), 5] }] }, over).score).toBe(1)
    expect(judged({ if: [{ missing: ['cents', 'tokens'] }, false, { '<': [v('cents'), 1] }] }, over).score).toBe(0)
  })

  test('a rule over lists in lists in lists ends', () => {
    const list = v('context.items')
    const nested = { some: [list, { some: [{ filter: [[1, 2, 3], true] }, { '==': [v(''), 9] }] }] }
    expect(judged(nested).score).toBe(0)
    const rule = compileRule({ some: [v('a'), { some: [{ map: [[1], v('')] }, false] }] })
    expect(() => rule({ a: Array.from({ length: 200_001 }, () => 1) })).toThrow(NoResult)
  })

  test('a text that doubles at each element ends', () => {
    const rule = compileRule({ reduce: [v('a'), { cat: [v('accumulator'), v('accumulator')] }, 'x'] })
    expect(() => rule({ a: Array.from({ length: 64 }, () => 1) })).toThrow('more than 10000 characters')
  })

  test.each([
    ['120', true],
    ['-1.5', false],
    ['1e9', null],
    ['12 EUR', null],
    ['', null],
    [' 200', null],
    ['0x10', null],
  ])('a number that stands as text is read by name alone: %j', (value, expected) => {
    const rule = compileRule({ '>=': [{ '+': [v('value')] }, 100] })
    if (expected === null) expect(() => rule({ value })).toThrow(NoResult)
    else expect(rule({ value })).toBe(expected)
  })

  test('no rule of any shape passes where all that it reads is missing', () => {
    const leaf = fc.constantFrom(v('label.score'), v('outcome.status'), v('cents'))
    const { rule } = fc.letrec((tie) => ({
      rule: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.tuple(fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('rule')).map(([op, a]) => ({ [op]: [a, 5] })),
        fc
          .tuple(fc.constantFrom('and', 'or', '+', 'min'), tie('rule'), tie('rule'))
          .map(([op, a, b]) => ({ [op]: [a, b] })),
        tie('rule').map((a) => ({ '!': [a] })),
        fc.tuple(tie('rule'), tie('rule')).map(([a, b]) => ({ if: [a, true, b] })),
      ),
    }))
    fc.assert(
      fc.property(rule, (expression) => {
        expect(judged(expression, { of: bare }).score).toBe(null)
      }),
    )
  })
})

describe('what is refused when a suite is read', () => {
  const deep = (levels: number): unknown => {
    let rule: unknown = v('tokens')
    for (let i = 0; i < levels; i++) rule = { '!': [rule] }
    return rule
  }
  test.each<[string, unknown, string]>([
    [
      'a typing error',
      { '<=': [v('token'), 5] },
      'expression.<=.0.var: no case has "token": there is attributes.NAME, ',
    ],
    ['one in a field', v('label.pased'), 'expression.var: no case has "label.pased"'],
    [
      'one in an element',
      { all: [v('context.kept'), v('souce')] },
      'expression.all.1.var: no element of this list has "souce": there is ref, ',
    ],
    [
      'a name of the case inside a list',
      { all: [v('context.kept'), v('tokens.x')] },
      'no element of this list has "tokens.x"',
    ],
    ['the settings of a candidate', { '>': [v('settings.evidence.orders.top_k'), 3] }, 'read recorded_settings'],
    ['a group', { '!': v('context') }, '"context" is no single value'],
    ['an index', v('context.kept.0.ref'), 'no case has "context.kept.0.ref"'],
    ['a way into the language', v('attributes.__proto__.x.constructor'), 'reads nothing that a change could alter'],
    ['a computed name', { var: { cat: ['tok', 'ens'] } }, 'is not computed'],
    ['a number for a name', { var: 1 }, 'is not computed'],
    ['an operator that is none', { methd: [v('tokens')] }, '"methd" is no operator here: var, missing, if'],
    ['one of Object', { constructor: [v('tokens')] }, '"constructor" is no operator here'],
    ['one that reaches out', { log: v('tokens') }, '"log" is no operator here'],
    ['two operators', { '!': v('tokens'), '!!': v('tokens') }, 'an object of one operator'],
    ['none', {}, 'an object of one operator'],
    ['too few arguments', { '<': [v('tokens')] }, '"<" takes 2 to 3 arguments, got 1'],
    ['an if without otherwise', { if: [v('decided_as_recorded'), true] }, 'what holds otherwise'],
    ['a constant', true, 'is JsonLogic and no other language'],
    [
      'another language',
      'tokens < 5',
      'is JsonLogic and no other language, e.g. {"<=": [{"var": "tokens"}, 4000]}; got "tokens < 5"',
    ],
    ['a list of rules', [{ '!': v('tokens') }], 'is JsonLogic and no other language'],
    [
      'a rule over constants',
      { '<': [1, 2] },
      'expression: reads nothing that a change could alter, so it could never fail: read outcome, label, ',
    ],
    ['what no change alters', { '==': [v('attributes.channel'), 'mail'] }, 'reads nothing that a change could alter'],
    ['a list where a missing value is', v('tokens', [1]), 'what stands in the place of a missing value'],
    ['a rule that is too deep', deep(40), 'operators deep'],
    ['one that is much too deep', deep(20_000), 'operators deep'],
    [
      'one that is too large',
      { and: Array.from({ length: 50 }, () => ({ in: [v('tokens'), Array(20).fill(1)] })) },
      'at most 500 parts',
    ],
    ['a text that is too long', { in: ['x'.repeat(1001), [v('tokens')]] }, 'at most 1000 characters'],
  ])('%s', (_, expression, message) => {
    expect(refused(expression).join('\n')).toContain(message)
  })

  test.each<[string, unknown]>([
    ['all', { all: [v('context.keept'), v('required')] }],
    ['a list in a list', { some: [{ filter: [v('context.keept'), v('gold')] }, { in: [v('ref'), ['a']] }] }],
    ['reduce', { '<': [{ reduce: [v('context.keept'), { '+': [v('accumulator'), v('current.tokens')] }, 0] }, 9] }],
  ])('an unknown list is one mistake, and no name inside it is another: %s', (_, expression) => {
    expect(refused(expression)).toHaveLength(1)
    expect(refused(expression).join()).toContain('no case has "context.keept"')
  })

  test('what is wrong inside an unknown list whatever it holds is told all the same', () => {
    expect(refused({ all: [v('context.keept'), { methd: [v('x')] }] })).toHaveLength(2)
  })

  test('a variable named as something of every object is refused or not recorded', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'outcome.constructor', 'context.kept.length'])
      expect([name, refused({ '!': v(name) }).length > 0]).toEqual([name, true])
    expect(judged({ and: [v('decided_as_recorded'), v('attributes.constructor')] }).score).toBe(null)
  })

  test('which cases it is about is a rule, too', () => {
    for (const applies_when of [true, 'tokens', null])
      expect(refused(v('decided_as_recorded'), { applies_when }).join()).toContain('applies_when: is JsonLogic')
  })

  test('a rule that says which cases it is about reads what was recorded alone', () => {
    const message = refused(v('decided_as_recorded'), { applies_when: { '<': [v('tokens'), 5] } }).join()
    expect(message).toContain('applies_when.<.0.var: "tokens" may change with a candidate')
    expect(refused(v('decided_as_recorded'), { applies_when: { '==': [v('attributes.channel'), 'mail'] } })).toEqual([])
    const large = { some: [v('approvals'), { '>=': [v('amount'), 50] }] }
    expect(refused(v('decided_as_recorded'), { applies_when: large })).toEqual([])
    expect(looked(v('decided_as_recorded'), { applies_when: large })).toBe('exposed')
    expect(
      refused(v('decided_as_recorded'), { applies_when: { some: [v('approvals'), v('asked')] } }).join(),
    ).toContain('no element of this list has "asked": there is gate, action, amount, granted')
  })
})

describe('what it has to look at', () => {
  const all = { all: [v('arguments'), v('readable')] }
  const about = (channel: string) => ({ applies_when: { '==': [v('attributes.channel'), channel] } })

  test('a case that it is about is exposed, another is not at stake and passes', () => {
    expect(looked(all, about('mail'))).toBe('exposed')
    expect(looked(all, about('chat'))).toBe('not_at_stake')
    expect(judged({ '>': [v('tokens'), 1e6] }, about('chat'))).toMatchObject({ score: 1, status: 'pass', findings: [] })
  })

  test('where a value is missing, nobody knows', () => {
    const none = run({ attributes: {} })
    expect(looked(all, about('mail'), none)).toBe('not_recorded')
    expect(judged(all, { ...about('mail'), of: none })).toMatchObject({ score: null, status: 'warn' })
    expect(looked({ '<': [v('label.score'), 1] })).toBe('not_recorded')
    expect(looked({ '<': [v('cents'), 1] })).toBe('exposed')
    expect(looked({ '<': [v('cents'), 1] }, {}, run({ steps: [modelCall({ prompt_tokens: null })] }))).toBe(
      'not_recorded',
    )
  })

  test('what the baseline itself leaves unmeasured is not recorded, whatever was taken for a price', () => {
    const branching = { if: [{ '>': [v('cents'), 0] }, { '>': [v('label.score'), 0] }, v('context.as_recorded')] }
    expect(looked(branching)).toBe('exposed')
    const suite = EvaluatorSuite.parse({ suite: REFS.evals, evaluators: [evaluator(branching)] })
    const recorded = run()
    const replayCase = compileCase([recorded])
    const replayed = replayTranscript(replayCase, recorded.settings, { baseline: recorded.settings, prices: prices() })
    if ('unreplayable' in replayed) throw new Error(replayed.unreplayable)
    expect(baselineFloors(suite, replayCase, replayed, recorded.settings)).toBe('?/?')
  })

  test.each<[string, unknown, readonly string[]]>([
    ['context', v('context.as_recorded'), ['any', 'any', 'any', 'any', 'decides']],
    ['actions alone', { none: [v('actions'), v('writes')] }, ['decides', 'decides', 'any', 'any', 'decides']],
    ['approvals', { none: [v('approvals'), v('skipped')] }, ['decides', 'decides', 'any', 'any', 'any']],
    [
      'both',
      { and: [{ none: [v('approvals'), v('skipped')] }, v('context.as_recorded')] },
      ['any', 'any', 'any', 'any', 'any'],
    ],
    [
      'a field of an element names nothing of the case',
      { none: [v('actions'), { '==': [v('name'), 'tokens'] }] },
      ['decides', 'decides', 'any', 'any', 'decides'],
    ],
  ])('a layer breaks it as far as it can alter what is read: %s', (_, expression, row) => {
    expect(breaksOf(Evaluator.parse(evaluator(expression)))).toEqual(row)
  })
})

test('the language keeps its own answers where a value is of the right type', () => {
  const cases: [unknown, unknown, unknown][] = [
    [{ and: [1, 3] }, {}, 3],
    [{ or: [0, 3] }, {}, 3],
    [{ '!': [[]] }, {}, true],
    [{ '!!': ['0'] }, {}, true],
    [{ if: [false, 1, true, 2, 3] }, {}, 2],
    [{ '<': [1, 2, 3] }, {}, true],
    [{ '<=': [1, 1, 0] }, {}, false],
    [{ in: ['Ringo', ['John', 'Ringo']] }, {}, true],
    [{ in: ['Spring', 'Springfield'] }, {}, true],
    [{ cat: ['I love ', v('filling'), ' pie'] }, { filling: 'apple' }, 'I love apple pie'],
    [{ '%': [101, 2] }, {}, 1],
    [{ max: [1, 2, 3] }, {}, 3],
    [{ min: [1, 2, 3] }, {}, 1],
    [{ '-': 2 }, {}, -2],
    [{ map: [v('integers'), { '*': [v(''), 2] }] }, { integers: [1, 2] }, [2, 4]],
    [{ filter: [v('integers'), { '%': [v(''), 2] }] }, { integers: [1, 2, 3] }, [1, 3]],
    [{ reduce: [v('integers'), { '+': [v('current'), v('accumulator')] }, 0] }, { integers: [1, 2, 3] }, 6],
    [{ all: [[], { '>': [v(''), 0] }] }, {}, false],
    [{ some: [[-1, 0, 1], { '>': [v(''), 0] }] }, {}, true],
    [{ none: [[-3, -2], { '>': [v(''), 0] }] }, {}, true],
    [{ missing: ['a', 'b'] }, { a: 1 }, ['b']],
  ]
  for (const [rule, data, result] of cases) expect([rule, compileRule(rule)(data)]).toEqual([rule, result])
})
