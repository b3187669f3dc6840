/** The stamp in large: on every page of a change that replay cannot judge. */
import { html } from 'hono/html'
import type { Html } from './layout.ts'

export const stampPanel = (certification: string): Html =>
  html`<div class="panel bad" role="note"><p><strong class="stamp">${certification.toUpperCase()}</strong></p>
<p>Replay cannot judge this part: nobody measured what the change does, on no case. Only people decide on it, and production shows it stage by stage.</p></div>`
