/** What stands around every page of the workbench: where one is, where else one may go, and that nothing is changed here. */
import { html } from 'hono/html'
import { whereTheyDiffer } from '#core/space/where-they-differ.ts'
import type { Patch } from '#schemas/common.ts'
import { isPartId, NOT_CERTIFIED } from '#schemas/patterns.ts'
import type { RunLine } from '#schemas/run-line.ts'
import { metricName, metricValue, moment, number, percent, setting, visible } from '../kit/format.ts'
import { type Html, page } from '../kit/layout.ts'

/** Places of the first level, and what they are called. */
const PLACES = { intents: '/', runs: '/runs', reviews: '/reviews', rollouts: '/rollouts', store: '/store' } as const
type Place = keyof typeof PLACES

/** Characters of one recorded text that a page shows; what is longer is cut, and says so. */
const LONGEST_TEXT = 4000
/** Of a value within a line. */
const LONGEST_VALUE = 60

/** A page of the workbench. `at`: where it belongs. */
export const workbenchPage = (title: string, at: Place | null, body: Html): string =>
  page(
    {
      title: `${title} - contextos-autotune`,
      footer: 'This page only shows: nothing is written, signed or sent. Numbers are those of the store as it lies.',
    },
    html`<nav aria-label="Workbench"><p>${Object.entries(PLACES).map(
      ([name, href], i) =>
        html`${i > 0 && ' · '}<a href="${href}"${name === at ? html` aria-current="page"` : ''}>${name === at ? html`<strong>${name}</strong>` : name}</a>`,
    )}</p></nav>
${body}`,
  )

/** There is nothing at this address, or nothing that may be shown: one and the same page. */
export const nothingHere = (what: string): string =>
  workbenchPage(
    'Nothing here',
    null,
    html`<h1>There is nothing here</h1>
<p>${what}</p>`,
  )

/** An address from names, each made safe as one part of it. */
export const href = (
  parts: readonly string[],
  query: Readonly<Record<string, string | number | null>> = {},
): string => {
  const asked = Object.entries(query).filter(([, value]) => value !== null && value !== '')
  const search = asked.map(([key, value]) => `${key}=${encodeURIComponent(value!)}`).join('&')
  return `/${parts.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`
}

export const link = (to: string, says: Html | string): Html => html`<a href="${to}">${says}</a>`
export const runLink = (run: string): Html =>
  isPartId(run) ? html`${run} <span class="bad">(${NOT_CERTIFIED})</span>` : link(href(['runs', run]), visible(run))

/** An empty page says which command fills it. */
export const empty = (says: string, command: string): Html =>
  html`<div class="panel note"><p>${says}</p><pre>${command}</pre></div>`

/** A recorded text, cut where it is too long for a page. */
export const recordedText = (text: string): string =>
  text.length <= LONGEST_TEXT
    ? visible(text)
    : `${visible(text.slice(0, LONGEST_TEXT))} … (${number(text.length - LONGEST_TEXT)} more characters are not shown)`

const shortValue = (text: string): string => (text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`)

const fromTo = (from: string, to: string): string =>
  whereTheyDiffer(from, to, { most: LONGEST_VALUE, before: 20, mark: '… ' }).map(shortValue).join(' → ')

/** A change on one line; null: nothing is proposed. */
export const changeText = (change: Patch | null): string =>
  change === null
    ? '-'
    : Object.entries(change)
        .map(([path, { from, to }]) => `${visible(path)} ${fromTo(setting(from), setting(to))}`)
        .join(', ')

/** A gain on the held-out set, in per cent of its baseline. */
export function gainText(gain: RunLine['gain']): string {
  if (gain === null) return '-'
  const { metric, baseline, candidate } = gain
  const says = `${metricName(metric)} from ${metricValue(metric, baseline)} to ${metricValue(metric, candidate)}`
  if (baseline === null || candidate === null || baseline === 0) return says
  const share = (candidate - baseline) / Math.abs(baseline)
  return `${share > 0 ? '+' : ''}${percent(share)}: ${says}`
}

export const worseText = (worse: RunLine['worse']): string =>
  worse === null
    ? '-'
    : `${number(worse.worse)} of ${number(worse.of)} worse${worse.better === null ? '' : `, ${number(worse.better)} better`}`

/** A moment that may not be known. */
export const when = (date: string | null): Html | string =>
  date === null ? '-' : html`<time datetime="${date}">${moment(date)}</time>`

export const word = (text: string): string => text.replaceAll('_', ' ')
