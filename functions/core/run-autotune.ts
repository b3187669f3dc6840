/**
 * The article's pipeline: contract, compile, search, commit, gate, select, proposal. The core's one async function; the
 * world comes in through ports, and what is to be written goes out as values.
 */
import type { GateAnswer, HeldoutVersion, LedgerItem } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import type { Reproduction } from './baseline/reproduce.ts'
import { contractReasons, resolveTarget } from './contract/contract.ts'
import { commitmentOf } from './gate/commitment.ts'
import { preflightRun } from './gate/preflight-run.ts'
import { finishRun, type RunOutcome, refuseRun } from './outcome.ts'
import type { SearchResult } from './search/search.ts'
import type { SearchInput } from './search/search-input.ts'
import { compileSearchSet } from './search/search-set.ts'
import { selectWinner } from './select/choose.ts'

/** The world as the pipeline sees it. Nothing here can reach a held-out case: the gate answers with one bit, or everything. */
export interface AutotunePorts {
  /** Replays the baseline over the pinned search set. */
  reproduce(run: AutotuneRun): Promise<Reproduction>
  /** Keeps the pinned input before anything is spent, so that a killed run resumes on the same bytes. */
  pin(run: AutotuneRun): Promise<void>
  /**
   * Runs the search where it cannot read the vault, and keeps the replays that it read as `replay-results.jsonl`; of a
   * harness also its own answers, as `harness-replies.jsonl` (`replies`: its digest).
   */
  search(
    run: AutotuneRun,
    input: SearchInput,
  ): Promise<{ readonly found: SearchResult; readonly results: string; readonly replies?: string }>
  /** Ledger item of a sealed version. */
  ledgerItem(heldout: HeldoutVersion): Promise<LedgerItem | null>
  /** Spends one question on the committed list and answers it; `refused` when the conditional write says so. */
  ask(
    run: AutotuneRun,
    commit: string,
    search: SearchResult,
  ): Promise<{ answer: GateAnswer; item: LedgerItem } | { refused: string }>
}

/** From a pinned run to an outcome: verdict, artifacts and what memory learns. Same inputs, same bytes. */
export async function runAutotune(run: AutotuneRun, ports: AutotunePorts): Promise<RunOutcome> {
  const before = await searchedRun(run, ports)
  if (before.refused) return before.refused
  const { searched, ready, item } = before
  const unasked = { ...searched, item, answer: null, winner: null }
  if (ready.verdict !== 'ask') return finishRun({ ...unasked, ready })

  const { found, commit, target } = searched
  const asked = await ports.ask(run, commit, found)
  if ('refused' in asked)
    return finishRun({ ...unasked, ready: { ...ready, verdict: 'refused', reasons: [asked.refused] } })

  const winner = selectWinner(asked.answer, found, target)
  return finishRun({ ...searched, ready, item: asked.item, answer: asked.answer, winner })
}

/** A run up to its question. What it knew of single search cases is let go: the sealed ones take as much room. */
async function searchedRun(run: AutotuneRun, ports: AutotunePorts) {
  const unanswered = contractReasons(run)
  if (unanswered.length > 0) return { refused: refuseRun(run, unanswered) }
  const target = resolveTarget(run.target)

  const compiled = compileSearchSet(await ports.reproduce(run), run, target)
  if (compiled.problems.length > 0) return { refused: refuseRun(run, compiled.problems, compiled.excluded) }

  await ports.pin(run)
  const { found, ...kept } = await ports.search(run, compiled.input)
  const commit = commitmentOf(run, target, found)

  const item = run.heldout_test_set && (await ports.ledgerItem(run.heldout_test_set))
  const ready = preflightRun(run, target, compiled, found, commit, item)
  const { input: _, ...said } = compiled
  const searched = { run, target, compiled: said, found: { ...found, firstMeasures: null }, ...kept, commit }
  return { searched, ready, item }
}
