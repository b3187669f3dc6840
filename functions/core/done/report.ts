/** The definition of done: seven checks and seven failure modes, as one table over the facts of an intent. */
import { promotion, radius, theatre } from './attacks-on-release.ts'
import { leakage, monoculture, overfitting, sprawl } from './attacks-on-search.ts'
import { DEFENCES, type Defences } from './defences.ts'
import type { DoneFacts } from './facts.ts'
import { rejectable, replayable, small, tied } from './of-proposal.ts'
import { measured, onRecord, reversible } from './of-release.ts'
import { type Attack, type Finding, type Probe, probed } from './probe.ts'

/** The article's seven checks, in its order: id, what is asked, and who answers. */
const CHECKS = [
  ['tied', 'Is each candidate tied to one metric and one intent?', tied],
  ['replayable', 'Is it replayable on pinned traces, pack, policy, tools and evaluators?', replayable],
  ['small', 'Is it small, typed, with reviewers and an owner?', small],
  ['rejectable', 'Is it rejectable, with a recorded reason that the next search respects?', rejectable],
  ['reversible', 'Is it reversible to a pinned tuple?', reversible],
  ['measured', 'Once shipped, was it measured by intent against the baseline?', measured],
  ['on_record', 'Are target, candidates, scores, winner and rationale on record?', onRecord],
] as const satisfies readonly (readonly [id: string, asks: string, look: (facts: DoneFacts) => Finding])[]

/** The article's seven failure modes: each is tried on a copy of the configuration that the run pinned. */
const MODES = [
  ['metric_monoculture', 'Can one metric win alone?', monoculture],
  ['test_set_leakage', 'Can the search see the sealed set?', leakage],
  ['prompt_sprawl', 'Can a prompt grow without bound?', sprawl],
  ['eval_overfitting', 'Can a candidate change or please its own evaluators?', overfitting],
  ['unsafe_auto_promotion', 'Can a change ship without people and stages?', promotion],
  ['hidden_blast_radius', 'Can a change reach further than it says?', radius],
  ['rollback_theatre', 'Can a rollout start without a way back?', theatre],
] as const satisfies readonly (readonly [
  id: string,
  asks: string,
  attack: (facts: DoneFacts, defences: Defences) => Attack,
])[]

/** Their ids, each in the order of its table. */
export const CHECK_IDS = CHECKS.map(([id]) => id)
export const MODE_IDS = MODES.map(([id]) => id)
/** Id of a probe. */
export type ProbeId = (typeof CHECK_IDS | typeof MODE_IDS)[number]

export interface DoneReport {
  readonly intent: string | null
  readonly run: string | null
  readonly rollout: string | null
  /** Every check and every failure mode answers yes. */
  readonly done: boolean
  readonly checks: readonly Probe[]
  /** Yes: every attempt was stopped. */
  readonly failure_modes: readonly Probe[]
}

/** A pure function of its facts: the same store gives the same report. */
export function doneReport(facts: DoneFacts, defences: Defences = DEFENCES): DoneReport {
  // An attack is recomputed by being tried again.
  const again = ['done', ...(facts.intent === null ? [] : ['--intent', facts.intent]), '--verbose']
  const checks = CHECKS.map(([id, asks, look]) => probed(id, asks, look(facts)))
  const failure_modes = MODES.map(([id, asks, attack]) =>
    probed(id, asks, { ...attack(facts, defences), recompute: again }),
  )
  return {
    intent: facts.intent,
    run: facts.run?.run.run_id ?? null,
    rollout: facts.rollout?.rollout.rollout_id ?? null,
    done: [...checks, ...failure_modes].every(({ answer }) => answer === 'yes'),
    checks,
    failure_modes,
  }
}
