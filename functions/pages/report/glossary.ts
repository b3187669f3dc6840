/** The words of a report, for whoever reads none of the documents. */
import { html } from 'hono/html'
import type { Html } from '../kit/layout.ts'

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

export const glossary = (): Html =>
  html`<dl>${Object.entries(WORDS).map(
    ([word, says]) => html`<dt>${word}</dt><dd>${says}</dd>
`,
  )}</dl>`
