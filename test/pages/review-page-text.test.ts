import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { regressionOf, shownDigest } from '#core/review/shown.ts'
import { wordDiff } from '../../functions/pages/kit/word-diff.ts'
import { decidedPage, endedPage, refusedPage } from '../../functions/pages/review/end-pages.ts'
import { reviewPage } from '../../functions/pages/review/page.ts'
import { aProposal } from '../core/review/builders.ts'
import { attacked, harmful } from './attacks.ts'
import { aShown, aView, candidates, decided } from './builders.ts'
import { accessibilityProblems, elements } from './html.ts'

describe('HTML and script', () => {
  const small = aShown({
    candidates: candidates()
      .filter((c) => c.fate === 'won' || c.fate === 'unreplayable')
      .slice(-2),
  })
  test.each(attacked(aView(small)))('in %s is text on the page', (_, view) => {
    expect(harmful(reviewPage(view))).toEqual([])
  })

  test('in a decision, a reviewer and a reason is text on the other pages', () => {
    for (const [, view] of attacked(decided())) {
      expect(harmful(decidedPage(view))).toEqual([])
      expect(harmful(endedPage(view.review))).toEqual([])
    }
  })

  test('of any spelling in any field leaves the page well formed', () => {
    const all = attacked(aView(small)).length
    const dirty = fc.string({ unit: fc.constantFrom(...`<>"'&/=;-! \\\n\u0000\u202eaSCRIPTscript`), minLength: 1 })
    fc.assert(
      fc.property(fc.nat({ max: all - 1 }), dirty, (at, text) => {
        const [where, view] = attacked(aView(small), text)[at]!
        expect([where, harmful(reviewPage(view))]).toEqual([where, []])
      }),
      { numRuns: 40 },
    )
  })

  test('of any spelling anywhere leaves the page well formed', () => {
    const dirty = fc.string({ unit: fc.constantFrom(...`<>"'&/=;-! \\\n\u0000\u202eaSCRIPTscript`) })
    fc.assert(
      fc.property(dirty, dirty, (one, two) => {
        const proposal = {
          ...aProposal(),
          rationale: one,
          owner: two,
          excluded_cases: { search: { [one]: 1 }, share: 0.1 },
        }
        const seat = { role: two, reviewer: one }
        expect(harmful(reviewPage(aView(aShown({ proposal, demonstration: one }), { seat })))).toEqual([])
      }),
      { numRuns: 30 },
    )
  })
})

describe('word differences', () => {
  test('put together are the two texts', () => {
    const prose = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 60 })
    fc.assert(
      fc.property(prose, prose, (before, after) => {
        const parts = wordDiff(before, after)
        const joined = (kind: string) =>
          parts
            .filter((p) => p.kind !== kind)
            .map((p) => p.text)
            .join('')
        expect([joined('new'), joined('gone')]).toEqual([before, after])
      }),
    )
  })

  test('of very long texts are shown as a whole', () => {
    const [before, after] = ['a b '.repeat(2000), 'b a '.repeat(2000)]
    expect(wordDiff(before, after)).toEqual([
      { kind: 'gone', text: before },
      { kind: 'new', text: after },
    ])
  })
})

describe('regressions of the search set', () => {
  const result = (case_id: string, over: object) => ({
    candidate_id: 'c_1',
    case_id,
    family_id: `f_${case_id}`,
    status: 'replayed' as const,
    reason: null,
    recording: null,
    context: null,
    context_equal: false,
    findings: [{ severity: 'error' as const, message: `finding of ${case_id}`, evidence_ref: null, step: 1 }],
    scorecard: { run_id: 'r', intent: 'i', pack_version: null, scores: {}, measures: { ...MEASURES, ...over } },
  })
  const MEASURES = {
    policy_violation: false,
    safety_violation: false,
    approval_bypass: false,
    utility_passed: true,
    utility_score: 1,
    latency_ms: null,
    economics_cents: null,
    economics_tokens: null,
    approval_waits: null,
    approval_actions: null,
  }
  const results = [
    result('fine', {}),
    result('fell', { utility_passed: false }),
    result('failed before', { utility_passed: false }),
    result('bypass', { approval_bypass: true }),
    { ...result('stuck', {}), status: 'unreplayable' as const, reason: 'top_k beyond record', scorecard: null },
  ]

  test('are the cases that the baseline passes and the winner does not, with their findings', () => {
    const among = (passed: ReadonlySet<string> | null) => results.flatMap((r) => regressionOf(r, passed) ?? [])
    const found = among(new Set(['fine', 'fell', 'bypass', 'stuck']))
    expect(found.map((r) => r.case_id)).toEqual(['fell', 'bypass', 'stuck'])
    expect(found[0]!.findings).toEqual(['finding of fell'])
    expect(found[2]!.findings).toEqual(['unreplayable: top_k beyond record'])
    expect(among(null)).toHaveLength(4)
  })
})

test('a view of the same proposal has the same digest, and another one where anything shown differs', () => {
  expect(shownDigest(aShown())).toBe(shownDigest(structuredClone(aShown())))
  const others: Parameters<typeof aShown>[0][] = [
    { baseline_metric: 1 },
    { no_search: null },
    { regressions: [] },
    { candidates: candidates().slice(1) },
  ]
  for (const over of others) expect(shownDigest(aShown(over))).not.toBe(shownDigest(aShown()))
})

describe('after the end', () => {
  const { review, decision, seen } = decided()
  test.each([
    ['a decision', decidedPage({ review, decision, seen })],
    ['the end of a review', endedPage({ ...review, status: 'expired' }, seen)],
  ])('of %s what was shown stays readable, with every decision and comment, and no form', (_, html) => {
    expect(html).toContain('fine')
    expect(html).toContain('Every passage of adp_payments')
    expect(html).toContain('ORD-503925: wireless earbuds')
    expect(elements(html).filter((t) => ['form', 'button', 'textarea'].includes(t.name))).toEqual([])
    expect(accessibilityProblems(html)).toEqual([])
  })

  test('of a link’s time what was shown stays readable, and a link that never held shows nothing', () => {
    expect(refusedPage('expired', seen)).toContain('ORD-503925: wireless earbuds')
    expect(accessibilityProblems(refusedPage('expired', seen))).toEqual([])
    expect(refusedPage('forged')).not.toContain('What was shown')
  })

  test('files that changed are not shown, and the page says so', () => {
    expect(decidedPage({ review, decision, seen: null })).toContain('cannot be shown again')
  })

  test('later reviewers see what earlier ones said', () => {
    expect(reviewPage(aView(aShown(), { review, seat: { role: 'reliability', reviewer: 'ana@acme' } }))).toContain(
      'fine',
    )
  })
})
