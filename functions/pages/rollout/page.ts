/** The page of a rollout: where it stands, what each gate saw, who approved it, and the way back. It only shows. */
import { html } from 'hono/html'
import type { ReleaseVerdict } from '#core/release/monitor.ts'
import type { StageVerdict } from '#core/release/stage-verdict.ts'
import { isActive, isBack } from '#core/release/status.ts'
import type { Rollout, Stage } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { count, moment, visible } from '../kit/format.ts'
import { type Html, page } from '../kit/layout.ts'
import { approval, arms, cohortText, killSwitch, timeline } from './sections.ts'
import { failing, rowsPlot, rowsTable } from './stage-rows.ts'

export interface RolloutView {
  readonly rollout: Rollout
  /** Verdict on the stage or window as the data stands; null: the rollout has ended, or nothing was evaluated. */
  readonly latest: StageVerdict | ReleaseVerdict | null
  /** When the verdict was reached. */
  readonly now: string
  /** Options that the commands on the page need to find this store, such as `--store ./harness`; may be empty. */
  readonly options: string
  /** Seconds after which the page asks again; null: it stands. */
  readonly refresh: number | null
}

/** The whole page as HTML text. A rollout that has ended is never asked for again. */
export function rolloutPage(view: RolloutView): string {
  const { rollout } = view
  const goes = isActive(rollout.status) || rollout.status === 'released'
  return page(
    {
      title: `Rollout ${visible(rollout.rollout_id)}: ${rollout.status.replaceAll('_', ' ')}`,
      skip: { to: 'stop', says: 'Go to the kill switch' },
      refresh: goes ? view.refresh : null,
      footer: 'This page only shows; a rollout is moved by its evaluation and from the command line.',
    },
    html`<p class="eyebrow">Rollout <strong>${visible(rollout.rollout_id)}</strong>, as of <time datetime="${view.now}">${moment(view.now)}</time></p>
<h1>${visible(rollout.intent)}: ${packs(rollout)}</h1>
${tiles(view)}
${track(rollout)}
${goes && killSwitch(rollout, view.options)}
<section aria-labelledby="gate"><h2 id="gate">${gateTitle(rollout)}</h2>
${gate(view)}</section>
<section aria-labelledby="arms"><h2 id="arms">Both arms</h2>
${arms(rollout)}</section>
<section aria-labelledby="records"><h2 id="records">What happened</h2>
${timeline(rollout)}</section>
<section aria-labelledby="approved"><h2 id="approved">Who approved it</h2>
${approval(rollout)}</section>
${!goes && killSwitch(rollout, view.options)}`,
  )
}

/** Both packs; the name once where only the version differs. */
function packs({ baseline, candidate }: Rollout): string {
  const [before, after] = [baseline.refs.pack, candidate.refs.pack].map(visible) as [string, string]
  const name = before.slice(0, before.lastIndexOf('@') + 1)
  return `${before} → ${after.startsWith(name) ? after.slice(name.length) : after}`
}

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

function tiles({ rollout, latest }: RolloutView): Html {
  const { status, stage, deadline, entered_at, baseline } = rollout
  const { title, look } = STATUS[status]
  const inStage = isActive(status)
  const says = inStage
    ? `in ${stage} since ${moment(entered_at)}; to be decided by ${moment(deadline)}`
    : status === 'released'
      ? `since ${moment(entered_at)}; watched until ${moment(deadline)}`
      : `on ${moment(rollout.records.at(-1)!.at)}`
  const serves = isBack(rollout.status)
    ? 'the baseline, everyone'
    : inStage
      ? cohortText(rollout.config.stages[stage].cohort)
      : status === 'superseded'
        ? 'a newer release'
        : 'the candidate, everyone'
  return html`<dl class="tiles">
<div><dt>State</dt><dd><strong class="${look}">${title}</strong>${says}</dd></div>
<div><dt>Next</dt><dd><strong>${next(latest)}</strong>${latest !== null && 'until' in latest ? `not before ${moment(latest.until)}` : latest === null ? 'a second try is a new rollout with its own approval' : 'as the data stands now'}</dd></div>
<div><dt>${inStage ? 'Candidate serves' : 'Served by'}</dt><dd><strong>${serves}</strong>${isBack(rollout.status) ? 'the whole prior tuple' : `way back: ${visible(baseline.refs.pack)}, the whole tuple`}</dd></div>
</dl>`
}

function next(latest: RolloutView['latest']): string {
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

function gate({ rollout, latest, now }: RolloutView): Html {
  if (latest === null) {
    const last = rollout.records.at(-1)!
    return html`${failing(last.reasons)}
${rowsPlot('ended', last.reasons)}
${rowsTable('ended', `Reasons of the last record, ${last.verdict.replaceAll('_', ' ')}`, last.reasons)}`
  }
  const short = latest.rows.filter((r) => r.verdict === 'bad' || r.verdict === 'missing').length
  return html`<p>${short === 0 ? 'Every rule that can be checked holds.' : `${count(short, 'rule does', 'rules do')} not hold yet:`}</p>
${failing(latest.rows)}
${rowsPlot('now', latest.rows)}
${rowsTable('now', `All rules of ${rollout.status === 'released' ? 'the window' : latest && 'stage' in latest ? latest.stage : rollout.stage}, ${moment(now)}`, latest.rows)}`
}
