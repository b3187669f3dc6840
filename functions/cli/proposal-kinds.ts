/** Proposals of other producers, told apart by their `kind`: what `autotune propose FILE` does with each. */
import { UserError } from '../errors.ts'
import { parseJson } from '../steps/experience/parse.ts'
import { RULE } from './changes.ts'
import { nearText } from './near.ts'
import type { KindOptions } from './store-options.ts'

/** Takes the value of a file; the exit code. */
type Taker = (value: unknown, file: string, o: KindOptions) => Promise<number>

/** One line a kind. */
const KINDS: Readonly<Record<string, () => Promise<Taker>>> = {
  part_release: async () => (await import('./propose-part.ts')).proposePart,
}

const NAMES = [RULE, ...Object.keys(KINDS)]

/** Who takes a file by its `kind`, with the value; null: it has none, so it holds hand-written changes. */
export async function kindOf(
  text: string,
  file: string,
): Promise<{ readonly take: Taker; readonly value: unknown } | null> {
  if (!text.trimStart().startsWith('{') || !/"kind"\s*:/.test(text)) return null
  const value = whole(text, file)
  const kind = (value as { readonly kind?: unknown } | null)?.kind
  // A rule is a change that replay can judge: it is looked at as such.
  if (kind === undefined || kind === RULE) return null
  const found = typeof kind === 'string' && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  if (!found)
    throw new UserError(
      `${file}: kind: ${JSON.stringify(kind).slice(0, 60)} is no kind of proposal: there are ${NAMES.join(' and ')}${nearText(String(kind), NAMES)}`,
    )
  return { take: await found(), value }
}

/** The one value of a file; null: it holds JSON lines. A file that is neither is told of where it stops being JSON. */
function whole(text: string, file: string): unknown {
  try {
    return parseJson(text, file)
  } catch (error) {
    const [first = ''] = text.trim().split('\n')
    if (error instanceof UserError && /^\{.*\}$/.test(first.trim())) return null
    throw error
  }
}
