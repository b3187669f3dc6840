/** A line of an intent's index: which run, of which case and family, and where it lies. */
import { hash } from 'node:crypto'
import type { Correction } from '#schemas/correction.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'

/** Place of a run in a segment. */
export interface Packed {
  readonly segment: string
  /** Where its frames begin. */
  readonly at: number
  /** Bytes of the frame that holds it compiled, and of the one behind it that holds it as it was recorded. */
  readonly bytes: readonly [compiled: number, recorded: number]
  /** Its line in both frames, from 0. */
  readonly line: number
  /** Digest of the compiled line, which names that of its decision record. */
  readonly digest: string
}

/** A run that lies in a folder, as its import compiled it. */
export interface CompiledBeside {
  /** Digest of the compiled line, which names that of its decision record. */
  readonly digest: string
  /** Rules by which it was compiled: of others it is compiled again. */
  readonly rules: number
}

/** One run. */
export interface IndexLine {
  readonly run_id: string
  readonly date: string | null
  /** Case that it records, where that is not the run itself. */
  readonly case_id?: string
  /** It was recorded for a plan: of no production, and never a baseline. */
  readonly planned?: true
  /** Hash of its family. */
  readonly family: string
  /** Family that it counts for, where that is not the one that it was recorded for: a copy of one of that family's runs. */
  readonly joined?: string
  /** Absent: it lies in a folder of its own, as five files. */
  readonly packed?: Packed
  /** Lies compiled beside its five files. Absent: it is packed, or a version before 0.3.0 imported it. */
  readonly compiled?: CompiledBeside
}

/** A run as it is compiled. */
export interface RunToCompile extends IndexLine {
  /** What was said of it after it was stored, in that order. Absent: nothing. */
  readonly corrections?: readonly Correction[]
}

export const indexLine = ({ run_id, date, case_id, family_id, plan }: ExperienceRun): IndexLine => ({
  run_id,
  date,
  ...(case_id === run_id ? {} : { case_id }),
  ...(plan === undefined ? {} : { planned: true }),
  family: familyHash(family_id),
})

/** Case that an indexed run records. */
export const caseOf = ({ case_id, run_id }: IndexLine): string => case_id ?? run_id

/** A run of a case, as both are ordered: no name holds a NUL, so that a case sorts before every case that begins with its name. */
export const caseRun = (line: IndexLine): string => `${caseOf(line)}\u0000${line.run_id}`

/** Run, family and case by their hashes: unique in a store, and nobody's business. */
export interface HashedNames {
  readonly run: string
  readonly family: string
  readonly case: string
  /** Of a run that was joined of several traces (`--unit session`): the ids of those after the first, which names the run. */
  readonly traces?: readonly string[]
}

const hashed = (...names: readonly string[]): string => familyHash(names.join('\u0000'))

/** A family of an intent, by its hash. */
export const familyName = (intent: string, family: string): string => hashed(intent, family)

export const hashedNames = ({ run_id, intent_id, family_id, case_id }: ExperienceRun): HashedNames => ({
  run: hashed(run_id),
  family: familyName(intent_id, family_id),
  case: hashed(intent_id, case_id),
})

/** Names of a run by which it, or one that holds its trace, is found among what is stored. */
export const namesOfTraces = ([first, ...others]: readonly string[]): Pick<HashedNames, 'run' | 'traces'> => ({
  run: hashed(first!),
  traces: others.map((trace) => hashed(trace)),
})

/** The same of a run that was joined of traces with these ids, the first of which names it. */
export const withTraces = (names: HashedNames, [, ...others]: readonly string[]): HashedNames =>
  others.length === 0 ? names : { ...names, traces: others.map((trace) => hashed(trace)) }

/** A family's name is the customer's business: where others may read, it is hashed. */
export const familyHash = (familyId: string): string => hash('sha256', familyId).slice(0, 32)
