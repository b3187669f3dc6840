/** Replays by a user's own harness, wherever it runs: what it is given, and what its replies are worth. */
import type { BaselinePins } from '#core/baseline/baseline.ts'
import { harnessBaseline, type Replied } from '#core/baseline/harness-baseline.ts'
import { headOf, type SealedLine } from '#core/baseline/reproduce.ts'
import { lettersOfScores } from '#core/evaluate/floor-letters.ts'
import { type CaseScore, unreplayableScore } from '#core/gate/score.ts'
import { caseForHarness, type HarnessReply } from '#core/replay/harness.ts'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import type { PinnedRecording } from '#core/replay/pinned-answers.ts'
import { tracingOf } from '#core/replay/tracing.ts'
import { harnessAnswer } from '#core/search/harness-replayer.ts'
import { applyPatch } from '#core/space/lattice.ts'
import type { Settings } from '#schemas/common.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import type { Replayer } from '#schemas/run.ts'
import type { RunLoader } from '../../ports.ts'
import { inShards } from '../../streams/groups.ts'
import { checkHarness } from './check-harness.ts'
import { type CaseReplays, pinsOf } from './replays.ts'

export type Side = 'search' | 'vault'

/** One case for a harness. */
export interface Job {
  readonly recording: PinnedRecording
  readonly settings: Settings
}

/** Where a harness runs. */
export interface HarnessRunner<K extends Replayer> {
  readonly replayer: K
  /** For people: "the harness module ./mine.ts". */
  readonly name: string
  /** Recorded runs of each side of the split. */
  readonly runs: Readonly<Record<Side, RunLoader>>
  /**
   * Works on every item, several at once; `ask` has a job replayed. Results stand in the order of the items; those behind
   * the first that `ends` the work may be left out.
   */
  map<T, R>(
    side: Side,
    items: readonly T[],
    work: (item: T, ask: (job: Job) => Promise<HarnessReply>) => Promise<R>,
    ends?: (result: R) => boolean,
  ): Promise<R[]>
}

/** Cases that are held while they are replayed: many times as many as any runner works on at once. */
const CASES_UNDER_WAY = 512

/** Replays of cases in that runner. */
export function harnessReplays<K extends Replayer>(
  runner: HarnessRunner<K>,
): CaseReplays & Required<Pick<CaseReplays, 'check'>> & { readonly replayer: K } {
  /** Replays cases under one settings table, and judges each while its recorded run is at hand. */
  const replay = <T extends { readonly case: ReplayCase }, R>(
    side: Side,
    items: readonly T[],
    { settings, baseline }: { readonly settings: Settings; readonly baseline: Settings },
    toResult: (item: T, replied: Replied) => R,
    ends?: (result: R) => boolean,
  ): Promise<R[]> => {
    const work = async (item: T, ask: (job: Job) => Promise<HarnessReply>): Promise<R> => {
      const given = caseForHarness(item.case, settings, baseline)
      if ('unreplayable' in given) return toResult(item, given)
      const { recording, withheld } = given
      const run = await runner.runs[side](recording)
      const reply = await ask({ recording: pinRecording(run, withheld, rulesOf(recording)), settings })
      return toResult(item, { run, recording, settings, reply })
    }
    return runner.map(side, items, work, ends)
  }

  const underBaseline = <R>(
    side: Side,
    cases: readonly ReplayCase[],
    { settings }: BaselinePins,
    toResult: (replayCase: ReplayCase, replied: Replied) => R,
  ): Promise<R[]> =>
    replay(
      side,
      cases.map((c) => ({ case: c })),
      { settings, baseline: settings },
      (item, replied) => toResult(item.case, replied),
    )

  return {
    replayer: runner.replayer,

    check: async (lines, pins) =>
      checkHarness(runner.name, lines, (some) => underBaseline('search', some, pins, (_, replied) => replied)),

    async *reproduce(lines, pins, side) {
      for await (const texts of inShards(lines, CASES_UNDER_WAY)) {
        const cases = texts.map((text) => JSON.parse(text) as ReplayCase)
        const results = await underBaseline(side, cases, pins, (replayCase, replied) =>
          harnessBaseline(replayCase, replied, pins),
        )
        for (const [i, result] of results.entries())
          yield { line: texts[i]!, case: headOf(cases[i]!), tracing: tracingOf(cases[i]!), result }
      }
    },

    answer(lines, settings, run, stopsAtFailure = false) {
      const pins = pinsOf(run)
      return replay(
        'search',
        lines,
        { settings, baseline: pins.baseline },
        (line, replied) => harnessAnswer(line, replied, pins, run.evaluator_suite),
        (answer) => stopsAtFailure && answer.result.status !== 'replayed',
      )
    },

    async *score(lines, run, change) {
      const pins = pinsOf(run)
      const tables = { settings: applyPatch(pins.baseline, change.patch), baseline: pins.baseline }
      for await (const texts of inShards(lines, CASES_UNDER_WAY)) {
        const sealed = texts.map((text) => JSON.parse(text) as SealedLine)
        yield* await replay('vault', sealed, tables, (line, replied): CaseScore => {
          const answer = harnessAnswer(line, replied, pins, run.evaluator_suite)
          // A case on which the harness failed could not be replayed either: it counts against the candidate.
          if (answer.result.status !== 'replayed') return unreplayableScore(run.evaluator_suite)
          const { contextChanged, decisionChanged, measures } = answer
          const { scores } = answer.result.scorecard!
          const floors = lettersOfScores(run.evaluator_suite, scores, measures.approval_bypass === true)
          return { status: contextChanged || decisionChanged ? 'replayed' : 'unchanged', measures, floors }
        })
      }
    },
  }
}
