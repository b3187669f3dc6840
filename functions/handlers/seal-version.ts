/** Seals the held-out cases that no version has claimed, as they were laid out. Returns what is published of the version: counts, no case. */
import type { HeldoutVersion } from '#schemas/heldout.ts'
import { SealVersionInput } from '#schemas/payloads.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { contractPins } from '../lambda/replays.ts'
import { laidUnsealed } from '../lambda/sealed-layout.ts'
import { keepLengths } from '../lambda/sealed-shards.ts'
import { signed } from '../lambda/signed-store.ts'
import type { Step } from '../lambda/step.ts'
import { requestOf } from '../lambda/work.ts'
import { openWorld } from '../lambda/world.ts'
import type { Store } from '../ports.ts'
import { intentsOf } from '../steps/experience/documents.ts'
import { partitionProblem } from '../steps/heads/ours.ts'
import { sealIfNeeded } from '../steps/heldout/seal.ts'
import { answeredContract } from '../steps/run/contract.ts'
import { ContractRefused } from '../steps/run/refusal.ts'
import { rowKeys } from '../steps/store/ledger-keys.ts'

export const sealVersionFunction: Step<SealVersionInput, { readonly facts: HeldoutVersion | null }> = {
  name: 'seal-version',
  sealed: 'sealer',
  input: SealVersionInput,
  async work({ run, limits, pieces }, { store }) {
    const request = await requestOf(store, run)
    const contract = await answeredContract(store, request.target)
    const problems = await searchBounds(store, run.intent)
    if (problems.length > 0) throw new ContractRefused(problems)
    const pins = contractPins(contract, request)
    const lengths: number[] = []
    const unsealed = await laidUnsealed(store, run.run_id, pieces, (line) => lengths.push(Buffer.byteLength(line)))
    const facts = await sealIfNeeded(store, contract.resolved, pins, unsealed, async () => limits)
    if (facts && lengths.length > 0) await keepLengths(store, facts.version, lengths)
    return { facts }
  },
}

/** What bounds a search is read by functions that have no journal; this one has it, and comes before the search. */
async function searchBounds(store: Store, intent: string): Promise<string[]> {
  const versions = (await intentsOf(store)).map(rowKeys.versions)
  const partitions = [...versions, rowKeys.yearBudget()[0], rowKeys.rejections(intent)]
  const problems = await Promise.all(partitions.map((pk) => partitionProblem(store.heads, pk)))
  return problems.filter((why) => why !== null)
}

export const handler = makeHandler(sealVersionFunction, () => openWorld(process.env, signed))
