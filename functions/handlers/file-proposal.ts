/** Files what another producer hands in for a part that replay cannot judge: once, however often it is handed in. */
import { PartProposalFile } from '#schemas/part-proposal.ts'
import { FileProposalInput } from '#schemas/review-desk.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { OpenStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { parseAs } from '../steps/experience/parse.ts'
import { filePart } from '../steps/release/file-part.ts'

/** Its answer is what a review is asked for by. */
export const fileProposalFunction: OpenStep<FileProposalInput, { readonly run_id: string }, StoreWorld> = {
  name: 'file-proposal',
  input: FileProposalInput,
  about: () => ({}),
  async work(input, { store }) {
    const file = parseAs(PartProposalFile, input.proposal, 'proposal')
    return { run_id: (await filePart(store, file)).proposal.tuning_proposal_id }
  },
}

export const handler = handlerOver(fileProposalFunction, () => openStoreWorld(process.env, signed))
