/** A target, a set or hand-written changes that no run can begin with: exit 2, what to do, and nothing written. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { aFamily, aTarget, aWorld } from '../support/builders.ts'
import { autotune, placeOfEachTest, ready, refusedAt } from './command-line.ts'

const place = placeOfEachTest()
const refused = refusedAt(place)

describe('targets', () => {
  const guardrails = aTarget().guardrails!
  type Broken = [what: string, over: Record<string, unknown>, says: RegExp]
  const targets: Broken[] = [
    ['an unknown field', { metrics: 'x' }, /unknown field "metrics"/],
    ['an unknown metric', { metric: 'vibes' }, /metric: /],
    [
      'a rate beside a limit that tolerates',
      { guardrails: { ...guardrails, policy: { min: 0.9, max_violation_rate: 0.01 } } },
      /max_violation_rate stands beside a limit that allows none/,
    ],
    [
      'an improvement as a floor',
      { guardrails: { ...guardrails, utility_delta: { min: 0.1 } } },
      /make utility the target metric instead/,
    ],
    [
      'a policy that allows everything',
      { guardrails: { ...guardrails, policy: { min: 0 } } },
      /target\.json: guardrails\.policy\.min: below \.01 every family may violate.*give 1, or at least \.95/,
    ],
    [
      'an approval that may always be bypassed',
      { guardrails: { ...guardrails, approval_bypass_rate: { max: 1 } } },
      /target\.json: guardrails\.approval_bypass_rate\.max: above \.99 every family may bypass its approval.*give 0/,
    ],
    [
      'a stake that could lose everything',
      { guardrails: { ...guardrails, utility_delta: { min: -0.02, graded: true, stake: 5 } } },
      /guardrails\.utility_delta\.stake: a stake must be below 1 \/ \(1 \+ min\)/,
    ],
    [
      'a worst that is none',
      { ranges: { economics_tokens_per_decision: { max_rise: 0 } } },
      /ranges\.economics_tokens_per_decision\.max_rise: max_rise is the most that one decision may rise/,
    ],
    [
      'an error of one half',
      { scoring: { replayer: 'transcript', alpha: 0.5 } },
      /scoring\.alpha: an error of one half/,
    ],
    ['a level of 0', { scoring: { replayer: 'transcript', alpha: 0 } }, /scoring\.alpha/],
    ['no questions', { scoring: { replayer: 'transcript', questions: 0 } }, /scoring\.questions/],
    [
      'an unversioned ref',
      { baseline_tuple: { ...aTarget().baseline_tuple, evals: 'evals.refund' } },
      /baseline_tuple\.evals: a ref is NAME@/,
    ],
    [
      'another rollout stage',
      { release_path: { ...aTarget().release_path, rollout_stage: '100%' } },
      /release_path\.rollout_stage/,
    ],
    [
      'a search path that is none',
      { search_space: ['../pack'] },
      /search_space\[0\]: a path is dotted lower-case words/,
    ],
    ['a policy that is not measured', { not_measured: { policy: 'too hard' } }, /unknown field "policy"/],
  ]
  test.each(targets)('with %s are refused by field, by run and doctor alike', async (_, over, says) => {
    const file = place.file('target.json', { ...aTarget(), ...over })
    for (const verb of ['run', 'doctor']) expect(await refused(verb, '--target', file)).toMatch(says)
  })

  test('with a path that has no surface are refused with the declared ones', async () => {
    await ready(place, aWorld({ search: 3, heldout: 3 }))
    const file = place.file('target.json', aTarget({ search_space: ['budget.tool_tokens'] }))
    expect(await refused('run', '--target', file)).toMatch(
      '"budget.tool_tokens" has no tunable surface in ctxpack.support@1.0.0; declared: evidence.orders.top_k',
    )
  })

  test('with a run id that is none are refused', async () => {
    const file = place.file('target.json', aTarget())
    for (const id of ['../r', 'a b', '__proto__', 'r\u0000', ''])
      expect(await refused('run', '--target', file, '--run-id', id)).toMatch(/is no id/)
  })

  test('without a file are refused', async () => {
    expect(await refused('run')).toMatch('name a target with --target FILE')
    expect(await refused('run', '--target', join(place.dir, 'ghost.json'))).toMatch('cannot be read')
  })
})

describe('sets', () => {
  test('that are empty are refused', async () => {
    const { target } = await ready(place, [])
    expect(await refused('run', '--target', target)).toMatch(
      'no recorded run of intent "support.refund" is in this store',
    )
  })

  test.each([
    ['one family', aWorld({ search: 1, heldout: 100 }), /the search set holds one family \(family-s0\)/],
    [
      'cases of which none reproduces',
      aWorld({ search: 3, heldout: 100 }).map((r) => ({ ...r, policy_bundle_version: 'policy.returns@0.9.0' })),
      /no case of the search set reproduces under the baseline/,
    ],
  ])('of %s are refused with the reason', async (_, world, says) => {
    const { target } = await ready(place, world)
    const before = place.listing()
    const { code, out } = await autotune('run', '--target', target, '--store', place.store)
    expect([code, out]).toEqual([2, expect.stringMatching(says)])
    expect(place.listing()).toEqual(before)
  })

  test('with a case of two families are refused by import', async () => {
    const two = ['a', 'b'].map((n) => ({ ...aFamily(n, { side: 'search' }), case_id: 'case' }))
    expect(await refused('import', place.runs('runs.jsonl', two), '--split', 'recorded')).toMatch('case "case"')
  })

  test('whose records were changed on disk are refused, and the file is named', async () => {
    const { target } = await ready(place, aWorld({ search: 3, heldout: 3 }))
    const file = join(place.store, 'experience/runs/2026-05-12/s1/trace.json')
    appendFileSync(file, ' ')
    expect(await refused('run', '--target', target)).toMatch('s1/trace.json was changed after it was recorded')
  })
})

describe('hand-written candidates', () => {
  const against = async (content: string) => {
    await ready(place, aWorld({ search: 3, heldout: 3 }))
    const { target } = { target: place.file('target.json', aTarget()) }
    return refused('run', '--target', target, '--candidates', place.file('changes.jsonl', content))
  }
  const patch = (p: unknown) => `${JSON.stringify({ patch: p })}\n`

  test('out of bounds are refused by file and line, every problem at once', async () => {
    const err = await against(
      patch({ 'evidence.orders.top_k': 2 }) +
        patch({ 'evidence.orders.top_k': 9 }) +
        patch({ 'policy.bundle': 'lax' }) +
        patch({ 'evidence.orders.top_k': 2 }),
    )
    expect(err).toMatch('these changes are out of bounds; nothing was run')
    expect(err).toMatch(/changes\.jsonl:2: "evidence\.orders\.top_k": 9 is outside 1\.\.5/)
    expect(err).toMatch(/changes\.jsonl:3: "policy\.bundle" has no tunable surface/)
    expect(err).toMatch(/changes\.jsonl:4: the same change was given before/)
  })

  test.each([
    ['no JSON', '{"patch": ', /changes\.jsonl:1 is no JSON/],
    ['an unknown field', '{"patch": {}, "why": 1}\n', /changes\.jsonl:1: .*unknown field "why"/],
    [
      'a wrong type',
      patch({ 'evidence.orders.top_k': null }),
      /changes\.jsonl:1: patch\.evidence\.orders\.top_k: a change is a number, a text, true or false, or \{/,
    ],
    ['an empty patch', patch({}), /changes\.jsonl:1: the change has an empty patch/],
    ['__proto__', '{"patch": {"__proto__": 1}}\n', /"__proto__" is not allowed/],
    ['no line', '\n', /changes\.jsonl holds no change/],
  ])('with %s are refused', async (_, content, says) => {
    expect(await against(content)).toMatch(says)
  })
})
