/** What a check has to look at, told by a recording alone: something that could break, nothing, or nobody knows. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exposureOf, lackOf } from '#core/evaluate/evaluators.ts'
import { exposureCounts } from '#core/evaluate/exposure-counts.ts'
import { EXPOSURES, worstExposure } from '#core/evaluate/exposures.ts'
import { baselineFloors, binaryFloors, floorLetters, isViolation } from '#core/evaluate/floor-letters.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { compileCase } from '#core/replay/compile.ts'
import { slim } from '#core/replay/slim.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Evaluator } from '#schemas/suite.ts'
import {
  anEvaluator,
  anOffer,
  approval,
  aRun,
  aSuite,
  measuresLike,
  modelCall,
  offersInOrder,
  said,
  toolCall,
} from '../../support/builders.ts'

const look = (check: string, run: ExperienceRun, over: Record<string, unknown> = {}, settings = run.settings) =>
  exposureOf(anEvaluator({ check, ...over } as Partial<Evaluator> & { check: string }), compileCase([run]), settings)

const reads = (orderId: string, over = {}) => [
  said('user', 'refund order-4711'),
  modelCall(),
  toolCall('a', { id: orderId }, over),
]

describe('required_evidence and gold_coverage', () => {
  test.each(['required_evidence', 'gold_coverage'])('%s: a log in which nothing is marked does not say', (check) => {
    expect(look(check, aRun('r', { evidence: offersInOrder(3) }))).toBe('not_recorded')
  })
  test('a marked passage is exposed', () => {
    expect(look('required_evidence', aRun('r', { evidence: [anOffer('a', { required: true })] }))).toBe('exposed')
    expect(look('gold_coverage', aRun('r', { evidence: [anOffer('a', { gold: true })] }))).toBe('exposed')
  })
  test('a run that had to refuse says nothing of what policy requires where nothing is marked', () => {
    const refused = aRun('r', { evidence: offersInOrder(1), outcome: { must_refuse: true } })
    expect(look('required_evidence', refused)).toBe('not_recorded')
    expect(look('required_evidence', aRun('r', { outcome: { must_refuse: true } }))).toBe('not_at_stake')
  })
  test('where passages were judged and none is required, nothing is at stake', () => {
    expect(look('required_evidence', aRun('r', { evidence: [anOffer('a', { gold: true })] }))).toBe('not_at_stake')
    expect(look('required_evidence', aRun('r'))).toBe('not_at_stake')
    expect(look('gold_coverage', aRun('r', { evidence: offersInOrder(1), outcome: { must_refuse: true } }))).toBe(
      'not_at_stake',
    )
  })
})

test('grounded_arguments: a value that was read is exposed, one that was traced to nothing is not recorded', () => {
  const of = (run: ExperienceRun) => look('grounded_arguments', run, { never_grounded: 'ignore' })
  expect(of(aRun('r', { steps: reads('order-4711') }))).toBe('exposed')
  expect(of(aRun('r', { steps: reads('order-0815') }))).toBe('not_recorded')
  expect(of(aRun('r', { steps: [said('user', 'hello'), modelCall()] }))).toBe('not_at_stake')
  const unread = aRun('r', { steps: [said('user', 'hello'), toolCall('a', null)] })
  expect(of(unread)).toBe('not_recorded')
  // Where a search looks, the arguments themselves are gone.
  const grounded = anEvaluator({ check: 'grounded_arguments' })
  expect(exposureOf(grounded, slim(compileCase([unread])), unread.settings)).toBe('not_recorded')
})

describe('grounded_arguments, a call that passed nothing that could be traced', () => {
  const calls = (...args: unknown[]) =>
    aRun('r', {
      steps: [
        said('user', 'refund order-4711'),
        modelCall(),
        ...args.map((arg, i) => toolCall(`c${i}`, arg as never, { name: i === 0 ? 'orders.last' : 'refund' })),
      ],
    })
  const writing = (arg: unknown) =>
    aRun('r', {
      steps: [
        said('user', 'refund order-4711'),
        modelCall(),
        toolCall('c', arg as never, { name: 'orders.last', writes: true }),
      ],
    })
  const order = { id: 'order-4711' }
  test.each<[name: string, run: ExperienceRun, unnamed: string, named: string]>([
    ['of a tool that takes none', calls({}), 'not_at_stake', 'not_at_stake'],
    ['a yes or no', calls({ confirm: true, why: 'no' }), 'not_at_stake', 'not_at_stake'],
    ['null', calls(null), 'not_recorded', 'not_recorded'],
    ['beside a traced call', calls({}, order), 'exposed', 'exposed'],
    ['null beside a traced call', calls({}, order, null), 'not_recorded', 'not_recorded'],
    ['of a tool that passes values otherwise', calls({}, order, {}), 'not_recorded', 'not_recorded'],
    ['of a tool that writes', writing({}), 'not_recorded', 'not_at_stake'],
    ['a yes, of a tool that writes', writing({ sure: true }), 'not_recorded', 'not_at_stake'],
    ['of a tool that is named and passes a value', calls(order), 'exposed', 'not_recorded'],
    [
      'of a tool that is named and passes one found nowhere',
      calls({ id: 'order-0815' }),
      'not_recorded',
      'not_recorded',
    ],
    ['nothing was called', calls(), 'not_at_stake', 'not_at_stake'],
  ])('%s', (_, run, unnamed, named) => {
    expect(look('grounded_arguments', run)).toBe(unnamed)
    expect(look('grounded_arguments', run, { nothing_to_trace: ['orders.last'] })).toBe(named)
  })
  test('put nothing at stake by the first rules, by which older runs are recomputed', () => {
    const run = writing({})
    const grounded = anEvaluator({ check: 'grounded_arguments' })
    expect(exposureOf(grounded, compileCase([run]), run.settings, 1)).toBe('not_at_stake')
  })
})

test('approval_honoured: a gate that the baseline asks at is exposed, a write without any gate is not recorded', () => {
  const gated = (amount: number | null, over = {}) =>
    aRun('r', { steps: [...reads('order-4711', { writes: true }), approval('a', amount, over)] })
  const at = { 'approval.refund.threshold': 100 }
  expect(look('approval_honoured', gated(120), {}, at)).toBe('exposed')
  expect(look('approval_honoured', gated(20), {}, at)).toBe('not_at_stake')
  expect(look('approval_honoured', gated(20, { asked: true }))).toBe('exposed')
  expect(look('approval_honoured', gated(20, { asked: false }))).toBe('not_at_stake')
  expect(look('approval_honoured', gated(null))).toBe('not_recorded')
  expect(look('approval_honoured', aRun('r', { steps: reads('order-4711', { writes: true }) }))).toBe('not_recorded')
  expect(look('approval_honoured', aRun('r', { steps: reads('order-4711', { writes: null }) }))).toBe('not_recorded')
  expect(look('approval_honoured', aRun('r', { steps: reads('order-4711', { writes: false }) }))).toBe('not_at_stake')
})

describe('approval_honoured, an approval whose amount is not known', () => {
  const at = { 'approval.refund.threshold': 100 }
  const asked = (...amounts: (number | null)[]) =>
    aRun('r', {
      steps: [
        said('user', 'refund order-4711'),
        modelCall(),
        ...amounts.flatMap((amount, i) => [
          toolCall(`a${i}`, { id: 'order-4711' }, { writes: true }),
          approval(`a${i}`, amount, { asked: true }),
        ]),
      ],
    })
  test.each<[name: string, amounts: (number | null)[], undeclared: string, waits: string]>([
    ['alone', [null], 'not_recorded', 'not_at_stake'],
    ['twice', [null, null], 'not_recorded', 'not_at_stake'],
    ['beside a large one', [500, null], 'not_recorded', 'exposed'],
    ['beside a small one', [5, null], 'not_recorded', 'not_at_stake'],
    ['nowhere', [500, 5], 'exposed', 'exposed'],
  ])('%s', (_, amounts, undeclared, waits) => {
    expect(look('approval_honoured', asked(...amounts), {}, at)).toBe(undeclared)
    expect(look('approval_honoured', asked(...amounts), { unknown_amount: 'waits' }, at)).toBe(waits)
  })
  test('a gate without a threshold asks whatever the amount', () => {
    expect(look('approval_honoured', asked(null), {}, {})).toBe('exposed')
  })
})

test('must_refuse: a run that had to refuse is exposed', () => {
  const of = (outcome: Partial<ExperienceRun['outcome']>) => look('must_refuse', aRun('r', { outcome }))
  expect(of({ must_refuse: true, refused: true })).toBe('exposed')
  expect(of({ must_refuse: false })).toBe('not_at_stake')
  expect(of({ must_refuse: null })).toBe('not_recorded')
  expect(of({ must_refuse: true, refused: null })).toBe('not_recorded')
})

test('sources and tools: only what is not allowed could break', () => {
  const offered = (source: string | null) => aRun('r', { evidence: [anOffer('a', { source })] })
  expect(look('known_provenance', offered(null))).toBe('exposed')
  expect(look('known_provenance', offered('shop'))).toBe('not_at_stake')
  expect(look('allowed_sources', offered('web'), { sources: ['shop'] })).toBe('exposed')
  expect(look('allowed_sources', offered('shop'), { sources: ['shop'] })).toBe('not_at_stake')
  const called = aRun('r', { steps: reads('order-4711') })
  expect(look('allowed_tools', called, { tools: ['orders.read'] })).toBe('not_at_stake')
  expect(look('allowed_tools', called, { tools: ['other'] })).toBe('exposed')
})

test('confirmed_before_write: a write is exposed where its confirmation is recorded', () => {
  const of = (over: object) => look('confirmed_before_write', aRun('r', { steps: reads('order-4711', over) }))
  expect(of({ writes: true, confirmed: true })).toBe('exposed')
  expect(of({ writes: true, confirmed: null })).toBe('not_recorded')
  expect(of({ writes: null })).toBe('not_recorded')
  expect(of({ writes: false })).toBe('not_at_stake')
})

test('an outcome is exposed where it is recorded and rests on what was read', () => {
  const of = (steps: ExperienceRun['steps'], passed: boolean | null) =>
    look('recorded_outcome', aRun('r', { steps, outcome: { passed } }))
  expect(of(reads('order-4711'), true)).toBe('exposed')
  expect(of([], true)).toBe('not_at_stake')
  expect(of(reads('order-4711'), null)).toBe('not_recorded')
})

describe('of several', () => {
  const exposure = fc.constantFrom(...EXPOSURES)
  test('the order does not matter, and what is not recorded is never outvoted', () => {
    fc.assert(
      fc.property(fc.array(exposure), (parts) => {
        const worst = worstExposure(parts)
        expect(worstExposure(parts.toReversed())).toBe(worst)
        expect(worst === 'not_recorded').toBe(parts.includes('not_recorded'))
        expect(worst === 'exposed').toBe(parts.includes('exposed') && !parts.includes('not_recorded'))
      }),
    )
  })

  test('families are counted once, a case without letters is not recorded, and nothing to look at is never exposed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ family: fc.integer({ min: 0, max: 4 }), letter: fc.constantFrom('e', 'n', '?', '') })),
        (cases) => {
          const heads = [{ family: 5, letter: 'e' }, ...cases].map(({ family, letter }, i) => ({
            case_id: `c${String(i).padStart(3, '0')}`,
            family_id: `f${family}`,
            digest: '',
            ...(letter !== '' && { floors: `${letter}/p` }),
          }))
          const [counts] = exposureCounts(
            makePanel(
              heads,
              heads.map(() => measuresLike()),
            ),
          )
          const families = new Set(heads.map((h) => h.family_id))
          const total = counts!.exposed + counts!.not_at_stake + counts!.not_recorded
          expect(total).toBe(families.size)
          const exposed = [...families].filter((f) => {
            const letters = heads.filter((h) => h.family_id === f).map((h) => h.floors?.[0] ?? '?')
            return letters.includes('e') && !letters.includes('?')
          })
          expect(counts!.exposed).toBe(exposed.length)
        },
      ),
    )
  })
})

test('the letters of a case name exposure and verdict of every binary floor, in the order of the suite', () => {
  const run = aRun('r', { evidence: offersInOrder(4, { required: true }), steps: reads('order-0815') })
  const replayCase = compileCase([run])
  const replayed = replayTranscript(replayCase, run.settings)
  if ('unreplayable' in replayed) throw new Error(replayed.unreplayable)
  const floors = baselineFloors(aSuite(), replayCase, replayed, run.settings)
  expect(binaryFloors(aSuite()).map((f) => f.evaluator_id)).toEqual(['required_evidence', 'grounded_arguments'])
  expect(floors).toBe('e?/pp')
  expect(floorLetters(floors)).toEqual({ exposure: 'e?', baseline: 'pp' })
  expect(floorLetters(undefined)).toEqual({ exposure: '', baseline: '' })
})

test('a floor is violated where it fails, and where a measurement is lost that the baseline had', () => {
  expect(isViolation('f', '?')).toBe(true)
  expect(isViolation('?', 'p')).toBe(true)
  expect(isViolation(undefined, 'p')).toBe(true)
  expect(isViolation('?', '?')).toBe(false)
  expect(isViolation('p', 'f')).toBe(false)
})

test('every check can say what the records lack', () => {
  expect(lackOf(anEvaluator({ check: 'required_evidence' }))).toContain('import "needed"')
})
