/** Tools of a proposer: the search side to read, and the inbox to propose into. */

import type { TriedChange } from '#schemas/agent.ts'
import { PROPOSER_TOOLS } from '#schemas/agent-tools.ts'
import { MOST_PROPOSAL_CHARS } from '#schemas/inbox.ts'
import { UserError } from '../errors.ts'
import { deadEnds, elsewhereTold } from '../steps/agent/dead-ends.ts'
import { fitted, fittedRows, ROOMS } from '../steps/agent/room.ts'
import { caseRows, tellerOf } from '../steps/agent/search-cases.ts'
import { targetTold } from '../steps/agent/target.ts'
import { triedChanges } from '../steps/agent/tried.ts'
import { answeredContract } from '../steps/run/contract.ts'
import { type Budget, budgetOf, proposeCounted, spentWords } from '../steps/run/inbox.ts'
import { MOST_ROWS, page, whole } from './page.ts'
import type { ProposerPorts } from './ports.ts'
import { MOST_ANSWER, type Tool, toolsOf } from './tool.ts'

/** Runs of one case. */
const MOST_RUNS = 5

export function proposerTools(ports: ProposerPorts): Tool[] {
  const { target, reading, inbox } = ports
  const intent = target.intent ?? ''
  return toolsOf(
    PROPOSER_TOOLS,
    {
      list_surfaces: () =>
        reading(async (store) => {
          const told = targetTold(target, await answeredContract(store, target))
          return {
            ...whole(fitted(told, MOST_ROWS)),
            proposals: counted(await budgetOf({ inbox, clock: store.clock }, intent, target)),
          }
        }),

      list_search_cases: ({ after = null, limit }) =>
        reading(async (store) => {
          const { rows, next } = await caseRows(store, intent, after, limit)
          return page('cases', rows, next, ({ case_id }) => case_id)
        }),

      read_search_case: ({ case_id }) =>
        reading(async (store) => {
          const tell = await tellerOf(store, intent, case_id, MOST_RUNS)
          if (!tell) throw new UserError(noCase(case_id))
          for (const room of ROOMS) {
            const told = tell(room)
            if (JSON.stringify(told).length <= MOST_ANSWER) return told
          }
          throw new UserError(`case ${case_id} is too long to be told: read another one`)
        }),

      dead_ends: ({ after, limit }) =>
        reading(async (store) => {
          const contract = await answeredContract(store, target)
          const all = await deadEnds(store, target, contract)
          const behind = after === undefined ? all : all.filter(({ rejection_id }) => rejection_id > after)
          const rows = behind.slice(0, limit)
          const next = rows.length < behind.length ? rows.at(-1)!.rejection_id : null
          const other_baselines = await elsewhereTold(store, target, contract)
          return { ...page('dead_ends', rows, next, ({ rejection_id }) => rejection_id), other_baselines }
        }),

      history: ({ path, skip, limit }) =>
        reading(async (store) => {
          if (path !== undefined) {
            const { pack } = await answeredContract(store, target)
            const paths = pack.tunable_surfaces.map((surface) => surface.path)
            // Nothing tried on a setting that there is not would read as "nobody tried".
            if (!paths.includes(path))
              throw new UserError(`"${path}" is no surface of ${pack.pack}: "list_surfaces" names those that there are`)
          }
          const { rows } = await budgetOf({ inbox, clock: store.clock }, intent, target)
          const found: TriedChange[] = []
          let at = 0
          for await (const one of triedChanges(store, intent, rows, path)) {
            if (at++ < skip) continue
            found.push(one)
            if (found.length > limit) break
          }
          const { told: tried, passed } = fittedRows(found.slice(0, limit), MOST_ROWS)
          return { tried, next: passed < found.length ? skip + passed : null }
        }),

      propose_patch: async ({ patch, rationale, prediction, origin = 'mcp' }) => {
        const change = {
          patch,
          ...(rationale !== undefined && { rationale }),
          ...(prediction && { prediction }),
          origin,
        }
        const size = JSON.stringify(change).length
        if (size > MOST_PROPOSAL_CHARS)
          throw new UserError(`the proposal has ${size} characters: at most ${MOST_PROPOSAL_CHARS}. It was not counted`)
        return await reading(async (looked) => {
          const handed = [{ at: 'propose_patch', change }]
          const answered = await proposeCounted({ looked, inbox, clock: looked.clock }, target, handed, null, 1)
          const [reply] = answered.replies
          if (!reply || reply.how === 'unreadable') throw new UserError(spentWords(answered))
          const { how, entry, answer } = reply
          return { how, n: entry.n, proposals: counted(answered), answer: whole(fitted(answer, MOST_ROWS)) }
        })
      },
    },
    ['propose_patch'],
  )
}

const counted = ({ quarter, budget, spent }: Budget) => ({ quarter, budget, spent })

/** Nothing tells whether a case that is not here is sealed. */
const noCase = (id: string): string =>
  `no case ${JSON.stringify(id).slice(0, 200)} on the search side: "list_search_cases" names those that there are`
