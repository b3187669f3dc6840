/** The search of a deployed run over what other functions have answered: as far as the answers reach, and what it asks next. */
import type { Records } from '#core/bytes/records.ts'
import { canonical, digestOf } from '#core/canonical.ts'
import type { SlimCase } from '#core/replay/slim.ts'
import { harnessView } from '#core/search/harness-replayer.ts'
import { type CaseAnswer, type Round, stopsRound } from '#core/search/replayer.ts'
import { type SearchResult, searchRounds } from '#core/search/search.ts'
import type { SearchInput } from '#core/search/search-input.ts'
import { transcriptReplayer, unreplayableAnswer } from '#core/search/transcript-replayer.ts'
import type { ReplayResult } from '#schemas/candidate.ts'
import type { SettingsTable } from '#schemas/common.ts'
import type { Replayer } from '#schemas/run.ts'
import { answeredAlike } from '../steps/replay/answered-alike.ts'
import { replyText } from '../steps/replay/kept-replies.ts'
import type { Answers } from './answers.ts'
import type { KeptReading } from './kept-reading.ts'

/**
 * Candidates asked for at once. The search reads them one after the other; those that it would stop early, or not reach,
 * are replayed for nothing, and stand in the manifest as billed.
 */
const CANDIDATES_AHEAD = 12

/**
 * Goes on with a search, `aside` for its memory alone: what it found, the settings that must be replayed before it can go on, or
 * that it rests, and another call is to go on.
 * @param isLate has this call been at work for long?
 */
export async function answeredSearch(
  input: SearchInput<SlimCase>,
  replayer: Replayer,
  answers: Answers,
  reading: KeptReading,
  aside: Records,
  isLate: () => boolean,
): Promise<
  { readonly found: SearchResult } | { readonly wanted: readonly SettingsTable[] } | { readonly rests: true }
> {
  const view =
    replayer.kind === 'transcript'
      ? transcriptReplayer(input.panel, input.pins, input.suite).view
      : harnessView(input.pins)
  const record = (result: ReplayResult) => reading.record(canonical(result))
  const rounds = searchRounds(input, view, record, { keep: reading, aside })
  for (let step = rounds.next(); ; ) {
    if (step.done) return { found: step.value }
    await reading.flush()
    if (reading.isAtRest && isLate()) return { rests: true }
    const { settings, cases, stopsAtFailure, once } = step.value
    const digest = digestOf(settings)
    const read = await answers.of(digest, cases, stopsAtFailure && stopsRound)
    if (read === null) return { wanted: await ahead(step.value) }
    for (const { result, reply } of read) if (reply) reading.replied(replyText(result.case_id, digest, reply))
    step = rounds.next(once ? read : answeredAlike(cases.length, read))
  }

  /** Settings of this round and of those that would follow if it came to nothing. The search is spent by looking. */
  async function ahead(first: Round): Promise<SettingsTable[]> {
    reading.lookAhead()
    const wanted = new Map<string, SettingsTable>()
    for (let round = first; ; ) {
      const digest = digestOf(round.settings)
      const known = wanted.has(digest) ? null : await answers.of(digest, round.cases)
      if (known === null) wanted.set(digest, round.settings)
      if (wanted.size >= CANDIDATES_AHEAD) break
      const next = rounds.next(round.cases.map((i, at) => known?.[at] ?? nothing(i)))
      if (next.done) break
      round = next.value
    }
    return [...wanted.values()]
  }

  function nothing(i: number): CaseAnswer {
    const { case_id, family_id } = input.panel.cases.at(i)!
    return unreplayableAnswer(case_id, family_id, { unreplayable: 'not replayed yet' })
  }
}
