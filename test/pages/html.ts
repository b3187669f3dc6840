/** A small strict reader of the pages' own HTML: tags must balance, attributes must be quoted. Throws on anything else. */

export interface Tag {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly parents: readonly string[]
  text: string
}

const VOID = new Set(['meta', 'input', 'br', 'hr', 'img', 'link'])
/** SVG shapes close themselves. */
const SELF_CLOSED = new Set(['path', 'line', 'circle'])

/** Every element in document order, with its own text and that of its children. */
export function elements(page: string): Tag[] {
  const found: Tag[] = []
  const open: Tag[] = []
  const token =
    /<!doctype html>|<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"<>]*")?)*)\s*(\/?)>|[^<]+/y
  while (token.lastIndex < page.length) {
    const at = token.lastIndex
    const match = token.exec(page)
    if (!match) throw new Error(`no HTML at ${at}: ${page.slice(at, at + 80)}`)
    const [whole, closing, name, attributes, selfClosed] = match
    if (name === undefined) {
      if (!whole.startsWith('<!')) for (const tag of open) tag.text += plain(whole)
      continue
    }
    if (closing) {
      const last = open.pop()
      if (last?.name !== name) throw new Error(`</${name}> closes <${last?.name}> at ${at}`)
      continue
    }
    const tag: Tag = { name, attributes: read(attributes ?? ''), parents: open.map((t) => t.name), text: '' }
    found.push(tag)
    if (selfClosed) {
      if (!SELF_CLOSED.has(name)) throw new Error(`<${name}/> at ${at}`)
    } else if (!VOID.has(name)) open.push(tag)
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)!.name}> is never closed`)
  return found
}

function read(attributes: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name, value] of attributes.matchAll(/([a-zA-Z][a-zA-Z0-9-]*)(?:="([^"]*)")?/g)) {
    if (found[name!] !== undefined) throw new Error(`${name} stands twice`)
    found[name!] = value ?? ''
  }
  return found
}

/** Text as a browser shows it: the five entities that escaping writes. */
export const plain = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name]!)
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** A page of one file as a reader without its script has it: that text is no markup, so the strict reader does not see it. */
export const still = (page: string): string => page.replace(/<script>[\s\S]*<\/script>\n/, '')

/** What such a page says. */
export const textOf = (page: string): string =>
  plain(
    still(page)
      .replace(/<style>[\s\S]*?<\/style>/, '')
      .replace(/<[^>]+>/g, ' '),
  ).replace(/\s+/g, ' ')

/** What is wrong for a keyboard, a screen reader or a strict content policy; nothing when all of it holds. */
export function accessibilityProblems(page: string): string[] {
  const all = elements(page)
  const problems: string[] = []
  const of = (name: string) => all.filter((t) => t.name === name)
  const ids = all.flatMap((t) => (t.attributes.id === undefined ? [] : [t.attributes.id]))
  const need = (holds: boolean, says: string) => {
    if (!holds) problems.push(says)
  }
  need(new Set(ids).size === ids.length, 'an id stands twice')
  need(of('html')[0]?.attributes.lang === 'en', 'no language')
  need(of('title')[0]!.text.trim().length > 0, 'no title')
  need(of('h1').length === 1, 'not one h1')
  need(of('main').length === 1, 'not one main landmark')
  for (const { attributes } of all) {
    for (const ref of ['aria-labelledby', 'aria-describedby', 'for'])
      for (const id of (attributes[ref] ?? '').split(' ').filter(Boolean))
        need(ids.includes(id), `${ref} names no ${id}`)
    if (attributes.href?.startsWith('#'))
      need(ids.includes(attributes.href.slice(1)), `${attributes.href} leads nowhere`)
    for (const name of Object.keys(attributes))
      need(!/^on|^style$/.test(name), `${name} would not pass the content policy`)
  }
  const levels = all.filter((t) => /^h[1-6]$/.test(t.name)).map((t) => Number(t.name[1]))
  for (const [i, level] of levels.entries())
    need(level <= (levels[i - 1] ?? 0) + 1, `h${level} after h${levels[i - 1]}`)
  for (const t of [...of('input'), ...of('textarea')])
    if (t.attributes.type !== 'hidden')
      need(
        of('label').some((l) => l.attributes.for === t.attributes.id),
        `${t.attributes.id} has no label`,
      )
  need(of('table').length === of('caption').length, 'a table without a caption')
  for (const t of of('th')) need(t.attributes.scope !== undefined, 'a header cell without scope')
  for (const t of of('svg'))
    need(t.attributes['aria-hidden'] === 'true' || t.attributes.role === 'img', 'a picture without a role')
  for (const t of of('button')) need(t.text.trim().length > 0, 'a button without a name')
  for (const t of of('section')) need(t.attributes['aria-labelledby'] !== undefined, 'a section without a name')
  need(of('script').length === 0, 'a script')
  return problems
}
