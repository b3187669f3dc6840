/** What runs a user's own harness, wherever that is: what it is given, and who asks it. */
import type { SealedQuestion } from '#core/live/asked-answers.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import type { PinnedRecording } from '#core/replay/pinned-answers.ts'
import type { Settings } from '#schemas/common.ts'
import type { Replayer } from '#schemas/run.ts'
import type { Pass, RunLoader, Scratch, VerdictSource } from '../../ports.ts'
import type { LiveSet } from '../live/affordable.ts'

export type Side = 'search' | 'vault'

/** One case for a harness. */
export interface Job {
  readonly recording: PinnedRecording
  readonly settings: Settings
  /** Which draw of the model's answers, from 0. Absent: the first, or no model is asked anew. */
  readonly repeat?: number
  /** Question that a sealed case is replayed for. Absent: it is on the search side. */
  readonly question?: SealedQuestion
}

/** Where a harness runs. */
export interface HarnessRunner<K extends Replayer> {
  readonly replayer: K
  /** For people: "the harness module ./mine.ts". */
  readonly name: string
  /** Recorded runs of each side of the split. */
  readonly runs: Readonly<Record<Side, RunLoader>>
  /** Who judges for evaluators that are asked elsewhere; absent: nobody. */
  readonly verdicts?: VerdictSource | undefined
  /**
   * It is tried elsewhere on the first cases: what ended that there in words, null as long as nothing did. Asked before every block
   * of cases, since a run that has ended asks nothing more. Absent: it is tried here.
   */
  readonly tried?: (() => Promise<string | null>) | undefined
  /** Where the answers of the search side are kept; absent: nobody asks for them. */
  readonly aside?: Scratch
  /** A model answers its model steps anew, in both arms; absent: recorded answers do. */
  readonly live?: {
    /** How often the baseline of the search side is asked each case. */
    readonly repeats: number
    /** Is told what is about to be asked, before the first call. Throws where it cannot be asked. */
    begin(set: LiveSet): void
  }
  /** False: the code cannot be asked here, and what it answered then stands alone. @default true */
  readonly asksAgain?: boolean
  /**
   * Works on every item, several at once; `ask` has a job replayed. Results stand in the order of the items; those behind
   * the first that `ends` the work may be left out. Nothing that a first pass left in memory meets a second one.
   */
  map<T, R>(
    side: Side,
    pass: Pass,
    items: readonly T[],
    work: (item: T, ask: (job: Job) => Promise<HarnessReply>) => Promise<R>,
    ends?: (result: R) => boolean,
  ): Promise<R[]>
}
