/** The question that a kind of change raises, with the evidence that answers it: one section a kind. */
import { html } from 'hono/html'
import type { CoverageRow, RunEvidence } from '#core/evidence/types.ts'
import type { ShownProposal } from '#core/review/shown.ts'
import { type AddedSentence, addedSentences } from '#core/space/prompt/protected.ts'
import { sentencesOf, without } from '#core/space/prompt/sentences.ts'
import { estimatedTokens } from '#core/space/prompt/tokens.ts'
import { type Layer, SURFACE_FIELDS, type SurfaceField } from '#schemas/surface-fields.ts'
import { count, number, percent, setting, visible } from '../kit/format.ts'
import { type Html, outOf, table } from '../kit/layout.ts'
import { diffBlock } from '../kit/word-diff.ts'
import { kindOf } from './headline.ts'

type Question = 'coverage' | 'sources' | 'spending' | 'actions' | 'words' | 'amounts'

/** What a change of each layer raises. */
const QUESTIONS: Readonly<Record<Layer, Question>> = {
  retrieval: 'coverage',
  context_budget: 'spending',
  planner: 'actions',
  prompt: 'words',
  approval_gate: 'amounts',
}

interface Part {
  readonly asks: string
  readonly answer: (shown: ShownProposal, evidence: RunEvidence) => Html
}

const PARTS: Readonly<Record<Question, Part>> = {
  coverage: { asks: 'Did evidence coverage stay complete?', answer: (_, { coverage }) => coverageTable(coverage) },
  sources: { asks: 'Who answers for what is read now?', answer: (_, evidence) => sourceTable(evidence) },
  spending: { asks: 'Where do the tokens go?', answer: spendingTable },
  actions: { asks: 'Are other tools called?', answer: (_, evidence) => actionTable(evidence) },
  words: { asks: 'What is the agent told now?', answer: words },
  amounts: { asks: 'What goes through without a person?', answer: amountTable },
}

/** Sections of the questions that a change raises, and the others' answers for whoever wants them. */
export function questions(shown: ShownProposal): { readonly asked: Html[]; readonly others: Html[] } {
  const { evidence, proposal } = shown
  if (!evidence) return { asked: [], others: [] }
  const raised = new Set(Object.keys(proposal.candidate_change.patch).flatMap(questionsOf))
  const all = Object.keys(PARTS) as Question[]
  const asked = all.filter((q) => raised.has(q))
  const others = all.filter((q) => !raised.has(q) && q !== 'words')
  return {
    asked: asked.map(
      (q) => html`<section aria-labelledby="q-${q}"><h2 id="q-${q}">${PARTS[q].asks}</h2>
${PARTS[q].answer(shown, evidence)}</section>`,
    ),
    others: others.map(
      (q) => html`<details id="q-${q}"><summary>${PARTS[q].asks}</summary>
${PARTS[q].answer(shown, evidence)}</details>`,
    ),
  }
}

function questionsOf(path: string): readonly Question[] {
  const field = path.slice(path.lastIndexOf('.') + 1)
  if (!Object.hasOwn(SURFACE_FIELDS, field)) return ['coverage']
  const question = QUESTIONS[SURFACE_FIELDS[field as SurfaceField].layer]
  // Another order of sources also cuts other passages at top_k.
  return field === 'source_priority' ? ['sources', question] : [question]
}

/** Rows of a table that stand open. */
const MOST_OPEN = 6

function coverageTable(coverage: readonly CoverageRow[] | null): Html {
  if (coverage === null) return html`<p>Not known: a harness of your own read what it chose to.</p>`
  if (coverage.length === 0) return html`<p>No passages are recorded.</p>`
  // What was needed and is lost first, then what most was removed of.
  const rows = coverage.toSorted(
    (a, b) =>
      b.needed_lost + b.required_lost + b.values_lost - a.needed_lost - a.required_lost - a.values_lost ||
      b.removed - a.removed ||
      b.added - a.added,
  )
  const isRequired = coverage.some((r) => r.required > 0)
  const isMarked = isRequired || coverage.some((r) => r.needed > 0)
  return html`${firstOpen('coverage', 'Passages in the contexts of the search set', rows, coverageRows(isRequired))}
${isMarked && html`<p class="soft">Needed: a right answer rests on it.${isRequired && ' Required: a rule asks for it.'}</p>`}
${!isMarked && html`<p class="soft">No record marks which passages were needed.</p>`}`
}

/** A table whose further rows are closed. */
function firstOpen<T>(
  id: string,
  caption: string,
  rows: readonly T[],
  tableOf: (id: string, caption: string, rows: readonly T[]) => Html,
): Html {
  const rest = rows.slice(MOST_OPEN)
  return html`${tableOf(id, caption, rows.slice(0, MOST_OPEN))}
${rest.length > 0 && html`<details><summary>${number(rest.length)} more</summary>${tableOf(`${id}-rest`, `${caption}, further rows`, rest)}</details>`}`
}

/** @param isRequired whether a record marks passages as required: else nothing is said of it, row by row */
const coverageRows = (isRequired: boolean) => (id: string, caption: string, rows: readonly CoverageRow[]) =>
  table(
    id,
    caption,
    ['source', 'before', 'removed', ...(isRequired ? ['required, lost'] : []), 'needed, lost'],
    rows.map((r) => [
      html`${kindOf(r)} <span class="of">${visible(r.bucket)}</span>`,
      number(r.before),
      html`<span class="${r.removed === r.before && r.added === 0 && r.before > 0 ? 'bad' : ''}">${number(r.removed)} (${percent(r.removed / Math.max(1, r.before))})</span>${r.added > 0 && html`, ${number(r.added)} new`}`,
      ...(isRequired ? [outOf(r.required_lost, r.required)] : []),
      html`${outOf(r.needed_lost, r.needed)}${r.values_lost > 0 && html`, <span class="bad">${count(r.values_lost, 'used value')}</span>`}`,
    ]),
  )

function sourceTable({ sources, coverage }: RunEvidence): Html {
  if (sources.length === 0)
    return (coverage ?? []).length === 0
      ? coverageTable(coverage)
      : html`<p>No passage that is read names its source: nobody answers for any.</p>`
  const rows = sources.toSorted((a, b) => b.before + b.after - a.before - a.after)
  if (sources.every((s) => s.owner === null))
    return html`<p>The pack declares no <code>sources</code>: nobody answers for the ${count(sources.length, 'source')} that were read.</p>
<details><summary>Passages by source</summary>${sourceRows('sources', 'Sources of the passages', rows)}</details>`
  return firstOpen('sources', 'Sources of the passages', rows, sourceRows)
}

const sourceRows = (id: string, caption: string, rows: RunEvidence['sources']): Html =>
  table(
    id,
    caption,
    ['source', 'owner', 'version', 'changed', 'passages before', 'after'],
    rows.map((s) => [
      visible(s.source),
      s.owner === null ? html`<span class="bad">nobody declared</span>` : visible(s.owner),
      s.version === null ? '-' : visible(s.version),
      s.updated === null ? '-' : `${s.updated}${s.age_days === null ? '' : `, ${count(s.age_days, 'day')} before`}`,
      number(s.before),
      number(s.after),
    ]),
  )

function spendingTable({ surfaces }: ShownProposal, { spending, patch }: RunEvidence): Html {
  if (spending === null) return html`<p>Not known: a harness of your own spent what it chose to.</p>`
  const { decisions, priced, parts } = spending
  const each = (sum: number, of: number) => number(sum / Math.max(1, of))
  const bands = Object.entries(patch).flatMap(([path, { from, to }]) => {
    const bounds = surfaces.find((s) => s.path === path)?.bounds
    return bounds && 'step' in bounds
      ? [
          html`<p>${visible(path)}: ${setting(from)} → ${setting(to)}, in the band ${number(bounds.min)} to ${number(bounds.max)}.</p>`,
        ]
      : []
  })
  return html`${bands}${table(
    'spending',
    `Of one decision, over ${count(decisions, 'case')}`,
    ['part', 'tokens before', 'after', 'cents before', 'after'],
    parts.map((p) => [
      visible(p.part.replaceAll('_', ' ')),
      each(p.tokens.before, decisions),
      each(p.tokens.after, decisions),
      p.cents === null ? '-' : each(p.cents.before, priced),
      p.cents === null ? '-' : each(p.cents.after, priced),
    ]),
  )}`
}

const actionTable = ({ actions }: RunEvidence): Html =>
  actions.length === 0
    ? html`<p>No call of a tool is recorded.</p>`
    : table(
        'actions',
        'Calls in the search set',
        ['tool', 'risk', 'before', 'after', 'wait for a person'],
        actions.map((a) => [
          visible(a.tool),
          a.writes === null ? 'not recorded' : a.writes ? html`<strong>writes</strong>` : 'reads',
          number(a.before),
          a.after === null ? 'not known' : number(a.after),
          `${number(a.asked_before)}, then ${a.asked_after === null ? 'not known' : number(a.asked_after)}`,
        ]),
      )

function amountTable({ surfaces }: ShownProposal, { amounts, patch }: RunEvidence): Html {
  const owners = surfaces.filter((s) => s.path in patch && s.layer === 'approval_gate').map((s) => visible(s.owner))
  return html`${owners.length > 0 && html`<p>Policy owner: <strong>${owners.join(', ')}</strong></p>`}
${
  amounts.length === 0
    ? html`<p>No action is recorded at a gate.</p>`
    : table(
        'amounts',
        'Gated actions in the search set',
        ['gate', 'actions', 'asked before', 'asked after', 'let through'],
        amounts.map((a) => [
          visible(a.gate),
          number(a.actions),
          number(a.asked_before),
          number(a.asked_after),
          html`<span class="${a.let_through > 0 ? 'bad' : ''}">${number(a.let_through)}</span>${
            a.let_through > 0 &&
            `, ${number(a.sum)} in all: ${a.amounts.map(number).join(', ')}${a.unknown > 0 ? `, ${number(a.unknown)} of unknown amount` : ''}`
          }`,
        ]),
      )
}`
}

/** A prompt block word by word: tokens, sentences that stay, what may not be said. */
function words({ surfaces }: ShownProposal, { patch }: RunEvidence): Html {
  return html`${Object.entries(patch).flatMap(([path, { from, to }]) => {
    if (typeof from !== 'string' || typeof to !== 'string' || !path.endsWith('instruction_block')) return []
    const bounds = surfaces.find((s) => s.path === path)?.bounds
    const limit = bounds && 'max_added_tokens' in bounds ? bounds : null
    const sentences = sentencesOf(from)
    const lost = without(sentences, sentencesOf(to))
    return [
      html`${limit && toRead(addedSentences(from, to, limit.protected_sentences ?? []))}
<p>About ${number(estimatedTokens(from))} tokens by estimate before, ${number(estimatedTokens(to))} after${limit && `; at most ${number(limit.max_added_tokens)} may be added${limit.grown_since ? ` since ${visible(limit.grown_since.pack)}` : ''}`}. ${number(sentences.length - lost.length)} of ${count(sentences.length, 'sentence')} stay word for word.</p>
${diffBlock(from, to)}
${limit?.protected_sentences && html`<p class="soft">Protected, and untouched: ${limit.protected_sentences.map((one) => `“${visible(one)}”`).join(' ')}</p>`}
${limit && limit.forbidden_terms.length > 0 && html`<p class="soft">May not be said: ${limit.forbidden_terms.map(visible).join(', ')}.</p>`}`,
    ]
  })}`
}

/** What no bound can tell a reviewer, and where to look for it. */
function toRead(added: readonly AddedSentence[]): Html {
  if (added.length === 0) return html``
  const near = added.filter((one) => one.near !== null)
  return html`<p><strong>No rule reads meaning</strong>: what is forbidden or protected may be contradicted in other words. Read ${added.length === 1 ? 'the new sentence' : `the ${number(added.length)} new sentences`}${
    near.length > 0 &&
    html`; ${number(near.length)} of them ${near.length === 1 ? 'speaks' : 'speak'} of what a protected one does`
  }:</p>
<ul>${added.map(({ text, near: one }) => html`<li>“${visible(text)}”${one !== null && html` <span class="of">beside “${visible(one)}”</span>`}</li>`)}</ul>`
}
