/** The first screen of a review: gain, price and way back, and who has decided. */
import { html } from 'hono/html'
import type { VaultReader } from '#core/gate/vault-reader.ts'
import { seatsLeft } from '#core/review/quorum.ts'
import type { ShownProposal } from '#core/review/shown.ts'
import { METRICS } from '#schemas/metrics.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { Review, ReviewSeat } from '#schemas/review.ts'
import { metricChange, metricName, metricValue, number, percent, visible } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'

/** Who was asked, and who has decided: one line a role. */
export function standing({ review, seat }: ReviewView): Html {
  const left = new Set(seatsLeft(review).map((s) => s.role))
  const roles = [...new Set(review.seats.map((s) => s.role))]
  return html`<ul class="seats" aria-label="Required roles">${roles.map((role) => {
    const done = review.decisions.find((d) => d.role === role)
    const state = done ? done.decision : role === seat.role ? 'waits for you' : left.has(role) ? 'waiting' : 'open'
    return html`<li class="${role === seat.role ? 'you' : ''}"><strong>${visible(role)}</strong> ${done ? html`<span class="good">${state}</span>` : state}</li>`
  })}</ul>
<p class="soft">Every role must approve, each by another person. One rejection ends the review; no decision in time ends it as expired.</p>`
}

/** The change in three tiles, for whoever reads no further. */
export function summary(shown: ShownProposal): Html {
  const { proposal } = shown
  const { metric } = proposal.target
  const own = proposal.certificate.find((row) => row.guardrail === metric)
  const winner = shown.candidates.find((c) => c.fate === 'won')
  return html`<dl class="tiles">
<div><dt>Gain: ${metricName(metric)}</dt><dd><strong>${metricChange(metric, proposal.observed_delta[METRICS[metric].delta_key] ?? null)}</strong>on the held-out set${own?.bound != null && ` (${percent(1 - own.level)} bound ${metricChange(metric, own.bound)})`}; on the search set ${metricValue(metric, shown.baseline_metric)} to ${metricValue(metric, winner?.metric ?? null)}</dd></div>
<div>${price(proposal)}</div>
<div><dt>Way back</dt><dd><strong>${visible(proposal.release_path.rollback_target)}</strong>by itself when production disagrees; enters at ${proposal.release_path.rollout_stage}</dd></div>
</dl>`
}

/** What the gain may cost at most: utility, or money where utility is the gain. */
function price({ target, certificate, blast_radius }: TuningProposal): Html {
  const [of, guardrail] = target.metric === 'utility' ? ['cost', 'economics_delta'] : ['utility', 'utility_delta']
  const row = certificate.find((r) => r.guardrail === guardrail)
  const changed = `${percent(blast_radius.b_decision)} of decisions change`
  if (!row) return html`<dt>Price: ${of}</dt><dd><strong>no guardrail</strong>was declared for it; ${changed}</dd>`
  const limit =
    of === 'utility'
      ? `drop below ${number(-row.limit * 100)} points`
      : `at most ${metricChange('economics_cents_per_decision', row.limit)}`
  return html`<dt>Price: ${of}</dt><dd><strong>${limit}</strong>${row.kind === 'not_at_stake' ? 'not at stake' : `${row.passed ? '' : 'not '}${row.kind}`}; ${changed}</dd>`
}

/** A page for one reviewer in one role. */
export interface ReviewView {
  /** Who can read the vault. */
  readonly vault: VaultReader
  readonly shown: ShownProposal
  readonly review: Review
  readonly seat: Pick<ReviewSeat, 'role' | 'reviewer'>
  /** Where the form posts to: the address of the page itself. */
  readonly action: string
  /** What was wrong with the form just sent, and what was typed; null on a fresh page. */
  readonly returned: { readonly problem: string; readonly reason: string } | null
}
