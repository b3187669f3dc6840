/** What a reviewer sees of a part that replay cannot judge: the stamp, the plain difference, both suites, the way back. */
import { html } from 'hono/html'
import { partInWords } from '#core/review/any-proposal.ts'
import type { ShownPart } from '#core/review/shown.ts'
import type { PartProposal } from '#schemas/part-proposal.ts'
import { count, number, percent, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { stampPanel } from '../kit/stamp.ts'
import { diffBlock } from '../kit/word-diff.ts'
import { wayBack } from './way-back.ts'

/** `support.refund: policy policy.returns@1.0.0 -> policy.returns@1.1.0`. */
export const partHeadline = ({ target, change }: PartProposal): string =>
  visible(`${target.intent}: ${partInWords(change)}`)

/** The same with the stamp, in one line for a notice. */
export const partInOneLine = (proposal: PartProposal): string =>
  `${partHeadline(proposal)}. ${proposal.certification.toUpperCase()}.`

/** Everything that is shown of it. `standing`: who has decided, if somebody is asked. */
export function partParts(shown: ShownPart, standing: Html | null): Html {
  const { proposal, rollback } = shown
  const { rationale, producer, owner, tuning_proposal_id: id, risk_class, release_path, certification } = proposal
  return html`${stampPanel(certification)}
<p class="lead">${visible(rationale)}</p>
${standing}
<section aria-labelledby="change"><h2 id="change">What changes</h2>
${difference(shown)}</section>
${shown.rebaseline && suites(shown.rebaseline)}
<section aria-labelledby="more"><h2 id="more">Everything else</h2>
<dl class="short">
<dt>risk</dt><dd>${risk_class.replaceAll('_', ' ')}</dd>
<dt>made by</dt><dd>${visible(producer)}</dd>
<dt>answers for it</dt><dd>${visible(owner)}</dd>
<dt>proposal</dt><dd class="mono">${id}</dd>
<dt>enters at</dt><dd>${release_path.rollout_stage}, where it serves nobody yet</dd>
</dl>
<h3>The way back</h3>
${wayBack(release_path.rollback_target, rollback)}</section>`
}

function difference({ proposal: { change }, texts }: ShownPart): Html {
  if (change.part === 'pack')
    return html`<p>Of <span class="mono">${visible(change.from)}</span> these are tuned no more. <strong>No setting changes</strong>: the agent does what it did.</p>
<ul>${change.retire_surfaces.map((path) => html`<li class="mono">${visible(path)}</li>`)}</ul>`
  const { from, to, was, digest, diff, edits } = change
  const versions = html`<dl class="short"><dt>from</dt><dd class="mono">${visible(from)}${was !== null && html` <span class="soft">${was}</span>`}</dd>
<dt>to</dt><dd class="mono">${visible(to)} <span class="soft">${digest}</span></dd></dl>`
  const before = texts?.before ?? null
  if (before === null)
    return html`${versions}<p class="bad">${visible(from)} was never imported: what it says can be compared by nobody here. The new version whole:</p>
${diffBlock('', texts?.after ?? '')}`
  if (diff === null) return html`${versions}${diffBlock(before, texts!.after)}`
  return html`${versions}${table(
    'edits',
    `${count(edits!, 'value')} that differ${edits! > diff.length ? `, the first ${number(diff.length)}` : ''}`,
    ['value', 'before', 'after'],
    diff.map((edit) => [
      html`<span class="mono">${visible(edit.path)}</span>`,
      edit.from === null ? html`<span class="soft">none</span>` : html`<del>${visible(edit.from)}</del>`,
      edit.to === null ? html`<span class="soft">none</span>` : html`<ins>${visible(edit.to)}</ins>`,
    ]),
  )}
<details><summary>The new version whole</summary>
<pre>${visible(texts!.after)}</pre></details>`
}

/** Both suites on the same recorded runs. */
function suites({
  from,
  to,
  runs,
  flipped_runs,
  flips,
  pass_rate,
  retires,
}: NonNullable<ShownPart['rebaseline']>): Html {
  const rate = (share: number | null): string => (share === null ? 'not measured' : percent(share))
  const says = (value: boolean | null): string => (value === null ? 'not measured' : String(value))
  return html`<section aria-labelledby="suites"><h2 id="suites">Both suites side by side</h2>
<p>On the same ${count(runs, 'recorded run')}, ${number(flipped_runs)} of them flip; pass rate ${rate(pass_rate.was)} under ${visible(from)}, ${rate(pass_rate.now)} under ${visible(to)}. ${count(retires.length, 'sealed version')} would end, because the question is another one.</p>
${
  flips.length > 0 &&
  html`<details open><summary>${count(flips.length, 'flip')}${flips.length < flipped_runs ? ' of them' : ''}</summary>
${table(
  'flips',
  'Runs on which the suites differ',
  ['case', 'measure', 'before', 'after'],
  flips.map((f) => [
    html`<span class="mono">${visible(f.case_id)}</span>`,
    visible(f.measure.replaceAll('_', ' ')),
    says(f.was),
    says(f.now),
  ]),
)}</details>`
}</section>`
}
