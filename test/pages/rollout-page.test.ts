import { describe, expect, test } from 'vitest'
import { monitorRelease } from '#core/release/monitor.ts'
import { applyRelease, applyVerdict, resumeRollout, stopRollout } from '#core/release/rollout.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { storyOf } from '#core/release/story.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import type { ProductionRun, Rollout } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { LIVE_SCRIPT } from '../../functions/pages/rollout/live.ts'
import { type RolloutView, rolloutPage, scriptOf } from '../../functions/pages/rollout/page.ts'
import { aConfig, afterDwell, aRun, inStage, released, runsIn, START, started, step } from '../core/release/builders.ts'
import { aProposal } from '../core/review/builders.ts'
import { attacked, harmful } from './attacks.ts'
import { accessibilityProblems, elements, plain } from './html.ts'

const viewOf = (
  rollout: Rollout,
  runs: readonly ProductionRun[],
  now = afterDwell(rollout),
  proposal: TuningProposal | null = aProposal(),
): RolloutView => {
  const latest =
    rollout.status === 'running' || rollout.status === 'paused'
      ? evaluateStage({ rollout, runs, now })
      : rollout.status === 'released'
        ? monitorRelease({ rollout, runs, now, successor: null })
        : null
  const story = storyOf(rollout, latest, { runs }, proposal)
  const failed_runs = story.failures.map((failure) => ({
    rule: failure.rule,
    runs: failure.runs.slice(0, 20).map((run_id) => ({ run_id, recorded: false })),
    more: Math.max(0, failure.runs.length - 20),
    withheld: 0,
  }))
  return { story, failed_runs, now, options: '--store ./harness', refresh: 10 }
}
const textOf = (page: string): string =>
  plain(page.slice(page.indexOf('<main>')).replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ')
const trackOf = (page: string): string[] =>
  elements(page)
    .filter(
      (t) =>
        t.name === 'li' &&
        t.parents.includes('ol') &&
        t.attributes.id === undefined &&
        STAGES.some((s) => t.text.startsWith(s)),
    )
    .map((t) => t.text.replace(/ \d.*$/, ''))

const monitored = inStage('25%_monitored')
const atMonitored = rolloutPage(
  viewOf(monitored.rollout, [...monitored.runs, ...runsIn(monitored.rollout, '25%_monitored', 120)]),
)

describe('the rollout page shows', () => {
  test.each([
    ['what goes out', ['support.refund: ctxpack.support@5.2.0 → 5.3.0', 'ro_2026_05_14_refund_cost']],
    ['who gets the candidate', ['25 % of all', 'way back: ctxpack.support@5.2.0']],
    ['what comes next', ['Goes forward', 'Every rule that can be checked holds']],
    ['observed against limit', ['utility bound good 0 points +2 points', 'policy floor good 0 0']],
    ['evidence of harm', ['utility test for harm good 1 40']],
    [
      'both arms, and what differs',
      ['pack ctxpack.support@5.2.0 ctxpack.support@5.3.0', 'policy policy.returns@4.1.0 the same'],
    ],
    ['who approved', ['reliability ana@acme', 'policy ben@acme', 'domain_owner cleo@acme']],
    ['the way back, replayed', ['replayed before the first stage: 600 of 600 cases reproduced']],
    ['the kill switch to type', ['autotune rollout stop ro_2026_05_14_refund_cost --reason "..." --store ./harness']],
    ['its records', ['started in 0%_shadow , by the rollout itself', 'advanced from 5%_low_risk to 25%_monitored']],
  ])('%s', (_, parts) => {
    for (const part of parts) expect(textOf(atMonitored)).toContain(part)
  })

  test('that recordings answered for a harness on the way back, where they did', () => {
    const { rollout } = monitored
    const byRecords = { ...rollout, rollback_replay: { ...rollout.rollback_replay, by_records: true as const } }
    const page = textOf(rolloutPage(viewOf(byRecords, monitored.runs)))
    expect(page).toContain('by their recordings: the harness that the run asked was not asked here')
    expect(textOf(atMonitored)).not.toContain('by their recordings')
  })

  test('the five stages as a track with the present one marked', () => {
    expect(trackOf(atMonitored)).toEqual([
      '0%_shadow passed',
      '1%_internal passed',
      '5%_low_risk passed',
      '25%_monitored now',
      '100% to come',
    ])
    const marked = elements(atMonitored).filter((t) => t.attributes['aria-current'] === 'step')
    expect(marked.map((t) => t.text)).toEqual(['25%_monitored now'])
  })

  test('what is missing, by name, and that it stays where it is', () => {
    const rollout = started()
    const now = afterDwell(rollout)
    const paused = step(rollout, [], now)
    const text = textOf(rolloutPage(viewOf(paused, [], now)))
    expect(text).toContain('Paused in 0%_shadow since')
    expect(text).toContain('Stays where it is')
    expect(text).toContain('candidate (measured runs): 0 of 100 fully measured runs of distinct subjects')
    expect(trackOf(rolloutPage(viewOf(paused, [], now)))[0]).toBe('0%_shadow now, paused')
  })

  test('that nothing is decided before the dwell is over', () => {
    const rollout = started()
    const text = textOf(rolloutPage(viewOf(rollout, [], START)))
    expect(text).toContain('Waits for its dwell not before 15 May 2026, 00:00 UTC')
  })

  test('the command that resumes a stage whose deadline is over, and none before', () => {
    const { rollout, runs } = inStage('1%_internal')
    const paused = step(rollout, runs, rollout.deadline)
    expect(textOf(rolloutPage(viewOf(paused, runs, rollout.deadline)))).toContain('autotune rollout resume')
    const done = resumeRollout(paused, { by: 'ana@acme', reason: 'holidays', at: rollout.deadline })
    if (!('next' in done)) throw new Error('not resumed')
    const page = textOf(rolloutPage(viewOf(done.next, runs, rollout.deadline)))
    expect(page).not.toContain('autotune rollout resume')
    expect(page).toContain('resumed from 1%_internal , by ana@acme')
    expect(page).toContain('ana@acme: holidays')
  })

  test('what rolled it back, that the baseline serves everyone, and no kill switch any more', () => {
    const { rollout, runs } = inStage('5%_low_risk')
    const harm = [...runs, aRun(rollout, '5%_low_risk', 'candidate', 1, { policy_violation: true })]
    const back = step(rollout, harm, rollout.entered_at)
    const page = rolloutPage(viewOf(back, harm, rollout.entered_at))
    const text = textOf(page)
    expect(trackOf(page)).toEqual([
      '0%_shadow passed',
      '1%_internal passed',
      '5%_low_risk rolled back here',
      '25%_monitored not reached',
      '100% not reached',
    ])
    expect(text).toContain('1 runs of the candidate violate, 0 may')
    expect(text).toContain('the baseline, everyone')
    expect(text).toContain('there is nothing to stop')
    expect(page).not.toContain('rollout stop')
    expect(page).not.toContain('<script')
  })

  test('a stop by hand with its reason, in every stage', () => {
    for (const stage of STAGES) {
      const { rollout } = inStage(stage)
      const done = stopRollout(rollout, { by: 'ana@acme', reason: 'complaints', at: rollout.entered_at })
      if (!('next' in done)) throw new Error('not stopped')
      const page = rolloutPage(viewOf(done.next, [], rollout.entered_at))
      expect(textOf(page)).toContain('ana@acme: complaints')
      expect(trackOf(page)[STAGES.indexOf(stage)]).toBe(`${stage} stopped here`)
      expect(accessibilityProblems(page)).toEqual([])
    }
  })

  test('the window after the release, and its end', () => {
    const { rollout, runs } = released()
    const watched = rolloutPage(viewOf(rollout, runs, rollout.entered_at))
    expect(textOf(watched)).toContain('Released, watched')
    expect(trackOf(watched).at(-1)).toBe('100% passed')
    const all = [...runs, ...runsIn(rollout, 'window', 120)]
    const kept = applyRelease(
      rollout,
      monitorRelease({ rollout, runs: all, now: rollout.deadline, successor: null }),
      rollout.deadline,
    )
    if (!('next' in kept)) throw new Error('not kept')
    const page = rolloutPage(viewOf(kept.next, all, rollout.deadline))
    expect(textOf(page)).toContain('Kept on')
    expect(textOf(page)).toContain('the next run starts from the tuple in force')
    expect(textOf(page)).not.toContain('a second try')
    expect(textOf(page)).toContain('cents per decision gain')
    expect(textOf(page)).toContain('autotune rollout stop')
    expect(accessibilityProblems(page)).toEqual([])
  })

  test('not measured where a measure is declared so', () => {
    const config = aConfig({ latency: { not_measured: 'no clock in the records' } })
    const { rollout, runs } = inStage('1%_internal', { config })
    const page = rolloutPage({ ...viewOf(rollout, runs), refresh: null })
    expect(textOf(page)).toContain('latency test for harm not measured - - no clock in the records')
    expect(accessibilityProblems(page)).toEqual([])
  })
})

test('the page asks again only while the rollout goes on, by a script of its own, and reads well without a picture', () => {
  expect(accessibilityProblems(atMonitored)).toEqual(['a script'])
  expect(atMonitored).not.toContain('http-equiv')
  expect(
    elements(atMonitored)
      .filter((t) => t.name === 'script')
      .map((t) => t.text),
  ).toEqual([LIVE_SCRIPT])
  expect(atMonitored).not.toMatch(/(src|href)="(?!#|")/)
  expect(elements(atMonitored).find((t) => t.name === 'a' && t.text === 'Reload')!.attributes.href).toBe('')
  const status = elements(atMonitored).find((t) => t.attributes.role === 'status')!
  expect(status.attributes['aria-live']).toBe('polite')
  const still = { ...viewOf(monitored.rollout, []), refresh: null }
  expect(rolloutPage(still)).not.toContain('<script')
  expect(scriptOf(still)).toBeUndefined()
})

test('evidence past its limit and beyond all numbers stays inside the plot and short in the table', () => {
  const { rollout, runs } = inStage('25%_monitored')
  const bad = runsIn(rollout, '25%_monitored', 4000, (arm) => ({ utility_score: arm === 'candidate' ? 0 : 1 }))
  const verdict = evaluateStage({ rollout, runs: [...runs, ...bad], now: rollout.entered_at })
  const rows = verdict.rows.map((r) => (r.rule === 'sequential.utility' ? { ...r, observed: Number.MAX_VALUE } : r))
  const view = viewOf(rollout, [])
  const page = rolloutPage({ ...view, story: { ...view.story, latest: { ...verdict, rows } } })
  expect(textOf(page)).toContain('1.8e+308')
  for (const t of elements(page)) if (t.name === 'circle') expect(Number(t.attributes.cx)).toBeLessThanOrEqual(400)
  expect(applyVerdict(rollout, verdict, rollout.entered_at)).toMatchObject({ next: { status: 'rolled_back' } })
})

test('HTML and script in any text of a rollout and its records is text on the page', () => {
  const { rollout, runs } = inStage('1%_internal')
  const paused = step(rollout, runs, afterDwell(rollout))
  for (const [at, view] of attacked({ ...viewOf(paused, runs), refresh: null }))
    expect([at, harmful(rolloutPage(view))]).toEqual([at, []])
})
