/** The shell of every review page: head, style, landmarks, and the headers that it must be served with. */
import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'

/** Escaped markup. All of it is made synchronously here. */
export type Html = ReturnType<typeof html>

const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1b1f;--soft:#55555f;--line:#c9c9d1;--panel:#f4f4f7;--good:#146c2e;--bad:#b3261e;--accent:#0b57d0;--on-accent:#fff;--mark:#fff3c4}
@media (prefers-color-scheme:dark){:root{--bg:#131316;--fg:#e6e6ea;--soft:#b4b4be;--line:#45454f;--panel:#1d1d22;--good:#7ddb95;--bad:#f2b8b5;--accent:#a8c7fa;--on-accent:#0b2a5b;--mark:#4a3f10}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:1rem/1.5 system-ui,sans-serif}
main,.bar,footer{max-width:52rem;margin:0 auto;padding:0 1rem}
h1{font-size:1.5rem;line-height:1.25;margin:1rem 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2rem 0 .5rem;border-top:1px solid var(--line);padding-top:1rem}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
p,dd,li,td,th,caption,summary{overflow-wrap:break-word}.mono,pre,dd{overflow-wrap:anywhere}
code,pre,.mono{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--panel);padding:.75rem;border-radius:.4rem;margin:.25rem 0}
.soft{color:var(--soft)}
.good{color:var(--good)}.bad{color:var(--bad)}
.panel{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.25rem 1rem;margin:1rem 0}
.panel.bad{color:var(--fg);border-color:var(--bad);border-width:2px}
.scroll{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:var(--soft);padding-bottom:.25rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
th[scope=row]{font-weight:600}
td{font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1rem;margin:.5rem 0}
dt{color:var(--soft)}dd{margin:0}
del{background:none;color:var(--bad)}ins{background:var(--mark);text-decoration:underline;color:inherit}
details{margin:.5rem 0}summary{cursor:pointer;padding:.35rem 0;font-weight:600}
svg{width:100%;height:auto;max-width:40rem;display:block}
svg text{fill:var(--fg);font-size:11px;font-family:system-ui,sans-serif}
svg .grid{stroke:var(--line);stroke-width:.5}
svg .front{fill:none;stroke:var(--soft);stroke-dasharray:3 3}
svg .dropped{fill:none;stroke:var(--soft);stroke-width:1.2}
svg .kept{fill:var(--bg);stroke:var(--accent);stroke-width:1.5}
svg .listed{fill:var(--accent)}
svg .won{fill:var(--good);stroke:var(--bg)}
svg .baseline{fill:var(--fg)}
form{margin:1rem 0;border:1px solid var(--line);border-radius:.5rem;padding:0 1rem 1rem}
label{display:block;margin:.75rem 0 .25rem}
label.check{display:flex;gap:.6rem;align-items:flex-start}
input[type=checkbox]{width:1.4rem;height:1.4rem;flex:none;margin:.1rem 0 0;accent-color:var(--accent)}
textarea{width:100%;min-height:5rem;font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:.4rem;padding:.5rem}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;border-radius:.4rem;border:2px solid var(--accent);background:var(--accent);color:var(--on-accent);cursor:pointer;margin-top:.75rem}
button.no{background:var(--bg);color:var(--bad);border-color:var(--bad)}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-100rem}.skip:focus{position:static;display:inline-block;padding:.5rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0;margin:.5rem 0}
.legend svg{width:1rem;height:1rem;display:inline-block;vertical-align:-.15rem;margin-right:.3rem}
footer{margin-top:3rem;padding-bottom:2rem;font-size:.9rem}
@media (max-width:40rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}h1{font-size:1.3rem}
thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table,caption,tbody,tr,th,td{display:block}
tr{border-bottom:1px solid var(--line);padding:.5rem 0}
th,td{border:0;padding:.1rem 0}
td{display:grid;grid-template-columns:6.5rem 1fr;gap:.75rem}
td::before{content:attr(data-label);color:var(--soft)}}
@media print{form{display:none}}
`.trim()

/**
 * Headers of every page. Nothing is loaded, framed, cached or run; the form posts to where the page came from. The
 * referrer stays inside our origin: a link is a credential, and `no-referrer` would blank the `Origin` of our own form.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
  'X-Robots-Tag': 'noindex',
}

/**
 * A whole page.
 * @param title of the browser's tab and of the document
 * @param skip where the first link of the page leads, and what it says; null: the page is short
 */
export function page(title: string, skip: { readonly to: string; readonly says: string } | null, body: Html): string {
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
${skip && html`<a class="skip" href="#${skip.to}">${skip.says}</a>`}
<main>
${body}
</main>
<footer class="soft"><p>contextos-autotune. Opening this page decides nothing; only the form does.</p></footer>
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
