import { describe, expect, test } from 'vitest'
import { monitorRelease } from '#core/release/monitor.ts'
import { applyRelease } from '#core/release/rollout.ts'
import { aConfig, passing, released, runsIn, started } from './builders.ts'

const { rollout, runs } = released()
const monitor = (more = runsIn(rollout, 'window', 150), now = rollout.deadline, successor: string | null = null) =>
  monitorRelease({ rollout, runs: [...runs, ...more], now, successor })

describe('the monitor of a release', () => {
  test('keeps a change that gained what was declared, and shows the gain', () => {
    const found = monitor()
    expect(found.verdict).toBe('keep')
    expect(found.rows.at(-1)).toMatchObject({ rule: 'gain.economics_cents_per_decision', observed: 0.2, limit: 0.1 })
  })

  test('retires a change that gained too little, or does not hold a bound, in an orderly way', () => {
    const little = monitor(
      runsIn(rollout, 'window', 150, (arm) => (arm === 'candidate' ? { economics_cents: 0.71 } : {})),
    )
    expect(little).toMatchObject({ verdict: 'retire', reasons: [{ rule: 'gain.economics_cents_per_decision' }] })
    const fewer = monitor(
      runsIn(rollout, 'window', 150, (arm, n) => ({ utility_score: arm === 'candidate' && n < 4 ? 0 : 1 })),
    )
    expect(fewer).toMatchObject({ verdict: 'retire', reasons: [{ rule: 'gate.utility' }] })
  })

  test('rolls back on harm as soon as it is shown, before the window is over and whoever succeeded', () => {
    const worse = runsIn(rollout, 'window', 900, passing(0.25, 4))
    expect(monitor(worse, rollout.entered_at, 'release.next').verdict).toBe('roll_back')
  })

  test('stays undecided while the window is open or data is missing', () => {
    expect(monitor(undefined, rollout.entered_at)).toMatchObject({ verdict: 'pending', until: rollout.deadline })
    expect(monitor([])).toMatchObject({ verdict: 'pending' })
    const unmeasured = runsIn(rollout, 'window', 150, () => ({ economics_cents: null }))
    expect(monitor(unmeasured)).toMatchObject({ verdict: 'pending' })
  })

  test('reads a metric of one’s own where production rows carry its score, and waits where they do not', () => {
    const window = { ...aConfig().window, metric: 'score:tone' as const, direction: 'increase' as const, min_gain: 0.1 }
    const better = released({ config: aConfig({ window }) })
    const found = (own_score: (arm: string) => object) =>
      monitorRelease({
        ...better,
        runs: [...better.runs, ...runsIn(better.rollout, 'window', 150, own_score)],
        now: better.rollout.deadline,
        successor: null,
      })
    expect(found((arm) => ({ own_score: arm === 'candidate' ? 0.9 : 0.7 })).rows.at(-1)).toMatchObject({
      rule: 'gain.score:tone',
      observed: 0.2,
      verdict: 'good',
    })
    expect(found(() => ({})).rows.at(-1)).toMatchObject({ verdict: 'missing', observed: null })
  })

  test('reads a quantile metric and an increasing one by their own rules', () => {
    const window = { ...aConfig().window, metric: 'p95_latency_ms' as const, min_gain: 100 }
    const faster = released({ config: aConfig({ window }) })
    const log = runsIn(faster.rollout, 'window', 150, (arm, n) => ({
      latency_ms: (arm === 'candidate' ? 900 : 1100) + n,
    }))
    const found = monitorRelease({
      ...faster,
      runs: [...faster.runs, ...log],
      now: faster.rollout.deadline,
      successor: null,
    })
    expect(found.rows.at(-1)).toMatchObject({ observed: 200, verdict: 'good' })
    const better = released({
      config: aConfig({ window: { ...window, metric: 'utility', direction: 'increase', min_gain: 0.1 } }),
    })
    const same = monitorRelease({
      ...better,
      runs: [...better.runs, ...runsIn(better.rollout, 'window', 150)],
      now: better.rollout.deadline,
      successor: null,
    })
    expect(same.verdict).toBe('retire')
  })

  test('is applied once, to the revision it was reached on, and only to a release', () => {
    const found = monitor()
    const done = applyRelease(rollout, found, rollout.deadline)
    if (!('next' in done)) throw new Error('applied')
    expect(done.next.status).toBe('kept')
    expect(applyRelease(done.next, found, rollout.deadline)).toEqual({ unchanged: 'the rollout is kept' })
    expect(applyRelease(rollout, { ...found, revision: 1 }, rollout.deadline)).toMatchObject({
      refused: expect.any(String),
    })
    expect(applyRelease(rollout, { ...found, rollout_id: 'ro_x' }, rollout.deadline)).toMatchObject({
      refused: expect.any(String),
    })
    expect(() => monitorRelease({ rollout: started(), runs, now: rollout.deadline, successor: null })).toThrow(
      /not in its window/,
    )
  })
})
