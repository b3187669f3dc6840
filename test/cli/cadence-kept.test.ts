/** `autotune cadence`: what is kept of a judged day: its line in the journal of heads, rows that come late, and `verify --cadence`. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DailyCadence } from '#schemas/cadence.ts'
import { cadencePlace, LATE } from './cadence-place.ts'

const { place, daily, judge, bytes, bands } = cadencePlace()

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
