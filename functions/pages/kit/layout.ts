/** The shell of every review page: head, landmarks, and the headers that it must be served with. */
import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import { number } from './format.ts'
import { STYLE } from './style.ts'

/** Escaped markup. All of it is made synchronously here. */
export type Html = ReturnType<typeof html>

/** A style or script as a content policy names it. */
export const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const POLICY = `default-src 'none'; style-src ${hashOf(STYLE)}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`

/**
 * Headers of every page. Nothing is loaded, framed, cached or run; the form posts to where the page came from. The
 * referrer stays inside our origin: a link is a credential, and `no-referrer` would blank the `Origin` of our own form.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': POLICY,
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  'X-Robots-Tag': 'noindex',
}

/** Headers of a page that runs one script of its own, which may ask where it came from, and nobody else. */
export const headersWith = (script: string): Readonly<Record<string, string>> => ({
  ...PAGE_HEADERS,
  'Content-Security-Policy': `${POLICY}; script-src ${hashOf(script)}; connect-src 'self'`,
})

/** What stands around a page's body. */
interface PageHead {
  /** Of the browser's tab and of the document. */
  readonly title: string
  /** Where the first link of a long page leads, and what it says. */
  readonly skip?: { readonly to: string; readonly says: string }
  /** Runs once the page stands; its headers are those of `headersWith`. */
  readonly script?: string | undefined
  readonly footer?: string
}

const DESK_FOOTER = 'Opening this page decides nothing; only the form does.'

/** A whole page. */
export function page({ title, skip, script, footer = DESK_FOOTER }: PageHead, body: Html): string {
  const out = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
${skip !== undefined && html`<a class="skip" href="#${skip.to}">${skip.says}</a>`}
<main>
${body}
</main>
<footer class="soft"><p>contextos-autotune. ${footer}</p></footer>
${script !== undefined && html`<script>${raw(script)}</script>`}
</body>
</html>
`
  return sync(out)
}

/** The text of markup. */
function sync(markup: Html): string {
  if (markup instanceof Promise) throw new TypeError('a page is made of values, not of promises')
  return markup.toString()
}

/** So many of all: bad from one on. */
export const outOf = (n: number, all: number): Html =>
  html`<span class="${n > 0 ? 'bad' : ''}">${number(n)} of ${number(all)}</span>`

/**
 * A table with a caption, in a region that scrolls by itself and can be reached by keyboard. On a phone each row becomes a
 * block with its column names; the roles are written out because that display would take them away.
 */
export function table(
  id: string,
  caption: string,
  head: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
): Html {
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table role="table">
<caption id="${id}">${caption}</caption>
<thead role="rowgroup"><tr role="row">${head.map((cell) => html`<th role="columnheader" scope="col">${cell}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(
    ([first, ...rest]) =>
      html`<tr role="row"><th role="rowheader" scope="row">${first}</th>${rest.map((cell, i) => html`<td role="cell" data-label="${head[i + 1]}"><span>${cell}</span></td>`)}</tr>
`,
  )}</tbody></table></div>`
}
