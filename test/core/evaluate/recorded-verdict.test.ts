/** A verdict that stands in the record: which one counts, and when it still says something of a replay. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate, exposureOf } from '#core/evaluate/evaluators.ts'
import { baselineFloors, isViolation, verdictLetters } from '#core/evaluate/floor-letters.ts'
import { measuresOf } from '#core/evaluate/scorecard.ts'
import { compileCase } from '#core/replay/compile.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import { ExperienceRun } from '#schemas/experience-run.ts'
import { Evaluator, EvaluatorSuite } from '#schemas/suite.ts'
import {
  anOffer,
  approval,
  aRun,
  aSuite,
  modelCall,
  offersInOrder,
  REFS,
  said,
  toolCall,
} from '../../support/builders.ts'

type Verdict = NonNullable<ExperienceRun['outcome']['scores']>[number]
type Options = Partial<Extract<Evaluator, { check: 'recorded_verdict' }>>
const K = 'evidence.orders.top_k'

const tone = (over: Options = {}): Evaluator =>
  Evaluator.parse({
    evaluator_id: 'tone',
    evaluator_version: '2026-03-02',
    kind: 'human',
    check: 'recorded_verdict',
    dimension: 'policy',
    role: 'floor',
    name: 'tone',
    version: '3',
    ...over,
  })
const verdict = (over: Partial<Verdict> = {}): Verdict => ({
  name: 'tone',
  kind: 'human',
  version: '3',
  passed: true,
  ...over,
})
const runWith = (scores: Verdict[] | undefined, over: Parameters<typeof aRun>[1] = {}) =>
  aRun('r', { evidence: offersInOrder(4), ...over, outcome: { ...(scores && { scores }), ...over?.outcome } })

function replayed(run: ExperienceRun, settings = {}) {
  const found = replayTranscript(
    compileCase([run]),
    { ...run.settings, ...settings },
    { baseline: run.settings, prices: null },
  )
  if ('unreplayable' in found) throw new Error(found.unreplayable)
  return found
}
const judged = (run: ExperienceRun, options: Options = {}, settings = {}) =>
  evaluate(tone(options), replayed(run, settings))
const looked = (run: ExperienceRun, options: Options = {}) =>
  exposureOf(tone(options), compileCase([run]), run.settings)

describe('which verdict counts', () => {
  test.each<[string, Verdict[] | undefined, Options, number | null, string]>([
    ['passed', [verdict()], {}, 1, 'pass'],
    ['failed', [verdict({ passed: false })], {}, 0, 'fail'],
    ['a value alone, at the most', [verdict({ value: 1, passed: undefined })], {}, 1, 'pass'],
    ['a value alone, below it', [verdict({ value: 0.9, passed: undefined })], {}, 0.9, 'fail'],
    ['a value on a scale', [verdict({ value: 4, passed: undefined })], { range: [1, 5], passes_at: 4 }, 0.75, 'pass'],
    ['a value with its own word', [verdict({ value: 0.2, passed: true })], {}, 0.2, 'pass'],
    ['the worst of several', [verdict(), verdict({ passed: false })], {}, 0, 'fail'],
    [
      'a verdict without a version, where the suite pins none',
      [verdict({ version: undefined })],
      { version: null },
      1,
      'pass',
    ],
    ['nulls where nothing is said', [verdict({ value: null, dimension: null, finding: null })], {}, 1, 'pass'],
    ['a version of null', [verdict({ version: null })], {}, null, 'warn'],
    ['the dimension as pinned', [verdict({ dimension: 'policy' })], {}, 1, 'pass'],
    ['none', undefined, {}, null, 'warn'],
    ['none of the name', [verdict({ name: 'other' })], {}, null, 'warn'],
    ['another version', [verdict({ version: '2' })], {}, null, 'warn'],
    ['no version', [verdict({ version: undefined })], {}, null, 'warn'],
    ['a version, where the suite pins none', [verdict()], { version: null }, null, 'warn'],
    ['another kind', [verdict({ kind: 'judge' })], {}, null, 'warn'],
    ['another dimension', [verdict({ dimension: 'safety' })], {}, null, 'warn'],
    ['a value outside the range', [verdict({ value: 7, passed: undefined })], { range: [1, 5] }, null, 'warn'],
    ['a pass whose value is outside the range', [verdict({ value: 7 })], { range: [1, 5] }, null, 'warn'],
    ['one of several outside the range', [verdict(), verdict({ value: -1 })], {}, null, 'warn'],
  ])('%s', (_, scores, options, score, status) => {
    const run = runWith(scores?.map((s) => JSON.parse(JSON.stringify(s)) as Verdict))
    expect(judged(run, options)).toMatchObject({ score, status })
    expect(looked(run, options)).toBe(score === null ? 'not_recorded' : 'exposed')
  })

  test('what is missing is said, and the finding of the record stands in the verdict', () => {
    expect(judged(runWith([verdict({ version: '2' })])).findings[0]!.message).toBe(
      'verdict tone of version 3 is not recorded: the record has version 2',
    )
    expect(judged(runWith([verdict({ passed: false, finding: 'curt' })])).findings[0]!.message).toContain('curt')
  })

  test('a verdict that says neither a value nor passed is refused at import', () => {
    const run = structuredClone(runWith([verdict()])) as { outcome: { scores: object[] } }
    run.outcome.scores = [{ name: 'tone', kind: 'human' }]
    expect(ExperienceRun.safeParse(run).error?.issues[0]).toMatchObject({ path: ['outcome', 'scores', 0] })
  })

  test.each([[[5, 1]], [[1, 1]], [[0, Number.POSITIVE_INFINITY]], [[0, Number.NaN]], [[-1.7e308, 1.7e308]]])(
    'a range %j is refused',
    (range) => {
      expect(Evaluator.safeParse({ ...tone(), range }).success).toBe(false)
    },
  )
})

describe('what a replay says of it', () => {
  test('another context makes it unknown: no score, and a violation of its floor', () => {
    const run = runWith([verdict()])
    const found = judged(run, {}, { [K]: 1 })
    expect(found).toMatchObject({ score: null, status: 'fail' })
    expect(found.findings[0]!.message).toContain('unknown, the context is another')
    const suite = EvaluatorSuite.parse({ suite: REFS.evals, evaluators: [tone()] })
    const floors = baselineFloors(suite, compileCase([run]), replayed(run), run.settings)
    const now = verdictLetters(suite, replayed(run, { [K]: 1 }))
    expect([floors, now, isViolation(now[0], floors.split('/')[1]![0])]).toEqual(['e/p', 'f', true])
    expect(measuresOf(suite, replayed(run, { [K]: 1 })).policy_violation).toBe(true)
  })

  test('a setting that leaves the context as it was leaves the verdict', () => {
    const run = runWith([verdict()], { evidence: offersInOrder(2), offers: { orders: { depth: 2, exhausted: true } } })
    expect(judged(run, {}, { [K]: 3 })).toMatchObject({ score: 1, status: 'pass' })
  })

  test('another approval makes it unknown, too', () => {
    const steps = [
      said('user', 'refund order-4711'),
      modelCall(),
      toolCall('a', { id: 'order-4711' }, { writes: true }),
      approval('a', 50, { asked: true, granted: true }),
    ]
    const settings = { [K]: 4, 'approval.refund.threshold': 10 }
    const run = runWith([verdict()], { steps, settings })
    expect(judged(run)).toMatchObject({ score: 1 })
    expect(judged(run, {}, { 'approval.refund.threshold': 100 })).toMatchObject({ score: null, status: 'fail' })
  })

  test('what was not recorded under the baseline stays unmeasured, whatever a change does', () => {
    const run = runWith(undefined)
    expect(judged(run, {}, { [K]: 1 })).toMatchObject({ score: null, status: 'warn' })
  })

  test('as utility it regresses where it is unknown', () => {
    const suite = aSuite({ evaluators: [tone({ dimension: 'utility' })] })
    const run = runWith([verdict()])
    expect(measuresOf(suite, replayed(run))).toMatchObject({ utility_passed: true, utility_score: 1 })
    expect(measuresOf(suite, replayed(run, { [K]: 1 }))).toMatchObject({ utility_passed: null, utility_score: null })
  })

  test('it never passes on a context that is not the recorded one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.double({ min: -2, max: 2, noNaN: true }),
        (k, passed, value) => {
          const run = runWith([verdict({ passed, value })], {
            evidence: [...offersInOrder(3), anOffer('x', { rank: 4 })],
          })
          const found = judged(run, {}, { [K]: k })
          if (k < 4) expect(found.status).not.toBe('pass')
          if (found.score !== null) expect(found.score >= 0 && found.score <= 1).toBe(true)
        },
      ),
    )
  })
})
