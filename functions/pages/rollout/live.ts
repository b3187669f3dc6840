/** Keeps an open page fresh: asks anew every few seconds until it is paused or the rollout has ended. Without it a link reloads. */
import { html, raw } from 'hono/html'
import type { Html } from '../kit/layout.ts'

/** Id of what is replaced by what came. */
export const LIVE = 'live'

/**
 * The script. What a person has opened stays open and what has the focus keeps it; only a change of the state is said aloud, so
 * that nobody hears a clock.
 */
export const LIVE_SCRIPT = `(() => {
const bar = document.getElementById('live-bar'), button = bar.querySelector('button'), says = bar.querySelector('[role=status]')
const seconds = Number(bar.dataset.seconds)
const live = () => document.getElementById('${LIVE}')
const reached = (root) => [...root.querySelectorAll('a[href],summary,button,[tabindex]')]
let paused = false, timer
const later = () => { clearTimeout(timer); if (!paused && live().dataset.goes) timer = setTimeout(ask, seconds * 1000) }
const put = (fresh) => {
  const old = live(), at = reached(old).indexOf(document.activeElement)
  const open = new Set([...old.querySelectorAll('details[open]')].map((d) => d.id))
  for (const d of fresh.querySelectorAll('details')) d.open = open.has(d.id)
  const changed = old.dataset.says !== fresh.dataset.says
  old.replaceWith(document.adoptNode(fresh))
  if (at >= 0) reached(live())[at]?.focus({ preventScroll: true })
  if (changed) says.textContent = live().dataset.says
  if (!live().dataset.goes) { button.hidden = true; says.textContent = live().dataset.says + ' This page does not change any more.' }
}
const ask = async () => {
  try {
    const answer = await fetch(location.href, { cache: 'no-store' })
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const fresh = page.getElementById('${LIVE}')
    if (!answer.ok || !fresh) throw new Error('no page')
    document.title = page.title
    document.getElementById('as-of').replaceWith(document.adoptNode(page.getElementById('as-of')))
    if (fresh.innerHTML !== live().innerHTML) put(fresh)
    else if (says.dataset.lost) says.textContent = 'Reached again.'
    delete says.dataset.lost
  } catch {
    if (!says.dataset.lost) says.textContent = 'The page cannot be reached; it is asked for again.'
    says.dataset.lost = '1'
  }
  later()
}
button.hidden = false
button.addEventListener('click', () => {
  paused = !paused
  button.textContent = paused ? 'Go on updating' : 'Pause updates'
  says.textContent = paused ? 'Updates are paused.' : 'Updates go on.'
  if (paused) clearTimeout(timer)
  else ask()
})
later()
})()`

/** The bar over a page that is kept fresh. The button comes with the script: without it there is nothing to pause. */
export const liveBar = (seconds: number): Html =>
  html`<p class="live" id="live-bar" data-seconds="${seconds}"><a href="">Reload</a> <button type="button" hidden>Pause updates</button> <span role="status" aria-live="polite" class="soft"></span></p>`

/** What is replaced by the next page. `says`: the state, spoken when it changes. */
export const livePart = (says: string, goes: boolean, body: Html): Html =>
  html`<div id="${LIVE}" data-says="${says}"${goes && raw(' data-goes="1"')}>
${body}
</div>`
