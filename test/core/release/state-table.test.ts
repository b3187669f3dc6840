import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { monitorRelease } from '#core/release/monitor.ts'
import { chainProblems } from '#core/release/record-chain.ts'
import { applyRelease, applyVerdict, stopRollout, type Transition } from '#core/release/rollout.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { type ProductionRun, type Rollout, RolloutConfig, type Stage } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { afterDwell, aRun, inStage, released, runsIn } from './builders.ts'

const page = readFileSync(new URL('../../../docs/rollout.md', import.meta.url), 'utf8')

/** Rows of the first table after a heading text, cells without backticks. */
function tableAfter(text: string): string[][] {
  const lines = page.slice(page.indexOf(text)).split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  const end = lines.findIndex((line, i) => i > first && !line.startsWith('|'))
  return lines.slice(first, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

const hand = { by: 'fay@acme', reason: 'stop it', at: '2026-09-01T00:00:00.000Z' }
const evaluated = (rollout: Rollout, runs: ProductionRun[], now: string): Transition =>
  applyVerdict(rollout, evaluateStage({ rollout, runs, now }), now)

/** What each column of the table means, done to a rollout that stands in a stage. */
const EVENTS: Record<string, (rollout: Rollout, runs: ProductionRun[]) => Transition> = {
  good: (rollout, runs) => evaluated(rollout, [...runs, ...runsIn(rollout, rollout.stage, 120)], afterDwell(rollout)),
  bad: (rollout, runs) => {
    const broken = aRun(rollout, rollout.stage, 'candidate', 1, { safety_violation: true })
    return evaluated(rollout, [...runs, ...runsIn(rollout, rollout.stage, 120), broken], afterDwell(rollout))
  },
  missing: (rollout, runs) => evaluated(rollout, [...runs, ...runsIn(rollout, rollout.stage, 20)], afterDwell(rollout)),
  expired: (rollout, runs) => evaluated(rollout, [...runs, ...runsIn(rollout, rollout.stage, 120)], rollout.deadline),
  stopped: (rollout) => stopRollout(rollout, hand),
}

describe('the state table of docs/rollout.md', () => {
  const [header, , ...rows] = tableAfter('## The state table') as [string[], string[], ...string[][]]

  test('has a row for every stage and a column for every event', () => {
    expect(header).toEqual(['stage', ...Object.keys(EVENTS)])
    expect(rows.map((row) => row[0])).toEqual([...STAGES])
  })

  const cells = rows.flatMap(([stage, ...nexts]) => nexts.map((next, i) => [stage!, header[i + 1]!, next] as const))
  test.each(cells)('in %s, %s leads to %s', (stage, event, next) => {
    const { rollout, runs } = inStage(stage as Stage)
    const done = EVENTS[event]!(rollout, runs)
    if (!('next' in done)) throw new Error(JSON.stringify(done))
    const after = done.next
    if ((STAGES as readonly string[]).includes(next)) expect(after).toMatchObject({ status: 'running', stage: next })
    else expect(after).toMatchObject({ status: next, stage })
    expect(chainProblems(after)).toEqual([])
    expect(done.record).toEqual(after.records.at(-1))
  })
})

describe('the table of the window', () => {
  const [, , ...rows] = tableAfter('After the release') as [string[], string[], ...string[][]]
  const over = (rollout: Rollout) => rollout.deadline
  const watched = (rollout: Rollout, cents = 0.6) =>
    runsIn(rollout, 'window', 150, (arm) => (arm === 'candidate' ? { economics_cents: cents } : {}))
  const SHOWS: Record<string, (r: Rollout, runs: ProductionRun[]) => Parameters<typeof monitorRelease>[0]> = {
    keep: (rollout, runs) => ({ rollout, runs: [...runs, ...watched(rollout)], now: over(rollout), successor: null }),
    roll_back: (rollout, runs) => ({
      rollout,
      runs: [...runs, aRun(rollout, 'window', 'candidate', 1, { policy_violation: true })],
      now: rollout.entered_at,
      successor: null,
    }),
    supersede: (rollout, runs) => ({
      rollout,
      runs,
      now: rollout.entered_at,
      successor: 'release.support.refund.next',
    }),
    retire: (rollout, runs) => ({
      rollout,
      runs: [...runs, ...watched(rollout, 0.75)],
      now: over(rollout),
      successor: null,
    }),
    pending: (rollout, runs) => ({ rollout, runs, now: over(rollout), successor: null }),
  }

  test('names every verdict of the monitor', () => {
    expect(rows.map((row) => row[1]).slice(0, -1)).toEqual(Object.keys(SHOWS))
  })

  test.each(rows)('%s: %s, then %s', (_, verdict, status) => {
    const { rollout, runs } = released()
    if (verdict === '-') {
      const stopped = stopRollout(rollout, hand)
      expect('next' in stopped && stopped.next.status).toBe(status)
      return
    }
    const found = monitorRelease(SHOWS[verdict!]!(rollout, runs))
    expect(found.verdict).toBe(verdict)
    const done = applyRelease(rollout, found, over(rollout))
    if (verdict === 'pending') expect(done).toMatchObject({ unchanged: expect.any(String) })
    else expect('next' in done && [done.next.status, chainProblems(done.next)]).toEqual([status, []])
  })
})

test('the configuration printed in docs/rollout.md is complete and valid', () => {
  const json = /```json\n([\s\S]*?)```/.exec(page)![1]!
  expect(RolloutConfig.safeParse(JSON.parse(json)).error?.issues ?? []).toEqual([])
})
