/** A recording plan over a deployment: planned, recorded, imported and searched there with the words and files of a folder. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RecordingPlan } from '#schemas/recording-plan.ts'
import { offersInOrder, prices } from '../support/builders.ts'
import { bothPlaces, stack } from './both-places.ts'
import { autotune } from './command-line.ts'
import { DEEP, K, pack, RECORDER, shallow, suite, target, world } from './plan-world.ts'

const twin = bothPlaces()

test('plans, records, imports what a shadow recorded, and searches it', async () => {
  const { place } = twin
  const documents = ['--pack', place.file('pack.json', pack), '--suite', place.file('suite.json', suite)]
  const priced = [...documents, '--prices', place.file('prices.json', prices())]
  const split = ['--split', 'recorded', '--split-key', 'key-of-these-tests']
  await twin.both('import', place.runs('runs.jsonl', world()), ...priced, ...split)
  const file = place.file('target.json', target)
  const recorder = `module:${place.file('recorder.mjs', RECORDER)}`
  const places = [
    ['here', ['--store', place.store]],
    ['there', stack],
  ] as const
  const plans = await Promise.all(
    places.map(async ([name, where]) => {
      const out = join(place.dir, `${name}.json`)
      const made = await autotune('plan', '--target', file, '--out', out, ...where)
      expect([made.code, made.err]).toEqual([0, ''])
      return out
    }),
  )
  expect(readFileSync(plans[1]!, 'utf8')).toBe(readFileSync(plans[0]!, 'utf8'))
  const { recordings } = JSON.parse(readFileSync(plans[0]!, 'utf8')) as RecordingPlan
  const shadowed = recordings.slice(6).map(({ case_id }) => ({
    ...shallow(case_id, 'search'),
    run_id: `shadow-${case_id}`,
    pack_version: null,
    settings: { [K]: DEEP },
    evidence: offersInOrder(DEEP).map((offer, at) => ({ ...offer, gold: at === 5 })),
    offers: { orders: { depth: DEEP, exhausted: false } },
    gold_not_offered: 0,
    outcome: { ...shallow(case_id, 'search').outcome, passed: true },
  }))
  const runs = place.runs('shadow.jsonl', shadowed)
  for (const [i, [, where]] of places.entries()) {
    const recorded = await autotune(
      'record',
      plans[i]!,
      '--with',
      recorder,
      '--calls',
      '6',
      '--concurrency',
      '1',
      ...where,
    )
    expect([recorded.err, recorded.code, recorded.out]).toEqual(['', 3, expect.stringContaining('6 of 12 recorded')])
    const imported = await autotune('import', runs, '--plan', plans[i]!, ...where)
    expect([imported.code, imported.out]).toEqual([0, expect.stringContaining('12 of 12 recorded')])
    const again = await autotune('record', plans[i]!, '--with', recorder, '--calls', '12', ...where)
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('made     0 recordings')])
  }
  const [here, there] = (await twin.both('run', '--target', file, '--run-id', 'r')) as { candidates: object[] }[]
  expect(there!.candidates).toEqual(here!.candidates)
  expect(JSON.stringify(here!.candidates)).toMatch(/"fate":"committed"/)
  for (const [, where] of places) expect((await autotune('verify', 'r', ...where)).code).toBe(0)
}, 120_000)
