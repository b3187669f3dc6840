/** The page on which a reviewer decides. A pure function of its view; GET shows it, and only its form decides. */

import { html } from 'hono/html'
import { VAULT_READERS } from '#core/gate/vault-reader.ts'
import { isShownPart, type ShownProposal } from '#core/review/shown.ts'
import { predictionWords } from '#core/search/predictions.ts'
import { conditionWords } from '#core/space/condition-words.ts'
import { scopeOf } from '#core/space/scope.ts'
import type { TunableSurface } from '#schemas/surface.ts'
import { count, metricName, metricValue, moment, number, percent, setting, visible } from '../kit/format.ts'
import { type Html, page, table } from '../kit/layout.ts'
import { dimensionPlot } from '../kit/limits-plot.ts'
import { paretoOf, paretoTable } from '../kit/pareto.ts'
import { paretoPlot } from '../kit/pareto-plot.ts'
import { promptParts } from '../kit/prompt-cost.ts'
import { diffBlock } from '../kit/word-diff.ts'
import { alternativeTable, sliceTable } from './alternatives.ts'
import { caseGroups } from './cases.ts'
import { headlineOf, inShort } from './headline.ts'
import { lookAtThese } from './look.ts'
import { partParts } from './part.ts'
import { questions } from './question.ts'
import { blastRadius, dimensionTable, guardrailTable, provedOn, regressionLists } from './sections.ts'
import { type ReviewView, standing, summary } from './summary.ts'
import { wayBack } from './way-back.ts'

/** The whole page for one reviewer in one role, as HTML text. */
export function reviewPage(view: ReviewView): string {
  const { proposal } = view.shown
  return page(
    {
      title: `Review ${visible(proposal.tuning_proposal_id)} as ${visible(view.seat.role)}`,
      skip: { to: 'decide', says: 'Go to the decision' },
    },
    html`<p class="eyebrow">Review as <strong>${visible(view.seat.role)}</strong> (${visible(view.seat.reviewer)}), until <time datetime="${view.review.expires_at}">${moment(view.review.expires_at)}</time></p>
<h1>${headlineOf(view.shown)}</h1>
${problem(view)}
${evidenceParts(view, standing(view))}
<section aria-labelledby="decide"><h2 id="decide">Decide</h2>
${forms(view)}</section>`,
  )
}

/** Everything that is shown of a proposal, the first screen first. `standing`: who has decided, if somebody is asked. */
export function evidenceParts(
  { shown, vault }: Pick<ReviewView, 'shown' | 'vault'>,
  standing: Html | null = null,
): Html {
  if (isShownPart(shown)) return partParts(shown, standing)
  const { evidence, proposal, demonstration } = shown
  const { asked, others } = questions(shown)
  return html`<p class="lead">${lead(shown)}</p>
${lookAtThese(shown)}
${summary(shown)}
${demonstration !== null && html`<div class="panel note"><p>${visible(demonstration)}</p></div>`}
${standing}
${asked}
${
  evidence?.prompts &&
  html`<section aria-labelledby="prompt"><h2 id="prompt">Price of the prompt</h2>
${promptParts(evidence.prompts)}</section>`
}
${
  evidence &&
  html`<section aria-labelledby="cases"><h2 id="cases">Cases</h2>
${caseGroups(evidence)}</section>
<section aria-labelledby="alternatives"><h2 id="alternatives">Alternatives</h2>
${alternativeTable(shown, evidence)}</section>`
}
<section aria-labelledby="more"><h2 id="more">Everything else</h2>
${others}
${
  evidence &&
  evidence.slices.length > 0 &&
  html`<details><summary>Where harm and gain lie</summary>
${sliceTable(evidence.slices)}</details>`
}
<details><summary>The settings, typed</summary>
${changes(shown)}
<p>To ${proposal.target.direction} ${metricName(proposal.target.metric)} on ${visible(proposal.target.intent)}${chosen(shown)}.</p>
<p>Rationale: ${visible(proposal.rationale)}</p>
${predicted(proposal.candidate_change)}
<p class="soft">Proposed by ${visible(proposal.owner)}, ${visible(proposal.tuning_proposal_id)}, for ${visible(proposal.candidate_change.target_pack)}.</p></details>
<details id="proof"><summary>The proof, dimension by dimension</summary>
${dimensionPlot(proposal)}
${dimensionTable(proposal)}
${guardrailTable(proposal)}
<p class="soft">Where this was proved, ${VAULT_READERS[vault]}.</p></details>
<details id="records"><summary>The records behind it</summary>
${recorded(shown)}
${provedOn(proposal)}</details>
<details><summary>Reach</summary>
${blastRadius(proposal)}</details>
${regressionLists(shown)}
<details id="candidates-plot"><summary>All candidates</summary>
${candidatesPlot(shown)}
${noSearch(shown)}</details>
<details><summary>The way back</summary>
${wayBack(proposal.release_path.rollback_target, shown.rollback)}</details></section>`
}

/** The plot of all candidates, and closed beside it the table of the same. */
function candidatesPlot({ proposal, baseline_metric, candidates }: ShownProposal): Html {
  const pareto = paretoOf({ target: proposal.target, baseline_metric, candidates })
  return html`${paretoPlot(pareto)}
<details><summary>The plot as a table: ${count(pareto.drawn.length, 'candidate')} and what became of each</summary>
${paretoTable(pareto)}</details>`
}

/** Gain and harm in two short sentences. */
function lead(shown: ShownProposal): Html {
  const { gains, harms, isBad } = inShort(shown)
  return html`<strong>${gains}.</strong> <span class="${isBad ? 'bad' : ''}">${harms}.</span>`
}

/** When the cases were recorded, and what of them is not known. */
function recorded({ evidence }: ShownProposal): Html | null {
  if (!evidence) return null
  const { recorded: days, cases } = evidence
  const between = days.first === null ? 'on no recorded day' : `${days.first} to ${days.last}`
  return html`<dl class="short">
<dt>recorded</dt><dd>${between}${days.age_days !== null && `, the newest ${count(days.age_days, 'day')} before the run`}</dd>
<dt>cases</dt><dd>${number(cases.compared)} of ${number(cases.recorded)} compared, ${count(cases.families, 'family', 'families')}</dd>
<dt>no answer</dt><dd>${number(cases.unreplayable)} beyond the records, ${number(cases.failed)} failed</dd>
<dt>used values</dt><dd>${number(cases.values - cases.untraced)} of ${number(cases.values)} traced</dd>
</dl>`
}

/** Why this one of all candidates; nothing where the run did not say. */
function chosen({ candidates }: ShownProposal): string {
  const reason = candidates.find((c) => c.fate === 'won')?.reason ?? ''
  return reason === '' ? '' : `; of all candidates this one is ${visible(reason)}`
}

export function problem({ returned }: ReviewView): Html | null {
  return (
    returned &&
    html`<div class="panel bad" role="alert"><p><strong>Nothing was decided:</strong> ${visible(returned.problem)}. <a href="#decide">Back to the form</a></p></div>`
  )
}

/** Typed diff. Prose is compared word by word, with whatever is invisible written out. */
function changes({ proposal, surfaces }: ShownProposal): Html {
  const entries = Object.entries(proposal.candidate_change.patch)
  const prose = (value: unknown): value is string => typeof value === 'string' && value.length > 60
  const rows = entries.map(([path, { from, to }]) => {
    const surface = surfaces.find((s) => s.path === path)
    return [
      html`<span class="mono">${visible(path)}</span>`,
      prose(from) || prose(to)
        ? 'see below'
        : html`<span class="change"><del>${setting(from)}</del> → <ins>${setting(to)}</ins></span>`,
      typeof to,
      surface
        ? `${surface.layer.replaceAll('_', ' ')}, ${boundsOf(surface)}`
        : proposal.candidate_change.layer.replaceAll('_', ' '),
      surface ? visible(surface.owner) : '-',
    ]
  })
  return html`${scope(proposal.candidate_change)}${table('patch', 'Settings of the pack, from → to', ['setting', 'change', 'type', 'layer and bounds', 'owner'], rows)}
${entries
  .filter(([, { from, to }]) => prose(from) || prose(to))
  .map(
    ([path, { from, to }]) => html`<h3 class="mono">${visible(path)}</h3>
${diffBlock(String(from), String(to))}`,
  )}`
}

/** What whoever proposed it said beforehand, and what the search set showed; nothing where nobody said anything. */
const predicted = ({ prediction, happened, origin }: ShownProposal['proposal']['candidate_change']): Html | false =>
  prediction !== undefined &&
  html`<p>Predicted by ${visible(origin ?? 'whoever proposed it')}: ${visible(predictionWords(prediction, happened))}.</p>`

/** For which cases a change is, where it is not for all, and whose rule it is. */
function scope({
  patch,
  applies_to,
  strategy_rule,
  origin,
}: ShownProposal['proposal']['candidate_change']): Html | null {
  const when = scopeOf(patch)
  return (
    ((when !== null || strategy_rule !== undefined) &&
      html`<dl>${when !== null && html`<dt>Only where</dt><dd>${visible(conditionWords(when))}</dd>`}
${
  applies_to &&
  html`<dt>Touches</dt><dd>${number(applies_to.cases)} of ${count(applies_to.of_cases, 'search case')} (${percent(applies_to.cases / Math.max(1, applies_to.of_cases))}), ${number(applies_to.families)} of ${count(applies_to.of, 'family', 'families')}; all others keep their settings${applies_to.unknown > 0 && html`, among them ${count(applies_to.unknown, 'family', 'families')} that do not record what the condition reads`}</dd>`
}
${strategy_rule && html`<dt>Rule</dt><dd><span class="mono">${visible(strategy_rule.strategy_rule_id)}</span> of ${visible(origin ?? 'a person')}, from insight <span class="mono">${visible(strategy_rule.from_insight)}</span></dd>`}</dl>`) ||
    null
  )
}

function boundsOf({ bounds }: TunableSurface): string {
  if ('max_added_tokens' in bounds) return `at most ${number(bounds.max_added_tokens)} tokens added`
  if ('allowed' in bounds && bounds.allowed) return `one of ${bounds.allowed.map(visible).join(', ')}`
  const { min, max } = bounds as { min?: number; max?: number }
  const step = 'step' in bounds ? ` in steps of ${number(bounds.step as number)}` : ''
  return min === undefined || max === undefined ? 'bounds declared' : `${number(min)} to ${number(max)}${step}`
}

function noSearch({ no_search, proposal, candidates: all }: ShownProposal): Html | null {
  if (no_search === null) return null
  const winner = all.find((c) => c.fate === 'won')
  const { best, replays, candidates } = no_search
  return html`<h3>What the search was worth</h3>
<p>The same ${count(replays, 'replay')} spent on ${count(candidates, 'random candidate')}: ${
    best === null
      ? 'none of them held every limit and gained anything.'
      : html`the best that held every limit reaches ${metricValue(proposal.target.metric, best.metric)} (${Object.entries(
          best.patch,
        )
          .map(([path, { from, to }]) => `${visible(path)} ${setting(from)} → ${setting(to)}`)
          .join(', ')}); the winner reaches ${metricValue(proposal.target.metric, winner?.metric ?? null)}.`
  }</p>`
}

/** Two forms, so that a browser itself asks for the reason of a rejection. No role and no name is sent: the link says both. */
function forms({ action, shown, review, seat, returned }: ReviewView): Html {
  const hidden = (decision: 'approved' | 'rejected') => html`<input type="hidden" name="decision" value="${decision}">
<input type="hidden" name="shown_digest" value="${review.shown_digest}">`
  const confirm = (id: string, says: string) =>
    html`<label class="check" for="${id}"><input type="checkbox" id="${id}" name="confirm" value="yes" required> <span>${says}</span></label>`
  const role = visible(seat.role)
  const typed = returned?.reason ?? ''
  return html`<form method="post" action="${action}" aria-labelledby="approve-title" autocomplete="off">
<h3 id="approve-title">Approve</h3>
${hidden('approved')}
<label for="approve-reason">Comment (may stay empty)</label>
<textarea id="approve-reason" name="reason" maxlength="2000"></textarea>
${confirm('approve-confirm', `I have read what changes for ${visible(shown.proposal.target.intent)}${isShownPart(shown) ? ', which is not certified by replay,' : ''} and approve it as ${role}`)}
<button type="submit">Approve as ${role}</button>
</form>
<form method="post" action="${action}" aria-labelledby="reject-title" autocomplete="off">
<h3 id="reject-title">Reject</h3>
${hidden('rejected')}
<label for="reject-reason">Reason (required; the next run will not propose the same again because of it)</label>
<textarea id="reject-reason" name="reason" maxlength="2000" minlength="3" required>${typed}</textarea>
${confirm('reject-confirm', `I reject this change as ${role}; this ends the review`)}
<button class="no" type="submit">Reject as ${role}</button>
</form>
<p class="soft">Recorded with your decision: role, name, time, and the digest of exactly this page's content, <span class="mono">${review.shown_digest}</span>.</p>`
}
