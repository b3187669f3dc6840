/** The loop itself as evidence: what the probes of the definition of done saw of a store. What no probe looks at stays unverified. */
import type { DoneFacts } from '../done/facts.ts'
import type { Probe } from '../done/probe.ts'
import { CHECK_IDS, type DoneReport, MODE_IDS, type ProbeId } from '../done/report.ts'
import type { AuditEvidence, Known } from './judge.ts'

/** Control -> the probes that show it at work. The other controls are the harness's own, or no probe shows them. */
const SHOWN_BY: Readonly<Record<number, readonly ProbeId[]>> = {
  2: ['unsafe_auto_promotion'],
  4: ['unsafe_auto_promotion', 'test_set_leakage'],
  21: ['unsafe_auto_promotion', 'reversible'],
  23: ['reversible'],
  26: ['replayable', 'eval_overfitting', 'metric_monoculture'],
  28: ['measured'],
  29: MODE_IDS,
  35: ['reversible'],
  36: ['replayable'],
  37: ['reversible', 'rollback_theatre'],
  40: CHECK_IDS,
}

export function knownOfLoop(report: DoneReport, facts: DoneFacts): ReadonlyMap<number, Known> {
  const probes = new Map([...report.checks, ...report.failure_modes].map((one) => [one.id, one]))
  return new Map(
    Object.entries(SHOWN_BY).map(([control, ids]): [number, Known] => {
      const n = Number(control)
      const known = shownBy(ids.map((id) => probes.get(id)!))
      const short = SHORT[n]?.(facts) ?? null
      return [n, short === null ? known : { ...known, short }]
    }),
  )
}

/** A probe that answers yes was seen at work, on files that are wired into the store; the weakest answer counts. */
function shownBy(probes: readonly Probe[]): Known {
  const weak = probes.find(({ answer }) => answer !== 'yes')
  const evidence = new Map<string, AuditEvidence>()
  for (const probe of probes)
    for (const { path, digest } of probe.evidence) {
      if (digest === null) continue
      evidence.set(`behavioural ${path}`, { level: 'behavioural', path, digest, holds: true })
      evidence.set(`wiring ${path}`, { level: 'wiring', path, digest, holds: true })
    }
  return {
    evidence: [...evidence.values()],
    says: `seen by ${probes.map(({ id }) => id.replaceAll('_', ' ')).join(', ')} (autotune done)`,
    ...(weak && {
      unverified: `${weak.answer === null ? 'unverified' : 'no'}: ${weak.id.replaceAll('_', ' ')}: ${weak.reason}`,
    }),
  }
}

/** What a control asks beyond what the probes show, by control; null: nothing is short. */
const SHORT: Readonly<Record<number, (facts: DoneFacts) => string | null>> = {
  21: ({ review }) =>
    review?.decisions.some(({ reason }) => reason === null)
      ? 'an approval was given without a reason: the control asks for request, approver, decision, expiry and reason'
      : null,
  35: (facts) => lacking(facts, ['prompt', 'model_profile', 'memory_schema']),
  36: (facts) => lacking(facts, ['model_profile']),
}

/** Parts that the tuple of the rollout, or of the run, names not at all or not by a digest. */
function lacking(
  { rollout, run }: DoneFacts,
  parts: readonly ('prompt' | 'model_profile' | 'memory_schema')[],
): string | null {
  const tuple = rollout?.rollout.candidate
  const refs = tuple?.refs ?? run?.run.target.baseline_tuple
  const digests: Readonly<Record<string, string>> = tuple?.digests ?? run?.run.documents ?? {}
  const missing = parts.filter((part) => refs?.[part] === undefined || digests[part] === undefined)
  return missing.length === 0
    ? null
    : `the tuple pins no ${missing.map((part) => part.replace('_', ' ')).join(', ')} by digest`
}
