/** Cases of the search set before and after: one line each, all of it behind that line. */
import { html } from 'hono/html'
import type { Passage, RunEvidence, WholeCase } from '#core/evidence/types.ts'
import { count, metricValue, number, visible } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'

/** Groups of cases that went another way, and up to `most` whole cases of them; what is left out is counted. */
export function casesPart({ groups, examples }: RunEvidence, most: number): Html {
  if (groups.length === 0) return html`<p>No case went another way, and no context is another one.</p>`
  const shown = examples.slice(0, most)
  const left = examples.length - shown.length
  return html`${groups.map((group) => {
    const own = shown.filter((e) => e.group === group.id)
    return html`<h3><span class="${LOOK[group.course]}">${group.course === 'held' ? 'held, with another context' : group.course}</span>: ${count(group.cases, 'case')}, ${visible(group.pattern)}</h3>
${own.map(wholeCase)}
${
  group.case_ids.length > 0 &&
  html`<details><summary>Ids of ${group.case_ids.length < group.cases ? `${number(group.case_ids.length)} of ${number(group.cases)}` : 'them'}</summary><p class="mono">${group.case_ids.map(visible).join(', ')}</p></details>`
}`
  })}
${left > 0 && html`<p class="soft">${count(left, 'whole case')} left out, to keep this file small; their ids stand above.</p>`}`
}

const LOOK = { worse: 'bad', better: 'good', held: 'soft' } as const
const verdict = (passed: boolean | null): string => (passed === null ? 'not labelled' : passed ? 'pass' : 'fail')

function wholeCase(c: WholeCase): Html {
  const changed = c.verdicts.filter((v) => v.before !== v.after)
  return html`<details class="case"><summary><span class="mono">${visible(c.case_id)}</span>: ${verdict(c.passed.before)} → ${verdict(c.passed.after)}, ${number(c.passages_before)} → ${number(c.passages_after)} passages${c.cents.before !== null && c.cents.after !== null && `, ${number(c.cents.before)} → ${metricValue('economics_cents_per_decision', c.cents.after)}`}</summary>
<p class="soft">Family ${visible(c.family_id)}, recorded run <span class="mono">${visible(c.run_id)}</span>${c.date !== null && `, ${visible(c.date)}`}.</p>
${c.request !== null && html`<p><strong>Asked:</strong> ${visible(c.request)}</p>`}
${c.answer !== null && html`<p><strong>Answered, as recorded:</strong> ${visible(c.answer)}</p>`}
${changed.length > 0 && html`<ul>${changed.map((v) => html`<li>${visible(v.evaluator_id)}: ${v.before ?? 'not said'} → ${v.after ?? 'not said'}${v.finding !== null && `, ${visible(v.finding)}`}</li>`)}</ul>`}
${c.actions.length > 0 && html`<p>Actions: ${c.actions.map((a) => `${visible(a.tool)}${a.amount === null ? '' : ` ${number(a.amount)}`}${a.asked.before === a.asked.after ? '' : a.asked.before ? ' (no longer asked for)' : ' (now asked for)'}`).join(', ')}.</p>`}
<ul class="ctx" aria-label="Context before and after">${c.passages.map(passage)}</ul></details>`
}

function passage(p: Passage): Html {
  const where = `${visible(p.bucket)}${p.source === null ? '' : `, ${visible(p.source)}`}, hop ${number(p.hop)}, ${count(p.tokens, 'token')}`
  const says = html`<span class="mono">${visible(p.ref)}</span>${p.text !== null && html` ${visible(p.text)}`}`
  return html`<li>${p.read === 'before' ? html`<del>${says}</del> <span class="tag bad">removed</span>` : p.read === 'after' ? html`<ins>${says}</ins> <span class="tag">added</span>` : says}${p.mark !== null && html` <span class="tag">${p.mark}</span>`} <span class="soft">${where}</span></li>`
}
