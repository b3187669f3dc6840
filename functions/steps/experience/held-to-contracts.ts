/** A store that knows what stands under its keys. Apart from reading it because of the contracts, which no function of a deployment bundles. */
import { digestOf, digestOfBytes } from '#core/canonical.ts'
import { segment } from '#schemas/s3-keys.ts'
import { contractAt, type StoredContract } from '#schemas/stored-documents.ts'
import type { ObjectStore, StoredRule } from '../../ports.ts'
import { type Contract, closest, fieldPath, problemOf } from './parse.ts'

/** The same objects, whose documents are held to their contracts when they are read as values. Bytes are read as they lie. */
export const heldToContracts = (objects: ObjectStore): ObjectStore => ({ ...objects, ruleAt })

function ruleAt(key: string): StoredRule | null {
  const stored = contractAt(key)
  if (stored === null) return null
  const contract = stored.contract as unknown as Contract<unknown>
  return (value, text) => {
    const parsed = contract.safeParse(value)
    if (parsed.success) return isNamed(stored, value, text) ? null : 'its content is not what its name says'
    const issue = closest(parsed.error.issues[0]!)[0]!
    return `${fieldPath(issue.path)}: ${problemOf(issue)}`
  }
}

function isNamed({ named }: StoredContract, value: unknown, text: string): boolean {
  if (named === null) return true
  const { by, as } = named
  if ('field' in by) return segment(String((value as Record<string, unknown>)[by.field])) === as
  const digest = by.digestOf === 'bytes' ? digestOfBytes(text) : digestOf(value)
  return digest.slice('sha256:'.length).startsWith(as)
}
