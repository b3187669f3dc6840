/**
 * The restricted process that searches when a user's own harness replays: it decides which cases to ask for, and is given
 * the answers. Opens no file but its own code; harness, recordings and store are elsewhere.
 */

import { Gathered, reproducedLine, type SealedLine } from '#core/baseline/reproduce.ts'
import { canonical } from '#core/canonical.ts'
import type { CaseHead, Panel } from '#core/evaluate/panel.ts'
import { harnessView } from '#core/search/harness-replayer.ts'
import type { CaseAnswer, Round } from '#core/search/replayer.ts'
import { type SearchResult, searchRounds } from '#core/search/search.ts'
import { aside, measureLines, told } from '../isolation/protocol.ts'
import { type Say, serve } from '../isolation/serve.ts'
import type { SearchStep, SearchTurn } from './protocol.ts'

let rounds: Generator<Round, SearchResult, readonly CaseAnswer[]>
let sayNow: Say
let found: SearchResult

serve<SearchTurn>((message, lines, say): SearchStep | undefined => {
  sayNow = say
  if ('verb' in message) {
    for (const line of measureLines(found.firstMeasures)) say(line)
    return
  }
  if ('input' in message)
    rounds = searchRounds(
      { ...message.input, panel: panelOfHeads(lines, message.input.draw) },
      harnessView(message.input.pins),
      (result) => sayNow(canonical(result)),
      { aside: aside() },
    )
  const step = 'input' in message ? rounds.next() : rounds.next(message.answers)
  if (!step.done) return { round: step.value }
  found = step.value
  return { result: told(found) }
})

function panelOfHeads(lines: Iterable<string>, draw: string | undefined): Panel {
  const gathered = new Gathered()
  for (const line of lines) {
    gathered.add(reproducedLine(JSON.parse(line) as SealedLine<CaseHead>))
  }
  return gathered.reproduction(draw).panel
}
