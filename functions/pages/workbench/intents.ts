/** Every intent: what is in force, what waits for people, and what of the sealed side is left to ask. */
import { html } from 'hono/html'
import { count, number, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { empty, href, link, workbenchPage } from './shell.ts'
import type { IntentView, SealedCounts } from './views.ts'

export const intentsPage = (intents: readonly IntentView[]): string =>
  workbenchPage(
    'Intents',
    'intents',
    html`<h1>Intents</h1>
${
  intents.length === 0
    ? empty(
        'No pack is published in this store, so it knows no intent yet.',
        'autotune import --pack pack.json --suite suite.json --prices prices.json',
      )
    : table(
        'intents',
        'What is in force, what is under way, and what can still be asked',
        ['intent', 'tuple in force', 'under way', 'sealed families left', 'questions left'],
        intents.map((one) => [
          link(href(['runs'], { intent: one.intent }), visible(one.intent)),
          one.in_force === null
            ? 'as the target names it: no rollout put one there'
            : html`<span class="mono">${visible(one.in_force)}</span>`,
          underWay(one),
          leftFamilies(one.sealed),
          leftQuestions(one.sealed),
        ]),
      )
}`,
  )

function underWay({ open_reviews, rollout_id }: IntentView): Html | string {
  const links = [
    ...open_reviews.map((id) => html`review ${link(href(['reviews', id]), visible(id))}`),
    ...(rollout_id === null ? [] : [html`rollout ${link(href(['rollouts', rollout_id]), visible(rollout_id))}`]),
  ]
  return links.length === 0 ? 'nothing' : html`${links.map((one, i) => html`${i > 0 && ', '}${one}`)}`
}

const live = (sealed: readonly SealedCounts[]): SealedCounts[] => sealed.filter(({ retired }) => retired === null)

const leftFamilies = (sealed: readonly SealedCounts[]): string =>
  sealed.length === 0
    ? 'not sealed yet: the next run does'
    : live(sealed).length === 0
      ? '0: every version is retired, import families that were never sealed'
      : number(live(sealed).reduce((sum, { families }) => sum + families, 0))

const leftQuestions = (sealed: readonly SealedCounts[]): string =>
  live(sealed)
    .map(({ used, questions }) => `${number(questions - used)} of ${count(questions, 'question')}`)
    .join(', ') || '-'
