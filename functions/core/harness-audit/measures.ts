/** What the files of a run show of cost, latency and of what nobody measured: controls that no probe of "done" asks about. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { DoneFacts, Evidence, RunFacts } from '../done/facts.ts'
import { pointRow } from '../evaluate/guardrails.ts'
import { makePanel } from '../evaluate/panel.ts'
import type { AuditEvidence, Known } from './judge.ts'

/** Files of the store in which a control was seen at work. */
export const atWork = (files: readonly Evidence[]): AuditEvidence[] =>
  [...new Map(files.map((one) => [one.path, one])).values()].flatMap(({ path, digest }) =>
    digest === null ? [] : [{ level: 'behavioural', path, digest, holds: true } as const],
  )

/** Fates of candidates that no limit held back. */
export const WENT_ON: ReadonlySet<CandidateScore['fate']> = new Set(['dominated', 'committed', 'certified', 'won'])

/** Control 32: what went on has a cost and a latency beside the baseline's. */
export function costAndLatency({ run: facts }: DoneFacts): Known {
  if (!facts) return noRun
  const went = facts.candidates.filter(({ fate }) => WENT_ON.has(fate))
  const without = (['economics_cents', 'p95_latency_ms'] as const).filter((measure) =>
    went.some(({ search }) => search?.[measure] === null || search?.[measure] === undefined),
  )
  return {
    evidence: evidenceOf(facts),
    says: `cost and latency of ${went.length} candidates that went on, each beside the baseline's`,
    ...(went.length === 0 && { unverified: 'unverified: no candidate went on, so nothing was compared' }),
    ...(without.length > 0 && {
      short: `not measured of every candidate that went on: ${without.map((one) => NAMES[one]).join(', ')}`,
    }),
  }
}
const NAMES = { economics_cents: 'cost', p95_latency_ms: 'latency' }

/** Control 44: a limit that was not measured blocked every candidate that met it, and blocks one of which nothing is measured. */
export function honestFailure({ run: facts }: DoneFacts): Known {
  if (!facts) return noRun
  const { candidates, run } = facts
  const { guardrails = {}, not_measured = {} } = run.target
  const through = candidates.filter(
    ({ fate, guardrails: rows }) =>
      WENT_ON.has(fate) && rows.some(({ observed, verdict }) => observed === null && verdict === 'pass'),
  )
  const nothing = makePanel([], [])
  const unmeasured = Object.keys(guardrails).map((name) =>
    pointRow(name as Parameters<typeof pointRow>[0], guardrails, not_measured, nothing, NOTHING),
  )
  const passed = unmeasured.filter(({ verdict }) => verdict === 'pass').map(({ guardrail }) => guardrail)
  return {
    evidence: evidenceOf(facts),
    says: `${unmeasured.length} limits were put to a candidate of which nothing is measured: each blocked it, as in ${candidates.length} candidates of the run`,
    ...(unmeasured.length === 0 && { unverified: 'unverified: the target declares no limit' }),
    ...(through.length > 0 && {
      unverified: `no: candidate ${through[0]!.candidate_id} went on, and a limit of it passed unmeasured`,
    }),
    ...(passed.length > 0 && { unverified: `no: ${passed.join(', ')} passes where nothing is measured` }),
  }
}

/** What a rule is told of a candidate of which nothing is measured. */
const NOTHING: Parameters<typeof pointRow>[4] = {
  metric: () => null,
  violations: () => ({ families: 0, violating: 0 }),
  pairs: () => ({ labelled: 0, regressions: 0, improvements: 0, differences: [] }),
}

const evidenceOf = ({ files }: RunFacts): AuditEvidence[] => atWork([files['candidates.jsonl']!, files['target.json']!])

export const noRun: Known = { evidence: [], says: '', unverified: 'unverified: no run of this intent has ended' }
