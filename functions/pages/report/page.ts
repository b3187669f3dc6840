/** The report of a run as one file: what it changed, found, paid and proved. A pure function of its facts. */
import { html } from 'hono/html'
import type { RunEvidence } from '#core/evidence/types.ts'
import type { ReportFacts } from '#core/report/facts.ts'
import { PLAN_SAYS } from '#core/search/not-searched.ts'
import { count, number, visible } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'
import { type Pareto, paretoOf } from '../kit/pareto.ts'
import { paretoPlot } from '../kit/pareto-plot.ts'
import { promptParts } from '../kit/prompt-cost.ts'
import { caseGroups } from '../review/cases.ts'
import { candidateMatrix, originsPart } from './candidates.ts'
import { costWaterfall, coverageTable, slicesPart } from './context.ts'
import { head, headline } from './head.ts'
import { proof, provenance } from './proof.ts'
import { bestChart, knobGrid, mainEffects, parallelCoordinates } from './search-charts.ts'
import { standalone } from './shell.ts'

/** A report up to this size keeps every whole case that its evidence holds; beyond it the last of them are left out. */
const COMFORTABLE = 300_000
/** No report is larger: then candidates are left out too. */
const LARGEST = 1_000_000
const MOST_CANDIDATES = 200

/** The whole file, in UTF-8 at most `LARGEST` bytes; what was left out for that is said in its place. */
export function reportPage(facts: ReportFacts): string {
  const title = `Report ${facts.run_id}: ${headline(facts)}`
  let [cases, candidates] = [facts.evidence?.examples.length ?? 0, MOST_CANDIDATES]
  for (;;) {
    const page = standalone(title, body(facts, { cases, candidates }))
    const size = Buffer.byteLength(page)
    if (size <= COMFORTABLE || (cases === 0 && (size <= LARGEST || candidates === 0))) return page
    if (cases > 0) cases = Math.floor(cases * 0.7)
    else candidates = Math.floor(candidates / 2)
  }
}

interface Most {
  readonly cases: number
  readonly candidates: number
}

/** Every part of a report. */
function body(facts: ReportFacts, most: Most): Html {
  const { evidence, search, metric, direction } = facts
  const pareto =
    search !== null && metric !== null && direction !== null
      ? paretoOf(
          { target: { metric, direction }, baseline_metric: facts.baseline_metric, candidates: facts.candidates },
          most.candidates,
        )
      : null
  const parts: readonly (readonly [id: string, title: string, content: Html | null | false | undefined])[] = [
    ['context', 'What is read no more', evidence && coverageTable(evidence)],
    ['prompt', 'Price of the prompt', evidence?.prompts && promptParts(evidence.prompts)],
    ['cases', 'Cases before and after', evidence && cases(evidence, most.cases)],
    ['slices', 'Where the harm lies', evidence && slicesPart(evidence)],
    ['spending', 'Where the money goes', evidence && costWaterfall(evidence)],
    ['search', 'Where the search went', pareto && searchPart(facts, pareto)],
    ['failed', 'What failed where', pareto && facts.candidates.length > 0 && candidateMatrix(facts, pareto)],
    ['proof', 'What the sealed set was asked', (search !== null || facts.question !== null) && proof(facts)],
    ['provenance', 'Where it comes from', provenance(facts)],
    ['words', 'Words', glossary()],
  ]
  const there = parts.filter(([, , content]) => content)
  return html`${head(facts)}
<nav aria-label="Parts"><p>${there.map(([id, title], i) => html`${i > 0 && ' · '}<a href="#${id}">${title}</a>`)}</p></nav>
${there.map(
  ([id, title, content]) => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}</section>
`,
)}`
}

/** What a review shows of the cases; what is left out to keep the file small is counted. */
function cases(evidence: RunEvidence, most: number): Html {
  const left = evidence.examples.length - Math.min(most, evidence.examples.length)
  return html`${caseGroups({ ...evidence, examples: evidence.examples.slice(0, most) })}
${left > 0 && html`<p class="soft">${count(left, 'whole case')} left out, to keep this file small; their names stand above.</p>`}`
}

function searchPart(facts: ReportFacts, pareto: Pareto): Html {
  const { counts, not_searched } = facts.search!
  return html`<p>${count(counts.visited, 'candidate')} ${counts.exact ? '(all that the search space admits)' : '(sampled)'}, ${number(counts.paid)} case replays paid and ${number(counts.avoided)} avoided${counts.unreplayable > 0 && `, ${number(counts.unreplayable)} that the records cannot answer`}${counts.failed > 0 && `, ${number(counts.failed)} in which the harness failed`}.</p>
${not_searched.length > 0 && html`<ul>${not_searched.map((line) => html`<li>${visible(line)}</li>`)}</ul><p class="soft">${PLAN_SAYS}.</p>`}
<div class="cols"><figure>${paretoPlot(pareto)}</figure>
${bestChart(facts)}</div>
<div class="cols">${knobGrid(facts)}
${mainEffects(facts)}</div>
${parallelCoordinates(facts)}${originsPart(facts)}`
}

/** Word -> what it means; docs/glossary.md has all of them. */
const WORDS: Readonly<Record<string, string>> = {
  baseline: 'the settings in force, replayed first: a case counts only if its baseline reproduces',
  candidate: 'a bounded change of settings with its reason; what became of it is its fate',
  replay: 'a recorded case under other settings: trimmed, or answered by a harness of your own',
  family: 'all recorded runs of one customer or conversation; every count of a gate counts families',
  guardrail: 'a declared limit in one dimension',
  evaluator: 'one check, from a replayed case to a score and findings; a floor can block',
  certified: 'proved within the error budget: a p-value at most the level of the question',
  checked: 'a bound that can block and is never called proved',
  'not at stake': 'nothing in the search space can break it, or its owner said why the records cannot',
  'sealed set': 'families that the search never reads; asked once, it answers one bit',
  question: 'one ordered list of candidates asked of a sealed version; it is spent when it is opened',
  retired: 'a sealed version that has passed a candidate, or used its questions: its cases may then be read',
  unreplayable: 'no recording of the case speaks about these settings; counted, and never a pass',
  'required, needed': 'a passage whose loss is a policy finding; a passage that a complete answer rests on',
}

/** The words of a report, for whoever reads none of the documents. */
const glossary = (): Html =>
  html`<dl>${Object.entries(WORDS).map(
    ([word, says]) => html`<dt>${word}</dt><dd>${says}</dd>
`,
  )}</dl>`
