/** Proposals to retire the surfaces that a week names: for people to hand in and to decide on. Writes nothing. */
import { retirement } from '#core/cadence/retire.ts'
import type { ContextPack } from '#schemas/pack.ts'
import type { PartProposalFile } from '#schemas/part-proposal.ts'
import { keys } from '#schemas/s3-keys.ts'
import type { WeeklyCadence } from '#schemas/weekly.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { readJson } from '../../streams/read-object.ts'
import { runLines } from '../run/run-lines.ts'
import { pinnedRun } from '../run/verify.ts'

/** One for each intent with surfaces to retire, on the tuple of its latest run. */
export async function retirements(
  store: Store,
  { intents }: Pick<WeeklyCadence, 'intents'>,
): Promise<PartProposalFile[]> {
  const wanted = new Map(intents.filter(({ retire }) => retire.length > 0).map((of) => [of.intent, of]))
  const proposals: PartProposalFile[] = []
  for await (const { line } of runLines(store.objects)) {
    if (wanted.size === 0) break
    // Lines come newest first.
    const of = wanted.get(line.intent ?? '')
    const refs = of && (await pinnedRun(store, line.run_id))?.target.baseline_tuple
    if (!of || !refs) continue
    wanted.delete(of.intent)
    const pack = await readJson<ContextPack>(store.objects, keys.pack(refs.pack))
    if (pack === null)
      throw new UserError(`${refs.pack} is not in this store any more: "autotune import --pack FILE" restores it`)
    const proposal = retirement(of, pack, refs)
    if (proposal) proposals.push(proposal)
  }
  return proposals
}
