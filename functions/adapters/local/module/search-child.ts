/**
 * The restricted process that searches when a user's own harness replays: it decides which cases to ask for, and is given
 * the answers. Reads no file but its own code; harness, recordings and store are elsewhere.
 */
import { canonical } from '#core/canonical.ts'
import { panelOf } from '#core/gate/reproduce.ts'
import { harnessView } from '#core/search/harness-replayer.ts'
import type { CaseAnswer, Round } from '#core/search/replayer.ts'
import { type SearchResult, searchRounds } from '#core/search/search.ts'
import { type Say, serve } from '../isolation/serve.ts'
import type { SearchStep, SearchTurn } from './search-protocol.ts'

let rounds: Generator<Round, SearchResult, readonly CaseAnswer[]>
let sayNow: Say

serve<SearchTurn>((message, _, say): SearchStep => {
  sayNow = say
  if ('lines' in message)
    rounds = searchRounds(
      { ...message.input, panel: panelOf(message.lines) },
      harnessView(message.input.pins),
      (result) => sayNow(canonical(result)),
    )
  const step = 'lines' in message ? rounds.next() : rounds.next(message.answers)
  return step.done ? { result: step.value } : { round: step.value }
})
