/** Lateness of one arm that begins after the shadow stage pauses a rollout of a harmless change; harm still brings it back. */
import { describe, expect, test } from 'vitest'
import { instantAfter } from '#core/instant.ts'
import { evaluateStage } from '#core/release/stage-verdict.ts'
import { type Happens, productionOf, type World } from './production-world.ts'
import { DAY, PERIOD, reasons, row, standing } from './subject-standing.ts'

/** 300 runs are more than the declared time. */
const SLOW: World = { subjects: 1000, gapMinutes: 10 }
const late = (runs: number, arms: string) => (run: Happens & { readonly failed: boolean }) =>
  run.failed && (arms === 'both' || run.arm === arms) ? 10 * runs : 0
const worse = (by: number) => ({ fails: ({ arm }: Happens) => 0.1 + (arm === 'candidate' ? by : 0) })
const usual = standing()

/** The verdict of a day, after a shadow stage in which all was told in time. */
function on(day: number, seed: number, world: World, before: World = {}, rollout = usual) {
  const shadowed = { ...rollout, entered_at: instantAfter(rollout.entered_at, -24 * 8) }
  const shadow = productionOf(shadowed, seed, { subjects: 400, gapMinutes: 10, ...before, period: '0%_shadow' })
  const log = productionOf(rollout, seed, { ...SLOW, ...world, period: PERIOD })
  const now = instantAfter(rollout.entered_at, 24 * day)
  return evaluateStage({ rollout, runs: [...shadow, ...log.filter(({ outcome_at }) => outcome_at! <= now)], now })
}

/** Asked every other day: the verdict that brought it back, or the last one. */
function asked(seed: number, world: World, before?: World) {
  for (let day = 2; day < 14; day += 2) {
    const verdict = on(day, seed, world, before)
    if (verdict.verdict === 'roll_back') return verdict
  }
  return on(14, seed, world, before)
}
const over = (seeds: number, world: World, before?: World) =>
  Array.from({ length: seeds }, (_, seed) => asked(seed + 1, world, before))

describe('a harmless change whose baseline is told of late from the second stage on', () => {
  test.each<[string, World]>([
    ['300 runs later', { lagMinutes: late(300, 'baseline') }],
    ['1,000 runs later', { lagMinutes: late(1000, 'baseline') }],
    [
      '1,000 runs later, and only from the 300th subject on',
      { lagMinutes: (run) => (run.subject < 300 ? 0 : late(1000, 'baseline')(run)) },
    ],
    [
      'never: the baseline’s failed runs are lost',
      { loses: ({ arm, failed }) => (failed && arm === 'baseline' ? 1 : 0) },
    ],
    [
      'of subjects that come back',
      { runs: [1, 3], apartMinutes: 60, lagMinutes: late(1000, 'baseline'), subjects: 600, gapMinutes: 16 },
    ],
  ])('is not brought back: %s', (_, world) => {
    const verdicts = over(2, world)
    expect(verdicts.map(({ verdict }) => verdict)).not.toContain('roll_back')
    for (const verdict of verdicts) expect(verdict.verdict).toBe('pause')
  })

  test('pauses at once, says what to look at, and that it was late once those have come', () => {
    const often: World = { fails: () => 0.3 }
    const world = { ...often, lagMinutes: late(1000, 'baseline') }
    const early = on(6, 1, world, often)
    expect(reasons(early)).toEqual(['sequential.utility'])
    expect(row(early, 'sequential.utility')).toMatchObject({
      verdict: 'missing',
      note: expect.stringMatching(/not believed yet: the candidate is not worse than the baseline was .* now \(0 %\)/),
    })
    const told = on(9, 1, world, often)
    expect(row(told, 'late').verdict).toBe('missing')
    expect(row(told, 'sequential.utility').note).toMatch(/told of too late are on the baseline/)
  })
})

test('a baseline whose dear runs are told of late does not make a candidate of the same cost dearer', () => {
  const cents = ({ subject }: Happens) => (subject % 4 === 0 ? 8 : 1)
  const world: World = { cents, lagMinutes: (run) => (cents(run) > 1 && run.arm === 'baseline' ? 10_000 : 0) }
  const priced = standing(DAY, { economics: { max_cents: 10, max_rise: 0.1 } })
  const verdict = on(6, 1, world, { cents }, priced)
  expect([verdict.verdict, row(verdict, 'sequential.economics').verdict]).toEqual(['pause', 'missing'])
  const dearer: World = { cents: (run) => cents(run) + (run.arm === 'candidate' ? 3 : 0) }
  expect(on(6, 1, dearer, { cents }, priced).verdict).toBe('roll_back')
})

describe('harm', () => {
  test.each<[string, World, World?]>([
    ['told in time', worse(0.3)],
    ['told late in both arms', { ...worse(0.4), lagMinutes: late(1000, 'both') }],
    ['while the baseline is told of late', { ...worse(0.4), lagMinutes: late(1000, 'baseline') }],
    ['among subjects that fail less than those before', { fails: ({ arm }) => (arm === 'candidate' ? 0.3 : 0.02) }],
    ['where no stage before says what the baseline was', worse(0.3), { subjects: 50 }],
  ])('brings a rollout back: %s', (_, world, before) => {
    for (const { verdict } of over(2, world, before)) expect(verdict).toBe('roll_back')
  })

  test('is doubted no longer once the count of subjects says that none are missing', () => {
    const world: World = { fails: ({ arm }) => (arm === 'candidate' ? 0.2 : 0.02), subjects: 3000, gapMinutes: 3 }
    const before: World = { fails: () => 0.2 }
    const day = (n: number) => on(n, 1, world, before).verdict
    expect([day(2.5), day(9)]).toEqual(['pause', 'roll_back'])
  })
})
