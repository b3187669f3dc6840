/** `autotune verify`: recomputes a run and names every file that differs. */
import { isolatedEngine } from '#adapters/local/isolation/isolated-engine.ts'
import { verifyRun } from '../steps/verify.ts'
import { existingStore } from './inspect.ts'
import { print } from './io.ts'

const SCOPE = {
  commit: 'recomputed up to the commit; the held-out version lives, so the vault stayed closed',
  gate: 'recomputed to the end, the gate included',
  none: 'nothing could be recomputed',
}

export async function verify(run: string, { store: dir, json }: { store: string; json: boolean }): Promise<number> {
  const store = existingStore(dir)
  const engine = isolatedEngine(store.vaultDir)
  const result = await verifyRun(store, run, engine).finally(() => {
    engine.close()
    store.close()
  })
  print(json, result, () => [
    `${result.reproducible ? 'reproducible' : 'NOT REPRODUCIBLE'}: run ${run}, ${SCOPE[result.scope]}`,
    ...result.differences.map((d) => `   ${d.file}: ${d.why}`),
  ])
  return result.reproducible ? 0 : 2
}
