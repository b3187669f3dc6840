/** What an expression in JSONata may do: nothing that its view does not tell, and nothing without end. */
import { describe, expect, test } from 'vitest'
import { jsonataAnswers, jsonataProblem } from '../../functions/adapters/jsonata-verdicts.ts'

const view = JSON.stringify({
  tokens: 5,
  context: { kept: [{ ref: 'a', tokens: 3, required: true }], tokens: 3 },
  attributes: { a: '1' },
})
const answer = async (expression: string) => (await jsonataAnswers(expression, [view]))[0]

describe('an expression', () => {
  test.each<[string, unknown]>([
    ['tokens <= 5', true],
    ['$count(context.kept[required]) > 1', false],
    ['context.tokens', 3],
    ['($twice := function($x){ $x * 2 }; $twice(tokens))', 10],
    ['missing', null],
    ['missing <= 5', null],
    ['$not(missing)', null],
    ['constructor', null],
    ['__proto__', null],
    ['context.kept.constructor', null],
    ['$lookup($, "constructor")', null],
    ['$lookup($sum, "implementation")', null],
    ['$.constructor.constructor("return 1")()', null],
  ])('%s gives %j', async (expression, value) => {
    expect([await jsonataProblem(expression), await answer(expression)]).toEqual([null, { returned: value }])
  })

  test.each<[string, RegExp]>([
    ['($f := function($x){ $f($x) }; $f(1))', /more than 200000 steps/],
    ['($f := function($x){ 1 + $f($x) }; $f(1))', /[Ss]tack overflow/],
    ['($d := function($s, $n){ $n = 0 ? $s : $d($s & $s, $n - 1) }; $length($d("aa", 40)))', /text of more than 10000/],
    ['$count([1..10000000])', /maximum sequence length|list of more than 10000/],
    ['$count([1..9000].[1..9000])', /more than 200000 steps/],
    ['"x"', /gave a text/],
    ['$', /is no verdict/],
    ['function($x){ $x }', /is no verdict/],
    ['tokens / 0', /Infinity|out of range|no verdict/],
    ['$power(10, 400)', /cannot be represented/],
    ['null <= 5', /the expression: /],
    ['$error("no")', /the expression: no/],
  ])('%s gives no verdict, and says so', async (expression, why) => {
    expect(await jsonataProblem(expression)).toBeNull()
    expect(await answer(expression)).toEqual({ failed: expect.stringMatching(why) })
  })

  test.each<[string, RegExp]>([
    ['tokens <=', /is no JSONata expression/],
    ['$eval("1")', /names \$eval/],
    ['($e := $eval; 1)', /names \$eval/],
    ['$now()', /names \$now/],
    ['$random()', /names \$random/],
    ['$toMillis("2020")', /names \$toMillis/],
    ['$pad("", 1000000000)', /names \$pad/],
    ['$contains("aaaa", /(a+)+$/)', /regular expression/],
    ['$ ~> |context|{"tokens": 0}|', /only reads/],
    ['$unknown(1)', /names \$unknown/],
  ])('%s is refused when the suite is read, and answers nothing', async (expression, why) => {
    expect(await jsonataProblem(expression)).toMatch(why)
    expect(await answer(expression)).toEqual({ failed: expect.stringMatching(why) })
  })

  test('leaves nothing behind for the next view', async () => {
    const two = [JSON.stringify({ tokens: 1 }), JSON.stringify({ tokens: 2 })]
    expect(await jsonataAnswers('($seen := tokens; $seen)', two)).toEqual([{ returned: 1 }, { returned: 2 }])
  })
})
