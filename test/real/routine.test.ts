/** The routine over recorded support runs: what recurs in them as insights, and what a day says of runs that nobody dated. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { DailyCadence } from '#schemas/cadence.ts'
import type { Insight } from '#schemas/insight.ts'
import { contextBudgets } from '../../examples/real/cases/context-budgets.ts'
import type { Domain } from '../../examples/real/prepare/chat-traces.ts'
import { runReal } from '../../examples/real/run-case.ts'
import { autotune } from '../cli/command-line.ts'
import { allRuns, DATA, describeReal, runOf, TemporaryFolder, TIMEOUT } from './support.ts'

describeReal('the routine on recorded runs', () => {
  test.each<Domain>(['airline', 'retail'])(
    '%s: what fails recurs as insights, each below its observed share; runs without a day are in no slice, and named',
    async (domain) => {
      using folder = new TemporaryFolder()
      const [place, file] = [folder.at('store'), folder.at('bands.json')]
      const one = runOf(contextBudgets, domain)
      await runReal(one, DATA, place, () => {})
      const runs = (await allRuns(one)).filter((run) => run.split !== 'heldout')
      const intent = runs[0]!.intent_id
      const bands = {
        false_alarms_per_quarter: 1,
        ready_after_hours: 1,
        revised_for_days: 7,
        cooldown_days: 14,
        runs_per_quarter: 3,
        intents: [
          {
            intent,
            measured_by: { evals: suiteIn(place) },
            bands: [{ metric: 'utility', below: 0.05, max_missing: 0.9 }],
          },
        ],
      }
      writeFileSync(file, JSON.stringify(bands))
      const at = (...argv: string[]) => autotune(...argv, '--bands', file, '--store', place, '--json')
      const { insights } = (await at('insights', '--least', '3')).json() as { insights: Insight[] }
      expect(insights.length).toBeGreaterThan(0)
      for (const { occurrences, of, confidence, evidence_refs } of insights) {
        expect(confidence).toBeLessThan(occurrences / of)
        expect(evidence_refs.every((id) => runs.some(({ run_id }) => run_id === id))).toBe(true)
      }
      const { day, empty } = (await at('cadence', 'daily')).json() as {
        day: DailyCadence
        empty: { undated: number; newest: string | null }[]
      }
      expect(day.intents[0]!.series.map(({ state }) => state)).toEqual(['no_runs'])
      expect(empty).toEqual([{ intent, undated: runs.length, oldest: null, newest: null }])
      expect((await at('verify', '--cadence', day.date)).json()).toMatchObject({ reproducible: true })
      const [first] = insights
      console.info(
        `${domain}: ${insights.length} insights of ${runs.length} search runs; the first: ${first!.pattern}, ${first!.occurrences} of ${first!.of} families, at least ${(100 * first!.confidence).toFixed(1)} %`,
      )
    },
    TIMEOUT,
  )
})

/** Ref of the suite that a store holds. */
const suiteIn = (place: string): string =>
  readdirSync(join(place, 'packs')).find((name) => readdirSync(join(place, 'packs', name)).includes('suite.json'))!
