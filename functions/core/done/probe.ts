/** What a probe says: yes, no, or that nobody measured it, which is not yes; why, on which files, and what to do. */
import type { Evidence } from './facts.ts'

/** One try to break a copy of the configuration; `stopped`: what stood in the way, null: nothing did. */
export interface Attempt {
  readonly tried: string
  readonly stopped: string | null
}

export interface Probe {
  readonly id: string
  readonly asks: string
  /** null: not measured. */
  readonly answer: 'yes' | 'no' | null
  readonly reason: string
  readonly evidence: readonly Evidence[]
  /** Words of the command that recomputes it, after the program's name. */
  readonly recompute: readonly string[]
  /** What to do; null where the answer is yes. */
  readonly repair: string | null
  /** Of a failure mode: what was tried. */
  readonly attempts?: readonly Attempt[]
}

/** What a probe found. `repair` is told only where the answer is not yes. */
export type Finding = Pick<Probe, 'answer' | 'reason' | 'evidence' | 'recompute'> & {
  readonly repair: string
  readonly attempts?: readonly Attempt[]
}

/** What an attack found: the attacks themselves are tried again to recompute it. */
export type Attack = Omit<Finding, 'recompute'>

/** A finding under the name of its probe. */
export const probed = (id: string, asks: string, { repair, ...found }: Finding): Probe => ({
  id,
  asks,
  ...found,
  repair: found.answer === 'yes' ? null : repair,
})

/** Yes where nothing stands against it, else no with everything that does. */
export const unless = (problems: readonly string[], yes: string): Pick<Finding, 'answer' | 'reason'> =>
  problems.length === 0 ? { answer: 'yes', reason: yes } : { answer: 'no', reason: problems.join('; ') }

/** Yes where every attempt was stopped, no where one went through, null where none could be made. */
export function judged(attempts: readonly Attempt[]): Pick<Finding, 'answer' | 'reason' | 'attempts'> {
  const through = attempts.filter(({ stopped }) => stopped === null)
  if (attempts.length === 0) return { answer: null, reason: 'nothing could be tried', attempts }
  return {
    ...unless(
      through.map(({ tried }) => `went through: ${tried}`),
      `${attempts.length} of ${attempts.length} attempts were stopped`,
    ),
    attempts,
  }
}

/** Nothing ran yet: what every probe says then. */
export const notRun: Finding = {
  answer: 'no',
  reason: 'no run of this intent has ended: nothing was proposed',
  evidence: [],
  recompute: ['list'],
  repair: 'run a target: autotune run --target target.json',
}

/** Nothing to attack yet: no run has pinned a configuration. */
export const noConfiguration: Attack = {
  ...notRun,
  answer: null,
  reason: 'no run of this intent has ended, so no configuration is pinned that could be attacked',
}
