/** In-toto statements (v1) of what a store holds: functions of its bytes, so that whoever has them makes the same ones. */
import type { CertifiedRow } from '#schemas/heldout.ts'
import type { PromotionRecord } from '#schemas/release.ts'
import type { ReviewDecision } from '#schemas/review.ts'

/** What a statement is about, or what it rests on: a file of the store by its SHA-256 in hex. */
export interface Resource {
  readonly name: string
  readonly digest: { readonly sha256: string }
}

export interface Statement {
  readonly _type: 'https://in-toto.io/Statement/v1'
  readonly subject: readonly Resource[]
  readonly predicateType: string
  readonly predicate: unknown
}

const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1'
const VERIFICATION = 'https://slsa.dev/verification_summary/v1'
/** A predicate of our own: `decision` as the ledger has it, `certification` where replay could not judge. */
const REVIEW_DECISION = 'urn:contextos-autotune:review-decision:v0.1'
/** And one for a person's word about a control of the harness audit: `declaration` as the manifest has it. */
const DECLARATION = 'urn:contextos-autotune:harness-declaration:v0.1'
const PROGRAM = 'urn:contextos-autotune'

const statement = (subject: readonly Resource[], predicateType: string, predicate: unknown): Statement => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject,
  predicateType,
  predicate,
})

/** What a gate said yes to, as its run has it. */
interface Certified {
  readonly rows: readonly CertifiedRow[]
  /** Why the run certifies nothing for real use; null: it is for real. */
  readonly demonstration: string | null
}

/**
 * The gate's yes about a proposal: its certificate. What the records could not break passed no test, and a demonstration is none
 * for real use: whoever reads the statement alone is warned of both. `pinned`: `target.json`, with all that the run pinned;
 * `gate`: `gate.json`.
 */
export function gateStatement(
  proposal: Resource,
  gate: Resource,
  pinned: Resource,
  { rows, demonstration }: Certified,
): Statement {
  const named = (of: (row: CertifiedRow) => boolean) => rows.filter(of).map((row) => row.guardrail)
  const isTested = ({ kind }: CertifiedRow) => kind !== 'not_at_stake'
  return statement([proposal], TEST_RESULT, {
    result: demonstration === null ? 'PASSED' : 'WARNED',
    configuration: [pinned, gate],
    passedTests: named((row) => row.passed && isTested(row)),
    warnedTests: [
      ...named((row) => row.passed && !isTested(row)).map((guardrail) => `${guardrail} (not at stake)`),
      ...(demonstration === null ? [] : [demonstration]),
    ],
    failedTests: named((row) => !row.passed),
  })
}

/** What of a verification the store does not hold: when it was, how far it went, by which version of this program. */
export interface Verified {
  readonly at: string
  readonly scope: string
  readonly version: string
}

/** That a run was recomputed from what it pinned, and no byte differed. */
export const verificationStatement = (
  run: string,
  files: readonly Resource[],
  pinned: Resource,
  { at, scope, version }: Verified,
): Statement =>
  statement(files, VERIFICATION, {
    verifier: { id: PROGRAM, version: { 'contextos-autotune': version } },
    timeVerified: at,
    resourceUri: `${PROGRAM}:run:${run}`,
    policy: { uri: `${PROGRAM}:${pinned.name}`, digest: pinned.digest },
    verificationResult: 'PASSED',
    verifiedLevels: [`AUTOTUNE_RECOMPUTED_${scope.toUpperCase()}`],
  })

/** What a statement of `verificationStatement` says beside the store; null: it is none. */
export function verifiedOf(said: unknown): Verified | null {
  const { predicate } = (said ?? {}) as { predicate?: Partial<Record<string, unknown>> }
  const version = (predicate?.verifier as { version?: Record<string, unknown> } | undefined)?.version
  const level = (predicate?.verifiedLevels as unknown[] | undefined)?.[0]
  const [at, by] = [predicate?.timeVerified, version?.['contextos-autotune']]
  const scope = typeof level === 'string' ? /^AUTOTUNE_RECOMPUTED_([A-Z]+)$/.exec(level)?.[1] : undefined
  return typeof at === 'string' && typeof by === 'string' && scope
    ? { at, version: by, scope: scope.toLowerCase() }
    : null
}

/** One decision of a review about a proposal. */
export const decisionStatement = (proposal: Resource, decision: ReviewDecision): Statement =>
  statement([proposal], REVIEW_DECISION, { decision })

/** Somebody's word about one control of a harness audit, on the files that it names. */
export const declarationStatement = (files: readonly Resource[], word: unknown): Statement =>
  statement(files, DECLARATION, word)

/** Verdicts of a promotion that take the candidate back. */
const BACK: ReadonlySet<string> = new Set(['rolled_back', 'stopped', 'retired', 'superseded'])

/** One step of a rollout, forward or back. `tuples`: the candidate and the one to go back to; `files`: record, routing and artifact. */
export function promotionStatement(
  files: readonly Resource[],
  tuples: readonly Resource[],
  { verdict, reasons, thresholds, certification }: PromotionRecord,
): Statement {
  const rules = (...verdicts: string[]) =>
    reasons.filter((row) => verdicts.includes(row.verdict)).map((row) => row.rule)
  return statement(files, TEST_RESULT, {
    result: BACK.has(verdict) ? 'FAILED' : verdict === 'paused' || certification ? 'WARNED' : 'PASSED',
    configuration: [{ name: 'rollout configuration', digest: { sha256: thresholds.slice(7) } }, ...tuples],
    passedTests: rules('good'),
    warnedTests: [...rules('missing', 'not_measured'), ...(certification ? [certification] : [])],
    failedTests: rules('bad'),
  })
}
