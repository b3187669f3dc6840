/** Documents and a store of most of the bundled runs, for tests of `autotune cadence`: made once a file, and copied for each test. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import type { DailyCadence } from '#schemas/cadence.ts'
import { refundRuns } from '../../functions/demo/generate.ts'
import { type Printed, placeOfEachTest, type Workplace, workplace } from './command-line.ts'

export const RUNS = [...refundRuns({ families: 240 })]
/** Late rows: recorded on 2 April, imported when it was judged. */
export const LATE = RUNS.filter((run) => run.date === '2026-04-02').slice(0, 3)

interface Bands {
  cooldown_days: number
  intents: { measured_by: object; bands: Record<string, unknown>[] }[]
}

interface Judged {
  readonly judged: string[]
  readonly day: DailyCadence
  readonly started: { run_id: string; verdict: string }[]
}

/** Cents are far above their edge every day, and a few days are enough to say so. */
export const broken = (all: Bands): void => {
  Object.assign(all, { false_alarms_per_quarter: 100 })
  Object.assign(all.intents[0]!.bands[4]!, { above: 0.5, range: [0, 4] })
}

/** A place of each test of a file, and what these tests do in it. */
export function cadencePlace() {
  const place = placeOfEachTest()
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

  const daily = async (...argv: string[]): Promise<Printed> =>
    place.at('cadence', 'daily', '--bands', join(place.dir, 'bands.json'), ...argv)
  return {
    place,
    daily,
    async judge(...argv: string[]): Promise<Judged> {
      const { code, err, json } = await daily(...argv, '--json')
      expect([code, err]).toEqual([0, ''])
      return json()
    },
    /** What is kept of days, by name. */
    bytes: (store = place.store): Record<string, string> =>
      Object.fromEntries(
        readdirSync(join(store, 'cadence'), { recursive: true, encoding: 'utf8' })
          .filter((name) => /jsonl?$/.test(name))
          .sort()
          .map((name) => [name, readFileSync(join(store, 'cadence', name), 'utf8')]),
      ),
    bands(change: (all: Bands) => void): void {
      const path = join(place.dir, 'bands.json')
      const all = JSON.parse(readFileSync(path, 'utf8'))
      change(all)
      writeFileSync(path, JSON.stringify(all))
    },
  }
}
