/** The walk-through of docs/rollout.md on the demo's store, at the command line: at its end all fourteen answers are yes. */
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { DoneReport } from '#core/done/report.ts'
import type { AuditReport } from '#core/harness-audit/judge.ts'
import { Routing } from '#schemas/release.ts'
import { productionRuns } from '../../functions/demo/production.ts'
import { copyOf, RUN, SEATS } from '../browser/desk.ts'
import { autotune } from '../cli/command-line.ts'
import { theDemo } from '../support/demo.ts'

const QUICK = new URL('../../functions/demo/rollout-quick.json', import.meta.url).pathname
const ID = `ro_${RUN}`

test('the demo is done once it was walked through, and not before', async () => {
  const store = copyOf((await theDemo()).store)
  try {
    const at = (...argv: string[]) => autotune(...argv, '--store', store)
    const asked = async () => {
      const { code, json } = await at('done', '--json')
      const { checks, failure_modes } = json() as DoneReport
      return [code, [...checks, ...failure_modes].filter(({ answer }) => answer !== 'yes').map(({ id }) => id)]
    }
    expect(await asked()).toEqual([3, ['reversible', 'measured', 'rollback_theatre']])
    const seats = Object.entries(SEATS)
    await at('review', RUN, '--no-serve', ...seats.flatMap(([role, person]) => ['--reviewer', `${role}=${person}`]))
    for (const [role, person] of seats) await at('decide', RUN, '--role', role, '--reviewer', person, '--approve')
    expect((await at('rollout', 'start', RUN, '--config', QUICK)).code).toBe(0)
    const file = join(dirname(store), 'runs.jsonl')
    for (let step = 0; step < 7; step++) {
      const routing = Routing.parse((await at('rollout', 'export', ID)).json())
      if (routing.period === null) break
      const runs = [...productionRuns(routing, { world: 'good', requests: 1600 })]
      writeFileSync(file, runs.map((run) => `${JSON.stringify(run)}\n`).join(''))
      expect((await at('rollout', 'record', ID, file)).code).toBe(0)
      expect((await at('rollout', 'advance', ID)).code).toBe(0)
    }
    expect(await asked()).toEqual([0, []])
    const audit = (await at('audit', '--json')).json() as AuditReport
    expect([audit.decision, audit.counts]).toEqual(['BLOCKED', { Pass: 22, Partial: 3, Fail: 18, 'N/A': 1 }])
  } finally {
    rmSync(dirname(store), { recursive: true, force: true })
  }
})
