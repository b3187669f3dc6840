/** The page of a rollout: where it stands, what each gate saw, who approved it, and the way back. It only shows. */
import { html } from 'hono/html'
import { isActive, isBack } from '#core/release/status.ts'
import type { RolloutStory } from '#core/release/story.ts'
import { TOLD_ROWS } from '#core/release/subject-rows.ts'
import { changedRefs } from '#core/release/tuple.ts'
import type { Rollout, Stage, StageRow } from '#schemas/release.ts'
import type { Review } from '#schemas/review.ts'
import { STAGES } from '#schemas/stages.ts'
import { changeInWords } from '../kit/change-words.ts'
import { count, moment, visible } from '../kit/format.ts'
import { type Html, page } from '../kit/layout.ts'
import { stampPanel } from '../kit/stamp.ts'
import { evidenceSections, gainSection, measureSections } from './course.ts'
import { failureSection, type ShownRuns } from './failures.ts'
import { LIVE_SCRIPT, liveBar, livePart } from './live.ts'
import { approval, arms, cohortText, killSwitch, timeline } from './sections.ts'
import { failing, failsRow, rowsPlot, rowsTables } from './stage-rows.ts'

export interface RolloutView {
  readonly story: RolloutStory
  /** Failed runs by id, of each rule that showed harm. */
  readonly failed_runs: readonly ShownRuns[]
  /** When the verdict was reached. */
  readonly now: string
  /** Options that the commands on the page need to find this store, such as `--store ./harness`; may be empty. */
  readonly options: string
  /** Seconds after which an open page asks again; null: it stands. */
  readonly refresh: number | null
}

/** The script that the page runs, if any: one that has ended, or is not asked for again, runs none. */
export const scriptOf = ({ story: { rollout }, refresh }: RolloutView): string | undefined =>
  refresh !== null && goesOn(rollout) ? LIVE_SCRIPT : undefined

const goesOn = ({ status }: Rollout): boolean => isActive(status) || status === 'released'

/** The whole page as HTML text. A rollout that has ended is never asked for again. */
export function rolloutPage(view: RolloutView): string {
  const { story, now, refresh } = view
  const { rollout } = story
  const goes = goesOn(rollout)
  const script = scriptOf(view)
  const title = `Rollout ${visible(rollout.rollout_id)}: ${rollout.status.replaceAll('_', ' ')}`
  return page(
    {
      title,
      skip: { to: 'stop', says: 'Go to the kill switch' },
      script,
      footer: 'This page only shows; a rollout is moved by its evaluation and from the command line.',
    },
    html`<p class="eyebrow">Rollout <strong>${visible(rollout.rollout_id)}</strong>, <span id="as-of">as of <time datetime="${now}">${moment(now)}</time></span></p>
${script === undefined ? html`<p class="live"><a href="">Reload</a></p>` : liveBar(refresh!)}
${livePart(
  `${STATUS[rollout.status].title}${isActive(rollout.status) ? ` in ${rollout.stage}` : ''}: ${next(story.latest)}.`,
  goes,
  rolloutParts(view),
)}`,
  )
}

/** Everything that a page of a rollout shows, its first heading first. */
export function rolloutParts(view: Omit<RolloutView, 'refresh'>): Html {
  const { story, now, options } = view
  const { rollout } = story
  const goes = goesOn(rollout)
  const change = story.patch && changeInWords(story.patch)
  const gates = html`<section aria-labelledby="gate"><h2 id="gate">${gateTitle(rollout)}</h2>
${gate(story, now)}</section>`
  return html`<h1>${visible(rollout.intent)}: ${packs(rollout)}</h1>
${rollout.certification && stampPanel(rollout.certification)}
${change !== null && html`<p>The change: <strong>${change}</strong>.</p>`}
${ending(rollout)}
${tiles(story)}
${track(rollout)}
${goes && killSwitch(rollout, options)}
${harm(view)}
${goes && gates}
${shown(story)}
${!goes && gates}
<section aria-labelledby="arms"><h2 id="arms">Both arms</h2>
${arms(rollout)}</section>
<section aria-labelledby="records"><h2 id="records">What happened</h2>
${timeline(rollout)}</section>
<section aria-labelledby="approved"><h2 id="approved">Who approved it</h2>
${approval(rollout)}</section>
${!goes && killSwitch(rollout, options)}`
}

/** For a link that is worth nothing here: it is told neither what exists nor what a good code looks like. */
export const noLinkPage = (): string =>
  page(
    { title: 'This link is not valid', footer: 'This page only shows.' },
    html`<h1>This link is not valid</h1>
<p>Open the link from your notice again, whole and unchanged, or ask the owner of the proposal to send it again.</p>`,
  )

/** In place of the page before there is a rollout. */
export const notStartedPage = ({ tuning_proposal_id, status }: Pick<Review, 'tuning_proposal_id' | 'status'>): string =>
  page(
    { title: 'No rollout yet', footer: 'This page only shows.' },
    html`<h1>${visible(tuning_proposal_id)} is not rolled out</h1>
<p>${status === 'approved' ? 'Every required role has approved it; its rollout has not started yet.' : `Its review is ${status}, and only an approved change is rolled out.`}</p>
<p><a href="">Reload</a></p>`,
  )

/** How it ended, in a sentence; nothing while it goes on. */
function ending({ status, records }: Rollout): Html | null {
  const { at, reasons, by } = records.at(-1)!
  const gain = reasons.find((row) => row.kind === 'gain')
  switch (status) {
    case 'kept':
      return html`<p class="panel"><strong class="good">Kept</strong> on ${moment(at)}: every rule of the window held${gain !== undefined && `; ${visible(gain.note)}`}.</p>`
    case 'retired':
      return html`<p class="panel bad"><strong>Retired</strong> on ${moment(at)}: no harm was shown, but ${reasons.map((row) => visible(row.note)).join('; ')}.</p>`
    case 'stopped':
      return html`<p class="panel bad"><strong>Stopped</strong> on ${moment(at)} by ${by === 'rollout' ? 'the rollout itself' : visible(by)}: ${reasons.map((row) => visible(row.note)).join('; ')}.</p>`
    case 'superseded':
      return html`<p class="panel"><strong>Superseded</strong> on ${moment(at)}: ${reasons.map((row) => visible(row.note)).join('; ')}.</p>`
    default:
      return null
  }
}

/** What failed, once harm was shown. */
function harm({ story: { failures, rollout }, failed_runs }: Omit<RolloutView, 'refresh'>): Html | null {
  if (failures.length === 0) return null
  return html`<section aria-labelledby="harm"><h2 id="harm">How bad it ${rollout.status === 'rolled_back' ? 'was' : 'is'}</h2>
${failures.map((failure) =>
  failureSection(
    failure,
    failure.period === 'window' ? null : rollout.config.stages[failure.period].cohort.where,
    failed_runs.find((of) => of.rule === failure.rule),
  ),
)}</section>`
}

/** What production showed, look by look. */
function shown({ course, gains, damaged }: RolloutStory): Html {
  return html`<section aria-labelledby="course"><h2 id="course">What production ${course === null ? 'says' : 'shows'}</h2>
${
  course === null || gains === null
    ? html`<p class="panel bad">The production log is damaged, and nothing is read from it: ${visible(damaged ?? '')}</p>`
    : html`${gainSection(gains)}
${evidenceSections(course)}
${measureSections(course)}`
}</section>`
}

/** What is replaced by what; the name once where only the version differs. */
const packs = (rollout: Rollout): string =>
  changedRefs(rollout)
    .map(({ from, to }) => {
      const [before, after] = [visible(from), visible(to)]
      const name = before.slice(0, before.lastIndexOf('@') + 1)
      return `${before} → ${after.startsWith(name) ? after.slice(name.length) : after}`
    })
    .join(', ')

const STATUS: Readonly<Record<Rollout['status'], { readonly title: string; readonly look: string }>> = {
  running: { title: 'Running', look: '' },
  paused: { title: 'Paused', look: 'bad' },
  released: { title: 'Released, watched', look: 'good' },
  kept: { title: 'Kept', look: 'good' },
  rolled_back: { title: 'Rolled back', look: 'bad' },
  stopped: { title: 'Stopped by hand', look: 'bad' },
  superseded: { title: 'Superseded', look: '' },
  retired: { title: 'Retired', look: 'bad' },
}

function tiles({ rollout, latest }: RolloutStory): Html {
  const { status, stage, deadline, entered_at, baseline } = rollout
  const { title, look } = STATUS[status]
  const inStage = isActive(status)
  const says = inStage
    ? `in ${stage} since ${moment(entered_at)}; to be decided by ${moment(deadline)}`
    : status === 'released'
      ? `since ${moment(entered_at)}; watched until ${moment(deadline)}`
      : `on ${moment(rollout.records.at(-1)!.at)}`
  const serves = isBack(status)
    ? 'the baseline, everyone'
    : inStage
      ? cohortText(rollout.config.stages[stage].cohort)
      : status === 'superseded'
        ? 'a newer release'
        : 'the candidate, everyone'
  return html`<dl class="tiles">
<div><dt>State</dt><dd><strong class="${look}">${title}</strong>${says}</dd></div>
<div><dt>Next</dt><dd><strong>${next(latest)}</strong>${latest !== null && 'until' in latest ? `not before ${moment(latest.until)}` : latest === null ? onceEnded(status) : 'as the data stands now'}</dd></div>
<div><dt>${inStage ? 'Candidate serves' : 'Served by'}</dt><dd><strong>${serves}</strong>${isBack(status) ? 'the whole prior tuple' : `way back: ${visible(baseline.refs.pack)}, the whole tuple`}</dd></div>
</dl>`
}

/** What may come after the end: of what stayed in force no second try is needed. */
const onceEnded = (status: Rollout['status']): string =>
  status === 'kept' || status === 'superseded'
    ? 'the next run starts from the tuple in force'
    : 'a second try is a new rollout with its own approval'

function next(latest: RolloutStory['latest']): string {
  if (latest === null) return 'Nothing: it has ended'
  return {
    advance: 'Goes forward',
    wait: 'Waits for its dwell',
    pause: 'Stays where it is',
    roll_back: 'Goes back',
    pending: 'Is watched',
    keep: 'Is kept',
    supersede: 'Is superseded',
    retire: 'Is retired',
  }[latest.verdict]
}

/** The five stages in order. What each is stands in words; colour only repeats it. */
function track(rollout: Rollout): Html {
  const present = STAGES.indexOf(rollout.stage)
  const inStage = isActive(rollout.status)
  const back = isBack(rollout.status) && rollout.records.at(-1)!.from_stage !== null
  const state = (stage: Stage, at: number): { look: string; says: string } => {
    const left = rollout.records.find((r) => r.verdict === 'advanced' && r.from_stage === stage)
    if (left) return { look: 'passed', says: `passed ${moment(left.at)}` }
    if (at > present) return { look: 'next', says: back ? 'not reached' : 'to come' }
    if (back) return { look: 'ended', says: `${rollout.status.replaceAll('_', ' ')} here` }
    return { look: 'now', says: inStage ? (rollout.status === 'paused' ? 'now, paused' : 'now') : 'passed' }
  }
  return html`<ol class="track" aria-label="Stages">${STAGES.map((stage, at) => {
    const { look, says } = state(stage, at)
    return html`<li class="${look}"${look === 'now' && html` aria-current="step"`}><strong>${stage}</strong> <span class="soft">${says}</span></li>`
  })}</ol>`
}

const gateTitle = ({ status, stage }: Rollout): string =>
  isActive(status) ? `What the gate of ${stage} sees` : status === 'released' ? 'What the window sees' : 'What ended it'

/** What is known of the subjects, also where it is as it should be. */
function subjects(rows: readonly StageRow[]): Html | null {
  const told = rows.filter((row) => TOLD_ROWS.includes(row.rule) && !failsRow(row))
  return told.length === 0
    ? null
    : html`<details id="subjects"><summary>Subjects: tested, shown and left out</summary><ul>${told.map((row) => html`<li>${visible(row.note)}</li>`)}</ul></details>`
}

function gate({ rollout, latest }: RolloutStory, now: string): Html {
  if (latest === null) {
    const last = rollout.records.at(-1)!
    return html`${failing(last.reasons)}
${rowsTables('ended', `Reasons of the last record, ${last.verdict.replaceAll('_', ' ')}`, last.reasons)}`
  }
  const { rows } = latest
  const short = rows.filter(failsRow).length
  const where = rollout.status === 'released' ? 'the window' : 'stage' in latest ? latest.stage : rollout.stage
  return html`<p>${short === 0 ? 'Every rule that can be checked holds.' : `${count(short, 'rule does', 'rules do')} not hold yet:`}</p>
${failing(rows)}
${subjects(rows)}
${rowsPlot('now', rows)}
${rowsTables('now', `Rules of ${where}, ${moment(now)}`, rows)}`
}
