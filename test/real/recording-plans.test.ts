/** Recorded arms of a matched experiment, six of them as a shadow's: the plan asks for them, and a look then sees what it saw of arms that were served. */

import { writeFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { thisProcess } from '#adapters/local/holder.ts'
import { planText } from '#core/plan/recording-plan.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { plannerArms } from '../../examples/real/cases/planner-arms.ts'
import { importPlanned } from '../../functions/embedded/import-planned.ts'
import { type LocalStore, openStore } from '../../functions/embedded/open-store.ts'
import { publishPack, publishSuite } from '../../functions/steps/experience/documents.ts'
import { ingest } from '../../functions/steps/experience/ingest.ts'
import { makePlan } from '../../functions/steps/plan/make-plan.ts'
import { openPlan } from '../../functions/steps/plan/open-plan.ts'
import { proposeChanges } from '../../functions/steps/run/propose.ts'
import { allRuns, describeReal, runOf, TemporaryFolder, TIMEOUT } from './support.ts'

const DECOMPOSE = 'planner.decompose_before_tool'
const PREFERENCE = 'planner.tool_preference'
const RULE = { by: 'recorded', key: 'real', heldout_share: 0.5 } as const

describeReal('recording plans over planner-arms', () => {
  const { pack, suite, target } = runOf(plannerArms, 'a')
  /** Runs of the arms that the search space admits, the plain arm first. */
  let plain: ExperienceRun[]
  let others: ExperienceRun[]
  beforeAll(async () => {
    const runs = await allRuns(runOf(plannerArms, 'a'))
    const isPlain = ({ settings }: ExperienceRun) => settings[DECOMPOSE] === 'none' && settings[PREFERENCE] === 'direct'
    const isOpen = ({ settings }: ExperienceRun) =>
      ['none', 'plan_execute', 'verified'].includes(String(settings[DECOMPOSE]))
    plain = runs.filter(isPlain)
    others = runs.filter((run) => !isPlain(run) && isOpen(run))
  }, TIMEOUT)

  const stored = async (store: LocalStore, runs: readonly ExperienceRun[]) => {
    await publishPack(store, pack)
    await publishSuite(store, suite)
    await ingest(
      store,
      async function* () {
        yield* runs
      },
      RULE,
    )
  }
  const changes = [
    ['none', 'mcp'],
    ['none', 'mcp_optimized'],
    ['plan_execute', 'mcp'],
    ['verified', 'mcp'],
  ].map(([decompose, preference], i) => ({
    at: `changes.jsonl:${i + 1}`,
    change: { patch: { ...(decompose !== 'none' && { [DECOMPOSE]: decompose! }), [PREFERENCE]: preference! } },
  }))

  test(
    'what was recorded for the plan is seen as what was served',
    async () => {
      using folder = new TemporaryFolder()
      const served = openStore(folder.at('served'), { durable: false })
      const planned = openStore(folder.at('planned'), { durable: false })
      try {
        await stored(served, [...plain, ...others])
        await stored(planned, plain)
        const before = await proposeChanges(planned, target, changes, null)
        expect(before.changes.map(({ assessed }) => assessed!.fate)).toEqual(changes.map(() => 'unreplayable'))

        const { plan, search } = await makePlan(planned, target, changes)
        // Each of the four arms, and plan_execute and verified alone, which nobody ever recorded.
        expect(plan!.settings.map(({ change, recordings }) => [Object.values(change).join(), recordings])).toEqual(
          expect.arrayContaining(
            ['mcp', 'mcp_optimized', 'plan_execute,mcp', 'verified,mcp', 'plan_execute', 'verified'].map((named) => [
              named,
              search.cases,
            ]),
          ),
        )
        const open = await openPlan(planned, planText(plan!), 'plan.json')
        const shadow = others.filter(({ case_id }) => open.cases.has(case_id))
        writeFileSync(folder.at('shadow.jsonl'), shadow.map((run) => `${JSON.stringify(run)}\n`).join(''))
        const report = await importPlanned(planned, open, [folder.at('shadow.jsonl')], thisProcess())
        expect(report).toMatchObject({ recorded: 4 * search.cases, of: 6 * search.cases })

        const [now, then] = [
          await proposeChanges(planned, target, changes, null),
          await proposeChanges(served, target, changes, null),
        ]
        expect(now.changes.map(({ assessed }) => assessed)).toEqual(then.changes.map(({ assessed }) => assessed))
        expect(now.changes.some(({ assessed }) => assessed!.fate === 'unreplayable')).toBe(false)
      } finally {
        served.close()
        planned.close()
      }
    },
    TIMEOUT,
  )
})
