/** Scores of sealed cases that code replayed: its baseline, which must decide as recorded, and a candidate of the list. */
import { baselinePins } from '#core/baseline/baseline.ts'
import { harnessBaseline, type Replied } from '#core/baseline/harness-baseline.ts'
import type { SealedLine } from '#core/baseline/reproduce.ts'
import { floorLetters, lettersOfScores } from '#core/evaluate/floor-letters.ts'
import { type CaseScore, unreplayableScore } from '#core/gate/score.ts'
import { harnessAnswer } from '#core/search/harness-replayer.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { pinsOf } from './replays.ts'

/** A held-out baseline that does not decide as recorded is as good as failed: the gate says no. */
export function baselineScore({ case: replayCase }: SealedLine, replied: Replied, run: AutotuneRun): CaseScore {
  const result = harnessBaseline(replayCase, replied, baselinePins(run))
  return 'measures' in result
    ? { status: 'replayed', measures: result.measures, floors: floorLetters(result.floors).baseline }
    : { ...unreplayableScore(run.evaluator_suite), status: 'failed' }
}

/** `unchanged` as far as the decision tells; what it cost and took is held against the harness's own baseline later. */
export function candidateScore({ case: replayCase }: SealedLine, replied: Replied, run: AutotuneRun): CaseScore {
  const { evaluator_suite: suite } = run
  const answer = harnessAnswer({ case: replayCase, baseline: null }, replied, pinsOf(run), suite)
  const { status } = answer.result
  if (status !== 'replayed') return { ...unreplayableScore(suite), status }
  const { contextChanged, decisionChanged, measures } = answer
  const floors = lettersOfScores(suite, answer.result.scorecard!.scores, measures.approval_bypass === true)
  return { status: contextChanged || decisionChanged ? 'replayed' : 'unchanged', measures, floors }
}
