/** Replays of cases, wherever they run: what a deployed function needs of an engine, which has no search in it. */
import { panelOf, type SealedLine } from '#core/baseline/reproduce.ts'
import { lineScorer } from '#core/gate/score.ts'
import { slim } from '#core/replay/slim.ts'
import type { AnswerHow, CaseAnswer } from '#core/search/replayer.ts'
import { type TranscriptReplayer, transcriptReplayer } from '#core/search/transcript-replayer.ts'
import { type Settled, tableOf } from '#core/space/scope.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { SettingsTable } from '#schemas/common.ts'
import type { AutotuneRun, Replayer } from '#schemas/run.ts'
import type { Lines, ReplayEngine, VerdictSource } from '../../ports.ts'
import type { TwiceAnswered } from './answered-alike.ts'
import { judgedLines, reproduceLines } from './reproduce.ts'
import { judgingWith } from './verdicts.ts'

/** What an answer is judged by. */
interface AnswerPins extends Pick<AutotuneRun, 'price_table' | 'evaluator_suite'> {
  readonly pack: Settled
}

type Answering<A extends CaseAnswer, H extends AnswerHow = AnswerHow> = (
  lines: readonly SealedLine[],
  settings: SettingsTable,
  run: AnswerPins,
  how?: H,
) => Promise<readonly A[]>

export interface CaseReplays extends Omit<ReplayEngine, 'search'> {
  /** Answers of search cases under a settings table, in their order. Throws where one of them got two answers. */
  readonly answer: Answering<CaseAnswer>
  /** The same for who hands them on, `withReplies` of a harness: whoever reads them refuses the run (`answeredAlike`). */
  readonly answerTwice: Answering<TwiceAnswered, AnswerHow & { readonly withReplies?: boolean }>
}

/** The transcript replayer in this process. `verdicts`: who judges for evaluators that are asked elsewhere. */
export function transcriptReplays(verdicts: VerdictSource | undefined): CaseReplays {
  const judge = { search: judgingWith(verdicts, 'search'), vault: judgingWith(verdicts, 'vault') }
  // The same cases are answered under one settings after the other.
  let last: { lines: readonly SealedLine[]; run: AnswerPins; replays: TranscriptReplayer } | null = null
  const answer: Answering<CaseAnswer> = async (lines, settings, run) => {
    if (last?.lines !== lines || last.run !== run) {
      const slimmed = lines.map((line) => ({ ...line, case: slim(line.case) }))
      last = { lines, run, replays: transcriptReplayer(panelOf(slimmed), pinsOf(run), run.evaluator_suite) }
    }
    const { replays } = last
    const round = { candidate_id: '', settings, cases: lines.map((_, i) => i) }
    return await judge.search(run.evaluator_suite, () => replays.answer(round))
  }
  const scoreTogether = (lines: Lines, run: AutotuneRun, changes: readonly (CandidateChange | null)[]) =>
    judgedLines(lines, run.evaluator_suite, judge.vault, lineScorer(run, changes))
  return {
    reproduce: (lines, pins, side) => reproduceLines(lines, pins, judge[side]),
    answer,
    answerTwice: answer,
    async *score(lines, run, change) {
      for await (const [score] of scoreTogether(lines, run, [change])) yield score!
    },
    scoreTogether,
  }
}

export const pinsOf = ({ pack, price_table }: AnswerPins) => ({ baseline: tableOf(pack), prices: price_table })

/** The replayer of an engine, as a run pins it. */
export const replayerOf = (engine: Pick<ReplayEngine, 'replayer'>): Replayer =>
  engine.replayer ?? { kind: 'transcript' }
