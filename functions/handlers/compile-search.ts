/** Compiles the recorded runs of an intent into the search set that the run will pin. */
import { recordProblems } from '#core/experience/records-found.ts'
import { type CompiledSet, RunInput } from '#schemas/payloads.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import { AT_ONCE, contractPins, replaysOf } from '../lambda/replays.ts'
import type { Step } from '../lambda/step.ts'
import { refTo, requestOf } from '../lambda/work.ts'
import { compileSearch as compile } from '../steps/experience/compile.ts'
import { compareImported } from '../steps/experience/stored-records.ts'
import { pinnedLimits } from '../steps/heldout/pinned-limits.ts'
import { ContractRefused } from '../steps/run/refusal.ts'
import { answeredContract } from '../steps/run/run.ts'
import { streamLines } from '../streams/read-object.ts'

export const compileSearchFunction: Step<RunInput, CompiledSet> = {
  name: 'compile-search',
  input: RunInput,
  about: ({ run }) => ({ run: run.run_id, intent: run.intent }),
  async work({ run }, world) {
    const { store } = world
    const { target, replayer } = await requestOf(store, run)
    const problems = recordProblems(run.intent, await compareImported(store, run.intent, 'search'))
    if (problems.length > 0) throw new ContractRefused(problems)
    const { ref, digest, cases } = await compile(store, run.intent)
    if (cases === 0)
      throw new UserError(`no recorded run of intent "${run.intent}" is in this store: "autotune import FILE" first`)
    const { key, version_id } = await refTo(store, keys.goldensAt(run.intent, digest))
    // Before anything is sealed: a harness that answers nothing, or twice differently, ends the run here.
    const replays = replaysOf(world, replayer, run.intent, AT_ONCE.wholeSet)
    const contract = await answeredContract(store, target)
    if (replays.check) await replays.check(streamLines(store.objects, key), contractPins(contract, replayer))
    const limits = await pinnedLimits(streamLines(store.objects, key), contract.pack.settings, contract.suite)
    return { search_set: { ref, digest, cases, version_id }, limits }
  },
}

export const handler = makeHandler(compileSearchFunction)
