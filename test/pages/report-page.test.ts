import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { RolloutStory } from '#core/release/story.ts'
import type { ReportFacts } from '#core/report/facts.ts'
import { redacted, withoutValues } from '#core/report/redacted.ts'
import { reportPage } from '../../functions/pages/report/page.ts'
import { SCRIPT } from '../../functions/pages/report/script.ts'
import { ATTACK, attacked, harmful } from './attacks.ts'
import { accessibilityProblems, elements, plain, still, textOf } from './html.ts'
import { SECRET, someEvidence, someFacts } from './report-builders.ts'

const page = reportPage(someFacts())
const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

describe('a report is one file', () => {
  test('that may run and style nothing but its own bytes, and loads nothing', () => {
    const policy = plain(/Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!)
    const [script, style] = ['script', 'style'].map(
      (name) => new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(page)![1]!,
    )
    expect(policy).toBe(
      `default-src 'none'; style-src ${hash(style!)}; script-src ${hash(script!)}; base-uri 'none'; form-action 'none'`,
    )
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style>'))
    expect(page).not.toMatch(/https?:|\bsrc=|url\(|@import|<link|<iframe|<object/)
    for (const { attributes } of elements(still(page)).filter((t) => t.name === 'a'))
      expect(attributes.href).toMatch(/^#/)
  })

  test('with a script of at most 8 KB that reaches for nothing outside', () => {
    expect(Buffer.byteLength(SCRIPT)).toBeLessThanOrEqual(8192)
    expect(SCRIPT).not.toMatch(/fetch|XMLHttp|WebSocket|import\(|eval|innerHTML|localStorage|cookie|location/)
  })

  test('for a keyboard and a screen reader, with every part and no dead control', () => {
    expect(accessibilityProblems(still(page))).toEqual([])
    const titles = elements(still(page)).filter((t) => t.name === 'h2')
    expect(titles.map((t) => t.text)).toEqual(
      expect.arrayContaining([
        'What is read no more',
        'Cases before and after',
        'Where the harm lies',
        'Where the money goes',
        'Where the search went',
        'What failed where',
        'What the sealed set was asked',
        'Where it comes from',
        'Words',
      ]),
    )
    expect(elements(still(page)).filter((t) => ['input', 'select', 'button', 'form'].includes(t.name))).toEqual([])
  })

  test('of the same bytes for the same facts', () => {
    expect(reportPage(structuredClone(someFacts()))).toBe(page)
  })

  test('of at most 300 KB with 200 candidates and 50 cases', () => {
    const large = reportPage(someFacts({ candidates: 200, cases: 50 }))
    expect(Buffer.byteLength(large)).toBeLessThanOrEqual(300_000)
    expect(large).toMatch(/whole cases? left out, to keep this file small/)
    expect(elements(still(large)).filter((t) => t.name === 'tr' && t.attributes['data-c'])).toHaveLength(200)
  })

  test('of at most 1 MB whatever the run holds, and it says what was left out', () => {
    const facts = someFacts({ candidates: 6000, cases: 5 })
    const long = facts.candidates.map((c) => ({
      ...c,
      patch: { ...c.patch, 'prompt.instruction_block': { from: 'a'.repeat(9000), to: 'b'.repeat(9000) } },
    }))
    const large = reportPage({ ...facts, candidates: long })
    expect(Buffer.byteLength(large)).toBeLessThanOrEqual(1_000_000)
    expect(textOf(large)).toContain('5,800 more with a known cents per decision')
  })
})

describe('what it shows', () => {
  test('the rows of the table of candidates are the marks of the plot', () => {
    const all = elements(still(page))
    const rows = all.filter((t) => t.name === 'tr' && t.attributes['data-c']).map((t) => t.attributes['data-c'])
    const marks = all.filter((t) => t.name === 'path' && t.attributes.transform && t.attributes['data-c'])
    expect(marks.map((t) => t.attributes['data-c']).sort()).toEqual([...rows].sort())
  })

  test('cost before and after by part, with a sum that is the sum', () => {
    const cells = elements(still(page)).filter((t) => t.name === 'td' && t.parents.includes('table'))
    const said = cells.map((t) => t.text)
    for (const n of ['1', '0.7', '−0.3', '0.5', '0.55', '+0.05', '1.5', '1.25', '−0.25']) expect(said).toContain(n)
  })

  test.each([
    ['inconclusive', 'Inconclusive', 'The sealed set could not have answered'],
    ['not_certified', 'Not certified', 'its one bit was no'],
    ['no_candidate', 'No candidate', 'The search kept no change'],
    ['refused', 'Refused', 'has to be answered first'],
  ] as const)('%s: says why first, and what to do next', (verdict, title, says) => {
    const facts: Partial<ReportFacts> = {
      verdict,
      proposal: null,
      reasons: ['policy: N=9, needs 459'],
      next: ['policy: import 450 more sealed families.'],
    }
    const text = textOf(reportPage(someFacts({}, facts)))
    for (const part of [title, says, facts.reasons![0]!, facts.next![0]!]) expect(text).toContain(part)
    expect(text.indexOf(facts.reasons![0]!)).toBeLessThan(text.indexOf('Harm on the search set'))
  })

  test('a run of which nothing but its reasons is left', () => {
    const facts = someFacts(
      {},
      {
        verdict: 'refused',
        candidates: [],
        search: null,
        evidence: null,
        proposal: null,
        preflight: [],
        power: [],
        question: null,
        shown_candidate: null,
      },
    )
    const bare = reportPage(facts)
    expect(accessibilityProblems(still(bare))).toEqual([])
    expect(textOf(bare)).not.toContain('undefined')
  })

  test('that cases cannot be shown where their records are gone', () => {
    expect(
      textOf(reportPage(someFacts({}, { evidence: null, evidence_lacks: 'recorded runs were erased' }))),
    ).toContain('No case can be shown: recorded runs were erased')
  })
})

describe('redacted', () => {
  test('no recorded text is left; ids and figures are', () => {
    expect(page).toContain(SECRET)
    const out = reportPage(redacted(someFacts()))
    for (const gone of [SECRET, '3,019', '4123', '4,123', 'refund-00003 violates']) expect(out).not.toContain(gone)
    for (const kept of ['case-0', 'cust_1', 'adp_orders', 'left out', '4863']) expect(out).toContain(kept)
  })
})

describe('a redacted reason', () => {
  const reasonOf = (fate: string, reason: string) => {
    const facts = someFacts({ candidates: 1 })
    const [first, ...rest] = facts.candidates
    return redacted({ ...facts, candidates: [{ ...first!, fate: fate as never, reason }, ...rest] }).candidates[0]!
      .reason
  }
  test.each([
    ['no_gain', 'cents 4.1, baseline 4.1: no decrease'],
    ['blind', 'evidence.orders.top_k: not even its most destructive values break utility'],
    ['dominated', 'another one: better in every way'],
    ['inert', 'evidence.orders.top_k changes no context'],
  ])('of %s is figures and ids, and stays whole', (fate, reason) => {
    expect(reasonOf(fate, reason)).toBe(reason)
  })
  test.each([
    ['search_guardrail', 'policy: refund-00001 violates', 'policy: left out'],
    ['unreplayable', '3 of 9 cases cannot be replayed: Ana called', '3 of 9 cases cannot be replayed: left out'],
    ['unreplayable', 'the harness said Ana called', 'left out'],
    ['remembered', 'reviewer rejected it in r: hides Ana', 'reviewer rejected it in r: left out'],
  ])('of %s may quote: %s', (fate, reason, left) => {
    expect(reasonOf(fate, reason)).toBe(left)
  })
})

describe('whatever stands in a record', () => {
  /** Words of closed lists, which no person writes. */
  const CLOSED =
    /\.(course|see|rule|kind|read|mark|guardrail|verdict|fate|replayer|set|before|after|version|status|layer|assumes)$/
  const small = someFacts({ candidates: 2, cases: 1 })

  test.each(attacked(small).filter(([at]) => !CLOSED.test(at) && !at.includes('power')))(
    'in %s is text on the page',
    (_, facts) => {
      expect(harmful(still(reportPage(facts)))).toEqual([])
    },
  )

  test('no end of the script, no turned line and no style leaves its place', () => {
    for (const hostile of [
      '</script><script>alert(1)</script>',
      '\u202egnp.exe',
      '</style><img src=x onerror=alert(1)>',
      ATTACK,
    ]) {
      const evidence = someEvidence(1)
      const [one] = evidence.examples
      const facts = someFacts(
        {},
        {
          evidence: {
            ...evidence,
            examples: [
              {
                ...one!,
                request: hostile,
                answer: hostile,
                passages: one!.passages.map((p) => ({ ...p, text: hostile })),
              },
            ],
          },
        },
      )
      const out = reportPage(facts)
      expect(out.match(/<script|<\/script|<img/g)).toEqual(['<script', '</script'])
      expect(out).not.toContain('\u202e')
    }
  })
})

describe('a rollout, redacted', () => {
  test('counts of each slice stay, and by which attribute; what its value was does not', () => {
    const arms = { baseline: { failed: 1, runs: 50 }, candidate: { failed: 9, runs: 50 } }
    const slices = ['low', 'high', null].map((value) => ({ attribute: 'order_value', value, ...arms }))
    const story = { failures: [{ slices }] } as unknown as RolloutStory
    expect(withoutValues(story).failures[0]!.slices).toEqual([
      { attribute: 'order_value', value: 'value 1', ...arms },
      { attribute: 'order_value', value: 'value 2', ...arms },
      { attribute: 'order_value', value: null, ...arms },
    ])
  })
})
