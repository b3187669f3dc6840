/** The restricted side: answers baseline, search and score requests, one JSON line each. Reads no file but its own code. */
import { createInterface } from 'node:readline'
import { panelOf, reproduce, type SealedLine } from '#core/gate/reproduce.ts'
import { scoreCase } from '#core/gate/score.ts'
import { search } from '#core/search/search.ts'
import { applyPatch } from '#core/space/lattice.ts'
import type { Answers, Request } from './protocol.ts'

/** Lines of the last reproduction: the search works on what was just reproduced, without sending it twice. */
let lines: readonly SealedLine[] = []

const handlers: { [K in keyof Answers]: (body: Extract<Request, { verb: K }>) => Answers[K] } = {
  reproduce({ cases, pins }) {
    const reproduced = reproduce(cases, pins)
    lines = reproduced.lines
    return {
      baselines: lines.map((l) => ({ case_id: l.case.case_id, baseline: l.baseline })),
      excluded: reproduced.excluded,
    }
  },
  search: ({ input }) => search({ ...input, panel: panelOf(lines) }),
  score({ lines: sealed, run, change }) {
    const settings = applyPatch(run.pack.settings, change.patch)
    const pins = { baseline: run.pack.settings, prices: run.price_table }
    return sealed.map((line) => scoreCase(line, settings, pins, run.evaluator_suite))
  },
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  const request = JSON.parse(line) as Request
  let reply: string
  try {
    reply = JSON.stringify({ answer: handlers[request.verb](request as never) })
  } catch (error) {
    reply = JSON.stringify({ error: (error as Error).stack })
  }
  process.stdout.write(`${reply}\n`)
}
