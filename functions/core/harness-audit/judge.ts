/** Judges what is known of each control: no weighted total, and what nobody verified counts as failed. */
import type { EvidenceLevel } from '#schemas/harness-manifest.ts'
import { CONTROLS, type Control, REPAIR_ORDER } from './controls.ts'
import { longestWord } from './longest-word.ts'

/** One piece of evidence; `holds` false: it was looked for and is not there, or says the opposite. */
export interface AuditEvidence {
  readonly level: EvidenceLevel
  readonly path: string
  readonly digest: string | null
  readonly holds: boolean
}

/** What is known of a control. `unverified`: why none of it counts; `short`: what it lacks, which makes it Partial at most. */
export interface Known {
  readonly evidence: readonly AuditEvidence[]
  readonly says: string
  readonly not_applicable?: true
  readonly unverified?: string
  readonly short?: string
}

type Status = 'Pass' | 'Partial' | 'Fail' | 'N/A'

export interface AuditRow extends Control {
  readonly status: Status
  /** Strongest level of the evidence that holds; null: there is none. */
  readonly level: EvidenceLevel | null
  readonly reason: string
  readonly evidence: readonly AuditEvidence[]
}

interface Repair {
  readonly control: number
  readonly name: string
  readonly property: Control['property']
  readonly owner: string | null
  readonly repair: string
}

export interface AuditReport {
  readonly subject: string
  readonly kind: 'loop' | 'harness'
  /** Day that expiries were held against; null: nothing expires. */
  readonly as_of: string | null
  /** BLOCKED: a P0 is Fail or Partial. Ours: a P1 that fails constrains; else gaps are owned. */
  readonly decision: 'BLOCKED' | 'BETA-CONSTRAINED' | 'READY WITH OWNED GAPS'
  readonly blocking: readonly number[]
  readonly counts: Readonly<Record<Status, number>>
  readonly rows: readonly AuditRow[]
  /** Three at most, in the order of repair. */
  readonly repairs: readonly Repair[]
  readonly next_audit: string | null
}

export interface Audited {
  readonly subject: string
  readonly kind: AuditReport['kind']
  readonly as_of: string | null
  readonly owner: string | null
  readonly next_audit: string | null
}

/** What nothing speaks of, by what is audited. */
const NOBODY = {
  loop: 'unverified: no probe of the loop shows it, and no manifest declares it',
  harness: 'unverified: the manifest declares nothing of it',
} as const

export function auditReport(about: Audited, known: ReadonlyMap<number, Known>): AuditReport {
  const rows = CONTROLS.map((control): AuditRow => {
    const one = known.get(control.n) ?? { evidence: [], says: '', unverified: NOBODY[about.kind] }
    return { ...control, ...judge(one), evidence: one.evidence }
  })
  const blocking = rows.filter(
    ({ severity, status }) => severity === 'P0' && (status === 'Fail' || status === 'Partial'),
  )
  const constrained = rows.some(({ severity, status }) => severity === 'P1' && status === 'Fail')
  const { subject, kind, as_of, owner, next_audit } = about
  return {
    subject,
    kind,
    as_of,
    decision: blocking.length > 0 ? 'BLOCKED' : constrained ? 'BETA-CONSTRAINED' : 'READY WITH OWNED GAPS',
    blocking: blocking.map(({ n }) => n),
    counts: countsOf(rows),
    rows,
    repairs: rows
      .filter(({ status }) => status === 'Fail' || status === 'Partial')
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, 3)
      .map(({ n, name, property, reason }) => ({ control: n, name, property, owner, repair: reason })),
    next_audit,
  }
}

/** When it is audited next, as people are told it. */
export const nextAudit = ({ next_audit, as_of }: AuditReport): string =>
  next_audit === null
    ? 'no date is set: a manifest has one'
    : `${next_audit}${as_of === null ? '' : whenItIs(next_audit, as_of)}`

function whenItIs(day: string, today: string): string {
  if (day < today) return ', which is OVERDUE: look at each control anew and set the next day'
  return day > longestWord(today) ? ', which is MORE THAN A YEAR AWAY: every word ends before it' : ''
}

function judge({
  evidence,
  says,
  not_applicable,
  unverified,
  short,
}: Known): Pick<AuditRow, 'status' | 'level' | 'reason'> {
  if (unverified !== undefined) return { status: 'Fail', level: null, reason: unverified }
  if (not_applicable) return { status: short === undefined ? 'N/A' : 'Partial', level: null, reason: short ?? says }
  const has = (level: EvidenceLevel): boolean => evidence.some((one) => one.level === level && one.holds)
  const level = (['behavioural', 'wiring', 'definition'] as const).find(has) ?? null
  // Conflicts take the weaker: evidence that does not hold is no smaller matter than the evidence that does.
  const against = evidence.find(({ holds }) => !holds)
  if (against)
    return { status: 'Fail', level, reason: `unverified: ${against.path} is missing or another than was signed` }
  if (level === null) return { status: 'Fail', level: 'assertion', reason: `an assertion alone: ${says}` }
  if (!has('behavioural') || !has('wiring'))
    return { status: 'Partial', level, reason: `${level} alone: a pass needs behavioural evidence and wiring` }
  if (short !== undefined) return { status: 'Partial', level, reason: short }
  return { status: 'Pass', level, reason: says }
}

/** P0 before P1, each in the order of repair, then by number. */
function rank({ n, severity }: Control): number {
  const at = REPAIR_ORDER.indexOf(n)
  return (severity === 'P0' ? 0 : 1000) + (at === -1 ? 100 + n : at)
}

function countsOf(rows: readonly AuditRow[]): AuditReport['counts'] {
  const counts = { Pass: 0, Partial: 0, Fail: 0, 'N/A': 0 }
  for (const { status } of rows) counts[status]++
  return counts
}
