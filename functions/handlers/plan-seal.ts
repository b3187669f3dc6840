/** Compiles the held-out cases that no asked version holds, and cuts them into the pieces that they are laid out in, inside the vault. */
import { recordProblems } from '#core/experience/records-found.ts'
import { type PlannedSeal, RunInput } from '#schemas/payloads.ts'
import { sealKeys } from '#schemas/work-keys.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { contractPins, shardLimits } from '../lambda/replays.ts'
import type { SealedLayout } from '../lambda/sealed-layout.ts'
import type { Step } from '../lambda/step.ts'
import { requestOf } from '../lambda/work.ts'
import { compareImported } from '../steps/experience/stored-records.ts'
import { isAsked, unsealedLines } from '../steps/heldout/seal.ts'
import { answeredContract } from '../steps/run/contract.ts'
import { ContractRefused } from '../steps/run/refusal.ts'
import { asText, inTextBlocks } from '../streams/groups.ts'

export const planSealFunction: Step<RunInput, PlannedSeal> = {
  name: 'plan-seal',
  sealed: 'sealer',
  input: RunInput,
  async work({ run }, world) {
    const { store } = world
    const request = await requestOf(store, run)
    const contract = await answeredContract(store, request.target)
    const problems = recordProblems(run.intent, await compareImported(store, run.intent, 'heldout'), true)
    if (problems.length > 0) throw new ContractRefused(problems)
    const pins = contractPins(contract, request)
    if (await isAsked(store, run.intent, pins)) return { pieces: 0 }
    let [pieces, cases, corrections] = [0, 0, 0]
    const lines = unsealedLines(store, run.intent, () => corrections++)
    // Whatever replays a question, a version is sealed from its records.
    const limits = shardLimits(world, { kind: 'transcript' }, pins.suite)
    for await (const piece of inTextBlocks(lines, limits, (line) => line.length)) {
      await store.vault.put(sealKeys.piece(run.run_id, pieces++), asText(piece))
      cases += piece.length
    }
    const layout: SealedLayout = { pins, cases, corrections }
    // As it was read: canonical JSON sorts, and limits count in the order in which they stand.
    await store.vault.put(sealKeys.layout(run.run_id), JSON.stringify(layout))
    return { pieces }
  },
}

export const handler = makeHandler(planSealFunction)
