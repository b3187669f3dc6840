/** `autotune propose`: what the search side says of hand-written changes, which spends and writes nothing; or files the proposal of another producer. */
import { chosenReplayer, openHarness } from '../embedded/engine.ts'
import type { HarnessEngine } from '../embedded/harness-engine.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { parseTarget } from '../steps/experience/parse-documents.ts'
import { soundDocuments } from '../steps/experience/sound-documents.ts'
import { type Proposed, proposeChanges } from '../steps/run/propose.ts'
import { changesOf } from './changes.ts'
import { isLocal, openExisting } from './open.ts'
import { terminalProgress } from './progress.ts'
import { kindOf } from './proposal-kinds.ts'
import { isDeployed, type StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { proposeLines } from './text-propose.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly target?: string
  readonly replayer?: string
  readonly cage?: boolean
  readonly concurrency?: number
  readonly limitMs?: number
}

/** Exit code: 0 a run of these changes would keep each, 3 some not, 2 some are out of bounds. */
export async function propose(file: string, { json, target: targetFile, ...o }: Options): Promise<number> {
  const text = readInput(file)
  const kind = await kindOf(text, file)
  if (kind)
    return await kind.take(kind.value, file, { json, ...(targetFile !== undefined && { target: targetFile }), ...o })
  if (targetFile === undefined)
    throw new UserError('hand-written changes are looked at for a target: name it with --target FILE')
  const target = parseTarget(readInput(targetFile), targetFile)
  const changes = changesOf(text, file)
  const replayer = chosenReplayer(target, targetFile, o.replayer)
  if (isDeployed(o) && replayer !== 'transcript')
    throw new UserError('propose replays transcripts of a deployment; a harness of your own is replayed on a folder')
  const store = await openExisting(o, terminalProgress())
  let harness: HarnessEngine | null = null
  try {
    await soundDocuments(store.objects, target)
    if (replayer !== 'transcript' && isLocal(store))
      harness = await openHarness(store, target.intent ?? '', { ...o, replayer })
    const proposed = await proposeChanges(store, target, changes, harness)
    const code = exitCode(proposed)
    print(json, { verdict: VERDICT[code], ...proposed }, () => proposeLines(proposed))
    return code
  } finally {
    harness?.close()
    store.close()
  }
}

const VERDICT = { 0: 'within_limits', 2: 'out_of_bounds', 3: 'some_not' } as const

function exitCode({ changes }: Proposed): keyof typeof VERDICT {
  if (changes.some((c) => c.problems.length > 0)) return 2
  return changes.every((c) => c.assessed?.survives && c.released === null) ? 0 : 3
}
