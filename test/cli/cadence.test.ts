/** `autotune cadence`: days judged in order and once, runs that start by themselves, late rows, and what is refused. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DailyCadence } from '#schemas/cadence.ts'
import { refundRuns } from '../../functions/demo/generate.ts'
import { daysToJudge } from '../../functions/steps/cadence/daily.ts'
import { autotune, type Printed, placeOfEachTest, type Workplace, workplace } from './command-line.ts'

const place = placeOfEachTest()
const RUNS = [...refundRuns({ families: 240 })]
/** Late rows: recorded on 2 April, imported when it was judged. */
const LATE = RUNS.filter((run) => run.date === '2026-04-02').slice(0, 3)

const daily = async (...argv: string[]): Promise<Printed> =>
  place.at('cadence', 'daily', '--bands', join(place.dir, 'bands.json'), ...argv)
const judge = async (
  ...argv: string[]
): Promise<{ judged: string[]; day: DailyCadence; started: { run_id: string; verdict: string }[] }> => {
  const { code, err, json } = await daily(...argv, '--json')
  expect([code, err]).toEqual([0, ''])
  return json()
}
const bytes = (store = place.store): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(store, 'cadence'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /jsonl?$/.test(name))
      .sort()
      .map((name) => [name, readFileSync(join(store, 'cadence', name), 'utf8')]),
  )
const bands = (
  change: (all: {
    cooldown_days: number
    intents: { measured_by: object; bands: Record<string, unknown>[] }[]
  }) => void,
): void => {
  const path = join(place.dir, 'bands.json')
  const all = JSON.parse(readFileSync(path, 'utf8'))
  change(all)
  writeFileSync(path, JSON.stringify(all))
}
/** Cents are far above their edge every day, and a few days are enough to say so. */
const broken: Parameters<typeof bands>[0] = (all) => {
  Object.assign(all, { false_alarms_per_quarter: 100 })
  Object.assign(all.intents[0]!.bands[4]!, { above: 0.5, range: [0, 4] })
}

/** Documents and a store of most of the runs: imported once, and copied for each test. */
let made: Workplace
beforeAll(async () => {
  made = workplace()
  await made.at('init', '--dir', made.dir)
  const late = new Set(LATE.map((run) => run.run_id))
  const file = made.runs(
    'runs.jsonl',
    RUNS.filter((run) => !late.has(run.run_id)),
  )
  const documents = ['pack', 'suite', 'prices'].flatMap((name) => [`--${name}`, join(made.dir, `${name}.json`)])
  expect((await made.at('import', file, ...documents, '--split-key', 'key-of-these-tests')).code).toBe(0)
})
afterAll(() => made.dispose())
beforeEach(() => cpSync(made.dir, place.dir, { recursive: true }))

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

describe('the journal of heads', () => {
  const file = (date: string): string => join(place.store, 'cadence/daily', `${date}.json`)
  const verify = async (): Promise<[number, string]> => {
    const { code, out } = await place.at('verify')
    return [code, out]
  }

  test('has a line of each day, so that a removed, changed or added one is missed, and none is judged in its place', async () => {
    await judge('--date', '2026-04-01', '--no-runs')
    await judge('--date', '2026-04-03', '--no-runs')
    expect((await verify())[0]).toBe(0)
    const last = readFileSync(file('2026-04-03'), 'utf8')
    rmSync(file('2026-04-03'))
    expect(await verify()).toEqual([
      2,
      expect.stringContaining('cadence/daily/2026-04-03.json is missing: it was kept'),
    ])
    const { code, err } = await daily('--date', '2026-04-03', '--no-runs')
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('2026-04-03.json stands in the journal of heads, and is gone'),
    ])
    writeFileSync(file('2026-04-03'), last.replace('"state":"in_band"', '"state":"moved"'))
    expect(await verify()).toEqual([2, expect.stringContaining('2026-04-03.json was changed')])
    writeFileSync(file('2026-04-03'), last)
    writeFileSync(file('2026-04-04'), last.replace('2026-04-03', '2026-04-04'))
    expect(await verify()).toEqual([2, expect.stringContaining('2026-04-04.json is not in the journal')])
    rmSync(file('2026-04-04'))
    expect((await verify())[0]).toBe(0)
  })

  test('gets the line of a day whose process was killed before it, and of the days of an earlier version that of the last', async () => {
    await judge('--date', '2026-04-01', '--no-runs')
    await judge('--date', '2026-04-02', '--no-runs')
    const heads = join(place.store, 'heads')
    const names = readdirSync(heads).sort()
    rmSync(join(heads, names.at(-1)!))
    expect(await verify()).toEqual([2, expect.stringContaining('2026-04-02.json is not in the journal')])
    expect((await daily('--date', '2026-04-02', '--no-runs')).code).toBe(0)
    expect((await verify())[0]).toBe(0)
    for (const name of readdirSync(heads).sort().slice(-2)) rmSync(join(heads, name))
    expect((await verify())[0]).toBe(0)
    expect((await judge('--date', '2026-04-03', '--no-runs')).judged).toEqual(['2026-04-03'])
    expect((await verify())[0]).toBe(0)
    rmSync(file('2026-04-02'))
    expect((await verify())[1]).toContain('2026-04-02.json is missing')
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

describe('runs that come late', () => {
  test('make a revised slice beside the old one, whose verdict stands', async () => {
    await judge('--date', '2026-04-02')
    const old = bytes()['daily/2026-04-02.json']!
    await place.at('import', place.runs('late.jsonl', LATE), '--split-key', 'key-of-these-tests')
    const { day } = await judge('--date', '2026-04-03')
    const was = (JSON.parse(old) as DailyCadence).intents[0]!.slice
    expect(day.revised).toMatchObject([{ date: '2026-04-02', intent: 'support.refund', was: { runs: was.runs } }])
    expect(day.revised[0]!.now.runs).toBeGreaterThan(was.runs)
    expect(bytes()['daily/2026-04-02.json']).toBe(old)
    expect((await judge('--date', '2026-04-04')).day.revised).toEqual([])
    expect((await place.at('cadence', 'show', '2026-04-03', '--bands', join(place.dir, 'bands.json'))).out).toMatch(
      /revised .*\n +2026-04-02 +support.refund: \d+ runs, now \d+/,
    )
  })

  test('the same import twice revises nothing, nor does another suite', async () => {
    await judge('--date', '2026-04-02')
    await place.at('import', join(place.dir, 'runs.jsonl'), '--split-key', 'key-of-these-tests')
    expect((await judge('--date', '2026-04-03')).day.revised).toEqual([])
    const suite = place.file(
      'suite2.json',
      readFileSync(join(place.dir, 'suite.json'), 'utf8').replace('evals.refund@2.4.0', 'evals.refund@2.5.0'),
    )
    expect((await place.at('import', '--suite', suite)).code).toBe(0)
    bands(({ intents }) => Object.assign(intents[0]!.measured_by, { evals: 'evals.refund@2.5.0' }))
    expect((await judge('--date', '2026-04-04')).day.revised).toEqual([])
  })
})

describe('verify --cadence', () => {
  const verify = (...argv: string[]) => place.at('verify', '--cadence', '2026-04-03', ...argv)
  beforeEach(async () => {
    await judge('--date', '2026-04-02')
    await judge('--date', '2026-04-03')
  })

  test('recomputes a day from the recorded runs, also when others came later', async () => {
    await place.at('import', place.runs('late.jsonl', LATE), '--split-key', 'key-of-these-tests')
    const { code, out } = await verify('--bands', join(place.dir, 'bands.json'))
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^reproducible: 2026-04-03, 1 intents, \d+ runs, recomputed from the recorded runs/),
    ])
  })

  test.each([
    ['a mean of the day', 'daily/2026-04-03.json', /"mean":[\d.]+/, '"mean":0.5', /is not what its rows/],
    ['its threshold', 'daily/2026-04-03.json', /"threshold":[\d.]+/, '"threshold":9', /threshold/],
    ['the day before', 'daily/2026-04-02.json', /"runs":\d+/, '"runs":1', /does not follow 2026-04-02/],
    ['a row', 'rows', /"economics_cents":[\d.]+/, '"economics_cents":1', /is gone or was changed/],
  ])('names what differs where %s was changed', async (_, file, was, is, says) => {
    const name = Object.keys(bytes()).find(
      (key) => key.startsWith(file) && (file !== 'rows' || key.includes('2026-04-03')),
    )!
    const path = join(place.store, 'cadence', name)
    writeFileSync(path, readFileSync(path, 'utf8').replace(was, is))
    const { code, out } = await verify('--bands', join(place.dir, 'bands.json'))
    expect([code, out]).toEqual([2, expect.stringMatching(/^NOT REPRODUCIBLE/)])
    expect(out).toMatch(says)
  })

  test('recomputes it by the bands that it was judged by, whatever the file says now; without them it says which are wanted', async () => {
    bands((all) => {
      all.cooldown_days = 99
    })
    expect((await verify('--bands', join(place.dir, 'bands.json'))).out).toMatch(
      /^reproducible.*recomputed from the recorded runs/,
    )
    expect((await verify()).out).toMatch(/^reproducible.*recomputed from the recorded runs/)
    rmSync(join(place.store, 'cadence', 'bands'), { recursive: true })
    expect((await verify('--bands', join(place.dir, 'bands.json'))).out).toContain('it was judged by other bands')
    expect((await verify()).out).toMatch(/^reproducible.*chain and rows only/)
  })

  test('a run that people had erased leaves no row, and the day says so', async () => {
    const run = JSON.parse(
      Object.entries(bytes())
        .find(([name]) => name.startsWith('rows/2026-04-03'))![1]
        .split('\n')[0]!,
    ).run_id
    await place.at('erase', run, '--reason', 'request 1', '--person', 'ana@example.com', '--yes')
    expect(Object.values(bytes()).join('')).not.toContain(run)
    const { code, out } = await verify('--bands', join(place.dir, 'bands.json'))
    expect([code, out]).toEqual([0, expect.stringContaining('were erased since')])
  })
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
      'a target that is not there',
      ({ intents }) => Object.assign(intents[0]!.bands[0]!, { target: 'none.json' }),
      /none.json cannot be read/,
    ],
    [
      'a band without a metric',
      ({ intents }) => delete intents[0]!.bands[0]!.metric,
      /bands.json: intents\[0\].bands\[0\].metric/,
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
