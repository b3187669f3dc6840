/** Cases that went another way: a line each, and the whole of it for whoever opens it. */
import { html } from 'hono/html'
import type { CaseGroup, Passage, RunEvidence, WholeCase } from '#core/evidence/types.ts'
import { count, number, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'

const COURSE = { worse: 'worse:', better: 'better:', held: 'as before:' } as const
const LINE = 64
/** Patterns that stand open. */
const OPEN = 5

/** Every group with its whole cases; nothing where no case went another way. */
export function caseGroups({ groups, examples }: RunEvidence): Html {
  if (groups.length === 0) return html`<p>No case of the search set reads, does or answers anything else.</p>`
  const open = groups.filter((g, i) => i < OPEN || examples.some((e) => e.group === g.id))
  const rest = groups.filter((g) => !open.includes(g))
  return html`${open.map((g) => group(g, examples))}
${rest.length > 0 && html`<details><summary>${count(rest.length, 'more pattern')}</summary>${rest.map((g) => group(g, examples))}</details>`}
<details><summary>All by name</summary>${groups.map(byName)}</details>`
}

const group = (of: CaseGroup, examples: readonly WholeCase[]): Html =>
  html`<p><strong class="${of.course === 'worse' ? 'bad' : of.course === 'better' ? 'good' : ''}">${number(of.cases)} ${COURSE[of.course]}</strong> ${visible(of.pattern)}</p>
${examples.map((e, i) => e.group === of.id && wholeCase(e, i))}`

const byName = ({ course, pattern, cases, case_ids }: CaseGroup): Html =>
  html`<p>${number(cases)} ${COURSE[course]} ${visible(pattern)}${case_ids.length < cases && `, the first ${number(case_ids.length)}`}</p>
<p class="mono">${case_ids.map(visible).join(', ')}</p>`

/** One case as a line that opens; its number keeps the ids of a page apart. */
export function wholeCase(c: WholeCase, at: number): Html {
  const { before, after } = c.passed
  return html`<details class="case"><summary><span class="mono">${visible(c.case_id)}</span> ${c.request === null ? '' : html`<span class="of">${firstOf(c.request)}</span>`}</summary>
<p class="soft">${c.date === null ? '' : `${visible(c.date)}, `}family ${visible(c.family_id)}</p>
<dl>
<dt>request</dt><dd>${c.request === null ? 'not recorded' : visible(c.request)}</dd>
<dt>answer then</dt><dd>${c.answer === null ? 'not recorded' : visible(c.answer)}</dd>
<dt>actions</dt><dd>${c.actions.length === 0 ? 'none' : c.actions.map((a, i) => html`${i > 0 ? ', ' : ''}${visible(a.tool)}${a.writes ? ' (writes)' : ''}${a.amount === null ? '' : ` ${number(a.amount)}`}${a.asked.before && !a.asked.after ? html` <span class="bad">no person asked any more</span>` : ''}`)}</dd>
<dt>verdict</dt><dd>${verdict(before)} → <span class="${before && !after ? 'bad' : ''}">${verdict(after)}</span></dd>
<dt>tokens</dt><dd>${figure(c.tokens.before)} → ${figure(c.tokens.after)}</dd>
</dl>
${context(c)}
${verdicts(c, at)}</details>`
}

const verdict = (passed: boolean | null): string => (passed === null ? 'no verdict' : passed ? 'passed' : 'failed')
const figure = (value: number | null): string => (value === null ? 'not known' : number(value))

function firstOf(text: string): string {
  const line = visible(text).replace(/\s+/g, ' ')
  return line.length <= LINE ? line : `${line.slice(0, LINE)}…`
}

/** The context in reading order; what is removed is struck out, and says so in a word. */
function context({ passages, passages_before, passages_after }: WholeCase): Html {
  if (passages.length === 0) return html`<p class="soft">What stood in the context is not known.</p>`
  const left = passages_before + passages.filter((p) => p.read === 'after').length - passages.length
  return html`<p>Context: ${count(passages_before, 'passage')} before, ${number(passages_after)} after${left > 0 && ` (${number(left)} of them not shown)`}</p>
<ol class="context">${passages.map(
    (p) =>
      html`<li>${p.read === 'before' ? html`<del>${passageText(p)}</del>` : p.read === 'after' ? html`<ins>${passageText(p)}</ins>` : passageText(p)} ${tag(p)}</li>`,
  )}</ol>`
}

const passageText = ({ text, ref }: Passage): string => visible(text ?? ref)

const tag = ({ read, mark, source, bucket, hop, rank, tokens }: Passage): Html =>
  html`<span class="of">${read === 'before' ? html`<strong class="bad">removed</strong>, ` : read === 'after' ? html`<strong>new</strong>, ` : ''}${mark !== null && html`<strong>${mark}</strong>, `}${visible(source ?? bucket)}, hop ${hop}, rank ${rank}, ${count(tokens, 'token')}</span>`

/** Verdicts that changed or fail; those that stayed are counted. */
function verdicts({ case_id, verdicts: all }: WholeCase, at: number): Html | null {
  if (all.length === 0) return null
  const told = all.filter((v) => v.before !== v.after || v.after === 'fail')
  const rest = `${count(all.length - told.length, 'evaluator')} said the same before and after`
  if (told.length === 0) return html`<p>${rest}.</p>`
  return html`${table(
    `verdicts-${at}`,
    `Verdicts on ${visible(case_id)}${told.length < all.length ? `; ${rest}` : ''}`,
    ['evaluator', 'before', 'after', 'finding'],
    told.map((v) => [
      visible(v.evaluator_id),
      v.before ?? 'not known',
      html`<span class="${v.after === 'fail' ? 'bad' : ''}">${v.after ?? 'no answer'}</span>`,
      v.finding === null ? '-' : visible(v.finding),
    ]),
  )}`
}
