/** Documents that no line of the journal names, and no manifest: each is at least one of those that may stand under its key. */
import { ATTESTATIONS, CHANGES_INBOX, INGEST_PREFIX, keys } from '#schemas/s3-keys.ts'
import { DamagedObject, UserError } from '../../errors.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { inBlocks } from '../../streams/groups.ts'
import { readJson } from '../../streams/read-object.ts'
import { isAsNamed } from '../experience/segments.ts'
import type { HeadProblem } from './check.ts'

/** Where they lie, on either side. */
const KEPT = [
  keys.layout(),
  'experience/index-days/',
  keys.traceImports(),
  'experience/near-copies/',
  keys.runLines(),
  keys.runUsages(),
  ATTESTATIONS,
  'cadence/',
  CHANGES_INBOX,
  'reviews/',
  'gate/',
  keys.traceRule(),
  keys.redactionKey(),
]

/** Where ingest remembers what earlier imports held: segments that are named by their content. */
const MEMORY = ['contents/', 'sketches/', 'links/'].map((name) => `${INGEST_PREFIX}${name}`)

/** Which of them are none any more. In a deployment nobody may read all of them. */
export async function keptProblems(store: Store): Promise<HeadProblem[]> {
  if (store.rolesApart) return []
  const problems: HeadProblem[] = []
  for (const [side, objects] of Object.entries({ '': store.objects, 'vault/': store.vault })) {
    for await (const { key, why } of inBlocks(documentsOf(objects), (key) => damageOf(objects, key)))
      if (why !== null) problems.push({ what: `${side}${key}`, why: `is damaged: ${why}` })
    for (const prefix of MEMORY)
      for await (const key of objects.list(prefix))
        if (!(await isAsNamed(objects, key, '.jsonl')))
          problems.push({ what: `${side}${key}`, why: 'is damaged: its content is not what its name says' })
  }
  return problems
}

async function* documentsOf(objects: ObjectStore): AsyncGenerator<string> {
  for (const prefix of KEPT) for await (const key of objects.list(prefix)) if (key.endsWith('.json')) yield key
}

async function damageOf(
  objects: ObjectStore,
  key: string,
): Promise<{ readonly key: string; readonly why: string | null }> {
  try {
    await readJson(objects, key)
    return { key, why: null }
  } catch (error) {
    if (error instanceof DamagedObject) return { key, why: error.why }
    if (error instanceof UserError) return { key, why: error.message }
    throw error
  }
}
