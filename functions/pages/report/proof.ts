/** What was asked of the sealed set and what it answered: certificate, power, and what of the error budget is spent. */

import { line } from 'd3-shape'
import { html } from 'hono/html'
import type { ReportFacts } from '#core/report/facts.ts'
import type { PowerCurve } from '#core/report/power.ts'
import { spaced } from '#schemas/metrics.ts'
import { linear, px } from '../kit/axis.ts'
import { count, number, percent, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { dimensionPlot } from '../kit/limits-plot.ts'
import { dimensionTable, guardrailTable } from '../review/sections.ts'
import { dataTable } from './data-table.ts'

export function proof(facts: ReportFacts): Html {
  const { proposal, certificate, preflight, power, sealed_families, labels } = facts
  return html`${ledgerBar(facts)}
${
  labels.length > 0 &&
  html`<h3>Labels</h3>
<ul>${labels.map((line) => html`<li>${visible(line)}</li>`)}</ul>`
}
${
  proposal &&
  html`${dimensionPlot(proposal)}
${dimensionTable(proposal)}
${guardrailTable(proposal)}`
}
${
  preflight.length > 0 &&
  dataTable(
    'preflight',
    `Could the sealed set answer? ${sealed_families === null ? 'No version is sealed' : `${count(sealed_families, 'sealed family', 'sealed families')}`}`,
    ['guardrail', 'it could', 'families', 'needed', 'power', 'note'],
    preflight.map((row) => ({
      head: spaced(visible(row.guardrail)),
      cells: [
        html`<span class="${row.verdict === 'ready' ? 'good' : 'bad'}">${row.verdict === 'ready' ? 'yes' : 'no'}</span>`,
        row.families,
        row.needed ?? '-',
        row.power === null ? '-' : percent(row.power),
        visible(row.note),
      ],
    })),
  )
}
${power.length > 0 && html`<div class="cols">${power.map(powerChart)}</div>`}
${
  certificate
    ? html`<p>On the sealed set ${count(certificate.changed_runs.length, 'case')} differ from the baseline, ${number(certificate.regression_runs.length)} of them for the worse${certificate.regression_runs.length > 0 && html`: <span class="mono">${certificate.regression_runs.slice(0, 40).map(visible).join(', ')}${certificate.regression_runs.length > 40 && ` and ${number(certificate.regression_runs.length - 40)} more`}</span>`}. The version is retired by its yes, so its cases may be named.</p>`
    : facts.question && html`<p>Nothing of a sealed case may be told: the answer was one bit.</p>`
}`
}

/** One box a question of the sealed version. */
function ledgerBar({ question, sealed_families, intent }: ReportFacts): Html {
  if (question === null)
    return html`<p>${sealed_families === null ? 'No version was sealed' : 'The sealed version was not asked'}: this run spent nothing of any error budget.</p>`
  const { question: k, of, level, alpha, passed, version } = question
  const [BOX, GAP, H] = [Math.max(24, Math.min(76, 380 / of)), 4, 22]
  const says = passed
    ? `question ${k} of ${of} passed, so the version is retired${of > k ? `; ${count(of - k, 'question')} lapse` : ''}`
    : `question ${k} of ${of} was answered no; ${count(of - k, 'question')} ${of - k === 1 ? 'is' : 'are'} left`
  return html`<figure><svg viewBox="0 0 ${(BOX + GAP) * of + 4} 68" role="img" aria-labelledby="ledger-title">
<title id="ledger-title">Error budget of ${visible(intent)}: ${says}</title>
<text x="0" y="14">each question ${percent(level)}, all of them ${percent(alpha)}</text>
${Array.from({ length: of }, (_, i) => html`<rect class="${i < k ? 'spent' : passed ? 'lapsed' : 'unspent'}" x="${px(i * (BOX + GAP) + 1)}" y="24" width="${px(BOX)}" height="${H}" rx="3"></rect><text class="${i < k ? 'on' : 'soft'}" x="${px(i * (BOX + GAP) + BOX / 2)}" y="${24 + 16}" text-anchor="middle">${i + 1}</text>`)}
</svg><figcaption>Sealed version <span class="mono">${version.slice(0, 15)}</span>: ${says}; ${percent(level * k)} of ${percent(alpha)} spent by then.</figcaption></figure>`
}

const LINE = ['ln', 'ln two', 'ln three'] as const

/** The chance of a pass over sealed families, and how many there are. */
function powerChart({ guardrail, excludes, level, have, needs, lines }: PowerCurve): Html {
  const [W, H, LEFT, RIGHT, TOP, BOTTOM] = [410, 210, 52, 14, 26, 44]
  const most = Math.max(have, ...lines.flatMap((l) => l.points.map(([n]) => n)))
  const x = linear([0, most], [LEFT, W - RIGHT])
  const y = linear([0, 1], [H - BOTTOM, TOP])
  const what =
    guardrail === 'utility_delta'
      ? `utility drop below ${number(excludes * 100)} points`
      : `floors below ${percent(excludes)}`
  const id = `power-${guardrail.replaceAll('_', '-')}`
  const right = x(have) > (LEFT + W) / 2
  return html`<figure><svg viewBox="0 0 ${W} ${H}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">Chance of a certificate (${what}) by sealed families</title>
<desc id="${id}-desc">You have ${number(have)}${needs !== null && `; a clean sheet needs ${number(needs)}`}.</desc>
${[0, 0.5, 1].map((t) => html`<line class="grid" x1="${LEFT}" x2="${W - RIGHT}" y1="${px(y(t))}" y2="${px(y(t))}"/><text x="${LEFT - 6}" y="${px(y(t) + 4)}" text-anchor="end">${percent(t)}</text>`)}
${x.ticks(4).map((t) => html`<text x="${px(x(t))}" y="${H - BOTTOM + 16}" text-anchor="middle">${number(t)}</text>`)}
<text x="${(LEFT + W) / 2}" y="${H - 8}" text-anchor="middle">sealed families</text>
${lines.map((l, i) => html`<path class="${LINE[i] ?? 'ln'}" d="${line().digits(1)(l.points.map(([n, p]): [number, number] => [x(n), y(p)])) ?? ''}"/>`)}
<line class="limit" x1="${px(x(have))}" x2="${px(x(have))}" y1="${TOP - 4}" y2="${H - BOTTOM}"/><text x="${px(x(have) + (right ? -5 : 5))}" y="14" text-anchor="${right ? 'end' : 'start'}">you have ${number(have)}</text>
</svg><figcaption>Chance that “${what}” is certified at ${percent(level)}: ${lines.map((l, i) => `${['solid', 'dashed', 'dotted'][i]} with ${l.assumes}`).join(', ')}.${needs !== null && ` A clean sheet needs ${number(needs)}.`}</figcaption></figure>`
}

/** Digests, pinned inputs, and the command that recomputes all of it. */
export function provenance(facts: ReportFacts): Html {
  const { artifacts, manifest, search_set, sealed_version, replayer, gate_rules, refs, billed } = facts.provenance
  const { search } = facts
  const excluded = Object.entries(search?.excluded.cases ?? {})
  const recorded = facts.evidence?.recorded
  const line = (name: string, value: string | number | null | undefined | false) =>
    value !== null &&
    value !== undefined &&
    value !== false &&
    html`<dt>${name}</dt><dd class="mono">${visible(String(value))}</dd>
`
  return html`${
    manifest !== null &&
    html`<p>Recompute it from its pinned inputs, and compare bytes:</p>
<pre>autotune verify ${visible(facts.run_id)}</pre>`
  }
<dl>${Object.entries(refs).map(([name, ref]) => line(name, ref))}${line('search set', search_set)}${line('sealed version', sealed_version)}${line('replayer', replayer)}${line('gate rules', gate_rules)}${line('owner', facts.owner)}${
    billed && line('paid', `${number(billed.replays)} replays, ${count(billed.heldout_questions, 'question')}`)
  }${facts.model_usage.map((words) => line('asked of models', words))}${
    search &&
    line(
      'search cases',
      `${number(search.cases)}; left out because their baseline does not reproduce: ${excluded.length === 0 ? 'none' : excluded.map(([why, n]) => `${why} ${number(n)}`).join(', ')}`,
    )
  }${recorded && line('recorded', recorded.first === null ? 'on no known day' : `${recorded.first} to ${recorded.last}${recorded.age_days === null ? '' : `, the newest ${count(recorded.age_days, 'day')} before the run`}`)}${line('manifest', manifest)}</dl>
${
  Object.keys(artifacts).length > 0 &&
  table(
    'artifacts',
    'Files of the run',
    ['file', 'digest'],
    Object.entries(artifacts).map(([file, digest]) => [
      html`<span class="mono">${visible(file)}</span>`,
      html`<span class="mono">${visible(digest)}</span>`,
    ]),
  )
}
${search && search.control.length > 0 && html`<details><summary>What the negative control saw: every surface at its most destructive values</summary><ul>${search.control.map((l) => html`<li>${visible(l.trim())}</li>`)}</ul></details>`}`
}
