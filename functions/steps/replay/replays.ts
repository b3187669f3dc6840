/** Replays of cases, wherever they run: what a deployed function needs of an engine, which has no search in it. */
import { panelOf, type SealedLine } from '#core/baseline/reproduce.ts'
import { lineScorer } from '#core/gate/score.ts'
import { slim } from '#core/replay/slim.ts'
import type { AnswerHow, CaseAnswer } from '#core/search/replayer.ts'
import { transcriptReplayer } from '#core/search/transcript-replayer.ts'
import { type Settled, tableOf } from '#core/space/scope.ts'
import type { SettingsTable } from '#schemas/common.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'
import type { ReplayEngine } from '../../ports.ts'
import type { TwiceAnswered } from './answered-alike.ts'
import { reproduceLines } from './reproduce.ts'

/** What an answer is judged by. */
export interface AnswerPins extends Pick<AutotuneRun, 'price_table' | 'evaluator_suite'> {
  readonly pack: Settled
}

type Answering<A extends CaseAnswer> = (
  lines: readonly SealedLine[],
  settings: SettingsTable,
  run: AnswerPins,
  how?: AnswerHow,
) => Promise<readonly A[]>

export interface CaseReplays extends Omit<ReplayEngine, 'search'> {
  /** Answers of search cases under a settings table, in their order. Throws where one of them got two answers. */
  readonly answer: Answering<CaseAnswer>
  /** The same for who hands them on: whoever reads them refuses the run (`answeredAlike`). */
  readonly answerTwice: Answering<TwiceAnswered>
}

const answer: Answering<CaseAnswer> = async (lines, settings, run) => {
  const slimmed = lines.map((line) => ({ ...line, case: slim(line.case) }))
  const replays = transcriptReplayer(panelOf(slimmed), pinsOf(run), run.evaluator_suite)
  return replays.answer({ candidate_id: '', settings, cases: lines.map((_, i) => i) })
}

/** The transcript replayer in this process. */
export const transcriptReplays: CaseReplays = {
  reproduce: (lines, pins) => reproduceLines(lines, pins),
  answer,
  answerTwice: answer,
  async *score(lines, run, change) {
    const score = lineScorer(run, change)
    for await (const line of lines) yield score(line)
  },
}

export const pinsOf = ({ pack, price_table }: AnswerPins) => ({ baseline: tableOf(pack), prices: price_table })

/** The replayer of an engine, as a run pins it. */
export const replayerOf = (engine: Pick<ReplayEngine, 'replayer'>): Replayer =>
  engine.replayer ?? { kind: 'transcript' }
