/** Every intent: what is in force, what waits for people, and what of the sealed side is left to ask; and one of them, a month at a time. */
import { html } from 'hono/html'
import { type IntentMonth, isMonth } from '#core/cadence/month.ts'
import { monthParts } from '../intent/page.ts'
import { monthName } from '../intent/words.ts'
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
        ['intent', 'runs', 'tuple in force', 'under way', 'sealed families left', 'questions left'],
        intents.map((one) => [
          link(href(['intents', one.intent]), visible(one.intent)),
          link(href(['runs'], { intent: one.intent }), 'runs'),
          one.in_force === null
            ? 'the one that a target names: nothing was released yet'
            : html`<span class="mono">${visible(one.in_force)}</span>`,
          underWay(one),
          leftFamilies(one.sealed),
          leftQuestions(one.sealed),
        ]),
      )
}`,
  )

/** One intent in one month. */
export const intentPage = (of: IntentMonth): string =>
  workbenchPage(
    `${visible(of.intent)}, ${monthName(of.month)}`,
    'intents',
    html`<p>${monthLink(of, -1)} · ${link(href(['runs'], { intent: of.intent }), 'its runs')} · ${monthLink(of, 1)}</p>
${monthParts(of)}`,
  )

/** The month before or after. */
function monthLink({ intent, month }: IntentMonth, by: 1 | -1): Html | string {
  const [year, index] = [Number(month.slice(0, 4)), Number(month.slice(5)) - 1 + by]
  const at = `${String(year + Math.floor(index / 12)).padStart(4, '0')}-${String(((index + 12) % 12) + 1).padStart(2, '0')}`
  return isMonth(at) ? link(href(['intents', intent], { month: at }), monthName(at)) : ''
}

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
