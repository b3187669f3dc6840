/** The loop itself as evidence: what the probes of the definition of done, and tries on copies, saw of a store. What neither looks at stays unverified. */
import { MAY_BE_ABSENT } from '#schemas/harness-manifest.ts'
import type { DoneFacts } from '../done/facts.ts'
import { judged, type Probe } from '../done/probe.ts'
import { CHECK_IDS, type DoneReport, MODE_IDS, type ProbeId } from '../done/report.ts'
import type { Known } from './judge.ts'
import { atWork, costAndLatency, honestFailure } from './measures.ts'
import { byRules, otherAgents } from './rules.ts'
import type { Tried } from './tried.ts'
import { contradiction, grounding } from './tries/certificate.ts'
import { budgets, gateway } from './tries/gateway.ts'
import { escalation, identity, type Vouched } from './tries/people.ts'
import { modelRouting, type RecordedFacts, type ReplayFacts, sources, telemetry } from './tries/recorded.ts'
import { fallback, riskClass } from './tries/routing.ts'
import { trajectory } from './tries/trajectory.ts'
import { WIRED, WIRED_DEPLOYED } from './wired.ts'

/** Control -> what it is in this loop, and the probes that show it at work. The others are the harness's own, or a person's word. */
const SHOWN_BY: Readonly<Record<number, readonly [is: string, probes: readonly ProbeId[]]>> = {
  1: ['the target: one metric of one intent, owner, limits, blast radius', ['tied', 'small']],
  2: ['nothing ships without people and stages', ['unsafe_auto_promotion']],
  3: ['every surface is open to named intents, and every candidate is of one', ['tied', 'hidden_blast_radius']],
  4: [
    'who proposes does not judge, and never reads what it is judged by',
    ['unsafe_auto_promotion', 'test_set_leakage'],
  ],
  6: ['contexts are compiled from pinned documents, and again to the byte', ['replayable']],
  9: ['the next search is handed every rejection of its question', ['rejectable']],
  10: ['a rejection is kept with its reason, and one that is lifted stands beside it', ['rejectable']],
  13: ['what is sealed lies apart from what the search reads', ['test_set_leakage']],
  15: ['what the loop may change: typed surfaces with bounds and owners', ['small', 'prompt_sprawl']],
  21: ['people decide on what they were shown', ['unsafe_auto_promotion', 'reversible']],
  23: ['the stages of a rollout, signed one after the other', ['reversible']],
  26: ['held-out families under a mixed suite with limits', ['replayable', 'eval_overfitting', 'metric_monoculture']],
  28: ['production of both arms', ['measured']],
  29: ['the seven failure modes, tried', MODE_IDS],
  30: ['every step of a run under the chain of its audit log', ['on_record', 'replayable']],
  35: ['the tuple of the rollout', ['reversible']],
  36: ['the run from what it pinned', ['replayable']],
  37: ['the way back', ['reversible', 'rollback_theatre']],
  39: ['labels that the business gave', ['measured']],
  40: ['from the target to production', CHECK_IDS],
  41: ['a change reaches the fields of its intent alone', ['tied', 'hidden_blast_radius']],
  42: ['nothing sealed stands where the search, or an agent outside, reads', ['test_set_leakage']],
}
/** Controls that no probe of "done" asks about, and who looks at the run's files for them. */
const MEASURED: Readonly<Record<number, (facts: DoneFacts) => Known>> = {
  12: byRules,
  32: costAndLatency,
  44: honestFailure,
}
/** Controls that are shown by trying on copies what they forbid. */
const TRIED: Readonly<Record<number, (facts: DoneFacts, look: LoopLook) => Tried>> = {
  5: (_, { recorded }) => sources(recorded),
  7: (facts) => grounding(facts),
  8: (facts) => budgets(facts),
  11: (facts, { replays }) => contradiction(facts, replays),
  16: (facts) => gateway(facts),
  17: (facts) => riskClass(facts),
  18: (facts, { vouched }) => identity(facts, vouched),
  22: (facts) => escalation(facts),
  27: (facts, { replays }) => trajectory(facts, replays),
  31: (_, { recorded }) => telemetry(recorded),
  33: (facts, { recorded }) => modelRouting(recorded, facts),
  34: (facts) => fallback(facts),
}
/** Controls that are tried on a copy of a store. Of a deployment a copy holds what its auditor reads: what is not tried there is declared. */
const ON_COPIES: Readonly<Record<number, keyof TriedOnCopies>> = {
  14: 'privacy',
  19: 'secrets',
  20: 'sandbox',
  24: 'idempotency',
  25: 'durability',
}
/** The controls that probes and tries speak of wherever the store lies: nobody need declare them. */
export const SHOWN: ReadonlySet<number> = new Set(
  [...Object.keys(SHOWN_BY), ...Object.keys(MEASURED), ...Object.keys(TRIED), MAY_BE_ABSENT].map(Number),
)

/** What is looked at beside the facts of "done". */
export interface LoopLook {
  /** Digests of this program's own files, by the paths of `WIRED`. */
  readonly program: ReadonlyMap<string, string>
  readonly recorded: RecordedFacts | null
  readonly replays: ReplayFacts | null
  /** What attestations come to under the file of keys; null: none was given. */
  readonly vouched: Vouched | null
  /** Empty: of this store no copy is made. */
  readonly onCopies: TriedOnCopies
  /** Of a deployment: what is wired in differs. */
  readonly deployed?: true
}

/** What came of tries on copies of a store. */
type TriedOnCopies = Readonly<Partial<Record<'privacy' | 'secrets' | 'sandbox' | 'idempotency' | 'durability', Tried>>>

export function knownOfLoop(report: DoneReport, facts: DoneFacts, look: LoopLook): ReadonlyMap<number, Known> {
  const probes = new Map([...report.checks, ...report.failure_modes].map((one) => [one.id, one]))
  const shown = Object.entries(SHOWN_BY).map(([control, [is, ids]]): [number, Known] => {
    const n = Number(control)
    const known = shownBy(
      is,
      ids.map((id) => probes.get(id)!),
    )
    const short = SHORT[n]?.(facts) ?? null
    return [n, short === null ? known : { ...known, short }]
  })
  const measured = Object.entries(MEASURED).map(([control, see]): [number, Known] => [Number(control), see(facts)])
  const tried = Object.entries(TRIED).map(([control, attempts]): [number, Known] => [
    Number(control),
    triedAs(attempts(facts, look)),
  ])
  for (const [control, name] of Object.entries(ON_COPIES)) {
    const one = look.onCopies[name]
    if (one) tried.push([Number(control), triedAs(one)])
  }
  const proposing = shownBy(
    'a change of theirs is held to open fields, sees nothing sealed and ships by people alone',
    (['tied', 'test_set_leakage', 'unsafe_auto_promotion'] as const).map((id) => probes.get(id)!),
  )
  const all = [...shown, ...measured, ...tried, [MAY_BE_ABSENT, otherAgents(facts, proposing)] as const]
  return new Map(all.map(([n, known]) => [n, wired(n, known, look)]))
}

/** Behaviour was seen in files of the store; it is wired in by the file of this program that everything of the kind goes through. */
function wired(n: number, known: Known, { program, deployed }: LoopLook): Known {
  if (known.not_applicable || known.evidence.length === 0) return known
  const path = (deployed && WIRED_DEPLOYED[n]) ?? WIRED[n]!
  const digest = program.get(path) ?? null
  return { ...known, evidence: [...known.evidence, { level: 'wiring', path, digest, holds: digest !== null }] }
}

/** A control of which every attempt was stopped. */
function triedAs(tried: Tried): Known {
  if ('cannot' in tried) return { evidence: [], says: '', unverified: `unverified: ${tried.cannot}` }
  const { is, attempts, evidence, short } = tried
  const { answer, reason } = judged(attempts)
  return {
    evidence: atWork(evidence),
    says: `${is}; ${reason}`,
    ...(answer !== 'yes' && { unverified: `${answer === null ? 'unverified' : 'no'}: ${reason}` }),
    ...(short && { short }),
  }
}

/** A probe that answers yes was seen at work, on files that are wired into the store; the weakest answer counts. */
function shownBy(is: string, probes: readonly Probe[]): Known {
  const weak = probes.find(({ answer }) => answer !== 'yes')
  return {
    evidence: atWork(probes.flatMap((probe) => probe.evidence)),
    says: `${is}; seen by ${probes.map(({ id }) => id.replaceAll('_', ' ')).join(', ')} (autotune done)`,
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
  39: ({ run }) =>
    (run?.proposal?.labels?.kinds.business ?? 0) > 0 ? null : 'no label of the certificate was given by the business',
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
