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
type Part = keyof typeof PLACES

/** Words that claim proof, of one word in plain letters. */
const CLAIM = /certif|(?<![a-z])(?:prove[dns]|proofs?)(?![a-z])/u

/** Papers that a customer shows: a policy may well speak of them. */
const PAPERS =
  /\bproofs? of (?:age|address|damage|delivery|identity|income|insurance|ownership|payment|postage|purchase|residence|return)\b/giu

/** Letters that stand apart: "c e r t i f i e d". */
const APART = /(?<![\p{L}\p{N}])\p{L}(?:[^\p{L}\p{N}]{1,3}\p{L}(?![\p{L}\p{N}])){4,}/gu

/** Does a text speak of proof, in whatever letters? Nobody proved anything of such a change, so none of its texts may. */
export const claimsProof = (text: string): boolean =>
  text
    .replace(PAPERS, '')
    .replace(APART, (run) => run.replace(/[^\p{L}]/gu, ''))
    .split(/\s+/u)
    .some((word) => CLAIM.test(word.normalize('NFKC').toLowerCase()) || CLAIM.test(personKey(word)))

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
