import { describe, expect, test } from 'vitest'
import type { TuningProposal } from '#schemas/proposal.ts'
import { reviewPage } from '../../functions/pages/review/page.ts'
import { aProposal } from '../core/review/builders.ts'
import { aShown, aView } from './builders.ts'
import { elements } from './html.ts'

const page = reviewPage(aView())

describe('what stands open on the page', () => {
  /** Our words on a page without what is closed: of a closed part its line alone, and of that no recorded request. */
  const openWords = (html: string): string[] => {
    const seen = elements(html.slice(html.indexOf('<main>'), html.indexOf('</main>') + 7))
    const closed = seen.filter((t) => t.name === 'details' && !t.parents.includes('details'))
    const all = seen[0]!.text
    const open = closed.reduce(
      (text, { text: inside }) => text.replace(inside, inside.slice(0, summaryOf(inside))),
      all,
    )
    return open
      .replaceAll(REQUEST, '')
      .split(/\s+/)
      .filter((w) => /\p{L}/u.test(w))
  }
  const REQUEST = aShown().evidence!.examples[0]!.request!
  const summaries = elements(page)
    .filter((t) => t.name === 'summary')
    .map((t) => t.text)
  const summaryOf = (inside: string) => summaries.find((s) => inside.startsWith(s))!.length

  test('is at most 450 words, also where everything that can be said is said', () => {
    const words = openWords(page)
    expect(words.length).toBeGreaterThan(200)
    expect(words.length).toBeLessThanOrEqual(450)
  })

  test('names what a kind of change asks: one question open, the others closed', () => {
    const asks = (patch: TuningProposal['candidate_change']['patch']) => {
      const proposal = aProposal({ candidate_change: { layer: 'prompt', target_pack: 'ctxpack.support@5.2.0', patch } })
      const evidence = { ...aShown().evidence!, patch }
      return elements(reviewPage(aView(aShown({ proposal, evidence }))))
        .filter((t) => t.name === 'h2' && t.attributes.id?.startsWith('q-'))
        .map((t) => t.text)
    }
    expect(asks({ 'evidence.kb.max_hops': { from: 3, to: 2 } })).toEqual(['Did evidence coverage stay complete?'])
    expect(asks({ 'evidence.source_priority': { from: 'a', to: 'b' } })).toEqual([
      'Did evidence coverage stay complete?',
      'Who answers for what is read now?',
    ])
    expect(asks({ 'budget.tool_tokens': { from: 3, to: 2 } })).toEqual(['Where do the tokens go?'])
    expect(asks({ 'planner.tool_preference': { from: 'a', to: 'b' } })).toEqual(['Are other tools called?'])
    expect(asks({ 'prompt.instruction_block': { from: 'Ask.', to: 'Ask twice.' } })).toEqual([
      'What is the agent told now?',
    ])
    expect(asks({ 'approval.refund.threshold': { from: 3, to: 4 } })).toEqual(['What goes through without a person?'])
  })
})
