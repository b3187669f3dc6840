/** `autotune cadence`: days judged in order and once, runs that start by themselves, and what is refused. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { daysToJudge } from '../../functions/steps/cadence/daily.ts'
import { broken, cadencePlace, RUNS } from './cadence-place.ts'
import { autotune } from './command-line.ts'

const { place, daily, judge, bytes, bands } = cadencePlace()

describe('days', () => {
  test('are judged in order and once: the asked one first, those that were missed after it, and then nothing', async () => {
    expect((await judge('--date', '2026-04-01')).judged).toEqual(['2026-04-01'])
    expect((await judge('--date', '2026-04-04')).judged).toEqual(['2026-04-02', '2026-04-03', '2026-04-04'])
    const before = bytes()
    const { code, out } = await daily('--date', '2026-04-04')
    expect([code, out]).toEqual([0, expect.stringContaining('nothing to judge: 2026-04-04 was judged')])
    expect(bytes()).toEqual(before)
    expect(Object.keys(before).filter((name) => name.startsWith('daily'))).toHaveLength(4)
  })

  test('hold only search runs, and say on one screen how many, of what and what is promised', async () => {
    const { day } = await judge('--date', '2026-04-03')
    const { runs, families } = day.intents[0]!.slice
    expect(runs).toBeGreaterThan(0)
    expect(runs).toBeLessThan(RUNS.filter((run) => run.date === '2026-04-03').length)
    expect(families).toBe(runs)
    const { code, out } = await place.at('cadence', '--bands', join(place.dir, 'bands.json'))
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /2026-04-03 .*edges hold.*\npromise +while nothing moves, at most 1 false alarm in 91 days/,
      ),
    ])
    expect(out).toMatch(
      /holds +support.refund: policy_violation_rate 0 \(edge: above 0.01\), utility \S+ \(edge: below 0.9\)/,
    )
    expect(out.split('\n').length).toBeLessThan(24)
  })

  test('a day without runs is no day on which bands hold', async () => {
    const { out } = await daily('--date', '2026-01-01')
    expect(out).toContain('nothing was recorded, so nothing was looked at')
    expect(out).toMatch(
      /empty +support.refund has no run of 2026-01-01 on the search side: its newest recorded run is of 2026-04-30/,
    )
  })

  test('runs of no day are in no slice, and that is said', async () => {
    const undated = RUNS.slice(0, 40).map((run, n) => ({
      ...run,
      date: null,
      run_id: `u${n}`,
      family_id: `u${n}`,
      case_id: `u${n}`,
      trace_id: `u${n}`,
    }))
    await place.at('import', place.runs('undated.jsonl', undated), '--split-key', 'key-of-these-tests')
    const { out, json } = await daily('--date', '2026-01-01', '--json').then(async ({ json: first }) => ({
      json: first,
      out: (await daily('--date', '2026-01-01')).out,
    }))
    const [empty] = (json() as { empty: { undated: number }[] }).empty
    expect(empty!.undated).toBeGreaterThan(0)
    expect(out).toMatch(new RegExp(`; ${empty!.undated} recorded runs are of no day and in no slice`))
  })

  test('leave the same bytes from the same records, also where they were cut off', async () => {
    const copy = join(place.dir, 'copy')
    bands(broken)
    cpSync(place.store, copy, { recursive: true })
    await judge('--date', '2026-04-01', '--no-runs')
    await judge('--date', '2026-04-05', '--no-runs')
    const whole = bytes()
    // What a kill leaves: rows that were kept, and no day yet.
    for (const [name, text] of Object.entries(whole))
      if (name.startsWith('rows')) {
        cpSync(join(place.store, 'cadence', name), join(copy, 'cadence', name), { recursive: true })
        expect(text).not.toBe('')
      }
    const at = [
      'cadence',
      'daily',
      '--bands',
      join(place.dir, 'bands.json'),
      '--store',
      copy,
      '--no-runs',
      '--json',
      '--date',
    ]
    for (const day of ['2026-04-01', '2026-04-03', '2026-04-05']) expect((await autotune(...at, day)).code).toBe(0)
    expect(bytes(copy)).toEqual(whole)
  })
})

describe('a broken band', () => {
  beforeEach(() => bands(broken))

  test('starts the run of its target by itself, once, and exits with 3 where that is asked for', async () => {
    const first = await judge('--date', '2026-04-03')
    const queue = first.day.intents[0]!.queue
    expect(queue).toMatchObject([{ metric: 'economics_cents_per_decision', why: null }])
    expect(first.started).toEqual([{ run_id: queue[0]!.run_id, verdict: 'inconclusive', reason: expect.anything() }])
    expect((await place.at('show', queue[0]!.run_id!)).code).toBe(0)
    const again = await judge('--date', '2026-04-03')
    expect([again.judged, again.started]).toEqual([[], []])
    expect((await daily('--date', '2026-04-03', '--exit-code')).code).toBe(3)
    expect((await daily('--date', '2026-04-03', '--exit-code')).out).toMatch(/run at_2026_04_03\S+ ended: inconclusive/)
  })

  test('that was queued and not started is started by the next call, under the same id', async () => {
    const { day, started } = await judge('--date', '2026-04-03', '--no-runs')
    expect(started).toEqual([])
    const next = await judge('--date', '2026-04-03')
    expect(next.started.map(({ run_id }) => run_id)).toEqual([day.intents[0]!.queue[0]!.run_id])
  })

  test('starts nothing in its cooldown, and says until when', async () => {
    await judge('--date', '2026-04-03')
    const { day } = await judge('--date', '2026-04-06')
    expect(day.intents[0]!.queue.map(({ why }) => why)).toEqual(['cooldown'])
    expect(day.intents[0]!.queue[0]!.says).toContain('2026-04-17')
  })

  test('whose run cannot start says why, and the day stands', async () => {
    const target = join(place.dir, 'target.json')
    writeFileSync(target, readFileSync(target, 'utf8').replaceAll('ctxpack.support@5.2.0', 'ctxpack.support@9.9.9'))
    const { started, judged } = await judge('--date', '2026-04-03')
    expect(judged).toEqual(['2026-04-03'])
    expect(started[0]).toMatchObject({
      verdict: expect.toSatisfy((v) => v === null || v === 'refused'),
      reason: expect.stringContaining('9.9.9'),
    })
  })
})

test('a queued run whose contract is refused has ended, and the month says so', async () => {
  bands(broken)
  const target = join(place.dir, 'target.json')
  const { owner: _, ...unowned } = JSON.parse(readFileSync(target, 'utf8'))
  writeFileSync(target, JSON.stringify(unowned))
  const { started } = await judge('--date', '2026-04-03')
  expect(started[0]).toMatchObject({ reason: expect.stringContaining('owner is missing') })
  expect((await place.at('report', '--intent', 'support.refund', '--month', '2026-04')).out).toMatch(
    /was queued on 3 April and ended refused\./,
  )
})

test('days that were missed are told in one line, with what moved on each', async () => {
  bands(broken)
  await judge('--date', '2026-04-01', '--no-runs')
  const { out } = await daily('--date', '2026-04-06', '--no-runs')
  expect(out).toMatch(
    /^missed +4 days were missed and are judged too, 2026-04-02 to 2026-04-05\n +2026-04-0\d +support.refund: economics_cents_per_decision moved above its edge; a run was queued on 2026-04-01/,
  )
})

test('the first day is not one without runs while others have some: a person says where to begin', async () => {
  const { code, err } = await daily()
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/recorded runs are of 2026-04-01 to 2026-04-30.*--date 2026-04-01 for all of them/),
  ])
  expect((await place.at('cadence')).err).toContain('no day was judged')
})

describe('what cannot be judged is refused with what to do, and nothing is written', () => {
  test.each([
    ['a day that is open', ['--date', '2999-01-01'], /2999-01-01 is still open: the newest day that is ready is/],
    ['a day before the first judged one', ['--date', '2026-03-01'], /2026-03-01 lies before 2026-04-04/],
    ['no day', ['--date', '2026-02-30'], /"2026-02-30" is no day/],
  ])('%s', async (_, argv, says) => {
    await judge('--date', '2026-04-04')
    const before = place.listing()
    const { code, err } = await daily(...argv)
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
    expect(place.listing()).toEqual(before)
  })

  test.each<[string, Parameters<typeof bands>[0], RegExp]>([
    [
      'a suite that is not there',
      ({ intents }) => Object.assign(intents[0]!.measured_by, { evals: 'evals.none@1.0.0' }),
      /evals.none@1.0.0, which is not in this store/,
    ],
    [
      'a score that the suite does not mark',
      ({ intents }) => intents[0]!.bands.push({ metric: 'score:tone', below: 0.5 }),
      /bands of support.refund: score:tone: \S+ has no evaluator "tone"/,
    ],
    [
      'a target that is not there',
      ({ intents }) => Object.assign(intents[0]!.bands[0]!, { target: 'none.json' }),
      /none.json cannot be read/,
    ],
    [
      'a band without a metric',
      ({ intents }) => delete intents[0]!.bands[0]!.metric,
      /bands.json: intents\[0\].bands\[0\].metric/,
    ],
    [
      'an edge that can never break',
      ({ intents }) => Object.assign(intents[0]!.bands[0]!, { above: 1 }),
      /intent support\.refund, band of policy_violation_rate: no mean lies above 1, so this edge can never break/,
    ],
    [
      'an edge of one weekday that can never break',
      ({ intents }) => Object.assign(intents[0]!.bands[1]!, { weekdays: { sun: { below: 0 } } }),
      /band of utility on sun: no mean lies below 0/,
    ],
    [
      'edges that no mean holds',
      ({ intents }) => Object.assign(intents[0]!.bands[3]!, { below: 0.06 }),
      /below 0\.06 and above 0\.05: no mean holds both/,
    ],
  ])('%s', async (_, change, says) => {
    bands(change)
    const before = place.listing()
    const { code, err } = await daily('--date', '2026-04-03')
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
    expect(place.listing()).toEqual(before)
  })

  test('no bands, no store, and no judged day', async () => {
    rmSync(join(place.dir, 'bands.json'))
    expect((await daily()).err).toMatch(/bands.json cannot be read: there is no such file/)
    // A misspelt verb is taken for a day, whatever stands in the store.
    expect((await place.at('cadence', 'dayly', '--store', join(place.dir, 'nowhere'))).err).toMatch(/"dayly" is no day/)
    expect((await place.at('cadence')).err).toMatch(/no day was judged in this store: "autotune cadence daily"/)
    expect((await place.at('verify', '--cadence', '2026-04-03')).err).toMatch(/2026-04-03 was not judged/)
  })

  test('a clock that was set back, and one that jumped', () => {
    expect(() => daysToJudge(['2026-04-01', '2026-04-09'], '2026-04-05', null)).toThrow(/the clock was set back/)
    expect(() => daysToJudge(['2026-04-01'], '2036-04-05', null)).toThrow(/did the clock jump\?/)
    expect(daysToJudge(['2026-04-01'], '2026-04-01', null)).toEqual([])
    expect(daysToJudge([], '2026-04-05', null)).toEqual(['2026-04-05'])
  })

  test('a clock that jumped by less than a year closes no day to come: nothing is judged behind the last run unless told to', async () => {
    expect((await daily('--date', '2026-04-03')).code).toBe(0)
    const before = place.listing()
    const { code, err } = await daily()
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/Did the clock jump\? .*ledger\.sqlite-clock.*No day was judged/s),
    ])
    expect(place.listing()).toEqual(before)
    expect((await daily('--date', '2026-04-04')).code).toBe(0)
  })
})

test('learn gives an edge from a period, and refuses one that is too short', async () => {
  const learn = (to: string) =>
    place.at(
      'cadence',
      'learn',
      'support.refund',
      'economics_cents_per_decision',
      '--from',
      '2026-04-01',
      '--to',
      to,
      '--tolerance',
      '0.5',
      '--bands',
      join(place.dir, 'bands.json'),
      '--json',
    )
  const { code, json } = await learn('2026-04-30')
  const { edge } = json() as { edge: { median: number } }
  expect([code, edge]).toEqual([
    0,
    { from: '2026-04-01', to: '2026-04-30', median: expect.closeTo(2.1, 0), tolerance: 0.5 },
  ])
  bands(({ intents }) => Object.assign(intents[0]!.bands[4]!, { above: edge }))
  expect((await judge('--date', '2026-04-30')).day.intents[0]!.series[4]).toMatchObject({
    declared: false,
    edge: edge.median + 0.5,
  })
  const { err } = await learn('2026-04-05')
  expect(err).toMatch(/needs at least 14/)
  expect((await learn('2026-05-03')).json()).toMatchObject({
    left_out: [expect.stringMatching(/^\d+ of 33 days, without a recorded run: .*2026-05-01, 2026-05-02, 2026-05-03$/)],
  })
})
