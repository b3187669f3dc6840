/** Pictures of a search: the grid of two settings, the effect of each setting, all candidates across all settings, and the best so far. */
import { curveStepAfter, line } from 'd3-shape'
import { html } from 'hono/html'
import type { ReportFacts } from '#core/report/facts.ts'
import type { TriedSetting } from '#core/report/settings-tried.ts'
import { HELD } from '#core/search/committed-list.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import { axis, linear, placesOf, px, type Scale } from '../kit/axis.ts'
import { count, metricName, metricValue, number, visible } from '../kit/format.ts'
import type { Html } from '../kit/layout.ts'
import { cut, patchWords, shortNames, shortValue } from './words.ts'

type Search = NonNullable<ReportFacts['search']>
const SIGN: Readonly<Record<string, string>> = {
  won: '★',
  certified: '✓',
  committed: '◆',
  dominated: '·',
  unreplayable: '?',
}

/** Every point of two settings: what the metric is there, and what became of it. Null where there are no two. */
export function knobGrid(facts: ReportFacts): Html | null {
  const grid = facts.search?.grid ?? null
  if (grid === null || facts.metric === null) return null
  const names = shortNames([grid.across, grid.down])
  const [across, down] = [names.get(grid.across)!, names.get(grid.down)!]
  const known = grid.cells.flat().flatMap((c) => (c?.metric == null ? [] : [c.metric]))
  if (known.length === 0) return null
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const deep = linear(facts.direction === 'increase' ? [low, high] : [high, low], [0.08, 0.42])
  const [W, H, LEFT, TOP] = [52, 40, 118, 40]
  const width = LEFT + W * grid.columns.length + 6
  return html`<figure><svg class="wide" viewBox="0 0 ${width} ${TOP + H * grid.rows.length + 6}" role="img" aria-labelledby="grid-title grid-desc">
<title id="grid-title">${across} and ${down}: ${metricName(facts.metric)} at each pair of values</title>
<desc id="grid-desc">${grid.rows
    .map(
      (b, r) =>
        `${down} ${shortValue(b)}: ${grid.columns.map((a, c) => `${shortValue(a)} ${grid.cells[r]![c]?.metric == null ? 'not known' : number(grid.cells[r]![c]!.metric!)}`).join(', ')}. `,
    )
    .join('')}</desc>
<text class="soft" x="${LEFT - 8}" y="14" text-anchor="end">${across} →</text>
${grid.columns.map((a, c) => html`<text x="${LEFT + W * c + W / 2}" y="${TOP - 8}" text-anchor="middle">${shortValue(a, 7)}</text>`)}
${grid.rows.map((b, r) => html`<text x="${LEFT - 8}" y="${TOP + H * r + H / 2 + 4}" text-anchor="end">${r === 0 ? `${cut(down, 9)} ` : ''}${shortValue(b, 7)}</text>`)}
${grid.cells.map((row, r) =>
  row.map((cell, c) => {
    const [x, y] = [LEFT + W * c, TOP + H * r]
    if (cell === null) return ''
    const sign = cell.fate === null ? '■' : (SIGN[cell.fate] ?? '×')
    return html`<g${cell.candidate_id !== null && html` data-c="${cell.candidate_id}"`}><rect class="${cell.metric === null ? 'blank' : 'cell'}" x="${x}" y="${y}" width="${W}" height="${H}" fill-opacity="${cell.metric === null ? 1 : px(deep(cell.metric))}"></rect><text x="${x + W / 2}" y="${y + 17}" text-anchor="middle">${cell.metric === null ? '' : number(Number(cell.metric.toPrecision(3)))}</text><text class="${sign === '×' ? 'bad' : ''}" x="${x + W / 2}" y="${y + 33}" text-anchor="middle">${sign}</text></g>`
  }),
)}
</svg><figcaption>${across} across, ${down} down; ${metricName(facts.metric)}, deeper is better. ■ baseline ★ won ✓ certified ◆ listed · held every limit × broke a limit or gained nothing ? beyond what was recorded.</figcaption></figure>`
}

/** What each setting alone does to the metric: a dot a value; × where that alone broke a limit. */
export function mainEffects(facts: ReportFacts): Html | null {
  const settings = (facts.search?.settings ?? []).filter((s) => s.values.some((v) => v.mean !== null)).slice(0, 8)
  if (settings.length === 0 || facts.metric === null) return null
  const names = shortNames(settings.map((s) => s.path))
  const values = settings.flatMap((s) => s.values.flatMap((v) => [v.mean, v.alone?.metric ?? null]))
  const known = values.filter((v) => v !== null)
  const [W, H, LEFT, BOTTOM, TOP] = [190, 150, 46, 24, 24]
  const y = axis(known, facts.direction === 'increase' ? [H - BOTTOM, TOP] : [TOP, H - BOTTOM])
  const perRow = 2
  const rows = Math.ceil(settings.length / perRow)
  return html`<figure><svg viewBox="0 0 ${W * perRow} ${H * rows}" role="img" aria-labelledby="effects-title effects-desc">
<title id="effects-title">The effect of each setting on ${metricName(facts.metric)}; up is better</title>
<desc id="effects-desc">${settings.map((s) => `${names.get(s.path)}: ${s.values.map((v) => `${shortValue(v.value)} alone ${v.alone?.metric == null ? 'not known' : number(v.alone.metric)}, mean ${v.mean === null ? 'not known' : number(v.mean)}`).join('; ')}. `)}</desc>
${settings.map((s, i) => effect(s, names.get(s.path)!, { x: (i % perRow) * W, y: Math.floor(i / perRow) * H }, y, facts, { W, H, LEFT, BOTTOM }))}
</svg><figcaption>Each setting by its values, up is better: a mark where it is changed alone (○ held every limit, × did not), a line through the mean of all candidates with that value, ■ the baseline.</figcaption></figure>`
}

function effect(
  s: TriedSetting,
  name: string,
  at: { x: number; y: number },
  y: Scale,
  facts: ReportFacts,
  { W, H, LEFT, BOTTOM }: { W: number; H: number; LEFT: number; BOTTOM: number },
): Html {
  const x = placesOf(s.values.length, [LEFT + 8, W - 12])
  const means = s.values.flatMap((v, i): [number, number][] => (v.mean === null ? [] : [[x[i]!, y(v.mean)]]))
  const skip = Math.ceil(s.values.length / 4)
  return html`<g transform="translate(${at.x} ${at.y})"><text x="${LEFT}" y="14">${cut(name, 20)}</text>
${y.ticks(3).map((t) => html`<line class="grid" x1="${LEFT}" x2="${W - 6}" y1="${px(y(t))}" y2="${px(y(t))}"/><text class="soft" x="${LEFT - 4}" y="${px(y(t) + 4)}" text-anchor="end">${number(t)}</text>`)}
<path class="front" d="${line().digits(1)(means) ?? ''}"/>
${s.values.map(
  (v, i) =>
    html`${i % skip === 0 && html`<text class="soft" x="${px(x[i]!)}" y="${H - BOTTOM + 18}" text-anchor="${i > 0 && i === s.values.length - 1 ? 'end' : 'middle'}">${shortValue(v.value, 6)}</text>`}${
      v.value === s.baseline
        ? facts.baseline_metric !== null &&
          html`<text x="${px(x[i]!)}" y="${px(y(facts.baseline_metric) + 5)}" text-anchor="middle">■</text>`
        : v.alone?.metric != null &&
          html`<text data-c="${v.alone.candidate_id}" x="${px(x[i]!)}" y="${px(y(v.alone.metric) + 5)}" text-anchor="middle">${HELD.includes(v.alone.fate) ? '○' : '×'}</text>`
    }`,
)}</g>`
}

/** Most lines of the picture. */
const MOST_LINES = 200

/** Every candidate with a known metric as one line over all settings and the metric. Null for two settings: the grid says it. */
export function parallelCoordinates(facts: ReportFacts): Html | null {
  const settings = (facts.search?.settings ?? []).slice(0, 8)
  if (settings.length < 3 || facts.metric === null) return null
  const rank = (c: CandidateScore) => (c.fate === 'won' ? 2 : HELD.includes(c.fate) ? 1 : 0)
  const known = facts.candidates.filter((c) => c.metric !== null)
  const drawn = [...known]
    .sort((a, b) => rank(b) - rank(a))
    .slice(0, MOST_LINES)
    .reverse()
  if (drawn.length === 0) return null
  const [W, H, TOP, BOTTOM] = [900, 260, 44, 16]
  const names = shortNames(settings.map((s) => s.path))
  const axes = placesOf(settings.length + 1, [60, W - 70])
  const places = settings.map(({ values }) => {
    const at = placesOf(values.length, [H - BOTTOM, TOP])
    return new Map(values.map(({ value }, i) => [JSON.stringify(value), at[i]!]))
  })
  const metrics = drawn.map((c) => c.metric!)
  const own = linear(
    [Math.min(...metrics), Math.max(...metrics)],
    facts.direction === 'increase' ? [H - BOTTOM, TOP] : [TOP, H - BOTTOM],
  )
  return html`<figure><div class="scroll" role="region" aria-labelledby="parallel-title" tabindex="0"><svg class="wide long" viewBox="0 0 ${W} ${H}" role="img" aria-labelledby="parallel-title parallel-desc">
<title id="parallel-title">${count(drawn.length, 'candidate')} across ${count(settings.length, 'setting')} and ${metricName(facts.metric)}</title>
<desc id="parallel-desc">One line a candidate. The table of candidates lists the same.</desc>
${drawn.map((c) => html`<path class="par${c.fate === 'won' ? ' won' : HELD.includes(c.fate) ? ' held' : ''}" data-c="${c.candidate_id}" d="${line().digits(0)([...settings.map((s, i): [number, number] => [axes[i]!, places[i]!.get(JSON.stringify(c.patch[s.path]?.to ?? s.baseline))!]), [axes[settings.length]!, own(c.metric!)]])!}"/>`)}
${settings.map((s, i) => html`<line class="zero" x1="${px(axes[i]!)}" x2="${px(axes[i]!)}" y1="${TOP}" y2="${H - BOTTOM}"/><text x="${px(axes[i]!)}" y="${i % 2 === 0 ? 14 : 30}" text-anchor="middle">${cut(names.get(s.path)!, 20)}</text>${s.values.map((v, n) => n % Math.ceil(s.values.length / 9) === 0 && html`<text class="named" x="${px(axes[i]! + 5)}" y="${px(places[i]!.get(JSON.stringify(v.value))! + 4)}">${shortValue(v.value, 9)}</text>`)}`)}
<line class="zero" x1="${px(axes[settings.length]!)}" x2="${px(axes[settings.length]!)}" y1="${TOP}" y2="${H - BOTTOM}"/><text x="${px(axes[settings.length]!)}" y="${settings.length % 2 === 0 ? 14 : 30}" text-anchor="middle">${metricName(facts.metric)}</text>
${own.ticks(4).map((t) => html`<text class="named" x="${px(axes[settings.length]! + 5)}" y="${px(own(t) + 4)}">${number(t)}</text>`)}
</svg></div><figcaption>One line a candidate with a known ${metricName(facts.metric)}; up is better on the last axis. Thick: the winner. Strong: held every limit.${known.length > drawn.length && ` ${number(known.length - drawn.length)} more are not drawn.`}</figcaption></figure>`
}

/** How good the best was after so many paid replays, beside what the same number bought without a search. */
export function bestChart(facts: ReportFacts): Html | null {
  const { search, metric, baseline_metric: base } = facts
  if (search === null || metric === null) return null
  const { best, counts } = search
  const { no_search } = counts
  if (best.length === 0 || counts.paid === 0)
    return html`<p>${best.length === 0 ? `No candidate held every limit in ${count(counts.paid, 'paid replay')}.` : 'Nothing had to be paid for.'}${armWords(search, metric)}</p>`
  const values = [
    ...best.map((b) => b.metric),
    ...(base === null ? [] : [base]),
    ...(no_search?.best ? [no_search.best.metric] : []),
  ]
  const [W, H, LEFT, BOTTOM, TOP, RIGHT] = [410, 220, 58, 44, 16, 14]
  const x = linear([0, counts.paid], [LEFT, W - RIGHT])
  const y = axis(values, facts.direction === 'increase' ? [H - BOTTOM, TOP] : [TOP, H - BOTTOM], 1, 0.1)
  const steps: [number, number][] = [
    ...best.map((b): [number, number] => [x(b.paid), y(b.metric)]),
    [x(counts.paid), y(best.at(-1)!.metric)],
  ]
  return html`<figure><svg viewBox="0 0 ${W} ${H}" role="img" aria-labelledby="best-title best-desc">
<title id="best-title">Best candidate so far against replays paid; up is better</title>
<desc id="best-desc">${best.map((b) => `After ${number(b.paid)} replays ${metricValue(metric, b.metric)}. `)}${armWords(search, metric)}</desc>
${y.ticks(4).map((t) => html`<line class="grid" x1="${LEFT}" x2="${W - RIGHT}" y1="${px(y(t))}" y2="${px(y(t))}"/><text x="${LEFT - 6}" y="${px(y(t) + 4)}" text-anchor="end">${number(t)}</text>`)}
${x.ticks(5).map((t) => html`<text x="${px(x(t))}" y="${H - BOTTOM + 16}" text-anchor="middle">${number(t)}</text>`)}
<text x="${(LEFT + W - RIGHT) / 2}" y="${H - 8}" text-anchor="middle">case replays paid</text>
${base !== null && html`<line class="zero" x1="${LEFT}" x2="${W - RIGHT}" y1="${px(y(base))}" y2="${px(y(base))}"/><text class="soft" x="${LEFT + 4}" y="${px(y(base) - 5)}">baseline</text>`}
${no_search?.best && html`<line class="lim" x1="${LEFT}" x2="${W - RIGHT}" y1="${px(y(no_search.best.metric))}" y2="${px(y(no_search.best.metric))}"/><text class="bad" x="${W - RIGHT}" y="${px(y(no_search.best.metric) + 15)}" text-anchor="end">random, at the end</text>`}
<path class="ln" d="${line().curve(curveStepAfter).digits(1)(steps) ?? ''}"/>
${best.map((b) => html`<circle class="seen" data-c="${b.candidate_id}" cx="${px(x(b.paid))}" cy="${px(y(b.metric))}" r="4"/>`)}
</svg><figcaption>${metricName(metric)} of the best that held every limit, by case replays paid; up is better.${armWords(search, metric)}</figcaption></figure>`
}

function armWords({ counts: { no_search } }: Search, metric: NonNullable<ReportFacts['metric']>): string {
  if (no_search === null) return ' The run had no arm without a search.'
  const { candidates, replays, best } = no_search
  const same = ` The same ${count(replays, 'replay')} on ${count(candidates, 'random candidate')}: `
  return best === null
    ? `${same}none held every limit and gained anything.`
    : `${same}the best reaches ${metricValue(metric, best.metric)} (${visible(patchWords(best.patch))}).`
}
