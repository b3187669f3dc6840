/** A compile worker: reads the recorded runs of a block from the store's own files, as the program would, and compiles them. */
import { workerData } from 'node:worker_threads'
import type { Block, Sides } from '#adapters/local/compile/protocol.ts'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { answerQuestions } from '#adapters/local/threads/answer.ts'
import { encryptedStore } from '#adapters/local/vault/encrypted-store.ts'
import { compileBlock } from '../steps/experience/compile.ts'
import { RecordedRuns } from '../steps/experience/recorded-runs.ts'

const sides = new Map(
  Object.entries(workerData as Sides).map(([side, { folder, key }]) => {
    const files = fileStore(folder)
    return [side, new RecordedRuns(encryptedStore(files, { forReading: () => key, forWriting: async () => key }))]
  }),
)

answerQuestions(({ side, intent, lines }: Block) => compileBlock(sides.get(side)!, intent, lines))
