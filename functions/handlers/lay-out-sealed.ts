/** Replays the baseline of one piece of what is to be sealed, inside the vault. Idempotent: the same piece writes the same bytes. */
import { sealedLine } from '#core/baseline/reproduce.ts'
import { LayOutSealedItem } from '#schemas/payloads.ts'
import { sealKeys } from '#schemas/work-keys.ts'
import { verdictsOf } from '../lambda/judges.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { sealedLayout } from '../lambda/sealed-layout.ts'
import type { Step } from '../lambda/step.ts'
import { sealedBaselines } from '../steps/heldout/seal.ts'
import { transcriptReplays } from '../steps/replay/replays.ts'
import { asText } from '../streams/groups.ts'
import { streamLines } from '../streams/read-object.ts'

export const layOutSealedFunction: Step<LayOutSealedItem, Record<string, never>> = {
  name: 'lay-out-sealed',
  sealed: 'sealer',
  input: LayOutSealedItem,
  async work({ run: { run_id }, piece }, world) {
    const { vault } = world.store
    const { pins } = await sealedLayout(world.store, run_id)
    const verdicts = verdictsOf(world, 'shard')
    const lines = streamLines(vault, sealKeys.piece(run_id, piece))
    const [shard, said]: [string[], string[]] = [[], []]
    for await (const { line, ...one } of sealedBaselines({ verdicts }, lines, pins, transcriptReplays(verdicts))) {
      if ('measures' in one.result) shard.push(sealedLine(line, one.result))
      said.push(JSON.stringify(one))
    }
    await vault.put(sealKeys.shard(run_id, piece), asText(shard))
    await vault.put(sealKeys.laid(run_id, piece), asText(said))
    return {}
  },
}

export const handler = makeHandler(layOutSealedFunction)
