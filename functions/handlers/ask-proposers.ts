/** Asks the proposers that a target names, where whoever started the run asked none: of the search side alone, and no model. */
import { AskProposersInput } from '#schemas/payloads.ts'
import { StartRequest } from '#schemas/workflow.ts'
import { UserError } from '../errors.ts'
import { verdictsOf } from '../lambda/judges.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import type { Step } from '../lambda/step.ts'
import { parseAs } from '../steps/experience/parse.ts'
import { answeredContract } from '../steps/run/contract.ts'
import { boundedCandidates } from '../steps/run/hand-written.ts'
import { ContractRefused } from '../steps/run/refusal.ts'

/** Step Functions hands on 256 KiB. */
const MOST_BYTES = 240 * 1024

export const askProposersFunction: Step<AskProposersInput, StartRequest> = {
  name: 'ask-proposers',
  input: AskProposersInput,
  about: () => ({}),
  async work({ request: given }, world) {
    const request = parseAs(StartRequest, given, 'execution input')
    const { target, candidates } = request
    if (request.proposed || target.scoring?.replayer === 'module') return request
    // Most of this function: read when there is somebody to ask.
    const { proposedBefore, proposingOf } = await import('../steps/run/proposers.ts')
    const proposing = proposingOf(target)
    const contract = await answeredContract(world.store, target).catch((error: unknown) => {
      // The step that starts the run refuses it, and keeps why.
      if (error instanceof ContractRefused) return null
      throw error
    })
    if (!proposing || !contract) return request
    const placed = candidates?.map((change, i) => ({ at: `candidates[${i}]`, change })) ?? []
    const store = { ...world.store, verdicts: verdictsOf(world, 'wholeSet') }
    const about = { target, contract, replayer: { kind: 'transcript' } } as const
    const bounded = await boundedCandidates(placed, contract.pack, target)
    const asked = { ...request, proposed: await proposedBefore(store, proposing, { ...about, given: bounded }) }
    const bytes = Buffer.byteLength(JSON.stringify(asked))
    if (bytes > MOST_BYTES)
      throw new UserError(
        `the changes that ${proposing.proposers.map(({ name }) => name).join(', ')} made are ${bytes} bytes, and an execution carries ${MOST_BYTES}: name fewer proposers in the target`,
      )
    return asked
  },
}

export const handler = makeHandler(askProposersFunction)
