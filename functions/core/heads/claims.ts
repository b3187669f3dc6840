/** What the journal of heads says of a store, as it stands after its last line. */
import type { Head, HeadLine } from '#schemas/head-line.ts'
import { Erasures } from './erasures.ts'

type Of<K extends Head['kind']> = Extract<Head, { readonly kind: K }>

export interface Claims {
  /** Last line about each run that was not given up, by its id. */
  readonly runs: ReadonlyMap<string, Of<'run'>>
  /** Last line about each item, by `itemKey`. */
  readonly items: ReadonlyMap<string, Of<'item'>>
  /** Digests of the lists of what imports stored. */
  readonly imports: ReadonlySet<string>
  /** Digest of each document, by its ref. */
  readonly documents: ReadonlyMap<string, string>
  /** Digest of each published artifact, by `promotionKey`. */
  readonly promotions: ReadonlyMap<string, Of<'promotion'>>
  /** What the routine kept under a date, by `datedKey`: as it was kept first. */
  readonly dated: ReadonlyMap<string, Of<'cadence'>>
  /** Runs, items and imports that stood there when the journal began. */
  readonly found: number
  /** Of the journal: 0 it has not begun, 1 as version 0.2.0 kept it, 2 it witnesses everything that decides. */
  readonly version: 0 | 1 | 2
  /** Revision of each item, by `itemKey`, when the journal came to version 2: what was decided up to there may carry no code of its own. */
  readonly before: ReadonlyMap<string, number>
  /** What people had erased. */
  readonly erasures: Erasures
}

export const itemKey = ({ pk, sk }: { readonly pk: string; readonly sk: string }): string => `${pk}\u0000${sk}`

export const promotionKey = (rollout: string, revision: number): string => `${rollout} ${revision}`

export const datedKey = ({ period, date }: Pick<Of<'cadence'>, 'period' | 'date'>): string => `${period} ${date}`

/** The latest line about each thing stands. Lines in their order. */
export function claimsOf(lines: readonly HeadLine[]): Claims {
  const runs = new Map<string, Of<'run'>>()
  const items = new Map<string, Of<'item'>>()
  const imports = new Set<string>()
  const documents = new Map<string, string>()
  const promotions = new Map<string, Of<'promotion'>>()
  const dated = new Map<string, Of<'cadence'>>()
  const erasures = new Erasures()
  let found = 0
  let version: Claims['version'] = 0
  let before: ReadonlyMap<string, number> = new Map()
  const take = (head: Head, at: string): void => {
    switch (head.kind) {
      case 'begun':
        found += head.found.length
        for (const one of head.found) take(one, at)
        if (head.version === 2 && version < 2)
          before = new Map([...items].map(([key, { revision }]) => [key, revision]))
        version = version === 2 ? 2 : (head.version ?? 1)
        return
      case 'run':
        runs.set(head.run, head)
        return
      case 'given_up':
        runs.delete(head.run)
        return
      case 'item': {
        // Two processes may come to write their lines in the other order than their items.
        const known = items.get(itemKey(head))
        if (known === undefined || known.revision < head.revision) items.set(itemKey(head), head)
        return
      }
      case 'import':
        imports.add(head.digest)
        return
      case 'document':
        documents.set(head.ref, head.digest)
        return
      case 'promotion':
        promotions.set(promotionKey(head.rollout, head.revision), head)
        return
      case 'cadence':
        // It is kept once: whoever removes it cannot have another one in its place.
        if (!dated.has(datedKey(head))) dated.set(datedKey(head), head)
        return
      case 'erased':
        erasures.add(head, at)
    }
  }
  for (const { head, at } of lines) take(head, at)
  return { runs, items, imports, documents, promotions, dated, found, version, before, erasures }
}

/** An item of the ledger as it is found. */
interface FoundItem {
  readonly revision: number
  readonly digest: string
  /** Does its own code hold? null: it has none. */
  readonly holds: boolean | null
}

/** What is wrong with an item of the ledger, in words that follow its name; null: it is as the journal says, or has gone on. */
export function itemProblem(claim: Of<'item'> | undefined, found: FoundItem | null): string | null {
  if (found === null)
    return claim === undefined ? null : 'is missing: it was removed, or the ledger was put back to an older copy'
  if (claim === undefined && found.holds !== true)
    return found.holds === null
      ? 'is not in the journal: somebody else wrote it'
      : 'was changed: its code does not hold, and the journal does not know it'
  if (claim !== undefined && found.revision < claim.revision)
    return `is older than known (revision ${found.revision}, the journal has ${claim.revision}): the ledger was put back to an older copy`
  if (claim !== undefined && found.revision === claim.revision)
    return found.digest === claim.digest ? null : 'was changed: it is not what the journal has'
  // Written after its last line: a process that died in between leaves its code, and nobody else can make one.
  return found.holds === true ? null : 'was changed: its code does not hold'
}

const ITEM_NAMES: Readonly<Record<string, string>> = {
  heldout: 'question ledger of',
  review: 'review',
  rollout: 'rollout',
  release: 'tuple in force of',
  version: 'pack version',
  split: 'split',
  epoch: 're-split of',
  budget: 'error budget of the',
  rejection: 'rejection of',
  proposal: 'what became of proposal',
  production: 'production log of',
}

/** An item of the ledger, for people. */
export function itemName({ pk, sk }: { readonly pk: string; readonly sk: string }): string {
  const [kind, of] = pk.split('#')
  return `${ITEM_NAMES[kind!] ?? pk} ${of === undefined ? sk : `${of} ${sk.slice(0, 15)}`}`
}
