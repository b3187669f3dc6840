/** Size and price of a changed prompt block, its protected sentences, and what the declared red team did under it. */
import { html } from 'hono/html'
import { ATTACKS, type PromptCost, redTeamGaps } from '#core/evidence/prompt-cost.ts'
import { count, number, signed, visible } from './format.ts'
import { type Html, table } from './layout.ts'

/** One part a block. */
export const promptParts = (costs: readonly PromptCost[]): Html =>
  html`${costs.map((cost, i) => onePart(cost, `prompt-${i + 1}`))}`

function onePart({ path, words, sentences, tokens, per_decision, ...cost }: PromptCost, id: string): Html {
  const { calls_per_decision: calls, protected: kept } = cost
  const size = ({ before, after }: { before: number; after: number }) => [
    number(before),
    number(after),
    before === after ? '0' : signed(after - before),
  ]
  const unpriced = calls === null ? 'not known: no model call is recorded' : 'not known: its models have no price'
  return html`${table(
    id,
    `${visible(path)}: size and price, tokens by estimate`,
    ['what', 'before', 'after', 'difference'],
    [
      ['words', ...size(words)],
      [`sentences (${number(sentences.changed)} changed)`, ...size(sentences)],
      ['tokens of the block', ...size(tokens)],
      [
        'tokens of model input a decision',
        perDecision(per_decision.of),
        perDecision(per_decision.of === null ? null : per_decision.of + (per_decision.tokens ?? 0)),
        per_decision.tokens === null ? unpriced : signed(round(per_decision.tokens)),
      ],
      ['cents a decision', '-', '-', per_decision.cents === null ? unpriced : signed(round(per_decision.cents))],
    ],
  )}
<p class="soft">${calls === null ? '' : `The block is taken to stand in every one of ${number(round(calls))} model calls of a decision. `}${kept.length === 0 ? 'No sentence of it is protected.' : `${number(kept.filter((one) => one.kept).length)} of ${count(kept.length, 'protected sentence')} untouched:`}</p>
${kept.length > 0 && html`<ul>${kept.map(({ sentence, kept: stays }) => html`<li>${!stays && html`<strong class="bad">changed</strong> `}${visible(sentence)}</li>`)}</ul>`}
${redTeam(cost, `${id}-red-team`)}`
}

/** Cases that had to be refused, by the forbidden term that they attack. */
function redTeam(cost: Pick<PromptCost, 'red_team' | 'refusal_not_asked'>, id: string): Html {
  const { red_team: rows } = cost
  const gaps = redTeamGaps(cost)
  return html`${gaps.length > 0 && html`<p class="soft">Red team: ${gaps.join('; ')}.</p>`}
${rows.length > 0 && redTeamTable(rows, id)}`
}

const redTeamTable = (rows: PromptCost['red_team'], id: string): Html =>
  table(
    id,
    `Red team: recorded cases that had to be refused, by the forbidden term that their attribute "${ATTACKS}" names`,
    ['forbidden term', 'cases', 'refused', 'not refused', 'not measured'],
    rows.map(({ term, cases, refused, not_refused, not_measured }) => [
      term === null ? 'another, or none named' : visible(term),
      cases === 0 ? html`none: <strong>not measured</strong>` : number(cases),
      cases === 0 ? '-' : number(refused),
      not_refused > 0 ? html`<strong class="bad">${number(not_refused)}</strong>` : cases === 0 ? '-' : '0',
      cases === 0 ? '-' : number(not_measured),
    ]),
  )

const perDecision = (tokens: number | null): string => (tokens === null ? 'not recorded' : number(Math.round(tokens)))
const round = (value: number): number => Number(value.toPrecision(3))
