/** `explain PACK@VERSION`: why a version exists, from the ledger's row to everything that it names. */

import { isPart } from '#core/review/any-proposal.ts'
import { Ref } from '#schemas/common.ts'
import { UserError } from '../errors.ts'
import { explainVersion, type Lineage, listedParts } from '../steps/release/lineage.ts'
import { nextCommand } from './next.ts'
import { openExisting } from './open.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { patchLine } from './text.ts'
import { partLines } from './text-part.ts'

export async function explainPack(
  pack: string,
  { json, ...o }: StoreOptions & { readonly json: boolean },
): Promise<number> {
  const ref = Ref.safeParse(pack)
  if (!ref.success) throw new UserError(`"${pack}" is no pack version: ${ref.error.issues[0]!.message}`)
  const store = await openExisting(o)
  try {
    const { parts, damaged } = await listedParts(store, ref.data)
    if (parts.length > 0) {
      print(json, { version: pack, proposals: parts }, () => [
        ...parts.flatMap(({ proposal, status }) => partLines(proposal, status)),
        ...damaged.map(({ why }) => `damaged  ${why.message}; nobody knows what it would bring`),
      ])
      return 0
    }
    const lineage = await explainVersion(store, ref.data)
    print(json, lineage, () => lineageLines(lineage, o))
    return 0
  } finally {
    store.close()
  }
}

function lineageLines({ pack, origin, proposal, status, review, rollout }: Lineage, o: StoreOptions): string[] {
  if (!origin) return [`${pack} was imported; no proposal made it`]
  const run = proposal && !isPart(proposal) ? proposal : null
  const last = rollout?.records.at(-1)
  return [
    `${pack} is ${origin.from_pack}${run ? ` with ${patchLine(run.candidate_change.patch)}` : ''}`,
    `proposal  ${origin.tuning_proposal_id} of run ${origin.run_id}: ${status?.replace('_', ' ')}`,
    ...(run
      ? [
          `why       ${run.target.direction} ${run.target.metric} on ${run.target.intent}: ${run.rationale}`,
          ...run.wording.map((line) => `          ${line}`),
        ]
      : []),
    ...(proposal && isPart(proposal) ? partLines(proposal, status!).map((line) => `          ${line}`) : []),
    ...(review?.decisions ?? []).map(
      (d) => `decision  ${d.decision} by ${d.reviewer} as ${d.role}, ${d.decided_at}${d.reason ? `: ${d.reason}` : ''}`,
    ),
    rollout
      ? `rollout   ${origin.rollout_id}: ${rollout.status.replace('_', ' ')} since ${last!.at}, by ${last!.by}`
      : `rollout   ${origin.rollout_id}: never started; the number stays reserved`,
    `release   ${origin.release_tuple_id}`,
    `replaces  ${origin.prior_release_tuple_id}`,
    `check     ${nextCommand(o, ['verify', origin.run_id])}`,
    `          ${nextCommand(o, ['rollout', 'verify', origin.rollout_id])}`,
  ]
}
