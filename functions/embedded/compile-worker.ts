/** A compile worker: reads the recorded runs of a block from the store's own files, as the program would, and compiles them. */
import { parentPort, workerData } from 'node:worker_threads'
import type { BlockReply, BlockRequest, Failure, Sides } from '#adapters/local/compile/protocol.ts'
import { systemPart } from '#adapters/local/files/at-path.ts'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { encryptedStore } from '#adapters/local/vault/encrypted-store.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { UserError } from '../errors.ts'
import { compileBlock } from '../steps/experience/compile.ts'
import { RecordedRuns } from '../steps/experience/recorded-runs.ts'

const sides = new Map(
  Object.entries(workerData as Sides).map(([side, { folder, key }]) => {
    const files = fileStore(folder)
    return [side, new RecordedRuns(encryptedStore(files, { forReading: () => key, forWriting: async () => key }))]
  }),
)

parentPort!.on('message', async ({ id, side, intent, block }: BlockRequest) => {
  const reply = (answer: BlockReply) => parentPort!.postMessage(answer)
  try {
    reply({ id, lines: await compileBlock(sides.get(side)!, intent, block) })
  } catch (error) {
    reply({ id, failure: failureOf(error) })
  }
})

function failureOf(error: unknown): Failure {
  if (error instanceof TamperError) {
    const { runId, file, detail } = error
    return { kind: 'tamper', runId, file, detail }
  }
  return error instanceof UserError
    ? { kind: 'user', message: error.message }
    : { kind: 'other', error, system: error instanceof Error ? systemPart(error) : {} }
}
