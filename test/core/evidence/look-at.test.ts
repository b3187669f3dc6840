import { describe, expect, test } from 'vitest'
import { LOOK_AT_RULES, type LookFacts, reviewPoints } from '#core/evidence/look-at.ts'
import type { LookAtRule } from '#core/evidence/types.ts'
import type { CertifiedRow } from '#schemas/heldout.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import { aPack } from '../../support/builders.ts'
import { anAlternative, aRow, aScore, aSlice, quiet, TOP_K, topK } from './builders.ts'

const utility = (worse: number) => ({ labelled: 600, worse, better: 0, worse_families: worse, better_families: 0 })
const cases = (over: object) => ({ ...quiet().evidence.cases, ...over })
const group = (n: number, course: 'worse' | 'held' = 'worse') =>
  ({ id: 'g', course, pattern: 'an order is read no more', cases: n, families: n, case_ids: [] }) as const
const neighbours = (worse: number, gain: number, chosenWorse = 54) => [
  anAlternative({ chosen: true, gain: 0.2, worse: chosenWorse }),
  anAlternative({ candidate_id: 'c_2', patch: { [TOP_K]: { from: 10, to: 7 } }, gain, worse }),
]
const floor = (over: Partial<NonNullable<CertifiedRow['evaluators']>[number]>, row: Partial<CertifiedRow> = {}) => [
  {
    guardrail: 'policy',
    kind: 'certified',
    passed: true,
    families: 100,
    observed: 0,
    limit: 0.01,
    p: 0.001,
    level: 0.01,
    bound: 0.007,
    counts: {},
    evaluators: [
      {
        evaluator_id: 'approval_honoured',
        exposed: 100,
        not_at_stake: 0,
        not_recorded: 0,
        violations: 0,
        exposed_violations: 0,
        p: 0.001,
        bound: 0.007,
        exposed_bound: 0.007,
        ...over,
      },
    ],
    ...row,
  } as CertifiedRow,
]
const settings = (to: number, ...others: Parameters<typeof aScore>[]): Partial<LookFacts> => ({
  candidates: [aScore(topK(4, to), 'won'), ...others.map((o) => aScore(...o))],
  surfaces: aPack().tunable_surfaces,
})
const changed = (to: number) => ({ patch: topK(4, to) })

const scoped = { [TOP_K]: { from: 4, to: 2, when: { '!=': [{ var: 'attributes.customer' }, 'c1'] } } }
const no = (over: Partial<RejectionRecord>): RejectionRecord =>
  ({ source: 'reviewer', run_id: 'run_0', reason: 'ben: no', ...over }) as RejectionRecord

/** Each rule: where it must speak, with words that it must say, and where it must be silent. */
const TABLE: Readonly<
  Record<
    LookAtRule,
    { speaks: readonly (readonly [string, LookFacts, string])[]; silent: readonly (readonly [string, LookFacts])[] }
  >
> = {
  rejected_elsewhere: {
    speaks: [
      [
        'the same values, for all cases',
        quiet({ patch: scoped }, { rejections: [no({ patches: [topK(4, 3), topK(4, 2)], reasons: ['-', 'slow'] })] }),
        'reviewer rejected the same values for all cases in run_0: slow. Does what spoke against it',
      ],
      ['under another condition', quiet({ patch: topK(4, 2) }, { rejections: [no({ patches: [scoped] })] }), 'another'],
    ],
    silent: [
      ['other values', quiet({ patch: scoped }, { rejections: [no({ patches: [topK(4, 3)] })] })],
      ['the same change', quiet({ patch: scoped }, { rejections: [no({ patches: [scoped] })] })],
      ['a "no" to a list', quiet({ patch: scoped }, { rejections: [no({ patches: [topK(4, 2)], source: 'gate' })] })],
    ],
  },
  source_gone: {
    speaks: [
      [
        'all of a kind is removed',
        quiet({ coverage: [aRow(), aRow({ source: 'pay', hop: 3, removed: 100 })] }),
        'Every passage of pay (order_history, hop 3) disappears: 100 of 100. None of them is marked',
      ],
      [
        'a needed kind',
        quiet({ coverage: [aRow({ removed: 100, needed: 40, needed_lost: 40 })] }),
        '40 of them are marked as needed',
      ],
      [
        'two kinds',
        quiet({ coverage: [aRow({ removed: 100 }), aRow({ hop: 2, before: 7, removed: 7 })] }),
        'So does one more kind',
      ],
      [
        'a kind that was hardly read, and needed once',
        quiet({
          coverage: [aRow({ before: 9000 }), aRow({ hop: 2, before: 3, removed: 3, needed: 1, needed_lost: 1 })],
        }),
        '3 of 3',
      ],
    ],
    silent: [
      ['one passage is left', quiet({ coverage: [aRow({ removed: 99 })] })],
      ['others of the kind came', quiet({ coverage: [aRow({ removed: 100, added: 100 })] })],
      [
        'a kind that was hardly read',
        quiet({ coverage: [aRow({ before: 9000 }), aRow({ hop: 2, before: 3, removed: 3 })] }),
      ],
      ['nothing was there', quiet({ coverage: [aRow({ before: 0, added: 4 })] })],
      ['nobody knows what was read', quiet({ coverage: null })],
    ],
  },
  slice_carries_harm: {
    speaks: [
      [
        'most of the harm in few of the cases',
        quiet({ utility: utility(10), slices: [aSlice({ worse: 9 })] }),
        '90 % of the worse cases (9 of 10) have order_value low, which 16.7 % of all cases have',
      ],
    ],
    silent: [
      ['harm spread as the cases are', quiet({ utility: utility(10), slices: [aSlice({ worse: 9, cases: 540 })] })],
      ['too few worse cases', quiet({ utility: utility(4), slices: [aSlice({ worse: 4 })] })],
      ['less than most', quiet({ utility: utility(10), slices: [aSlice({ worse: 5 })] })],
    ],
  },
  one_pattern: {
    speaks: [
      [
        'all of them',
        quiet({ utility: utility(54), groups: [group(54)] }),
        'All 54 worse cases have one pattern: an order is read no more',
      ],
      ['nearly all', quiet({ utility: utility(10), groups: [group(8)] }), '8 of 10 worse cases'],
    ],
    silent: [
      ['several patterns', quiet({ utility: utility(10), groups: [group(7)] })],
      ['too few', quiet({ utility: utility(4), groups: [group(4)] })],
      ['nothing is worse', quiet({ groups: [group(54, 'held')] })],
    ],
  },
  better_neighbour: {
    speaks: [
      [
        'far fewer worse for most of the gain',
        quiet({ alternatives: neighbours(5, 0.156) }),
        'top_k 7 is certified too: it keeps 78 % of the gain with 5 worse families in place of 54',
      ],
    ],
    silent: [
      ['as many worse', quiet({ alternatives: neighbours(40, 0.19) })],
      ['hardly a gain', quiet({ alternatives: neighbours(0, 0.05) })],
      ['the chosen one makes hardly any worse', quiet({ alternatives: neighbours(0, 0.19, 4) })],
      [
        'not measured',
        quiet({ alternatives: [anAlternative({ chosen: true, gain: null, worse: 54 }), anAlternative()] }),
      ],
      ['no other is certified', quiet({ alternatives: neighbours(5, 0.19).slice(0, 1) })],
    ],
  },
  edge_of_records: {
    speaks: [
      [
        'the next value cannot be replayed',
        quiet(changed(5), settings(5, [topK(4, 6), 'unreplayable'])),
        `${TOP_K} 5 is the last value of which the recorded cases can speak: 6 cannot be replayed`,
      ],
      [
        'the last that the surface allows',
        quiet(changed(1), settings(1)),
        `${TOP_K} 1 is the last value that its surface allows`,
      ],
    ],
    silent: [
      [
        'a value beyond it was replayed',
        quiet(changed(3), settings(3, [topK(4, 2), 'search_guardrail'], [topK(4, 1), 'unreplayable'])),
      ],
      ['inside the bounds', quiet(changed(3), settings(3))],
      ['no number', quiet({ patch: { [TOP_K]: { from: 'a', to: 'b' } } }, settings(3))],
    ],
  },
  old_recordings: {
    speaks: [
      [
        'more than a month',
        quiet({ recorded: { first: null, last: '2026-04-30', undated: 0, age_days: 31 } }),
        'The newest recording is from 2026-04-30, 31 days before this run',
      ],
    ],
    silent: [
      ['a month', quiet({ recorded: { first: null, last: '2026-04-30', undated: 0, age_days: 30 } })],
      ['no day is known', quiet({ recorded: { first: null, last: null, undated: 9, age_days: null } })],
    ],
  },
  excluded_cases: {
    speaks: [
      [
        'more than one in twenty',
        quiet({ cases: cases({ recorded: 600, compared: 560 }) }),
        '40 of 600 recorded cases (6.67 %) are left out',
      ],
    ],
    silent: [
      ['one in twenty', quiet({ cases: cases({ recorded: 600, compared: 570 }) })],
      ['no case at all', quiet({ cases: cases({ recorded: 0, compared: 0 }) })],
    ],
  },
  not_recorded: {
    speaks: [
      [
        'more than a fifth',
        quiet({}, { certificate: floor({ exposed: 79, not_recorded: 21 }) }),
        'approval_honoured was tested by 79 of 100 held-out families: in 21 % the records do not say',
      ],
    ],
    silent: [
      ['a fifth', quiet({}, { certificate: floor({ exposed: 80, not_recorded: 20 }) })],
      ['not asked', quiet({}, { certificate: floor({ not_recorded: 60, p: null }) })],
      ['nothing is certified', quiet({}, { certificate: floor({ not_recorded: 60 }, { kind: 'not_at_stake' }) })],
    ],
  },
  not_at_stake: {
    speaks: [
      [
        'more than half',
        quiet({}, { certificate: floor({ exposed: 35, not_at_stake: 65 }) }),
        'tested by 35 of 100 held-out families: in 65 % nothing stands there that could break',
      ],
    ],
    silent: [['half', quiet({}, { certificate: floor({ exposed: 50, not_at_stake: 50 }) })]],
  },
  untraced: {
    speaks: [
      [
        'more than a tenth',
        quiet({ cases: cases({ values: 200, untraced: 30 }) }),
        '15 % of the values that actions used (30 of 200) stand nowhere',
      ],
    ],
    silent: [
      ['a tenth', quiet({ cases: cases({ values: 100, untraced: 10 }) })],
      ['no action', quiet({ cases: cases({ values: 0, untraced: 0 }) })],
    ],
  },
}

describe.each(Object.entries(TABLE))('the rule %s', (rule, { speaks, silent }) => {
  test.each(speaks)('speaks: %s', (_, facts, words) => {
    expect(LOOK_AT_RULES[rule as LookAtRule](facts)?.says).toContain(words)
    expect(reviewPoints(facts).map((l) => l.rule)).toContain(rule)
  })
  test.each(silent)('is silent: %s', (_, facts) => {
    expect(LOOK_AT_RULES[rule as LookAtRule](facts)).toBeNull()
  })
})

test('at most three lines, the gravest first', () => {
  const facts = quiet({
    coverage: [aRow({ removed: 100 })],
    utility: utility(54),
    slices: [aSlice({ worse: 50 })],
    groups: [group(54)],
    recorded: { first: null, last: '2026-01-01', undated: 0, age_days: 99 },
  })
  expect(reviewPoints(facts).map((l) => l.rule)).toEqual(['source_gone', 'slice_carries_harm', 'one_pattern'])
  expect(reviewPoints(quiet())).toEqual([])
})
