/** Scored runs that a runtime handed in as files: taken into the log of their rollout, or refused and left, with a reason. */
import { canonical } from '#core/canonical.ts'
import { ProductionRun } from '#schemas/release.ts'
import type { InboxReport } from '#schemas/rollout-payloads.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../ports.ts'
import { readText } from '../../streams/read-object.ts'
import { parseAs, parseJson } from '../experience/parse.ts'
import { type RecordedRun, recordProduction } from './production.ts'

/**
 * Takes every file of a rollout's inbox, in the order of their names, whole or not at all. A file that was taken is
 * removed; taken again after a kill it records nothing twice. One that is refused stands in nobody's way.
 */
export async function recordInbox(store: Store, id: string): Promise<InboxReport> {
  const inbox = keys.productionInbox(id)
  let [recorded, known, refused] = [0, 0, 0]
  for (const key of await Array.fromAsync(store.objects.list(inbox))) {
    try {
      const report = await recordProduction(store, id, () => runsOf(store, key))
      recorded += report.recorded
      known += report.known
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      refused++
      const why = { file: key, reason: error.message, at: store.clock.now() }
      await store.objects.put(keys.productionRefused(id, key.slice(inbox.length)), `${canonical(why)}\n`)
      continue
    }
    await store.objects.delete(key)
  }
  return { recorded, known, refused }
}

async function* runsOf(store: Store, key: string): AsyncGenerator<RecordedRun> {
  const lines = ((await readText(store.objects, key)) ?? '').split('\n')
  for (const [i, line] of lines.entries()) {
    const at = `${key}: line ${i + 1}`
    if (line.trim() !== '') yield { run: parseAs(ProductionRun, parseJson(line, at), at), at }
  }
}
