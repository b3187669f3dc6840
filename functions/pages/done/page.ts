/** The definition of done as one file: a row a probe, with its evidence, and what was tried of each failure mode. */
import { html } from 'hono/html'
import type { Probe } from '#core/done/probe.ts'
import type { DoneReport } from '#core/done/report.ts'
import { visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { standalone } from '../report/shell.ts'

/** The whole file. */
export const donePage = (report: DoneReport): string =>
  standalone(
    `Definition of done: ${report.done ? 'yes' : 'not yet'}`,
    html`<p class="eyebrow">Intent <strong>${visible(report.intent ?? 'none yet')}</strong>, run <strong>${visible(report.run ?? 'none yet')}</strong>, rollout <strong>${visible(report.rollout ?? 'none yet')}</strong></p>
<h1>Done? <span class="${report.done ? 'good' : 'bad'}">${report.done ? 'Yes.' : 'Not yet.'}</span></h1>
<p>It is done when every check and every failure mode answers yes. What nobody measured is not a yes, and nothing is summed up.</p>
${part('checks', 'Seven checks', report.checks)}
${part('modes', 'Seven failure modes', report.failure_modes)}`,
    'it is made of the files of the store alone',
  )

const part = (
  id: string,
  title: string,
  probes: readonly Probe[],
): Html => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${table(
  `${id}-table`,
  `${title}, each with its reason and the command that recomputes it`,
  ['question', 'answer', 'reason', 'recomputed by'],
  probes.map((probe) => [
    visible(probe.asks),
    answer(probe),
    reason(probe),
    html`<code>${visible(['autotune', ...probe.recompute].join(' '))}</code>`,
  ]),
)}
${probes.map(detail)}</section>`

const answer = ({ answer: said }: Probe): Html =>
  html`<span class="${said === 'yes' ? 'good' : 'bad'}">${said ?? 'not measured'}</span>`

const reason = ({ reason: why, repair }: Probe): Html =>
  html`${visible(why)}${repair !== null && html`<br><span class="soft">Repair: ${visible(repair)}</span>`}`

const detail = ({ asks, evidence, attempts = [] }: Probe): Html => html`<details><summary>${visible(asks)}</summary>
${
  attempts.length > 0 &&
  html`<ul>${attempts.map(({ tried, stopped }) => html`<li>${visible(tried)}: ${stopped === null ? html`<strong class="bad">went through</strong>` : html`stopped: ${visible(stopped)}`}</li>`)}</ul>`
}
${
  evidence.length === 0
    ? html`<p>No file speaks of it yet.</p>`
    : html`<ul>${evidence.map(({ path, digest }) => html`<li class="mono">${visible(path)} ${digest ?? 'is missing'}</li>`)}</ul>`
}</details>`
