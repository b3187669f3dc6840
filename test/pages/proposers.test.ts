/** What pages show of proposers: who predicted what, how far each origin came, and the price of a prompt. */
import { describe, expect, test } from 'vitest'
import type { PromptCost } from '#core/evidence/prompt-cost.ts'
import type { ReportFacts } from '#core/report/facts.ts'
import { reportPage } from '../../functions/pages/report/page.ts'
import { reviewPage } from '../../functions/pages/review/page.ts'
import { anEvidence } from '../core/evidence/builders.ts'
import { aProposal } from '../core/review/builders.ts'
import { aShown, aView } from './builders.ts'
import { accessibilityProblems, still, textOf } from './html.ts'
import { someFacts } from './report-builders.ts'

const SECRET = '<b>Never</b> refund.'
const cost: PromptCost = {
  path: 'prompt.instruction_block',
  words: { before: 40, after: 36 },
  sentences: { before: 5, after: 4, changed: 1 },
  tokens: { before: 60, after: 52 },
  protected: [
    { sentence: SECRET, kept: true },
    { sentence: 'Ask a person.', kept: false },
  ],
  calls_per_decision: 2.5,
  per_decision: { tokens: -20, of: 1200, cents: -0.02 },
  red_team: [
    { term: 'skip the policy', cases: 3, refused: 2, not_refused: 1, not_measured: 0 },
    { term: 'refund anyway', cases: 0, refused: 0, not_refused: 0, not_measured: 0 },
  ],
}
const { proposal } = aShown()
const predicted = aProposal({
  candidate_change: {
    ...aProposal().candidate_change,
    origin: 'neighbours',
    prediction: { metric: 'economics_cents_per_decision', by: -0.3, cases: ['case-1', 'case-2'] },
    happened: { by: -0.21, cases: 5, named: 1 },
  },
})

describe('the review page', () => {
  const page = reviewPage(aView(aShown({ proposal: predicted, evidence: anEvidence({ prompts: [cost] }) })))
  const text = textOf(page)

  test('shows size, price, protected sentences and red team of a prompt; what is not measured says so', () => {
    expect(text).toContain('Price of the prompt')
    expect(text).toMatch(/words 40 36 −4/)
    expect(text).toMatch(/tokens of model input a decision 1,200 1,180 −20/)
    expect(text).toMatch(/cents a decision - - −0\.02/)
    expect(text).toMatch(/1 of 2 protected sentences untouched/)
    expect(text).toMatch(/changed Ask a person\./)
    expect(text).toMatch(/skip the policy 3 2 1 0/)
    expect(text).toMatch(/refund anyway none: not measured/)
    expect(page).not.toContain(SECRET)
    expect(accessibilityProblems(page)).toEqual([])
  })

  test('says what whoever proposed it predicted, and what happened', () => {
    expect(text).toContain(
      'Predicted by neighbours: -0.3 cents of economics_cents_per_decision; the search set showed -0.21; 2 cases named, 1 of them changed, and 4 others.',
    )
  })

  test('has neither where there is none', () => {
    const bare = textOf(reviewPage(aView(aShown({ proposal }))))
    expect(bare).not.toContain('Price of the prompt')
    expect(bare).not.toContain('Predicted by')
  })
})

describe('the report', () => {
  const facts = someFacts()
  const [first] = facts.candidates
  const asked: ReportFacts = {
    ...facts,
    candidates: facts.candidates.map((one, i) =>
      i === 0
        ? {
            ...one,
            origin: 'neighbours',
            prediction: { metric: 'economics_cents_per_decision', by: null, cases: null },
            happened: { by: null, cases: null, named: null },
          }
        : one,
    ),
    left_out: [{ origin: 'blocks', paths: ['prompt.x'], why: 'out_of_bounds', reason: 'the placeholder {x} is gone' }],
    search: {
      ...facts.search!,
      origins: [
        {
          origin: 'neighbours',
          proposed: 4,
          in_bounds: 3,
          replayed: 2,
          survived: 1,
          certified: 0,
          best: { patch: first!.patch, metric: 1.9 },
        },
        { origin: 'search', proposed: 9, in_bounds: 9, replayed: 5, survived: 0, certified: 0, best: null },
      ],
    },
    evidence: facts.evidence && { ...facts.evidence, prompts: [cost] },
  }

  test('has a row for each origin beside as many replays without a search, predictions, and what was left out', () => {
    const page = reportPage(asked)
    const text = textOf(page)
    expect(text).toMatch(/neighbours 4 3 2 1 0 1\.9/)
    expect(text).toMatch(/search 9 9 5 0 0 -/)
    expect(text).toMatch(/no search 5 5 - - -/)
    expect(text).toContain('blocks, out of bounds: the placeholder {x} is gone')
    expect(text).toContain('no figure for economics_cents_per_decision; the search set did not measure it')
    expect(text).toContain('Price of the prompt')
    expect(accessibilityProblems(still(page))).toEqual([])
  })

  test('has none of it where nobody was asked', () => {
    expect(textOf(reportPage(facts))).not.toContain('who proposed them')
  })
})
