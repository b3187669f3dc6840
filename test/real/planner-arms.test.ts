/** Recorded arms of a matched experiment: better scores that cost too much time, and a clarifying step that gains nothing. */
import { beforeAll, expect, test } from 'vitest'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { RunSummary } from '#schemas/run.ts'
import { plannerArms } from '../../examples/real/cases/planner-arms.ts'
import { smartgridRuns } from '../../examples/real/prepare/smartgrid-runs.ts'
import {
  allCases,
  DATA,
  describeReal,
  mean,
  real,
  replayed,
  runOf,
  TemporaryFolder,
  TIMEOUT,
  verify,
} from './support.ts'

const DECOMPOSE = 'planner.decompose_before_tool'
const PREFERENCE = 'planner.tool_preference'
const ARMS = {
  A: ['none', 'direct'],
  B: ['none', 'mcp'],
  C: ['none', 'mcp_optimized'],
  Y: ['plan_execute', 'mcp'],
  Z: ['verified', 'mcp'],
  YS: ['self_ask_plan_execute', 'mcp'],
  ZS: ['self_ask_verified', 'mcp'],
} as const

interface Recorded {
  readonly harness: { readonly arm: keyof typeof ARMS; readonly cohort: string }
  readonly split: string
  readonly timing: { readonly latency_s: number }
  readonly outcome: { readonly judge_score_6d: number }
}

describeReal('planner-arms', () => {
  let records: Recorded[]
  let cases: ReplayCase[]
  beforeAll(async () => {
    const all = (await Array.fromAsync(smartgridRuns(DATA))) as unknown as Recorded[]
    records = all.filter((r) => r.harness.cohort === 'core15_broad' || r.harness.cohort === 'core16_extension')
    cases = await allCases(runOf(plannerArms, 'a'))
  }, TIMEOUT)

  const ofArm = (arm: keyof typeof ARMS) => records.filter((r) => r.harness.arm === arm)
  const settingsOf = (arm: keyof typeof ARMS) => ({ [DECOMPOSE]: ARMS[arm][0], [PREFERENCE]: ARMS[arm][1] })
  const scoreOf = (arm: keyof typeof ARMS) =>
    mean(cases.map((c) => replayed(c, settingsOf(arm)).trimmed.recording.outcome.score!))

  test('a replay under the settings of an arm is the recorded arm', () => {
    for (const arm of Object.keys(ARMS) as (keyof typeof ARMS)[]) {
      expect(ofArm(arm)).toHaveLength(cases.length)
      expect(scoreOf(arm)).toBeCloseTo(mean(ofArm(arm).map((r) => r.outcome.judge_score_6d)), 12)
      const latency = cases.map((c) => replayed(c, settingsOf(arm)).latencyMs!)
      expect(mean(latency)).toBeCloseTo(mean(ofArm(arm).map((r) => r.timing.latency_s * 1000)), 2)
    }
  })

  test('planning scores better and is blocked by its p95; unrecorded pairs cannot be replayed; self-ask stays out', async () => {
    expect(scoreOf('Y')).toBeGreaterThan(scoreOf('A'))
    expect(scoreOf('Z')).toBeGreaterThan(scoreOf('A'))

    using store = new TemporaryFolder()
    const printed = await real('planner-arms', '--store', store.path)
    expect(printed.code).toBe(3)
    const { verdict, runs } = printed.json as { verdict: string; runs: unknown[] }
    expect(verdict).toBe('inconclusive')
    const [fromA, fromY] = runs.map((r) => RunSummary.parse(r)) as [RunSummary, RunSummary]

    expect(fromA.candidates).toHaveLength(8)
    for (const { patch, fate, reason } of fromA.candidates) {
      const pair = [patch[DECOMPOSE]?.to ?? 'none', patch[PREFERENCE]?.to ?? 'direct']
      const arm = (['A', 'B', 'C', 'Y', 'Z'] as const).find((a) => ARMS[a].join() === pair.join())
      if (!arm) expect(fate, pair.join()).toBe('unreplayable')
      else if (arm === 'Y') {
        expect(fate).toBe('search_guardrail')
        expect(reason).toContain(`p95_latency_delta: p95 ${p95(ofArm('A'))} to ${p95(ofArm('Y'))} (`)
      } else expect(fate).not.toBe('unreplayable')
    }

    expect(fromY.candidates).toHaveLength(1)
    expect(fromY.candidates[0]!.patch[DECOMPOSE]!.to).toBe('self_ask_plan_execute')
    expect(['no_gain', 'search_guardrail', 'blast_radius']).toContain(fromY.candidates[0]!.fate)

    for (const summary of [fromA, fromY]) {
      expect(summary).toMatchObject({ winner: null, proposal: null })
      expect(await verify(store.at(summary.run), summary.run)).toMatchObject({
        reproducible: true,
        scope: 'commit',
      })
    }
  })
})

/** 95th percentile over the search side, in the words of the guardrail. */
function p95(all: readonly Recorded[]): string {
  const seconds = all.flatMap((r) => (r.split === 'search' ? [r.timing.latency_s] : [])).sort((a, b) => a - b)
  return `${seconds[Math.ceil(0.95 * (seconds.length - 1))]!.toFixed(1)} s`
}
