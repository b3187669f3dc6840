/** A month of an intent: what its charts, its tables and its sentences say, and what they never say. */
import { describe, expect, test } from 'vitest'
import { type IntentMonth, type MonthRecords, monthOf } from '#core/cadence/month.ts'
import { withoutReasons } from '#core/report/redacted.ts'
import type { DailyCadence, RevisedSlice } from '#schemas/cadence.ts'
import { NOT_CERTIFIED } from '#schemas/patterns.ts'
import { monthFile } from '../../functions/pages/intent/page.ts'
import { headlineOf, markText, monthNotes } from '../../functions/pages/intent/words.ts'
import { intentPage } from '../../functions/pages/workbench/intents.ts'
import { FREE, judged, rowsOfDay, someBands } from '../core/cadence/builders.ts'
import { started } from '../core/release/builders.ts'
import { accessibilityProblems, elements, still, textOf } from './html.ts'

const BANDS = someBands(['a'], { false_alarms_per_quarter: 20 })
/** Utility falls from the 6th on; the 4th has no run. Its runs are asked on the day on which it breaks. */
const DAYS = judged(BANDS, '2026-11-01', 20, (_, day, n) =>
  day === '2026-11-04' ? [] : rowsOfDay(20, day < '2026-11-06' ? 1 : 0.4, 4, n + 1),
)
const NOTHING: MonthRecords = {
  days: [],
  judged: null,
  open: new Map(),
  bands: null,
  rollouts: [],
  week: null,
  quarter: null,
  versions: [],
  asked: [],
  verdicts: new Map(),
}
const over = (days: readonly DailyCadence[], records: Partial<MonthRecords> = {}): MonthRecords => ({
  ...NOTHING,
  days,
  judged: { first: days[0]!.date, last: days.at(-1)!.date },
  ...records,
})
const month = (records: Partial<MonthRecords> = {}, of = '2026-11'): IntentMonth =>
  monthOf('a', of, over(DAYS, records))
const utility = (of: IntentMonth) => of.charts.find(({ metric }) => metric === 'utility')!
const svgs = (page: string) => elements(still(page)).filter(({ name }) => name === 'svg')

describe('a month', () => {
  test('says of an edge when it broke, at what, and which run was queued for it', () => {
    const [first] = month().episodes
    expect(first).toMatchObject({ metric: 'utility', side: 'below', edge: 0.9, run: { date: first!.since } })
    expect(monthNotes(month({ verdicts: new Map([[first!.run!.id, 'not_certified']]) }))[0]).toMatch(
      /^utility broke below 0.9 on \d+ November, last seen at 0\.\d+\. Run \S+ was queued on \d+ November and ended not certified\. From \d+ November its detector counts anew\.$/,
    )
    expect(monthNotes(month())[0]).toContain('has not ended')
    const broke = utility(month()).points.filter((point) => point.broke.length > 0)
    expect(broke.map(({ date }) => date)).toEqual(month().episodes.map(({ since }) => since))
  })

  test('a day without runs is a gap, in no mean and in no line', () => {
    const gap = utility(month()).points.find(({ date }) => date === '2026-11-04')!
    expect(gap).toMatchObject({ state: 'no_runs', mean: null, families: 0 })
    const page = monthFile(month())
    const line = /<path class="course" d="([^"]*)"/g
    // Two charts, each with a line to the gap and one from it on; and the legend.
    expect([...page.matchAll(line)]).toHaveLength(5)
    expect(monthNotes(month()).join(' ')).toContain('1 judged day had no runs: a gap in every chart')
  })

  test('a day that is not judged yet is hollow, of what was recorded so far, and has no edge', () => {
    const open = new Map([['2026-11-25', rowsOfDay(4, 1, 7, 3)]])
    const of = month({ open, bands: BANDS.intents[0]!.bands })
    expect(utility(of).points.at(-1)).toMatchObject({
      date: '2026-11-25',
      state: 'open',
      mean: 1,
      families: 4,
      edges: {},
    })
    expect(of.charts[1]!.points.at(-1)!.mean).toBeCloseTo(7)
    const hollow = (page: string) => page.split('class="kept"').length - 1
    // One in each chart, and one in the legend.
    expect([hollow(monthFile(month())), hollow(monthFile(of))]).toEqual([1, 3])
    expect(monthNotes(of).at(-1)).toBe('1 day is not judged yet: hollow dots, of what was recorded so far.')
  })

  test('a revised day stands beside what was judged of it, also where a later month says so', () => {
    const { slice, series } = DAYS[1]!.intents[0]!
    const now = { ...slice, runs: 23 }
    const revised: RevisedSlice = {
      ...{ date: '2026-11-02', intent: 'a', was: slice, now },
      series: [
        {
          metric: 'utility',
          side: 'below',
          mean: { was: series[0]!.mean, now: 0.5 },
          state: { was: 'in_band', now: 'in_band' },
        },
      ],
    }
    const later = { ...DAYS[19]!, date: '2026-12-01', revised: [revised] }
    const of = monthOf('a', '2026-11', over([...DAYS, later]))
    expect(utility(of).points[1]).toMatchObject({ mean: 1, revised: { on: '2026-12-01', mean: 0.5 } })
    expect(textOf(monthFile(of))).toContain('20; 23 as revised on 2026-12-01')
    expect(textOf(monthFile(of))).toContain('in band; revised on 2026-12-01: 0.5')
  })

  test('releases and ways back stand as lines with a letter, by the tuple that everybody has from then on', () => {
    const rollout = started()
    const record = rollout.records[0]!
    const at = (day: string, verdict: 'advanced' | 'stopped', by = 'rollout') => ({
      ...{ ...record, verdict, by, to_stage: null, at: `2026-11-${day}T10:00:00.000Z` },
    })
    const of = month({
      rollouts: [{ ...rollout, records: [record, at('12', 'advanced'), at('15', 'stopped', 'ben')] }],
    })
    expect(of.marks.map(({ date, what, version }) => [date, what, version])).toEqual([
      ['2026-11-12', 'released', rollout.candidate.refs.pack],
      ['2026-11-15', 'stopped', rollout.baseline.refs.pack],
    ])
    const policy = month({
      rollouts: [
        {
          ...rollout,
          candidate: { ...rollout.baseline, refs: { ...rollout.baseline.refs, policy: 'policy.returns@9.0.0' } },
          certification: NOT_CERTIFIED,
          records: [at('12', 'advanced')],
        },
      ],
    })
    expect(policy.marks.map(markText)).toEqual([
      `released policy.returns@9.0.0 (${rollout.rollout_id}, not certified by replay)`,
    ])
    const text = textOf(monthFile(of))
    expect(text).toContain(`B 15 November, stopped by ben, back to ${rollout.baseline.refs.pack}`)
    expect(monthFile(of).split('class="front"').length - 1).toBe(4)
  })

  test('a change that replay cannot judge was proposed, too, and is counted beside the others', () => {
    const of = month()
    const funnel = { steps: [], stands: {}, reached_review: 0, entries: [] }
    const apart = { proposed: 2, approved: 1, released: 1, kept: 0, entries: [] }
    const page = (over: object): string =>
      textOf(monthFile({ ...of, week: { date: '2026-11-22', funnel: { ...funnel, ...over } } as never }))
    expect(page({})).toContain('Until 2026-11-22 nothing was proposed.')
    expect(page({ not_certified_by_replay: apart })).toContain(
      'nothing that replay can judge was proposed. Beside it not certified by replay: 2 proposed, 1 approved, 1 released',
    )
  })

  test('a queue that says the same for days says it once', () => {
    const says = 'a run was queued on 2026-11-08; the next may be on 2026-11-22 (cooldown_days 14)'
    const entry = { metric: 'utility', side: 'below', run_id: null, why: 'cooldown', says } as const
    const days = DAYS.map((day) => ({
      ...day,
      intents: day.intents.map((of) => ({ ...of, queue: day.date > '2026-11-08' ? [entry] : [] })),
    }))
    const text = textOf(monthFile(monthOf('a', '2026-11', over(days))))
    expect(text.split(`below: ${says}`)).toHaveLength(2)
    expect(text.split('utility below: as the day before')).toHaveLength(12)
  })

  test('redacted, has no word that a person wrote of a run or of a part, and names nobody', () => {
    const rollout = started()
    const by = { ...rollout.records[0]!, verdict: 'stopped', by: 'fay', at: '2026-11-15T10:00:00.000Z' } as const
    const entry = { run_id: 'r', at: {}, stands: 'stopped', says: 'stopped by fay: receipts go missing', gain: null }
    const funnel = {
      ...{ steps: [], stands: {}, reached_review: 1, entries: [entry] },
      not_certified_by_replay: { proposed: 1, approved: 1, released: 0, kept: 0, entries: [{ ...entry, run_id: 'p' }] },
    }
    const retire = [{ path: 'a.b', reasons: [{ why: 'rejected', says: 'twice, last in r: receipts go missing' }] }]
    const of = month({ rollouts: [{ ...rollout, records: [by] }] })
    const told = withoutReasons({ ...of, week: { date: '2026-11-22', funnel, retire } as never })
    expect(JSON.stringify(told)).not.toMatch(/fay|receipts/)
    expect(told.week!.funnel.not_certified_by_replay!.entries[0]).toMatchObject({ run_id: 'p', says: 'stopped' })
    expect(markText(told.marks[0]!)).toMatch(/^stopped by a person, back to/)
  })

  test.each([
    ['a store without a judged day', monthOf('a', '2026-11', NOTHING), /No day was judged in this store yet/],
    [
      'a month without a judged day',
      monthOf('a', '2026-08', { ...NOTHING, judged: { first: '2026-11-01', last: '2026-11-20' } }),
      /none of them lies in August 2026/,
    ],
    ['an intent without bands', monthOf('b', '2026-11', over(DAYS)), /no band watches b/],
    ['one day', monthOf('a', '2026-11', over(DAYS.slice(0, 1))), /Only 1 November was judged/],
  ] as const)('%s is told in a plain sentence', (_, of, says) => {
    expect(monthNotes(of).join(' ')).toMatch(says)
    expect(accessibilityProblems(still(monthFile(of)))).toEqual([])
    expect(textOf(monthFile(of))).toContain('no question was asked')
    expect(textOf(monthFile(of))).not.toMatch(/NaN|undefined|Infinity/)
  })

  test('is whole for a keyboard and a screen reader, in a file and in the workbench, without a script', () => {
    for (const page of [monthFile(month()), intentPage(month())]) {
      expect(accessibilityProblems(still(page))).toEqual([])
      const pictures = svgs(page).filter(({ attributes }) => attributes.role === 'img')
      expect(pictures).toHaveLength(2)
      for (const { text } of pictures) expect(text).toContain('The table has every day.')
    }
    expect(intentPage(month({}, '2026-12'))).toContain('/intents/a?month=2027-01')
    expect(headlineOf(month())).toMatch(/broke/)
  })

  test('a detector that begins anew under another tuple says so, and a broken month that begins is no new break', () => {
    const forced = judged(
      BANDS,
      '2026-10-20',
      30,
      (_, _day, n) => rowsOfDay(20, 0.5, 4, n + 1),
      (_, day) => ({ ...FREE, in_force: day < '2026-11-10' ? null : 't', open: [{ kind: 'rollout', id: 'ro' }] }),
    )
    const [first] = monthOf('a', '2026-11', over(forced.filter(({ date }) => date >= '2026-11-01'))).episodes
    expect(first).toMatchObject({ until: '2026-11-10', run: null })
    expect(first!.since < '2026-11-01').toBe(true)
    const [told] = monthNotes(monthOf('a', '2026-11', over(forced.filter(({ date }) => date >= '2026-11-01'))))
    expect(told).toMatch(
      /^utility was broken already: it broke below 0.9 on \d+ October.*No run was started: .*counts anew: another tuple/,
    )
  })

  test('no text of the store becomes markup', () => {
    const bad = '<b onload="x">&'
    const days = DAYS.map((day) => ({
      ...day,
      intents: day.intents.map((one) => ({ ...one, queue: one.queue.map((entry) => ({ ...entry, says: bad })) })),
    }))
    expect(monthFile(monthOf('a', '2026-11', over(days)))).not.toContain('<b onload')
  })
})
