/** What the gate is asked, checked: the commit must be the one of this list, target, suite and version. */
import { resolveTarget } from '#core/contract/resolve.ts'
import { commitmentOf } from '#core/gate/commitment.ts'
import { isCode } from '#core/replay/cage.ts'
import type { SearchResult } from '#core/search/search.ts'
import { patchDigest } from '#core/space/lattice.ts'
import type { CandidateChange } from '#schemas/candidate.ts'
import type { GateInput } from '#schemas/payloads.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { UserError } from '../errors.ts'
import type { Pass, Store } from '../ports.ts'
import type { QuestionFile } from './pausing-ports.ts'
import { needJson } from './work.ts'

/** The pinned run and its question. Throws UserError when the question is not what its commit says. */
export async function askedOf(
  store: Store,
  asked: GateInput,
): Promise<{ readonly run: AutotuneRun; readonly question: QuestionFile }> {
  const run = await needJson<AutotuneRun>(store, asked.pinned.input)
  const question = await needJson<QuestionFile>(store, asked.question)
  const committed = question.list.map((c) => ({ ...c, digest: patchDigest(c.patch) }))
  const found = { committed } as unknown as SearchResult
  if (run.heldout_test_set === null || commitmentOf(run, resolveTarget(run.target), found) !== question.commit)
    throw new UserError(`the question of run ${asked.run.run_id} does not match its commit: nothing was asked`)
  return { run, question }
}

/** Something that the gate scores: a candidate of the list, or, null, the baseline. */
interface Scoring {
  readonly change: CandidateChange | null
  readonly pass: Pass
}

/** All scorings of a question, in their order: each candidate; where code replays, the baseline too, and everything twice. */
export function scoringsOf(
  { replayer }: Pick<AutotuneRun, 'replayer'>,
  { list }: Pick<QuestionFile, 'list'>,
): Scoring[] {
  if (!isCode(replayer)) return list.map((change) => ({ change, pass: 'first' }))
  return [null, ...list].flatMap((change) => [
    { change, pass: 'first' },
    { change, pass: 'second' },
  ])
}
