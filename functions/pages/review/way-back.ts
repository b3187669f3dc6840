/** What a rollback restores, and whether it was replayed. */
import { html } from 'hono/html'
import type { Shown } from '#core/review/shown.ts'
import { number, visible } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'

export function wayBack(target: string, { tuple, replay }: Shown['rollback']): Html {
  return html`<p>Rollback restores the whole tuple, not the pack alone. Target: <span class="mono">${visible(target)}</span>.</p>
${
  tuple &&
  html`<dl><dt>tuple</dt><dd class="mono">${visible(tuple.release_tuple_id)}</dd>
${Object.entries(tuple.refs).map(([name, ref]) => ref !== undefined && html`<dt>${visible(name)}</dt><dd class="mono">${visible(ref)}</dd>`)}</dl>`
}
<p>${
    replay === null
      ? 'Before the first stage it is replayed and must reproduce in every case.'
      : `Replayed: ${number(replay.reproduced)} of ${number(replay.cases)} cases reproduce${replay.by_records ? ', by their recordings: the harness that the run asked was not asked here' : ''}.`
  }</p>`
}
