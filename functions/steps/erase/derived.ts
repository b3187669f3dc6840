/** What was computed from recorded runs that are erased: whole sets of cases go, and whatever else speaks of them loses that. */
import { canonical, digestOf } from '#core/canonical.ts'
import type { ErasedNames } from '#core/experience/without-names.ts'
import type { ErasedHead } from '#schemas/head-line.ts'
import type { LedgerItem } from '#schemas/heldout.ts'
import type { RejectionRecord } from '#schemas/proposal.ts'
import { CHANGES_INBOX, keys } from '#schemas/s3-keys.ts'
import { SEAL_PREFIX, WORK_PREFIX } from '#schemas/work-keys.ts'
import type { ObjectStore, Store } from '../../ports.ts'
import { asText, digestOfPut } from '../../streams/groups.ts'
import { digestOfObject, jsonOf, readJson, streamLines } from '../../streams/read-object.ts'
import { rowKeys } from '../store/ledger-keys.ts'

type Replaced = ErasedHead['replaced'][number]

/** One object that speaks of erased runs. */
export interface Derived {
  readonly side: 'objects' | 'vault'
  readonly key: string
  /** Digests that other things hold of it, and what they are afterwards; none where nothing does. */
  readonly replaced: readonly Replaced[]
  /** null: it goes. */
  readonly rewrite: (() => AsyncIterable<string>) | null
}

/** Sets of cases, of both sides: without one of their cases no digest of them holds, so nothing of them is of use. */
const SETS = ['goldens/', 'scars/']
/** What runs of the loop left, what reviewers saw, what proposers were answered, and the sealed log of the gate. */
const ARTIFACTS = {
  objects: [keys.autotune(), 'reviews/', 'cadence/rows/', keys.weeklyCadences(), CHANGES_INBOX],
  vault: ['gate/', 'log/'],
} as const
/** Work files of a deployment, which hold whole cases: they go whole, for nothing is under way. */
const WORK = { objects: WORK_PREFIX, vault: SEAL_PREFIX } as const
/** Heads of sealed cases and scores in shards, and, of an older version, the cases: what the gate's functions hand to each other. */
const GATE_WORK = /^gate\/.*\/(shards|heads|partial)\//

/** Prefixes of all that an erasure looks at on a side, and of the recorded runs themselves. */
export const erasedFrom = (side: Derived['side']): readonly string[] => [
  ...SETS,
  ...ARTIFACTS[side],
  WORK[side],
  keys.modelAnswers(),
  'experience/',
]

/** Every object that speaks of them, in the order of their keys. Writes nothing. */
export async function derivedFrom(store: Store, names: ErasedNames): Promise<Derived[]> {
  const derived: Derived[] = []
  for (const side of ['objects', 'vault'] as const) {
    const objects = store[side]
    for (const prefix of SETS)
      for await (const key of objects.list(prefix))
        if (await speaksOf(objects, key, names))
          derived.push({
            side,
            key,
            replaced: [{ was: versionOf(side, key) ?? (await digestOfObject(objects, key))!, is: null }],
            rewrite: null,
          })
    for (const prefix of ARTIFACTS[side])
      for await (const key of objects.list(prefix))
        if (isModelAnswer(key) || GATE_WORK.test(key)) derived.push({ side, key, replaced: [], rewrite: null })
        else if (await speaksOf(objects, key, names)) derived.push(await rewritten(objects, side, key, names))
    for (const prefix of [keys.modelAnswers(), WORK[side]])
      for await (const key of objects.list(prefix)) derived.push({ side, key, replaced: [], rewrite: null })
  }
  return derived
}

/**
 * Is it an answer of a model? What was asked holds recorded text and names nobody, so nobody can tell whose it is: all of them
 * go. A run that stands on one cannot be recomputed any more, and `verify` says which is missing.
 */
const isModelAnswer = (key: string): boolean => key.includes(`/${keys.modelAnswers()}`)

/** A sealed set is known by its version, which names its cases. */
const versionOf = (side: Derived['side'], key: string): string | null => {
  const folder = key.split('/').at(-2)!
  return side === 'vault' && /^[0-9a-f]{64}$/.test(folder) ? `sha256:${folder}` : null
}

/** Does an object speak of them, as it stands or at a version? */
export async function speaksOf(
  objects: ObjectStore,
  key: string,
  names: ErasedNames,
  version?: string,
): Promise<boolean> {
  for await (const line of streamLines(objects, key, version)) if (lineWithout(line, names) !== line) return true
  return false
}

/** A line of canonical JSON without them; null: all of it is about one of them, or nobody can read it any more. */
function lineWithout(line: string, names: ErasedNames): string | null {
  if (!names.mayStandIn(line)) return line
  const value = jsonOf(line)
  if (value === undefined || names.isAbout(value)) return null
  const without = canonical(names.without(value))
  return without === canonical(value) ? line : without
}

async function rewritten(
  objects: ObjectStore,
  side: Derived['side'],
  key: string,
  names: ErasedNames,
): Promise<Derived> {
  const isManifest = key.endsWith('/manifest.json')
  const lines = async function* () {
    for await (const line of streamLines(objects, key)) {
      const without = lineWithout(line, names)
      if (without !== null) yield isManifest ? resealed(without) : without
    }
  }
  const rewrite = () => asText(lines())
  // A run is known by the digest that its manifest holds of itself.
  const replaced = isManifest
    ? [
        {
          was: digestIn(await readJson(objects, key)),
          is: digestIn(JSON.parse((await Array.fromAsync(lines())).join(''))),
        },
      ]
    : [{ was: (await digestOfObject(objects, key))!, is: await digestOfPut(rewrite(), readToEnd) }]
  return { side, key, replaced, rewrite }
}

const digestIn = (manifest: unknown): string => (manifest as { readonly digest: string }).digest

function resealed(manifest: string): string {
  const { digest: _, ...body } = JSON.parse(manifest) as { readonly digest: string }
  return canonical({ ...body, digest: digestOf(body) })
}

async function readToEnd(text: AsyncIterable<string>): Promise<void> {
  for await (const _ of text);
}

/** Takes or rewrites what speaks of them. */
export async function eraseDerived(store: Store, derived: readonly Derived[]): Promise<void> {
  for (const { side, key, rewrite } of derived) {
    if (rewrite === null) await store[side].delete(key)
    else await store[side].put(key, rewrite())
  }
}

/** Sealed versions of which a set goes. */
export async function versionsIn(
  { table }: Pick<Store, 'table'>,
  intents: readonly string[],
  derived: readonly Derived[],
): Promise<LedgerItem[]> {
  const versions = new Set(derived.map(({ side, key }) => versionOf(side, key)))
  const found: LedgerItem[] = []
  for (const intent of intents)
    for await (const { body } of table.query<LedgerItem>(rowKeys.versions(intent)))
      if (versions.has(body.version)) found.push(body)
  return found
}

/** Rejection memory keeps its patches, and loses the words that tell of erased cases. */
export async function eraseRejections(
  { table }: Pick<Store, 'table'>,
  intents: readonly string[],
  names: ErasedNames,
): Promise<void> {
  for (const intent of intents)
    for await (const { pk, sk, revision, body } of table.query<RejectionRecord>(rowKeys.rejections(intent))) {
      const { reason, reasons } = body
      const told = { reason, ...(reasons && { reasons }) }
      const without = names.without(told) as typeof told
      if (canonical(without) !== canonical(told)) await table.update(pk, sk, revision, { ...body, ...without })
    }
}
