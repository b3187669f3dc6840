/**
 * The restricted process that searches when a user's own harness replays: it decides which cases to ask for, and is given
 * the answers. Reads no file but its own code; harness, recordings and store are elsewhere.
 */
import { createInterface } from 'node:readline'
import { panelOf } from '#core/gate/reproduce.ts'
import { harnessView } from '#core/search/harness-replayer.ts'
import type { CaseAnswer, Round } from '#core/search/replayer.ts'
import { type SearchResult, searchRounds } from '#core/search/search.ts'
import type { SearchStep, SearchTurn } from './search-protocol.ts'

let rounds: Generator<Round, SearchResult, readonly CaseAnswer[]>

function turn(message: SearchTurn): SearchStep {
  if ('lines' in message)
    rounds = searchRounds({ ...message.input, panel: panelOf(message.lines) }, harnessView(message.input.pins))
  const step = 'lines' in message ? rounds.next() : rounds.next(message.answers)
  return step.done ? { result: step.value } : { round: step.value }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  let reply: string
  try {
    reply = JSON.stringify({ answer: turn(JSON.parse(line) as SearchTurn) })
  } catch (error) {
    reply = JSON.stringify({ error: (error as Error).stack })
  }
  process.stdout.write(`${reply}\n`)
}
