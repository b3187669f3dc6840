/** `autotune audit`: the eight-property harness audit, of the loop over a store or of a harness by its manifest. */
import { dirname, join } from 'node:path'
import { readInputBytes } from '#adapters/local/files/open-input.ts'
import { digestOfBytes } from '#core/canonical.ts'
import { CONTROLS } from '#core/harness-audit/controls.ts'
import { type AuditReport, type AuditRow, auditReport, type Known, nextAudit } from '#core/harness-audit/judge.ts'
import { knownOfLoop, SHOWN } from '#core/harness-audit/loop.ts'
import { knownOf, signedDeclarations } from '#core/harness-audit/manifest.ts'
import { HarnessManifest } from '#schemas/harness-manifest.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { auditPage } from '../pages/done/audit-page.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'
import { lookDone } from './done.ts'
import { signing } from './hand.ts'
import { writeNew, writeSigned } from './new-file.ts'
import { reallyLiesIn } from './place.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly intent?: string
  readonly manifest?: string
  readonly html?: string
}

/** Exit code: 0 nothing blocks, 3 BLOCKED. */
export async function audit({ json, intent, manifest, html, ...o }: Options): Promise<number> {
  const declared = manifest === undefined ? null : declaredIn(manifest)
  const report =
    declared === null || declared.manifest.loop ? await ofLoop(o, intent ?? null, declared) : ofHarness(declared)
  if (html !== undefined) writeNew(html, auditPage(report), 0o600, '--html')
  print(json, report, () => [
    `audit of the ${report.kind} ${report.subject}${report.as_of === null ? '' : `, as of ${report.as_of}`}`,
    ...report.rows.map(rowLine),
    `counts   ${Object.entries(report.counts)
      .map(([status, n]) => `${status} ${n}`)
      .join(', ')}`,
    ...report.repairs.map(
      (one, i) =>
        `repair ${i + 1} ${one.control} ${one.name} (${one.property}; owner ${one.owner ?? 'nobody yet'}): ${one.repair}`,
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
  `   ${status.padEnd(8)} ${severity} ${String(n).padStart(2)} ${name}${level === null ? '' : ` (${level})`}: ${reason}`

/** @param declared what a manifest of the loop says of the controls that no probe shows; null: nobody says anything */
async function ofLoop(o: StoreOptions, intent: string | null, declared: Declared | null): Promise<AuditReport> {
  const { facts, report } = await lookDone(o, intent)
  return auditReport(
    {
      subject: report.intent ?? 'no intent yet',
      kind: 'loop',
      as_of: declared?.as_of ?? null,
      owner: declared?.manifest.owner ?? facts.run?.run.target.owner ?? null,
      next_audit: declared?.manifest.next_audit ?? null,
    },
    new Map([...(declared?.known ?? []), ...knownOfLoop(report, facts)]),
  )
}

const today = (): string => new Date().toISOString().slice(0, 10)

interface Declared {
  readonly manifest: HarnessManifest
  readonly known: ReadonlyMap<number, Known>
  readonly as_of: string
}

/** Throws UserError for a manifest of the loop that declares what probes show: a word stands beside no look. */
function declaredIn(file: string): Declared {
  const manifest = readManifest(file)
  const shown = manifest.loop ? manifest.declarations.filter(({ control }) => SHOWN.has(control)) : []
  if (shown.length > 0)
    throw new UserError(
      `${file}: declarations: control ${shown.map(({ control }) => control).join(', ')} of the loop is seen by its probes: take the declaration out`,
    )
  const paths = new Set(manifest.declarations.flatMap(({ evidence }) => evidence.map(({ path }) => path)))
  const found = new Map([...paths].flatMap((path) => digestBeside(file, path)))
  const as_of = today()
  return { manifest, known: knownOf(manifest, found, as_of), as_of }
}

const ofHarness = ({ manifest, known, as_of }: Declared): AuditReport =>
  auditReport(
    { subject: manifest.harness, kind: 'harness', as_of, owner: manifest.owner, next_audit: manifest.next_audit },
    known,
  )

/** Longest file that counts as evidence. */
const MOST_EVIDENCE = 256 * 1024 * 1024

/** What cannot be read does not count, nor what a link has beside the manifest that lies elsewhere; why is the same to the audit. */
function digestBeside(file: string, path: string): [string, string][] {
  const place = join(dirname(file), path)
  try {
    return reallyLiesIn(place, dirname(file)) ? [[path, digestOfBytes(readInputBytes(place, MOST_EVIDENCE))]] : []
  } catch {
    return []
  }
}

/** Manifest of a file. Throws UserError with file, field and what to do. */
const readManifest = (file: string): HarnessManifest => parseAs(HarnessManifest, parseJson(readInput(file), file), file)

interface SignOptions {
  readonly json: boolean
  readonly by?: string
}

/** Puts a person's word under declarations, in the place of an earlier one. Throws UserError for what can be none, with nothing written. */
export async function signAudit(file: string, numbers: readonly string[], { json, by }: SignOptions): Promise<number> {
  const manifest = readManifest(file)
  const controls = new Set(numbers.map(Number))
  for (const [i, n] of numbers.map(Number).entries()) {
    if (!CONTROLS.some((control) => control.n === n))
      throw new UserError(`"${numbers[i]}" is no control: they have the numbers 1 to ${CONTROLS.length}`)
    const one = manifest.declarations.find(({ control }) => control === n)
    if (!one) throw new UserError(`${file} declares nothing of control ${n}: write a declaration, then sign it`)
    if (one.expires < today())
      throw new UserError(
        `the declaration of control ${n} in ${file} ended on ${one.expires}: set a later "expires", then sign it`,
      )
  }
  const { owner, on } = signing(by)
  await writeSigned(file, signedDeclarations(manifest, controls, owner, on))
  print(json, { file, owner, on, signed: [...controls] }, () => [
    `signed   controls ${[...controls].join(', ')} of ${manifest.harness} by ${owner} on ${on}`,
    `next     ${file} is changed: have it reviewed like any change; "autotune audit --manifest ${file}" goes by it`,
  ])
  return 0
}
