/** Asks a harness again about the sealed cases of a retired version: how many scores differ, and what the gate would say of them. */

import type { ThirdLookCounts } from '#core/baseline/third-look.ts'
import { canonical } from '#core/canonical.ts'
import { decide } from '#core/gate/answer.ts'
import type { CaseScore } from '#core/gate/score.ts'
import type { Series } from '#core/statistics/series.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { Certificate } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import type { ReplayEngine } from '../../ports.ts'
import { certifyOnce, type RecordedQuestion, scoresOf } from '../heldout/gate.ts'
import type { openSealed } from '../heldout/open-sealed.ts'

/**
 * Adds every score to `looked`. What the gate would have said of these scores, in words; null: the same as of those on
 * record.
 */
export async function lookAgain(
  engine: Pick<ReplayEngine, 'score'>,
  run: AutotuneRun,
  list: readonly CandidateChange[],
  sealed: Awaited<ReturnType<typeof openSealed>>,
  recorded: RecordedQuestion,
  question: number,
  looked: ThirdLookCounts,
): Promise<string | null> {
  const level = run.heldout_test_set!.alpha_k
  const again = async (change: CandidateChange | null): Promise<Series<CaseScore>> => {
    const now = await scoresOf(engine.score(sealed.lines(), run, change, 'first', question))
    const then = await recorded.scores(change)
    for (let i = 0; i < then.length; i++) {
      const differs = canonical(now.at(i)!) !== canonical(then.at(i)!)
      // What no recording speaks about may not have been asked at all: counted as asked it would make the bound too small.
      if (differs || then.at(i)!.status !== 'unreplayable') looked.add(null, differs ? 'another score' : null)
    }
    return now
  }
  const now = decide(await certifyOnce(run, list, sealed.panel, again), level)
  const then = decide(recorded.certificates!, level)
  const lost = then.certificates.findIndex((c, i) => c.certified && c.checked && !isProposable(now.certificates[i]!))
  if (lost < 0) return null
  return `the certificate stands on two looks. Of what the harness answers now the gate would not have certified ${list[lost]!.candidate_id}: ${failedRows(now.certificates[lost]!)}`
}

const isProposable = ({ certified, checked }: Certificate): boolean => certified && checked

const failedRows = ({ rows }: Certificate): string =>
  rows
    .filter((row) => !row.passed)
    .map(({ guardrail, counts, families }) =>
      counts.violations === undefined
        ? guardrail
        : `${guardrail} violated in ${counts.violations} of ${families} families`,
    )
    .join(', ') || 'one before it on the list failed'
