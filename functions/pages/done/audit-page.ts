/** The harness audit as one file: the decision, what blocks, the queue of repairs, and a row a control. */
import { html } from 'hono/html'
import { PROPERTIES } from '#core/harness-audit/controls.ts'
import { type AuditReport, type AuditRow, nextAudit } from '#core/harness-audit/judge.ts'
import { number, visible } from '../kit/format.ts'
import { type Html, table } from '../kit/layout.ts'
import { standalone } from '../report/shell.ts'

/** The whole file. */
export const auditPage = (report: AuditReport): string =>
  standalone(
    `Harness audit of ${visible(report.subject)}: ${report.decision}`,
    html`<p class="eyebrow">Harness audit of the ${report.kind} <strong>${visible(report.subject)}</strong>${report.as_of !== null && html`, as of <time datetime="${report.as_of}">${report.as_of}</time>`}</p>
<h1><span class="${report.blocking.length > 0 ? 'bad' : 'good'}">${report.decision}</span></h1>
<p>Any P0 control that is Fail or Partial blocks. What nobody verified is Fail, and so is what is only said. There is no total: ${(['Pass', 'Partial', 'Fail', 'N/A'] as const).map((one, i) => `${i > 0 ? ', ' : ''}${one} ${number(report.counts[one])}`)} of ${number(report.rows.length)}.</p>
<section aria-labelledby="queue"><h2 id="queue">Repairs, the first three</h2>
${
  report.repairs.length === 0
    ? html`<p>None is open.</p>`
    : table(
        'queue-table',
        'Ranked queue of repairs',
        ['control', 'property', 'owner', 'what is short'],
        report.repairs.map((one) => [
          `${one.control} ${one.name}`,
          one.property,
          visible(one.owner ?? 'nobody yet'),
          visible(one.repair),
        ]),
      )
}
<p>Next audit: ${visible(nextAudit(report))}.</p></section>
${PROPERTIES.map((property, i) => part(i, property, report.rows))}`,
    report.kind === 'loop'
      ? 'it is made of the files of the store alone'
      : 'it is made of the manifest and the files that it names',
  )

const part = (i: number, property: AuditRow['property'], rows: readonly AuditRow[]): Html => {
  const own = rows.filter((row) => row.property === property)
  return html`<section aria-labelledby="p${i}"><h2 id="p${i}">${property[0]!.toUpperCase()}${property.slice(1)}</h2>
${table(
  `p${i}-table`,
  `Controls of ${property}`,
  ['control', 'severity', 'status', 'evidence', 'reason'],
  own.map(({ n, name, severity, status, level, reason }) => [
    `${n} ${name}`,
    severity,
    html`<span class="${status === 'Pass' || status === 'N/A' ? 'good' : 'bad'}">${status}</span>`,
    level ?? 'none',
    visible(reason),
  ]),
)}
${own.map(
  ({ n, name, evidence }) =>
    evidence.length > 0 &&
    html`<details><summary>Evidence of ${n} ${name}</summary><ul>${evidence.map(({ level, path, digest }) => html`<li class="mono">${level} ${visible(path)} ${digest ?? 'is missing'}</li>`)}</ul></details>`,
)}</section>`
}
