/** Pins the run's input once. */
import { canonical } from '#core/canonical.ts'
import { type Pinned, PinRunInput } from '#schemas/payloads.ts'
import { workKeys } from '#schemas/work-keys.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import type { Step } from '../lambda/step.ts'
import { refTo, requestOf } from '../lambda/work.ts'
import { deployedVerdicts } from '../steps/replay/deployed-verdicts.ts'
import { answeredContract } from '../steps/run/contract.ts'
import { holdLock } from '../steps/run/lock.ts'
import { pinnedInput } from '../steps/run/pinned-input.ts'

export const pinRunFunction: Step<PinRunInput, Pinned> = {
  name: 'pin-run',
  input: PinRunInput,
  about: ({ run, search_set }) => ({ run: run.run_id, intent: run.intent, cases: search_set.cases }),
  async work({ run, search_set: { version_id: _, ...searchSet }, panel, heldout }, world) {
    const { store } = world
    const request = await requestOf(store, run)
    await holdLock(store, run, request.about)
    const contract = await answeredContract(store, request.target)
    const input = await pinnedInput({ ...store, verdicts: deployedVerdicts(null, world, 1) }, request, contract, {
      runId: run.run_id,
      replayer: request.replayer,
      ...(request.draw !== undefined && { draw: request.draw }),
      ...(request.proposed && { proposed: request.proposed }),
      searchSet,
      heldout: heldout.facts,
    })
    // The first pin stands: a retry after a kill works on the same bytes, whatever memory has learned since.
    await store.objects.putIfAbsent(workKeys.run(run.run_id), canonical(input))
    return { input: await refTo(store, workKeys.run(run.run_id)), panel }
  },
}

export const handler = makeHandler(pinRunFunction)
