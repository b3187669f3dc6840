/** The page of a rollout as one file. */
import { html } from 'hono/html'
import { moment, visible } from '../kit/format.ts'
import { type RolloutView, rolloutParts } from '../rollout/page.ts'
import { standalone } from './shell.ts'

/** The whole file. */
export const rolloutFile = (view: Pick<RolloutView, 'story' | 'failed_runs' | 'now'>): string =>
  standalone(
    `Rollout ${visible(view.story.rollout.rollout_id)}: ${view.story.rollout.status.replaceAll('_', ' ')}`,
    html`<p class="eyebrow">Rollout <strong>${visible(view.story.rollout.rollout_id)}</strong>, as of its last transition, <time datetime="${view.now}">${moment(view.now)}</time></p>
${rolloutParts({ ...view, options: '' })}`,
  )
