/** Codes of decisions: made when somebody decides, and checked wherever the item that holds them is. */
import { type Claims, itemKey } from '#core/heads/claims.ts'
import { type DecisionCodes, decidedBy, decisionsOf, decisionText } from '#core/heads/decisions.ts'
import type { Decider, LedgerRow, Store } from '../../ports.ts'

type Deciding = Parameters<typeof decisionsOf>[0]

/**
 * An item with codes for the decisions that it holds more than before; those of before are never signed again.
 * @param by who decided them
 */
export async function withCodes<T extends Deciding>(
  heads: Store['heads'],
  by: Decider,
  { pk, sk, before, body }: { readonly pk: string; readonly sk: string; readonly before: Deciding; readonly body: T },
): Promise<T> {
  const fresh = decisionsOf(body).slice(decisionsOf(before).length)
  if (!heads?.deciders || fresh.length === 0) return body
  const { key, sign } = heads.deciders[by]
  const made: Record<string, DecisionCodes[string]> = {}
  for (const { digest } of fresh) made[digest] = { key, mac: await sign(decisionText(pk, sk, digest)) }
  return { ...body, codes: { ...body.codes, ...made } }
}

/** How many decisions of an item carry no code. */
export function uncodedOf({ body }: LedgerRow): number {
  const { codes = {} } = body as Deciding
  return decisionsOf(body as Deciding).filter(({ digest }) => codes[digest] === undefined).length
}

/** What is wrong with the decisions of an item, in words that follow its name; null: nothing is, or nobody signs decisions here. */
export async function decisionProblem(
  deciders: NonNullable<Store['heads']>['deciders'],
  { version, before }: Claims,
  { pk, sk, body }: LedgerRow,
): Promise<string | null> {
  const item = body as Deciding
  if (!deciders) return null
  const earlier = version < 2 ? Number.POSITIVE_INFINITY : before.get(itemKey({ pk, sk }))
  const uncoded = earlier === undefined ? 0 : decidedBy(item, earlier)
  for (const [i, { digest, name }] of decisionsOf(item).entries()) {
    const code = item.codes?.[digest]
    if (code === undefined && i >= uncoded)
      return `holds a decision without a code of its own, ${name}: somebody else wrote it`
    if (code === undefined) continue
    const signer = Object.values(deciders).find(({ key }) => key === code.key)
    if (!(await signer?.holds(decisionText(pk, sk, digest), code.mac)))
      return `holds a decision whose code does not hold, ${name}: somebody else wrote it, or "vault/${code.key}.key" is not the key of this store`
  }
  return null
}
