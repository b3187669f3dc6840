/** What a run leaves: verdict, artifacts as text, the summary people and machines read, and what memory learns. */
import type { CandidateScore } from '#schemas/candidate.ts'
import type { GateAnswer, LedgerItem } from '#schemas/heldout.ts'
import type { RejectionRecord, TuningProposal } from '#schemas/proposal.ts'
import type { AutotuneRun, RunSummary, Verdict } from '#schemas/run.ts'
import type { AutotuneFile } from '#schemas/s3-keys.ts'
import { auditLines, type ChainedArtifact } from './audit/chain.ts'
import { canonical, canonicalLines, digestOfBytes } from './canonical.ts'
import type { ResolvedTarget } from './contract/resolve.ts'
import { judgeLines } from './evaluate/judge-prompt.ts'
import { ledgerLine } from './gate/ledger.ts'
import type { Readiness } from './gate/preflight-run.ts'
import { brokenOnSearch, rejection, underQuestion } from './gate/rejections.ts'
import { notCertifiedWording } from './gate/wording.ts'
import { evidenceWording } from './live/asked-answers.ts'
import { buildProposal } from './proposal/proposal.ts'
import { originsOfRun } from './proposers/origins.ts'
import { cageLines } from './replay/cage.ts'
import { controlLines } from './search/control-rows.ts'
import type { SearchResult } from './search/search.ts'
import type { CompiledSearch } from './search/search-set.ts'
import type { Winner } from './select/choose.ts'

/** Outcome of a run as values; the caller writes them. A refusal before the search leaves no artifacts. */
export interface RunOutcome {
  readonly verdict: Verdict
  readonly summary: RunSummary
  /** In chain order; `audit.jsonl` last. `manifest.json` is the caller's: it holds times. */
  readonly artifacts: readonly Artifact[]
  readonly rejections: readonly RejectionRecord[]
  /** What the gate answered; null: it was not asked. */
  readonly answer: GateAnswer | null
  readonly billed: { readonly replays: number; readonly heldout_questions: number }
}

/** A file that a run leaves. `text` is null where it was kept as it came about, because nobody holds it whole. */
export interface Artifact {
  readonly file: AutotuneFile
  readonly digest: string
  readonly text: string | null
}

interface Finished {
  readonly run: AutotuneRun
  readonly target: ResolvedTarget
  readonly compiled: Omit<CompiledSearch, 'input'>
  readonly found: SearchResult
  /** Digest of `replay-results.jsonl`. */
  readonly results: string
  /** Digest of `harness-replies.jsonl`; absent: no harness that can be asked again. */
  readonly replies?: string
  readonly commit: string
  readonly ready: Readiness
  readonly item: LedgerItem | null
  readonly answer: GateAnswer | null
  readonly winner: Winner | null
}

/** Refused before the search: nothing is left but the reasons. */
export function refuseRun(
  run: Pick<AutotuneRun, 'run_id' | 'heldout_test_set'> & SearchSize,
  reasons: readonly string[],
  excluded: CompiledSearch['excluded'] = {},
): RunOutcome {
  const summary: RunSummary = {
    run: run.run_id,
    verdict: 'refused',
    proposal: null,
    winner: null,
    heldout_families: run.heldout_test_set?.families ?? null,
    needed_families: null,
    candidates: [],
    search: { visited: 0, paid: 0, avoided: 0, exact: true, unreplayable: 0, failed: 0, no_search: null },
    excluded: excludedShare(run, excluded),
    reasons: [...reasons],
    preflight: [],
    ledger: null,
  }
  return {
    verdict: 'refused',
    summary,
    artifacts: [],
    rejections: [],
    answer: null,
    billed: { replays: 0, heldout_questions: 0 },
  }
}

interface SearchSize {
  readonly search_set: { readonly cases: number }
}

const excludedShare = (run: SearchSize, excluded: CompiledSearch['excluded']): RunSummary['excluded'] => ({
  cases: { ...excluded },
  share: Object.values(excluded).reduce((a, b) => a + b, 0) / Math.max(1, run.search_set.cases),
})

/** Everything a run that searched leaves on record. */
export function finishRun(done: Finished): RunOutcome {
  const { run, found, ready, item, answer, winner } = done
  const verdict: Verdict = ready.verdict !== 'ask' ? ready.verdict : winner ? 'certified' : 'not_certified'
  const candidates = found.candidates.map((c) => finalFate(withOrigin(c, run, found), answer, winner))
  const artifacts = chained(done, candidates)
  const reasons =
    verdict === 'not_certified' ? [notCertifiedWording(item!)] : verdict === 'certified' ? [] : ready.reasons
  const summary: RunSummary = {
    run: run.run_id,
    verdict,
    proposal: winner ? 'selected-proposal.json' : null,
    winner: winner?.candidate.patch ?? null,
    heldout_families: run.heldout_test_set?.families ?? null,
    needed_families: ready.needed,
    candidates: candidates.map(({ candidate_id, patch, fate, reason }) => ({ candidate_id, patch, fate, reason })),
    search: { ...found.counts, no_search: found.noSearch },
    ...(run.proposed && {
      origins: originsOfRun({
        proposed: run.proposed,
        candidates,
        replayed: new Set(found.replayed),
        direction: done.target.direction,
      }),
    }),
    excluded: excludedShare(run, done.compiled.excluded),
    control: controlLines(found.control),
    ...(done.compiled.noise && { noise: done.compiled.noise }),
    reasons: [
      ...reasons,
      ...done.compiled.notes,
      ...sealedAnswers(answer),
      ...heldLines(run),
      ...(run.demonstration ? [run.demonstration] : []),
    ],
    preflight: [...ready.rows],
    ledger: item ? ledgerLine(item) : null,
  }
  return {
    verdict,
    summary,
    artifacts,
    rejections: rejectionsOf(done, verdict, candidates),
    answer,
    billed: { replays: found.counts.paid + found.control.replays, heldout_questions: answer ? 1 : 0 },
  }
}

/** What made a candidate; runs that were pinned before candidates said so keep their bytes. */
const withOrigin = (
  candidate: CandidateScore,
  { says_origin, candidates }: Pick<AutotuneRun, 'says_origin' | 'candidates'>,
  { counts }: Pick<SearchResult, 'counts'>,
): CandidateScore =>
  says_origin ? { origin: candidates ? 'hand_written' : counts.exact ? 'search' : 'sampled', ...candidate } : candidate

/** After a "no" every listed candidate stays `committed`: one bit says nothing of any single one. */
function finalFate(candidate: CandidateScore, answer: GateAnswer | null, winner: Winner | null): CandidateScore {
  if (candidate.fate !== 'committed') return candidate
  if (!answer) return { ...candidate, reason: 'ready for the held-out set; no question was spent' }
  if (!answer.certified)
    return { ...candidate, reason: 'the list was answered "no"; no further detail exists until the version is retired' }
  const certificate = answer.certificates.find((c) => c.digest === candidate.digest)!
  if (winner?.candidate.digest === candidate.digest)
    return { ...candidate, fate: 'won', reason: 'certified, and the best of the Pareto front' }
  if (!certificate.certified)
    return {
      ...candidate,
      reason: `not certified: p=${Number(certificate.p.toPrecision(3))}, or one before it on the list failed`,
    }
  if (!certificate.checked)
    return {
      ...candidate,
      fate: 'certified',
      reason: `certified, but a checked bound does not hold: ${certificate.rows
        .filter((r) => r.kind === 'checked' && !r.passed)
        .map((r) => r.guardrail)
        .join(', ')}`,
    }
  return { ...candidate, fate: 'certified', reason: 'certified; another one is better, or touches less' }
}

function chained(done: Finished, candidates: readonly CandidateScore[]): Artifact[] {
  const { run, answer, winner, ready, target, item, compiled, commit } = done
  const chain: ChainedArtifact[] = []
  const files: Artifact[] = []
  const digests: Record<string, string> = { search_set: run.search_set.digest }
  const addKept = (file: AutotuneFile, digest: string, from: readonly string[], text: string | null = null) => {
    files.push({ file, digest, text })
    const computed_from = Object.fromEntries(from.map((name) => [name, digests[name]!]))
    chain.push({ artifact: file, digest, computed_from })
    digests[file] = digest
  }
  const add = (file: AutotuneFile, text: string, from: readonly string[]) =>
    addKept(file, digestOfBytes(text), from, text)
  add('target.json', `${canonical(run)}\n`, ['search_set'])
  const searched = ['target.json', 'search_set']
  if (done.replies !== undefined) {
    addKept('harness-replies.jsonl', done.replies, searched)
    searched.push('harness-replies.jsonl')
  }
  add('candidates.jsonl', canonicalLines(candidates), searched)
  addKept('replay-results.jsonl', done.results, searched)
  const gate = answer ?? {
    asked: false,
    verdict: ready.verdict,
    version: run.heldout_test_set?.version ?? null,
    preflight: ready.rows,
    ledger_item: item,
  }
  add('gate.json', `${canonical(gate)}\n`, ['target.json', 'candidates.jsonl'])
  if (winner) {
    const proposal: TuningProposal = buildProposal({
      run,
      target,
      winner: winner.candidate,
      certificate: winner.certificate,
      ledger: item!,
      excluded: compiled.excluded,
      records: [...compiled.records, ...sealedAnswers(answer), ...heldLines(run)],
      computedFrom: { ...digests, commit },
    })
    add('selected-proposal.json', `${canonical(proposal)}\n`, ['target.json', 'candidates.jsonl', 'gate.json'])
  }
  const audit = canonicalLines(auditLines(chain))
  return [...files, { file: 'audit.jsonl', digest: digestOfBytes(audit), text: audit }]
}

/** Who answered on the sealed side, where a model was asked live. */
const sealedAnswers = (answer: GateAnswer | null): string[] =>
  answer?.certified && answer.live ? [`sealed side: ${evidenceWording(answer.live)}`] : []

/** Whose word a run stands on beside its records: how code of a user's was held, and which models judged. */
const heldLines = (run: AutotuneRun): string[] => [...cageLines(run), ...judgeLines(run.evaluator_suite)]

/** Memory learns from decided runs only: an inconclusive or refused one records nothing. */
function rejectionsOf(
  { run, target, found }: Finished,
  verdict: Verdict,
  candidates: readonly CandidateScore[],
): RejectionRecord[] {
  if (verdict === 'inconclusive' || verdict === 'refused') return []
  const filtered = brokenOnSearch(run, target, candidates)
  if (verdict !== 'not_certified') return filtered
  const listed = rejection(run, {
    patches: found.committed.map((c) => c.patch),
    source: 'gate',
    reason: 'the committed list was answered "no"',
    under: underQuestion(target, run.heldout_test_set!.version),
  })
  return [...filtered, listed]
}
