/** `autotune audit show`: the eight-property harness audit, of the loop over a store or of a harness by its manifest. */
import { type AuditReport, type AuditRow, auditReport, nextAudit } from '#core/harness-audit/judge.ts'
import { knownOfLoop } from '#core/harness-audit/loop.ts'
import type { AttestationKeys } from '#schemas/attestation.ts'
import { auditPage } from '../pages/done/audit-page.ts'
import { readKeys } from './attest-keys.ts'
import { lookAtLoop } from './audit-loop.ts'
import { type Declared, declaredIn } from './audit-manifest.ts'
import { lookDone } from './done.ts'
import { writeNew } from './new-file.ts'
import type { StoreOptions } from './store-options.ts'
import { inLine, print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly intent?: string
  readonly manifest?: string
  readonly html?: string
  /** File of keys that vouch for who decided, and whose word a manifest holds. */
  readonly keys?: string
}

/** Exit code: 0 nothing blocks, 3 BLOCKED. */
export async function audit({ json, intent, manifest, html, keys, ...o }: Options): Promise<number> {
  const trusted = keys === undefined ? null : readKeys(keys, o.store)
  const declared = manifest === undefined ? null : declaredIn(manifest, trusted)
  const report =
    declared === null || declared.manifest.loop
      ? await ofLoop(o, { intent, keys: trusted }, declared)
      : ofHarness(declared)
  if (html !== undefined) writeNew(html, auditPage(report), 0o600, '--html')
  print(json, report, () => [
    `audit of the ${report.kind} ${report.subject}${report.as_of === null ? '' : `, as of ${report.as_of}`}`,
    ...report.rows.map(rowLine),
    `counts   ${Object.entries(report.counts)
      .map(([status, n]) => `${status} ${n}`)
      .join(', ')}`,
    ...report.repairs.map(
      (one, i) =>
        `repair ${i + 1} ${one.control} ${one.name} (${one.property}; owner ${one.owner ?? 'nobody yet'}): ${inLine(one.repair)}`,
    ),
    `next     ${nextAudit(report)}`,
    ...(html === undefined ? [] : [`wrote    ${html}`]),
    report.blocking.length === 0
      ? `decision ${report.decision}`
      : `decision BLOCKED by ${report.blocking.length} P0 controls: ${report.blocking.join(', ')}`,
  ])
  return report.decision === 'BLOCKED' ? 3 : 0
}

const rowLine = ({ n, name, severity, status, level, reason }: AuditRow): string =>
  `   ${status.padEnd(8)} ${severity} ${String(n).padStart(2)} ${name}${level === null ? '' : ` (${level})`}: ${inLine(reason)}`

/** @param declared what a manifest of the loop says of the controls that no probe shows; null: nobody says anything */
async function ofLoop(
  o: StoreOptions,
  { intent = null, keys }: { readonly intent?: string | null; readonly keys: AttestationKeys | null },
  declared: Declared | null,
): Promise<AuditReport> {
  const { facts, report, look } = await lookDone(o, intent, async (store, looked) => ({
    ...looked,
    look: await lookAtLoop(store, looked.facts, keys),
  }))
  return auditReport(
    {
      subject: report.intent ?? 'no intent yet',
      kind: 'loop',
      as_of: declared?.as_of ?? null,
      owner: declared?.manifest.owner ?? facts.run?.run.target.owner ?? null,
      next_audit: declared?.manifest.next_audit ?? null,
    },
    new Map([...(declared?.known ?? []), ...knownOfLoop(report, facts, look)]),
  )
}

const ofHarness = ({ manifest, known, as_of }: Declared): AuditReport =>
  auditReport(
    { subject: manifest.harness, kind: 'harness', as_of, owner: manifest.owner, next_audit: manifest.next_audit },
    known,
  )
