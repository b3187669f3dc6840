/** `autotune verify`: recomputes a run and names every file that differs, and what a harness answers otherwise now. */

import { ChangedModule } from '#adapters/local/module/harness-files.ts'
import { thirdLookLines } from '#core/baseline/third-look.ts'
import { erasedBy } from '#core/heads/erasures.ts'
import { isPartId, NOT_CERTIFIED } from '#schemas/patterns.ts'
import { deployedEngine, type LocalEngine, openEngine, optionsOf } from '../embedded/engine.ts'
import { type PartVerification, verifyPart } from '../steps/release/verify-part.ts'
import { pinnedRun, type Verification, verifyRun } from '../steps/run/verify.ts'
import { isLocal, openExisting } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'

const SCOPE = {
  commit:
    'recomputed up to the commit; it asked no question, or of a held-out version that still lives, so the vault stayed closed',
  gate: 'recomputed to the end, the gate included',
  answer: 'recomputed to the end, but for the answer: the vault is closed to whoever works on a deployed store',
  none: 'nothing could be recomputed',
}

const NOT_ASKED = '   from what the harness answered then: it is not here, and was not asked again'

interface Options extends StoreOptions {
  readonly json: boolean
  /** False: a program that the run replayed without a cage is started so again. */
  readonly cage?: boolean
}

export async function verify(run: string, { json, cage, ...o }: Options): Promise<number> {
  const store = await openExisting(o, terminalProgress())
  let engine: LocalEngine | null = null
  try {
    // What is recomputed rests on what was answered then.
    if (isLocal(store)) store.verdicts.payNothing()
    if (isPartId(run)) return partReport(await verifyPart(store, run), json)
    const pinned = await pinnedRun(store, run)
    try {
      engine = isLocal(store)
        ? await openEngine(store, pinned?.target.intent ?? '', optionsOf(pinned?.replayer, cage))
        : await deployedEngine(store, pinned)
    } catch (error) {
      // A module that is gone says nothing of the run: it is an error, and no answer.
      if (!(error instanceof ChangedModule)) throw error
      const differences = [{ file: 'replayer', why: error.message }]
      return report(run, { run, reproducible: false, scope: 'none', differences }, json)
    }
    return report(run, await verifyRun(store, run, engine, isLocal(store) ? 'open' : 'closed'), json)
  } finally {
    engine?.close()
    store.close()
  }
}

function partReport(result: PartVerification, json: boolean): number {
  const { proposal, holds, differences } = result
  print(json, { ...result, verdict: NOT_CERTIFIED }, () => [
    `${holds ? `holds: proposal ${proposal} and what it stands on are what was filed` : `DOES NOT HOLD: proposal ${proposal}`} (${NOT_CERTIFIED})`,
    ...differences.map((d) => `   ${d.file}: ${d.why}`),
  ])
  return holds ? 0 : 2
}

function report(run: string, result: Verification, json: boolean): number {
  print(json, result, () => [
    result.reproducible === null
      ? `${(result.erased ?? []).map(erasedBy).join('; ')} (run ${run} cannot be recomputed; what is left of it is as it was written)`
      : `${result.reproducible ? 'reproducible' : 'NOT REPRODUCIBLE'}: run ${run}, ${SCOPE[result.scope]}`,
    ...result.differences.map((d) => `   ${d.file}: ${d.why}`),
    ...(result.asked_again === false ? [NOT_ASKED] : []),
    ...(result.third_look ? thirdLookLines(result.third_look).map((line) => `   ${line}`) : []),
  ])
  return result.reproducible === false ? 2 : 0
}
