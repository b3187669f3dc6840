/** The synthetic production of a rollout: valid, repeatable, routed as the document says, and what its two worlds promise. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { assignArm } from '#core/release/assign-arm.ts'
import { monitorRelease } from '#core/release/monitor.ts'
import { applyRelease, applyVerdict } from '#core/release/rollout.ts'
import { routingOf } from '#core/release/routing.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { ProductionRun, type Rollout, RolloutConfig } from '#schemas/release.ts'
import { productionRuns } from '../../functions/demo/production.ts'
import { ruleDocuments } from '../../functions/demo/rule-example.ts'
import { inStage, START, started } from '../core/release/builders.ts'

test('a routing file that is not there, or is none, is told in one line', () => {
  const produce = (file: string) =>
    spawnSync(process.execPath, [fileURLToPath(new URL('../../functions/demo/produce.ts', import.meta.url)), file], {
      encoding: 'utf8',
    })
  expect(produce('/nowhere/routing.json')).toMatchObject({
    ...{ status: 2, stdout: '' },
    stderr: expect.stringMatching(/^\/nowhere\/routing.json cannot be read: ENOENT[^\n]*\n$/),
  })
  expect(produce(fileURLToPath(import.meta.url)).stderr).toMatch(/^[^\n]* is no JSON: [^\n]*\n$/)
})

const example = (file: string) =>
  RolloutConfig.parse(JSON.parse(readFileSync(new URL(`../../functions/demo/${file}`, import.meta.url), 'utf8')))

/** Lets a rollout without dwell times go as far as a world lets it. */
function outcome(world: 'good' | 'harm' | 'rule', seed: number): Rollout {
  const config = world === 'rule' ? RolloutConfig.parse(ruleDocuments()['rollout.json']) : example('rollout-quick.json')
  let rollout = started({ config, rollout_id: `ro_${world}_${seed}` })
  const runs: ProductionRun[] = []
  while (rollout.status === 'running' || rollout.status === 'released') {
    runs.push(...productionRuns(routingOf(rollout), { world, seed }))
    const now = START
    const done =
      rollout.status === 'released'
        ? applyRelease(rollout, monitorRelease({ rollout, runs, now, successor: null }), now)
        : applyVerdict(rollout, evaluateStage({ rollout, runs, now }), now)
    if (!('next' in done)) throw new Error(JSON.stringify(done))
    rollout = done.next
  }
  return rollout
}

describe('synthetic production', () => {
  const { rollout } = inStage('5%_low_risk')
  const routing = routingOf(rollout)

  test('is valid, the same for the same seed, and served as the routing says', () => {
    const runs = [...productionRuns(routing, { requests: 300, seed: 7 })]
    expect(runs).toEqual([...productionRuns(routing, { requests: 300, seed: 7 })])
    expect(runs).not.toEqual([...productionRuns(routing, { requests: 300, seed: 8 })])
    expect(new Set(runs.map((r) => r.run_id)).size).toBe(runs.length)
    for (const run of runs) {
      expect(ProductionRun.parse(run)).toEqual(run)
      expect(run.release_tuple_id).toBe(rollout[run.arm].release_tuple_id)
    }
    expect(runs.some((r) => r.arm === 'candidate')).toBe(true)
  })

  test('logs both arms of a shadowed request under one pair', () => {
    const shadowed = [...productionRuns(routingOf(started()), { requests: 20 })]
    const pairs = Map.groupBy(shadowed, (r) => r.pair)
    expect([...pairs.values()].map((both) => both.map((r) => r.arm))).toEqual(Array(20).fill(['baseline', 'candidate']))
    const one = shadowed[0]!
    expect(assignArm(routingOf(started()), { id: one.subject, intent: one.intent })).toMatchObject({ shadow: true })
  })

  test('ends with the rollout', () => {
    expect(() => [...productionRuns({ ...routing, period: null })]).toThrow('has ended')
  })

  test('of the world of a rule is kept: what the baseline fails is right under the rule', () => {
    const kept = outcome('rule', 1)
    expect([kept.status, kept.records.at(-1)!.verdict]).toEqual(['kept', 'kept'])
  })

  test.each([1, 2, 3])('of the good world is kept, of the world of harm goes back at stage three (seed %i)', (seed) => {
    expect(outcome('good', seed).status).toBe('kept')
    const back = outcome('harm', seed)
    expect([back.status, back.stage, back.records.at(-1)!.reasons.map((r) => r.rule)]).toEqual([
      'rolled_back',
      '5%_low_risk',
      ['sequential.utility'],
    ])
  })
})
