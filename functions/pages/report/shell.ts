/** A page that is a file: its own content policy, style and script inside, and nothing that is loaded from anywhere. */
import { html, raw } from 'hono/html'
import { type Html, hashOf } from '../kit/layout.ts'
import { STYLE } from '../kit/style.ts'
import { SCRIPT } from './script.ts'

/** What a report's style sheet has beyond that of all pages: wide tables that scroll, charts, and what the script lights up. */
const REPORT_STYLE = `
main,footer{max-width:78rem}
.cols{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:0 1.5rem;align-items:start}
table.data{font-size:.9rem}
table.data th[scope=col]{white-space:nowrap;vertical-align:bottom}
table.data .n{text-align:right}table.data td.n{white-space:nowrap}table.data[data-sort] th[scope=col]{white-space:normal}table.data[data-sort] th[scope=row]{position:sticky;left:0;background:var(--bg)}table.data[data-sort] td:nth-child(2){min-width:min(12rem,48vw)}
table.data button{font:inherit;min-height:1.5rem;margin:0;padding:0 .2rem;border:0;background:none;text-align:left;color:inherit;text-decoration:underline dotted}
.filter{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:end}.filter label{margin:0}
.filter input,.filter select{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--soft);border-radius:.4rem;min-height:2.5rem;padding:.3rem .5rem}
#tip{position:fixed;z-index:2;right:1rem;bottom:1rem;max-width:26rem;margin:0;padding:.5rem .75rem;background:var(--bg);border:2px solid var(--accent);border-radius:.4rem}
svg.wide{max-width:none}svg.long{min-width:46rem}
svg .cell{fill:var(--accent);stroke:var(--bg)}svg .blank{fill:var(--panel);stroke:var(--bg)}
svg .ln{fill:none;stroke:var(--accent);stroke-width:2}svg .ln.two{stroke-dasharray:7 4}svg .ln.three{stroke-dasharray:2 4}
svg .par{fill:none;stroke:var(--soft);stroke-opacity:.35}svg .par.held{stroke:var(--accent);stroke-opacity:.8}svg .par.won{fill:none;stroke:var(--good);stroke-width:3;stroke-opacity:1}
svg .bar{fill:var(--accent)}svg .bar.less{fill:var(--good)}svg .bar.more{fill:var(--bad)}
svg .spent{fill:var(--accent)}svg .unspent{fill:var(--bg);stroke:var(--soft)}svg .lapsed{fill:var(--panel);stroke:var(--line)}
svg text.on{fill:var(--on-accent)}
.hot{outline:3px solid var(--accent)}svg .hot{stroke:var(--bad);stroke-width:3;stroke-opacity:1;outline:0}
@media (max-width:40rem){table.data{display:table}table.data thead{position:static;clip-path:none;width:auto;height:auto;display:table-header-group}table.data tbody{display:table-row-group}table.data caption{display:table-caption}table.data tr{display:table-row}table.data th,table.data td{display:table-cell;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}table.data td::before{content:none}}
@media (max-width:48rem){.scroll:has(>svg.long,>table[data-sort])::before{content:'Wider than this screen: scroll it sideways.';position:sticky;left:0;color:var(--soft)}}
@media print{.scroll::before{display:none!important}.filter,#tip{display:none}}
`.trim()

const WHOLE_STYLE = `${STYLE}\n${REPORT_STYLE}`

/** What a report may do: its own style and its own script, by their digests, and nothing else. */
export const REPORT_POLICY = `default-src 'none'; style-src ${hashOf(WHOLE_STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`

/**
 * A whole document as text. The policy stands before anything that it is about.
 * @param from what it is made of, as the end of a sentence
 */
export function standalone(title: string, body: Html, from = 'it is made of the files of the run alone'): string {
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(REPORT_POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${raw(WHOLE_STYLE)}</style>
</head>
<body>
<a class="skip" href="#top">Go to the content</a>
<main id="top">
${body}
</main>
<footer class="soft"><p>contextos-autotune. This file loads nothing and sends nothing; ${from}.</p></footer>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`}`
}
