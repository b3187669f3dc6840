/** What may and may not be said of a part that replay cannot judge, and who decides on it. Loads no schema library. */
import type { RiskClass } from './common.ts'
import type { BaselineTuple } from './pack.ts'
import { personKey } from './person.ts'

/** Parts of a tuple that are released by a proposal of another producer, and their places in it. */
export const PLACES = {
  policy: 'policy',
  tools: 'tools',
  evaluators: 'evals',
  pack: 'pack',
} as const satisfies Readonly<Record<string, keyof BaselineTuple>>
/** One of `PLACES`. */
export type Part = keyof typeof PLACES

/** Does a text speak of proof, in whatever letters? Nobody proved anything of such a change, so none of its texts may. */
export const claimsProof = (text: string): boolean =>
  text.split(/\s+/u).some((word) => /certif|^\W*prove[dn]/u.test(word.toLowerCase()) || /certif/u.test(personKey(word)))

/** Roles that decide, by what can go wrong and by what is changed: at least two, each another person than the owner. */
const BY_RISK: Readonly<Record<RiskClass, readonly string[]>> = {
  read_only: ['domain_owner'],
  local_write: ['domain_owner'],
  network: ['domain_owner', 'reliability'],
  delegated: ['domain_owner', 'policy', 'reliability'],
  destructive: ['domain_owner', 'policy', 'reliability'],
}
const BY_PART: Readonly<Record<Part, string>> = {
  policy: 'policy',
  tools: 'reliability',
  evaluators: 'reliability',
  pack: 'reliability',
}

/** Roles that a proposal requires, with those that its producer asks for besides. */
export const requiredRoles = (risk: RiskClass, part: Part, more: readonly string[] = []): string[] => [
  ...new Set([...BY_RISK[risk], BY_PART[part], ...more]),
]
