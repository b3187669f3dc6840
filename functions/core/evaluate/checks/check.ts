/** What every check of a suite says, and the words that its file says it with. */
import { CASE_VIEW, type ViewName } from '#schemas/case-view.ts'
import type { Settings } from '#schemas/common.ts'
import type { Evaluator, EvaluatorVerdict, Finding } from '#schemas/suite.ts'
import { type Breaks, type BreaksRow, LAYERS } from '#schemas/surface-fields.ts'
import type { BareRecording } from '../../replay/slim.ts'
import type { Replayed } from '../../replay/transcript.ts'
import type { Exposure } from '../exposures.ts'

/** What a check says of one replayed case. */
export type Verdict = Pick<EvaluatorVerdict, 'score' | 'status' | 'findings'>

/** An evaluator of one check, with its options. */
export type Of<K extends Evaluator['check']> = Extract<Evaluator, { check: K }>

/** One kind of check: all that the rest of the house asks of it. */
export interface Check<K extends Evaluator['check']> {
  /** What it says of a replayed case. */
  readonly judge: (replayed: Replayed, evaluator: Of<K>) => Verdict
  /** What it has to look at in a recording, before any candidate, by the rules of `exposures.ts`. */
  readonly look: (recording: BareRecording, evaluator: Of<K>, baseline: Settings, rules: number) => Exposure
  /** Which layers can make it fail. */
  readonly breaks: BreaksRow | ((evaluator: Of<K>) => BreaksRow)
  /** What the records lack of which it could say nothing, for people. */
  readonly lacks: string
  /** Does it read the recorded label, so that it says what whoever gave it says? */
  readonly readsLabel?: (evaluator: Of<K>) => boolean
  /**
   * Does it repeat what was said of the recorded run, or hold a replay against that run's decision? Of a model's new words it
   * says nothing (`evaluate`).
   */
  readonly ofRecord?: (evaluator: Of<K>) => boolean
  /** A case on which it is not measured under the baseline is not recorded, whatever else its record shows. */
  readonly needsVerdict?: true
  /** It holds a figure against a limit: there is nothing in a record that it could see break, or not. */
  readonly holdsAFigure?: true
}

/** Checks by their names, as a file of them holds them. */
export type SomeChecks = { readonly [K in Evaluator['check']]?: Check<K> }

export const finding = (message: string, at: Partial<Pick<Finding, 'evidence_ref' | 'step'>> = {}): Finding => ({
  severity: 'error',
  message,
  evidence_ref: at.evidence_ref ?? null,
  step: at.step ?? null,
})

export const warning = (message: string): Finding => ({ severity: 'warn', message, evidence_ref: null, step: null })

export const pass: Verdict = { score: 1, status: 'pass', findings: [] }

export const fail = (findings: Finding[], score = 0): Verdict => ({ score, status: 'fail', findings })

/** Not measured: a score of `null` blocks every floor that needs it. */
export const unmeasured = (message: string): Verdict => ({ score: null, status: 'warn', findings: [warning(message)] })

/** What any value that is read can show, the whole can. */
export const breaksOfNames = (names: readonly ViewName[]): BreaksRow =>
  LAYERS.map((_, layer) => {
    const all: Breaks[] = names.map((name) => CASE_VIEW[name].breaks[layer]!)
    return all.includes('any') ? 'any' : all.includes('decides') ? 'decides' : 'never'
  }) as unknown as BreaksRow

/** A pass where nothing was found. */
export const verdict = (findings: Finding[]): Verdict => (findings.length === 0 ? pass : fail(findings))

/** What stands in the context: a trim shows it. */
export const OF_CONTEXT: BreaksRow = ['any', 'any', 'any', 'any', 'decides']
/** What the agent did: a trimmed transcript does the same, another recording or a harness may do otherwise. */
export const OF_ACTIONS: BreaksRow = ['decides', 'decides', 'any', 'any', 'decides']
/** No replay shows it: the check reads what was recorded alone, or warns. */
export const OF_NOTHING: BreaksRow = ['never', 'never', 'never', 'never', 'never']

export const NOTHING_FORBIDDEN = 'no source or tool that is not allowed was ever recorded'
export const NOTHING_LACKS = 'nothing of the kind is recorded'
