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
    for (const [role, person] of seats)
      await at('decide', RUN, '--role', role, '--reviewer', person, '--approve', '--reason', 'looked at the cases')
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
    const keys = join(dirname(store), 'keys.json')
    const people = [...Object.values(SEATS), 'ci@example.com'].map((person, i) => ({ person, key: `${keys}.${i}` }))
    const entries = []
    for (const { person, key } of people) {
      const role = person.startsWith('ci') ? 'machine' : 'reviewer'
      const made = await at('attest', 'keygen', '--key', key, '--role', role, '--by', person, '--json')
      entries.push((made.json() as { entry: unknown }).entry)
    }
    const [machine, reviewer] = ['machine', 'reviewer'].map((role) => ({ roles: [role], threshold: 1 }))
    const needs = { gate: machine, verification: machine, review_decision: reviewer, promotion: machine }
    writeFileSync(keys, JSON.stringify({ kind: 'attestation_keys', keys: entries, needs }))
    for (const { key } of people.slice(0, -1))
      expect((await at('attest', 'sign', RUN, '--key', key, '--keys', keys)).code).toBe(0)
    const soon = new Date(Date.now() + 100 * 86_400_000).toISOString().slice(0, 10)
    const [manifest, drill, desk] = ['loop.json', 'drill.md', 'desk.md'].map((name) => join(dirname(store), name))
    writeFileSync(drill!, 'the drill of May')
    writeFileSync(desk!, 'who is called')
    const begun = ['--loop', '--harness', 'refunds', '--owner', 'ana@example.com', '--next-audit', soon]
    const word = [
      '--says',
      'who is called, how, and what is learnt',
      '--expires',
      soon,
      '--behavioural',
      drill!,
      '--wiring',
      desk!,
    ]
    expect((await autotune('audit', 'declare', manifest!, '38', ...begun, ...word)).code).toBe(0)
    expect((await autotune('audit', 'sign', manifest!, '38', '--by', 'ben@example.com')).code).toBe(0)
    const shown = await at('audit', '--keys', keys, '--manifest', manifest!, '--json')
    const audit = shown.json() as AuditReport
    const of = (status: string) => audit.rows.filter((row) => row.status === status).map(({ n }) => n)
    expect([shown.code, audit.decision]).toEqual([0, 'READY WITH OWNED GAPS'])
    // Its recorded runs name no session, and incidents are people's: by their word alone.
    expect([of('Partial'), of('Fail'), of('N/A')]).toEqual([[31], [], [43]])
    expect(audit.rows.filter(({ reason }) => reason.startsWith('who is called')).map(({ n }) => n)).toEqual([38])
  } finally {
    rmSync(dirname(store), { recursive: true, force: true })
  }
})
