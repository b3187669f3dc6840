/** `autotune verify`: recomputes a run and names every file that differs. */
import { UserError } from '../errors.ts'
import { pinnedRun, type Verification, verifyRun } from '../steps/verify.ts'
import { type LocalEngine, openEngine, optionsOf } from './engine.ts'
import { existingStore } from './inspect.ts'
import { print } from './io.ts'

const SCOPE = {
  commit: 'recomputed up to the commit; the held-out version lives, so the vault stayed closed',
  gate: 'recomputed to the end, the gate included',
  none: 'nothing could be recomputed',
}

export async function verify(run: string, { store: dir, json }: { store: string; json: boolean }): Promise<number> {
  const store = existingStore(dir)
  let engine: LocalEngine | null = null
  try {
    const pinned = await pinnedRun(store, run)
    try {
      engine = await openEngine(store, pinned?.target.intent ?? '', optionsOf(pinned?.replayer))
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const differences = [{ file: 'replayer', why: error.message }]
      return report(run, { run, reproducible: false, scope: 'none', differences }, json)
    }
    return report(run, await verifyRun(store, run, engine), json)
  } finally {
    engine?.close()
    store.close()
  }
}

function report(run: string, result: Verification, json: boolean): number {
  print(json, result, () => [
    `${result.reproducible ? 'reproducible' : 'NOT REPRODUCIBLE'}: run ${run}, ${SCOPE[result.scope]}`,
    ...result.differences.map((d) => `   ${d.file}: ${d.why}`),
  ])
  return result.reproducible ? 0 : 2
}
