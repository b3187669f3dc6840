import { describe, expect, test } from 'vitest'
import { shownDigest } from '#core/review/shown.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { REVIEW_REFUSALS } from '#schemas/review.ts'
import { PAGE_HEADERS } from '../../functions/pages/kit/layout.ts'
import { decidedPage, endedPage, refusedPage } from '../../functions/pages/review/end-pages.ts'
import { reviewPage } from '../../functions/pages/review/page.ts'
import { aProposal, aReview } from '../core/review/builders.ts'
import { aShown, aView, bareShown, candidates, decided } from './builders.ts'
import { accessibilityProblems, elements, plain } from './html.ts'

const page = reviewPage(aView())
const text = plain(page.slice(page.indexOf('<main>')).replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ')

describe('the review page shows', () => {
  test.each([
    ['the typed change, from and to', ['evidence.order_history.top_k', '10 → 6', 'number', 'retrieval, 1 to 20']],
    [
      'why',
      [
        'To decrease cents per decision on support.refund',
        'the best of the Pareto front',
        'fewer order rows are read',
        'erin@acme',
      ],
    ],
    [
      'what it was proved on',
      [
        'goldens/support.refund/search@2026-05-12',
        'goldens/support.refund/test@3fa9c1d20b7e',
        'evidence 3, scorecard 1',
        '0.66',
      ],
    ],
    ['all five dimensions', ['policy', 'safety', 'utility', 'latency', 'economics']],
    ['intervals', ['0 to 0.153', 'drop below 1.2', 'at most +40', 'at most −0.19', '95']],
    ['how it is known', ['certified, p = 3e−4 against 0.01, 500 families', 'checked, 500 families']],
    [
      'every guardrail',
      ['approval bypass rate', '4 regressions, 1 improvements of 600 families', 'economics is the target metric'],
    ],
    ['the ledger line', ['question 2 of 5, 0.02 of 0.05 spent, now retired']],
    ['what may be said', ['certified utility drop < 2.0 points (g=1, f=4, n=500, p=0.0003 <= 0.01)']],
    ['the blast radius', ['contexts changed 6.2', 'decisions changed 1.4', 'passes that now fail 0.7']],
    [
      'the change in words, gain and harm of the held-out set, and the way back',
      [
        'support.refund: read 6 instead of 10 passages a hop of order history',
        'Saves 19.1 % of cents per decision. Held-out families: 1 of 498 worse, 4 better.',
        '−0.21 cents of 1.1 held out; 95 % bound −0.19 cents; −2,100 cents in 10,000 decisions',
        'search set: 54 of 592 cases worse, 3 better',
        '14 approvals fewer',
        'ctxpack.support@5.2.0 the whole tuple',
      ],
    ],
    [
      'what to look at, with where it stands',
      ['Every passage of adp_payments', 'have order_value low', 'top_k 7 is certified too'],
    ],
    [
      'whether evidence coverage stayed complete',
      [
        'adp_orders, hop 1 order_history 4,863 1,436 (29.5 %) 0 of 604 54 of 614 , 2 used values',
        'adp_payments, hop 3',
        '763 (100 %)',
        ', 7 new',
      ],
    ],
    [
      'cases by pattern, and each whole',
      [
        '50 worse: a needed passage is read no more',
        'I need a refund: the power bank',
        'ORD-503925: wireless earbuds removed , needed , adp_orders, hop 1, rank 7, 46 tokens',
        'support.refund.execute (writes) 1,749 no person asked any more',
        'passed → failed',
        '1 of 4 passages of a complete answer',
      ],
    ],
    ['what was certified too', ['(proposed)', '0.9 cents 15 % 5 of 500', 'not measured']],
    [
      'who answers for sources, where tokens go, which tools are called, what goes through',
      [
        'order care 3.1',
        'nobody declared',
        'order history 1.667 1',
        'support.refund.execute writes 559 559 214, then 200',
        '14 , 43,000 in all: 3,019, 3,029, 1 of unknown amount',
      ],
    ],
    ['slices', ['order_value low 100 48 of 100 0']],
    [
      'the records behind it',
      ['2026-04-01 to 2026-04-30, the newest 12 days before the run', '600 of 640 compared', '2,970 of 3,000 traced'],
    ],
    [
      'the no-search arm',
      ['The same 1,840 replays spent on 9 random candidates', '0.97', 'the winner reaches 0.86 cents'],
    ],
    [
      'the rollback target, whole',
      ['ctxpack.support@5.2.0', 'policy.returns@4.1.0', 'tools.support@3.7.0', '600 of 600 cases reproduce'],
    ],
    [
      'who is asked, until when, and what is still needed',
      ['policy (ben@acme)', '19 May 2026, 09:00 UTC', 'reliability waiting policy waits for you domain_owner waiting'],
    ],
    ['what is recorded', [shownDigest(aShown())]],
  ])('%s', (_, parts) => {
    for (const part of parts) expect(text).toContain(part)
  })

  test('the regressions one click away, closed at first', () => {
    const details = elements(page).filter((t) => t.name === 'details')
    expect(details.map((t) => t.attributes.open)).toEqual(details.map(() => undefined))
    const list = details.find((t) => t.text.startsWith('2 regressions on the search set'))!
    expect(list.text).toContain('case-0031')
    expect(list.text).toContain('order 8 is no longer in the context')
  })

  test('every candidate in the plot or counted beside it, baseline and winner marked, and a table that says the same', () => {
    const paths = elements(page).filter((t) => t.name === 'path' && t.attributes.transform)
    const classes = paths.map((t) => t.attributes.class)
    expect(classes.filter((c) => c === 'won')).toHaveLength(1)
    expect(classes.filter((c) => c === 'baseline')).toHaveLength(1)
    expect(paths.length).toBeGreaterThan(20)
    expect(text).toContain('so neither drawn nor listed: 3 unreplayable')
    const plot = elements(page).filter((t) => t.name === 'desc')[1]!.text
    expect(plot.replaceAll('\u00a0', ' ')).toContain('Baseline at 1.08 cents. The winner at 0.86 cents')
    for (const c of candidates()) expect(text).toContain(c.fate.replaceAll('_', ' '))
  })

  test('every dimension against its limit on one scale: what fails is past it, what is not measured has no mark', () => {
    const certificate = aProposal()
      .certificate.filter((r) => r.guardrail !== 'safety')
      .map((r) => (r.guardrail === 'p95_latency_delta' ? { ...r, passed: false, observed: 260, bound: 9000 } : r))
    const all = elements(reviewPage(aView(aShown({ proposal: aProposal({ certificate }) }))))
    const of = (name: string) => all.filter((t) => t.attributes.class === name)
    const limit = Number(of('limit')[0]!.attributes.x1)
    const baseline = Number(of('zero')[0]!.attributes.x1)
    expect([of('limit').length, of('seen').length, of('seen fails').length]).toEqual([5, 4, 1])
    expect(Number(of('seen fails')[0]!.attributes.cx)).toBeGreaterThan(limit)
    // The target stands last, on an axis of its own: its zero is where the line through it is.
    expect(
      of('range')
        .slice(0, -1)
        .every(({ attributes }) => Number(attributes.x2) < limit),
    ).toBe(true)
    const own = of('zero')[1]!.attributes
    expect(of('range').map(({ attributes: { x2 } }, i) => Number(x2) < (i === 3 ? Number(own.x1) : baseline))).toEqual([
      false,
      false,
      false,
      true,
    ])
    expect(all.filter((t) => t.name === 'desc')[0]!.text).toContain('safety: observed not measured')
    // Beyond the scale on one side: an arrow, not a mark that lies about its place.
    expect(of('beyond fails')).toHaveLength(1)
  })

  test('what other roles have decided', () => {
    const { review, decision } = decided()
    const shown = plain(reviewPage(aView(aShown(), { review, seat: { role: 'reliability', reviewer: 'ana@acme' } })))
    expect(shown.replace(/<[^>]+>/g, '')).toContain(`policy ${decision.decision}`)
  })

  test('not measured where something is missing, never 0, and a page even where nearly everything is', () => {
    const bare = reviewPage(aView(bareShown()))
    expect(bare).toContain('no clock in the records')
    expect(bare).toContain('not measured: no case has a label')
    expect(bare).toContain('none: the baseline reproduced on every search case')
    expect(bare).toContain('must reproduce in every case')
    expect(accessibilityProblems(bare)).toEqual([])
  })

  test('winner and baseline by name, over no other mark and inside the plot', () => {
    const all = elements(page)
    const marks = all.flatMap(({ name, attributes: { transform } }) => {
      const [, x, y] = /translate\(([\d.]+) ([\d.]+)\)/.exec(transform ?? '') ?? []
      return name === 'path' && x !== undefined ? [{ x: Number(x), y: Number(y) }] : []
    })
    const names = all.filter((t) => t.attributes.class === 'named')
    expect(names.map((t) => t.text).sort()).toEqual(['baseline', 'winner'])
    for (const { text: says, attributes } of names) {
      const [x, y, half] = [Number(attributes.x), Number(attributes.y), says.length * 3.5]
      expect(x + half).toBeLessThan(410)
      const covered = marks.filter((m) => Math.abs(m.x - x) < half && m.y < y && m.y > y - 10)
      expect(covered).toEqual([])
    }
  })

  test('that a demonstration certifies nothing', () => {
    expect(reviewPage(aView(aShown({ demonstration: 'asking again certifies nothing' })))).toContain(
      'asking again certifies nothing',
    )
  })

  test('prose word by word, with invisible characters written out', () => {
    const from = 'Check the order before you refund. Always ask for the order number and the name.'
    const to = 'Check the order before you refund. Never\u202e\u200b ask for the order number and the name.'
    const patch = { 'prompt.instruction_block': { from, to } }
    const proposal = aProposal({ candidate_change: { layer: 'prompt', target_pack: 'ctxpack.support@5.2.0', patch } })
    const all = elements(reviewPage(aView(aShown({ proposal }))))
    expect(all.find((t) => t.name === 'del' && t.parents.includes('pre'))!.text).toBe('Always ')
    expect(all.find((t) => t.name === 'ins' && t.parents.includes('pre'))!.text).toBe('Never\\u{202e}\\u{200b} ')
  })

  test('that no rule reads meaning, and which new sentence stands beside a protected one', () => {
    const one = 'Never pay a refund without approval of a person.'
    const [from, to] = [`Be brief. ${one}`, `Be kind. ${one} Large refunds are yours to decide.`]
    const patch = { 'prompt.instruction_block': { from, to } }
    const proposal = aProposal({ candidate_change: { layer: 'prompt', target_pack: 'ctxpack.support@5.2.0', patch } })
    const surface = {
      layer: 'prompt' as const,
      field: 'instruction_block' as const,
      path: 'prompt.instruction_block',
      bounds: { max_added_tokens: 60, forbidden_terms: [], protected_sentences: [one] },
      intents: ['support.refund'],
      owner: 'ana',
    }
    const shown = aShown({ proposal, surfaces: [surface], evidence: { ...aShown().evidence!, patch } })
    const text = plain(reviewPage(aView(shown)).replace(/<[^>]+>/g, ''))
    expect(text).toContain('Read the 2 new sentences; 1 of them speaks of what a protected one does')
    expect(text).toContain(`“Large refunds are yours to decide.” beside “${one}”`)
    expect(text).toContain('“Be kind.”')
  })

  test('thousands of candidates on a page of modest size', () => {
    const some = candidates()
    const many = Array.from({ length: 10_000 }, (_, n) => ({ ...some[n % some.length]!, candidate_id: `c_${n}` })).map(
      (c) => (c.fate === 'won' || c.fate === 'certified' ? { ...c, fate: 'dominated' as const } : c),
    )
    const large = reviewPage(aView(aShown({ candidates: many })))
    expect(large.length).toBeLessThan(110_000)
    const known = many.filter((c) => c.metric !== null).length - 100
    expect(large).toContain(`${known.toLocaleString('en')} more with a known cents per decision`)
  })

  test('a plot where all values are one, and where utility is the metric', () => {
    const one = candidates().filter((c) => c.fate === 'won')
    expect(
      accessibilityProblems(reviewPage(aView(aShown({ candidates: one, baseline_metric: one[0]!.metric })))),
    ).toEqual([])
    const proposal = aProposal({ target: { intent: 'support.refund', metric: 'utility', direction: 'increase' } })
    const utility = plain(reviewPage(aView(aShown({ proposal }))).replace(/<[^>]+>/g, ''))
    expect(utility).toContain('cost change, cents')
    expect(utility).toContain('cost −0.21\u00a0cents, without a limit')
  })

  test('none of the words that promise too much', () => {
    for (const html of [page, decidedPage(decided()), endedPage(aReview())])
      expect(html).not.toMatch(/\bsafe\b|proved to be|no regressions|\bsignificant/i)
  })
})

describe('the form', () => {
  const forms = elements(page).filter((t) => t.name === 'form')
  const inputs = elements(page).filter((t) => ['input', 'textarea', 'button'].includes(t.name))

  test('is the only thing that decides: it posts, is confirmed, and sends neither role nor name', () => {
    expect(forms.map((f) => [f.attributes.method, f.attributes.action])).toEqual([
      ['post', '/review/token'],
      ['post', '/review/token'],
    ])
    const names = new Set(inputs.flatMap((t) => (t.attributes.name === undefined ? [] : [t.attributes.name])))
    expect([...names].sort()).toEqual(['confirm', 'decision', 'reason', 'shown_digest'])
    expect(inputs.filter((t) => t.attributes.name === 'confirm').every((t) => 'required' in t.attributes)).toBe(true)
    for (const link of elements(page).filter((t) => t.name === 'a')) expect(link.attributes.href).toMatch(/^#/)
  })

  test('asks for a reason to reject and lets a reason to approve stay empty', () => {
    const areas = elements(page).filter((t) => t.name === 'textarea')
    expect(areas.map((t) => 'required' in t.attributes)).toEqual([false, true])
  })

  test('comes back with what was wrong and what was typed', () => {
    const again = reviewPage(aView(aShown(), { returned: { problem: 'a rejection needs a reason', reason: 'no' } }))
    expect(elements(again).find((t) => t.attributes.role === 'alert')!.text).toContain(
      'Nothing was decided: a rejection needs a reason',
    )
    expect(elements(again).filter((t) => t.name === 'textarea')[1]!.text).toBe('no')
    expect(accessibilityProblems(again)).toEqual([])
  })
})

describe('every page', () => {
  const pages: [string, string][] = [
    ['review', page],
    ['decided', decidedPage(decided())],
    ['ended', endedPage({ ...decided().review, status: 'expired' })],
    ...REVIEW_REFUSALS.map((why): [string, string] => [`refused: ${why}`, refusedPage(why)]),
  ]

  test.each(pages)('%s: landmarks, headings, labels, captions, and nothing to run or load', (_, html) => {
    expect(accessibilityProblems(html)).toEqual([])
    expect(html).not.toMatch(/(src|href)="(?!#)/)
    expect(html).toContain('name="viewport"')
  })

  test('tells links that never verify all the same', () => {
    for (const why of ['forged', 'unknown', 'swapped'] as const) expect(refusedPage(why)).toBe(refusedPage('malformed'))
  })

  test('is served with headers that let nothing run, load, frame, cache or leak', () => {
    expect(PAGE_HEADERS['Content-Security-Policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/,
    )
    expect(PAGE_HEADERS).toMatchObject({ 'Referrer-Policy': 'same-origin', 'Cache-Control': 'no-store' })
  })

  test('has text that contrasts with its ground by 4.5 or more, light and dark', () => {
    const schemes = [...page.matchAll(/:root\{([^}]*)\}/g)].map(([, body]) =>
      Object.fromEntries([...body!.matchAll(/--([a-z-]+):(#[0-9a-f]{3,6})/g)].map(([, name, value]) => [name, value!])),
    )
    expect(schemes).toHaveLength(2)
    for (const c of schemes) {
      for (const fore of ['fg', 'soft', 'good', 'bad', 'accent'])
        for (const ground of ['bg', 'panel']) expect(contrast(c[fore]!, c[ground]!)).toBeGreaterThan(4.5)
      expect(contrast(c['on-accent']!, c.accent!)).toBeGreaterThan(4.5)
      expect(contrast(c.fg!, c.mark!)).toBeGreaterThan(4.5)
    }
  })
})

/** WCAG 2 contrast ratio of two colours. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const six = hex.length === 4 ? [...hex.slice(1)].map((c) => c + c).join('') : hex.slice(1)
    const [r, g, bl] = [0, 2, 4].map((i) => {
      const v = Number.parseInt(six.slice(i, i + 2), 16) / 255
      return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
    }) as [number, number, number]
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl
  }
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

test('a change for some cases says in words for which, how many they are, and whose rule it is', () => {
  const { candidate_change: change, ...rest } = aProposal()
  const when = { '==': [{ var: 'attributes.<region>' }, 'EU'] }
  const patch = Object.fromEntries(Object.entries(change.patch).map(([path, to]) => [path, { ...to, when }]))
  const strategy_rule = {
    strategy_rule_id: 'sr_1',
    intent: 'support.refund',
    layer: 'retrieval' as const,
    from_insight: 'in_1',
    evidence_refs: ['r1'],
  }
  const applies_to = { families: 4, of: 10, cases: 5, of_cases: 20, unknown: 2 }
  const scoped = { ...change, patch, origin: 'compiler', strategy_rule, applies_to }
  const shown = reviewPage(aView(aShown({ proposal: { ...rest, candidate_change: scoped } as TuningProposal })))
  const said = plain(shown.replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ')
  expect(said).toMatch(/read 6 instead of 10 passages .* where "<region>" is "EU"/)
  expect(said).toMatch(/Only where "<region>" is "EU"/)
  expect(said).toMatch(
    /Touches 5 of 20 search cases \(25.%\), 4 of 10 families; all others keep their settings, among them 2 families/,
  )
  expect(said).toMatch(/Rule sr_1 of compiler, from insight in_1/)
  expect(accessibilityProblems(shown)).toEqual([])
  expect(page).not.toMatch(/Only where/)
})

test('lost passages that somebody marked stand among what to look at, also where no rule speaks', () => {
  const evidence = aShown().evidence!
  const with_ = (needed_lost: number) => {
    const coverage = evidence.coverage!.map((row, i) => ({
      ...row,
      required_lost: 0,
      needed: 20,
      needed_lost: i === 0 ? needed_lost : 0,
    }))
    return reviewPage(aView(aShown({ evidence: { ...evidence, coverage, look_at: [] } })))
  }
  expect(with_(0)).toContain('Nothing stands out')
  expect(with_(2)).not.toContain('Nothing stands out')
  expect(plain(with_(2).replace(/<[^>]+>/g, ' '))).toContain(
    `2 of ${20 * evidence.coverage!.length} needed passages of the search cases are read no more.`,
  )
})

test('a column of required passages stands where a record marks one, with what the word means', () => {
  const evidence = aShown().evidence!
  const with_ = (required: number, needed: number) => {
    const coverage = evidence.coverage!.map((row) => ({ ...row, required, required_lost: 0, needed, needed_lost: 0 }))
    return plain(reviewPage(aView(aShown({ evidence: { ...evidence, coverage } }))).replace(/<[^>]+>/g, ' '))
  }
  expect(with_(3, 3)).toMatch(/required, lost.*Needed: a right answer rests on it\.\s+Required: a rule asks for it\./su)
  expect(with_(0, 3)).not.toMatch(/required, lost|Required: /)
  expect(with_(0, 3)).toContain('Needed: a right answer rests on it.')
  expect(with_(0, 0)).toContain('No record marks which passages were needed.')
})

test('a question that nothing is recorded of is answered in words, and with no empty table', () => {
  const evidence = { ...aShown().evidence!, coverage: null, sources: [], spending: null, actions: [], amounts: [] }
  const page = reviewPage(aView(aShown({ evidence })))
  const said = plain(page.replace(/<[^>]+>/g, ' '))
  expect(said.match(/Not known: a harness of your own read what it chose to\./g)).toHaveLength(2)
  expect(said).toContain('No call of a tool is recorded.')
  expect(said).toContain('No action is recorded at a gate.')
  expect(page).not.toMatch(/<tbody>\s*<\/tbody>/)
  const coverage = aShown().evidence!.coverage!.map((row) => ({ ...row, source: null }))
  expect(plain(reviewPage(aView(aShown({ evidence: { ...evidence, coverage } }))))).toContain(
    'No passage that is read names its source: nobody answers for any.',
  )
})
