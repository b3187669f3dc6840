/** Whether the pages of an export are all there: what each says of those behind it, by the names that backends use. */
import type { Where } from './span.ts'
import { type Fields, isFields } from './values.ts'

/** Where a list names the next page: a text or number says that there is one, null that there is none. */
const CURSORS = [
  'next_cursor',
  'nextCursor',
  'next_page_token',
  'nextPageToken',
  'nextToken',
  'next_token',
  'cursors.next',
  'meta.cursor',
  'meta.next_cursor',
  'meta.nextCursor',
  'links.next',
  'pagination.next_cursor',
]

/** Numbered pages: the number, and of how many. */
const NUMBERED = [
  ['meta.page', 'meta.totalPages'],
  ['meta.page', 'meta.total_pages'],
  ['pagination.page', 'pagination.total_pages'],
] as const

/** The first name of each: a row with none of them says nothing of pages. */
const HEADS = [...new Set(['has_more', ...[...CURSORS, ...NUMBERED.flat()].map((path) => path.split('.')[0]!)])]

/** A page that says that there are more, and by which name. */
export interface OpenPage extends Where {
  readonly name: string
}

export class Pages {
  /** The last page of each file that names its next one. */
  readonly #more = new Map<string, OpenPage>()
  /** Numbered pages that were read, by how many there are. */
  readonly #numbered = new Map<number, { readonly seen: Set<number>; readonly page: OpenPage }>()

  /** Takes a row; one that is no page says nothing. Of several pages in a file the last one tells. */
  add(value: unknown, { file, at }: Where): void {
    if (!isFields(value)) return
    if (this.#more.size === 0 && !HEADS.some((name) => name in value)) return
    const isPage = at.includes('around ') || (at.startsWith('line ') && holdsList(value))
    const name = value.has_more === true ? 'has_more' : isPage ? CURSORS.find((path) => isNext(value, path)) : undefined
    if (name !== undefined) this.#more.set(file, { name, file, at })
    else if (isPage || value.has_more === false || CURSORS.some((path) => valueAt(value, path) === null))
      this.#more.delete(file)
    for (const [number, of] of NUMBERED) {
      const [page, pages] = [valueAt(value, number), valueAt(value, of)]
      if (typeof page !== 'number' || typeof pages !== 'number') continue
      const known = this.#numbered.get(pages) ?? { seen: new Set(), page: { name: of, file, at } }
      known.seen.add(page)
      this.#numbered.set(pages, known)
    }
  }

  /** A page behind which one is missing; null: none is. */
  open(): OpenPage | null {
    const [more] = this.#more.values()
    if (more) return more
    for (const [pages, { seen, page }] of this.#numbered) if (seen.size < pages) return page
    return null
  }
}

function isNext(value: Fields, path: string): boolean {
  const next = valueAt(value, path)
  return (typeof next === 'string' && next !== '') || typeof next === 'number'
}

const valueAt = (value: Fields, path: string): unknown =>
  path.split('.').reduce<unknown>((at, name) => (isFields(at) ? at[name] : undefined), value)

/** Under which names pages, responses and documents keep their rows. */
const WRAPPERS =
  'data result results json items content batch run runs traces spans samples simulations events calls'.split(' ')

const holdsList = (row: Fields): boolean => WRAPPERS.some((name) => Array.isArray(row[name]))

/** The rows that a page or response holds, in a list or alone; an answer of tRPC holds them three names deep. */
export const wrappedIn = (row: Fields): Fields[] => WRAPPERS.flatMap((name) => row[name] ?? []).filter(isFields)
