/** A store that knows what stands under its keys. Apart from reading it because of the contracts, which no function of a deployment bundles. */
import { contractAt } from '#schemas/stored-documents.ts'
import type { ObjectStore } from '../../ports.ts'
import { type Contract, closest, fieldPath, problemOf } from '../experience/parse.ts'

/** The same objects, whose documents are held to their contracts when they are read as values. Bytes are read as they lie. */
export const heldToContracts = (objects: ObjectStore): ObjectStore => ({ ...objects, ruleAt })

function ruleAt(key: string): ((value: unknown) => string | null) | null {
  const stored = contractAt(key)
  if (stored === null) return null
  const contract = stored.contract as unknown as Contract<unknown>
  return (value) => {
    const parsed = contract.safeParse(value)
    if (!parsed.success) {
      const issue = closest(parsed.error.issues[0]!)[0]!
      return `${fieldPath(issue.path)}: ${problemOf(issue)}`
    }
    return stored.isNamed(value) ? null : 'it is of another one than its name says'
  }
}
