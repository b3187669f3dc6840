/** A page that is a file: its own content policy, style and script inside, and nothing that is loaded from anywhere. */
import { html, raw } from 'hono/html'
import { type Html, hashOf } from '../kit/layout.ts'
import { STYLE } from '../kit/style.ts'
import { SCRIPT } from './script.ts'
import { REPORT_STYLE } from './style.ts'

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
