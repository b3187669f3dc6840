/** Scores of sealed cases that code replayed: its baseline, which must decide as recorded, and a candidate of the list. */
import { baselinePins } from '#core/baseline/baseline.ts'
import { harnessBaseline, type Replied } from '#core/baseline/harness-baseline.ts'
import { liveBaseline } from '#core/baseline/live-baseline.ts'
import type { SealedLine } from '#core/baseline/reproduce.ts'
import { floorLetters, lettersOfScores } from '#core/evaluate/floor-letters.ts'
import { type CaseScore, unreplayableScore } from '#core/gate/score.ts'
import { liveOf } from '#core/replay/cage.ts'
import { harnessAnswer } from '#core/search/harness-replayer.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { pinsOf } from './replays.ts'

/**
 * A held-out baseline that does not decide as recorded is as good as failed: the gate says no. A live one need not decide so;
 * one without an answer is lost, and counts against every candidate later.
 */
export function baselineScore({ case: replayCase }: SealedLine, replied: Replied, run: AutotuneRun): CaseScore {
  const live = liveOf(run.replayer) !== null
  const result = (live ? liveBaseline : harnessBaseline)(replayCase, replied, baselinePins(run))
  if ('measures' in result)
    return { status: 'replayed', measures: result.measures, floors: floorLetters(result.floors).baseline }
  const isLost = live && result.excluded !== 'failed'
  return { ...unreplayableScore(run.evaluator_suite), status: isLost ? 'unreplayable' : 'failed' }
}

/** `unchanged` as far as the decision tells; what it cost and took is held against the harness's own baseline later. */
export function candidateScore({ case: replayCase }: SealedLine, replied: Replied, run: AutotuneRun): CaseScore {
  const { evaluator_suite: suite } = run
  const answer = harnessAnswer({ case: replayCase, baseline: null }, replied, pinsOf(run), suite)
  const { status } = answer.result
  if (status !== 'replayed') return { ...unreplayableScore(suite), status }
  const { measures } = answer
  // Two draws of a model have other words: what counts is whether they are judged otherwise, which is looked at beside the baseline.
  const isChanged = !liveOf(run.replayer) && (answer.contextChanged || answer.decisionChanged)
  const floors = lettersOfScores(suite, answer.result.scorecard!.scores, measures.approval_bypass === true)
  return { status: isChanged ? 'replayed' : 'unchanged', measures, floors }
}
