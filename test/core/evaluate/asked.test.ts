/** Verdicts that are given elsewhere: asked once a view, in batches, and never taken for more than they are. */
import { describe, expect, test } from 'vitest'
import { askedNow, judging, type VerdictAnswer, type VerdictQuestion, VerdictTable } from '#core/evaluate/asked.ts'
import { evaluate } from '#core/evaluate/evaluators.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import { Evaluator } from '#schemas/suite.ts'
import { aCase, aFamily, anEvaluator, aPack } from '../../support/builders.ts'

const DIGEST = `sha256:${'0'.repeat(64)}`
const asked = (over: object = {}) =>
  anEvaluator({ check: 'module', module: './judge.mjs', digest: DIGEST, reads: ['context'], ...over } as never)
const replayed = () => {
  const { settings } = aPack()
  const one = replayTranscript(aCase(aFamily('a', { side: 'search', required: 1, gold: 1 } as never)), settings)
  if ('unreplayable' in one) throw new Error(one.unreplayable)
  return one
}
/** The verdicts of evaluators under a source, and what it was asked. */
function judged(
  evaluators: readonly Evaluator[],
  answer: (question: VerdictQuestion) => readonly VerdictAnswer[],
  table = new VerdictTable(),
) {
  const questions: VerdictQuestion[] = []
  const one = replayed()
  const verdicts = askedNow(
    judging(table, () => evaluators.map((evaluator) => evaluate(evaluator, one))),
    (question) => {
      questions.push(question)
      return answer(question)
    },
  )
  return { verdicts, questions }
}
const returned =
  (value: unknown) =>
  ({ views }: VerdictQuestion) =>
    views.map(() => ({ returned: value }))

describe('an answer', () => {
  test.each<[unknown, object, number | null, string]>([
    [true, {}, 1, 'pass'],
    [false, {}, 0, 'fail'],
    [1, {}, 1, 'pass'],
    [0.25, {}, 0.25, 'fail'],
    [3, { range: [1, 5], passes_at: 3 }, 0.5, 'pass'],
    [null, {}, null, 'warn'],
    [undefined, {}, null, 'warn'],
    [Number.NaN, {}, null, 'warn'],
    [Number.POSITIVE_INFINITY, {}, null, 'warn'],
    [1.0001, {}, null, 'warn'],
    [-0.1, {}, null, 'warn'],
    [6, { range: [1, 5] }, null, 'warn'],
    ['true', {}, null, 'warn'],
    [[true], {}, null, 'warn'],
    [{ score: 1 }, {}, null, 'warn'],
  ])('%j under %j is score %s, %s', (value, over, score, status) => {
    expect(judged([asked(over)], returned(value)).verdicts).toMatchObject([{ score, status }])
  })

  test('that is none says why, and blocks', () => {
    const { verdicts } = judged([asked()], ({ views }) => views.map(() => ({ failed: 'the module threw Error: no' })))
    expect(verdicts).toMatchObject([{ score: null, status: 'warn' }])
    expect(verdicts[0]!.findings[0]!.message).toBe('module: no result: the module threw Error: no')
  })

  test.each<[string, readonly VerdictAnswer[]]>([
    ['none', []],
    ['one too many', [{ returned: true }, { returned: true }]],
    ['what is no list', null as never],
  ])('is nobody’s where there are %s', (_, answers) => {
    const [verdict] = judged([asked()], () => answers).verdicts
    expect(verdict).toMatchObject({ score: null, status: 'warn' })
    expect(verdict!.findings[0]!.message).toMatch(/answers came for 1 cases, and nobody knows whose they are/)
  })

  test('is not measured where nobody is asked at all', () => {
    expect(evaluate(asked(), replayed())).toMatchObject({ score: null, status: 'warn' })
  })
})

describe('a question', () => {
  test('is asked once of a view, whoever shares module and limit; another digest is another source', () => {
    const table = new VerdictTable()
    const same = [asked(), asked({ evaluator_id: 'again' }), asked({ evaluator_id: 'said', says: 'in other words' })]
    const first = judged(same, returned(true), table)
    expect(first.questions.map(({ views }) => views.length)).toEqual([1])
    expect(judged(same, returned(false), table).questions).toEqual([])
    const other = asked({ digest: `sha256:${'1'.repeat(64)}` })
    expect(judged([other], returned(true), table).questions).toHaveLength(1)
  })

  test('shows what the evaluator reads and nothing else', () => {
    const [question] = judged([asked({ reads: ['tokens', 'attributes'] })], returned(true)).questions
    expect(Object.keys(JSON.parse(question!.views[0]!) as object).sort()).toEqual(['attributes', 'tokens'])
  })

  test('is not asked of a case that it is not about', () => {
    const applies_when = { in: ['refund', { map: [{ var: 'actions' }, { var: 'name' }] }] }
    const nobody = judged([asked({ applies_when: { and: [applies_when, false] } })], returned(false))
    expect([nobody.questions, nobody.verdicts[0]!.status]).toEqual([[], 'pass'])
  })
})

describe('the contract refuses', () => {
  test.each<[string, object]>([
    ['a module that lies above', { module: '../judge.mjs' }],
    ['a path that comes back', { module: './a/../../judge.mjs' }],
    ['a path from the root', { module: '/etc/judge.mjs' }],
    ['a path of another system', { module: '.\\..\\judge.mjs' }],
    ['a module that is no script', { module: './judge.json' }],
    ['a digest that is none', { digest: 'sha256:0' }],
    ['what no case has', { reads: ['settings'] }],
    ['a name twice', { reads: ['context', 'context'] }],
    ['names that no change could alter', { reads: ['attributes'] }],
    ['nothing to read', { reads: [] }],
    ['endless patience', { limit_ms: 1_000_000 }],
    ['an applies_when that a change could alter', { applies_when: { '<': [{ var: 'context.tokens' }, 1] } }],
  ])('%s', (_, over) => {
    expect(Evaluator.safeParse(asked()).success).toBe(true)
    expect(Evaluator.safeParse(asked(over)).success).toBe(false)
  })
})
