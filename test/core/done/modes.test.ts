/** Every failure mode is run against a configuration with its fault, and against the loop with its defence taken out: it says no. */
import { beforeAll, describe, expect, test } from 'vitest'
import { DEFENCES } from '#core/done/defences.ts'
import type { DoneFacts } from '#core/done/facts.ts'
import { doneReport } from '#core/done/report.ts'
import { factsOf, probe } from '../../steps/done/support.ts'
import { releasedStore } from '../../steps/release/support.ts'

let facts: DoneFacts
beforeAll(async () => {
  facts = await factsOf(await releasedStore())
})

type Run = NonNullable<DoneFacts['run']>['run']
const withRun = (over: (run: Run) => Partial<Run>): DoneFacts => {
  const run = facts.run!
  return { ...facts, run: { ...run, run: { ...run.run, ...over(run.run) } } }
}
const prompt = (max_added_tokens: number) =>
  withRun(({ pack, target }) => ({
    pack: {
      ...pack,
      settings: { ...pack.settings, 'prompt.instruction_block': 'Name the clause. '.repeat(10) },
      tunable_surfaces: [
        ...pack.tunable_surfaces,
        {
          layer: 'prompt',
          field: 'instruction_block',
          path: 'prompt.instruction_block',
          bounds: { max_added_tokens, forbidden_terms: [] },
          intents: [target.intent!],
          owner: 'refunds',
        },
      ],
    },
  }))

test('as it stands every attempt is stopped, in words', () => {
  for (const { id, answer, attempts } of doneReport(facts).failure_modes) {
    expect([id, answer]).toEqual([id, 'yes'])
    expect(attempts!.length).toBeGreaterThan(0)
    for (const { tried, stopped } of attempts!) expect([tried, stopped]).toEqual([tried, expect.stringMatching(/.{5}/)])
  }
})

describe('a configuration with the fault', () => {
  const faults: Readonly<Record<string, readonly [faulty: () => DoneFacts, reason: string]>> = {
    metric_monoculture: [
      () => withRun(({ target }) => ({ target: { ...target, guardrails: {} } })),
      'the configuration itself lacks limits: guardrails.policy is missing',
    ],
    prompt_sprawl: [() => prompt(1000), 'went through: prompt.instruction_block grown from 43 to'],
    eval_overfitting: [
      () =>
        withRun(({ evaluator_suite: suite }) => ({
          evaluator_suite: { ...suite, evaluators: suite.evaluators.filter(({ kind }) => kind === 'rule') },
        })),
      'went through: a candidate that pleases every rule evaluator',
    ],
    unsafe_auto_promotion: [
      () => ({ ...facts, review: { ...facts.review!, status: 'open' } }),
      'rollout ro_r stands, and its review is open',
    ],
    hidden_blast_radius: [
      () => withRun(({ target }) => ({ target: { ...target, blast_radius: { max_fields: 10, max_decision: 1 } } })),
      'went through: a change that turns every decision',
    ],
    rollback_theatre: [
      () => ({ ...facts, rollout: { ...facts.rollout!, recomputed: { holds: false, why: ['tuple: gone'] } } }),
      'the way back that is pinned does not hold: tuple: gone',
    ],
    test_set_leakage: [
      () => ({ ...facts, leaks: [{ tried: 'reading it', found: true, says: '' }] }),
      'went through: reading it',
    ],
  }
  test.each(Object.entries(faults))('%s', (id, [faulty, reason]) => {
    const said = probe(doneReport(faulty()), id)
    expect(said).toMatchObject({ answer: 'no', reason: expect.stringContaining(reason) })
    expect(said.repair).toMatch(/.{10}/)
  })
})

test('a prompt block may grow within its bounds, and not double', () => {
  expect(probe(doneReport(prompt(5)), 'prompt_sprawl')).toMatchObject({ answer: 'yes', attempts: { length: 2 } })
})

describe('the loop without the defence', () => {
  const nothing = { question: '', answer: '', missing: [] }
  const without: Readonly<Record<string, Partial<typeof DEFENCES>>> = {
    metric_monoculture: { sevenQuestions: () => Array(7).fill(nothing) },
    test_set_leakage: { sevenQuestions: () => Array(7).fill(nothing) },
    prompt_sprawl: { boundedChange: () => ({ candidate: {} as never }) },
    eval_overfitting: { boundedChange: () => ({ candidate: {} as never }) },
    unsafe_auto_promotion: { startRollout: () => ({}) as never },
    hidden_blast_radius: { radiusBlock: () => null },
    rollback_theatre: { startRollout: () => ({}) as never },
  }
  test.each(Object.entries(without))('%s', (id, broken) => {
    expect(probe(doneReport(facts, { ...DEFENCES, ...broken }), id)).toMatchObject({
      answer: 'no',
      reason: expect.stringContaining('went through'),
    })
  })
})

describe('checks on a planted fault', () => {
  const proposalOf = (over: object): DoneFacts => ({
    ...facts,
    run: { ...facts.run!, proposal: { ...facts.run!.proposal!, ...over } },
  })
  test.each([
    [
      'tied',
      () => withRun(({ target }) => ({ target: { ...target, search_space: [] } })),
      'is not open to support.refund',
    ],
    [
      'replayable',
      () => ({ ...facts, run: { ...facts.run!, recomputed: { holds: false, why: ['gate.json: other'] } } }),
      'recomputed, it differs: gate.json: other',
    ],
    [
      'small',
      () => proposalOf({ blast_radius: { ...facts.run!.proposal!.blast_radius, fields: 9 } }),
      'it changes 9 fields',
    ],
    ['small', () => proposalOf({ owner: '' }), 'the proposal has no owner'],
    [
      'reversible',
      () => ({
        ...facts,
        rollout: {
          ...facts.rollout!,
          rollout: {
            ...facts.rollout!.rollout,
            rollback_replay: { ...facts.rollout!.rollout.rollback_replay, reproduced: 1 },
          },
        },
      }),
      'the rollback target reproduced 1 of',
    ],
    [
      'on_record',
      () => ({ ...facts, run: { ...facts.run!, audit: facts.run!.audit.toReversed() } }),
      'of audit.jsonl does not follow',
    ],
    ['on_record', () => proposalOf({ rationale: '' }), 'the winner has no rationale'],
  ] as readonly (readonly [string, () => DoneFacts, string])[])('%s: %#', (id, faulty, reason) => {
    expect(probe(doneReport(faulty()), id)).toMatchObject({ answer: 'no', reason: expect.stringContaining(reason) })
  })

  test('what cannot be recomputed is not measured, and not yes', () => {
    const unknown = { holds: null, why: ['the harness is gone'] }
    const report = doneReport({
      ...facts,
      run: { ...facts.run!, recomputed: unknown },
      rollout: { ...facts.rollout!, recomputed: unknown },
    })
    expect([probe(report, 'replayable').answer, probe(report, 'reversible').answer, report.done]).toEqual([
      null,
      null,
      false,
    ])
  })
})
