/** Raising the threshold lets writes through that a person sees today: always refused, with the amounts. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Step } from '#schemas/experience-run.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { RunSummary } from '#schemas/run.ts'
import { approvalThreshold } from '../../examples/real/cases/approval-threshold.ts'
import type { Domain } from '../../examples/real/prepare/chat-traces.ts'
import { gatedWrites } from '../../examples/real/prepare/gated-writes.ts'
import type { RealRun } from '../../examples/real/real-case.ts'
import { runReal } from '../../examples/real/run-case.ts'
import { allCases, DATA, describeReal, real, replayed, runOf, statistics, TemporaryFolder, verify } from './support.ts'

const THRESHOLD = 'approval.write.threshold'

interface Gate {
  readonly threshold: number
  /** Share of right writes that wait. */
  readonly asked: number
  /** Wrong writes that go through, and their sum. */
  readonly wrong: number
  readonly dollars: number
}

/** The approval table of one domain in `traces_share.txt`: writes of known amount and label. */
function recordedGate(domain: string): Gate[] {
  const block = statistics('traces_share.txt')
    .split('=====')
    .find((b) => b.startsWith(` ${domain} `))!
  return [...block.matchAll(/\$(\w+) +asked ([\d.]+) .*\((\d+), \$(\d+)\)/g)].map(([, at, asked, wrong, dollars]) => ({
    threshold: at === 'inf' ? Number.MAX_SAFE_INTEGER : Number(at),
    asked: Number(asked),
    wrong: Number(wrong),
    dollars: Number(dollars),
  }))
}

/** What a threshold does to the writes of known amount and label. */
function gateAt(cases: readonly ReplayCase[], threshold: number): Gate {
  const right: number[] = []
  const through: number[] = []
  for (const replayCase of cases) {
    const { recording, asked } = replayed(replayCase, { [THRESHOLD]: threshold }).trimmed
    recording.approvals.amount.forEach((amount, i) => {
      const correct = recording.actions.correct[recording.approvals.action[i]!]
      if (amount === null) expect(asked[i]).toBe(1)
      else if (correct === true) right.push(asked[i]!)
      else if (correct === false && !asked[i]) through.push(amount)
    })
  }
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
  return { threshold, asked: sum(right) / right.length, wrong: through.length, dollars: sum(through) }
}

describeReal('approval-threshold', () => {
  test('what waits and what goes through at each threshold is what the statistics say', async () => {
    const domains = new Map<unknown, unknown>()
    for await (const { trace_id, domain } of gatedWrites(DATA)) domains.set(trace_id, domain)
    const cases = Map.groupBy(await allCases(runOf(approvalThreshold)), (c) => domains.get(c.case_id) as Domain)
    for (const domain of ['retail', 'airline'] as const) {
      const table = recordedGate(domain)
      expect(table).toHaveLength(10)
      for (const recorded of table) {
        const gate = gateAt(cases.get(domain)!, recorded.threshold)
        expect(Math.abs(gate.asked - recorded.asked)).toBeLessThanOrEqual(0.0051)
        expect(gate.wrong).toBe(recorded.wrong)
        expect(Math.abs(gate.dollars - recorded.dollars)).toBeLessThanOrEqual(0.51)
      }
    }
  })

  test('every raise that skips a review is refused as a bypass, with the amounts; nothing else wins', async () => {
    using store = new TemporaryFolder()
    const printed = await real('approval-threshold', '--store', store.path)
    // Some customers' records are copies of others': whose side they are on is not what the records' own split says.
    const amounts = readdirSync(join(store.path, 'experience/runs'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('trace.json'))
      .flatMap((file) => JSON.parse(readFileSync(join(store.path, 'experience/runs', file), 'utf8')).steps as Step[])
      .flatMap((step) => (step.kind === 'approval' && step.amount !== null && step.amount >= 100 ? [step.amount] : []))
    const summary = RunSummary.parse(printed.json)
    expect(printed.code).toBe(3)
    expect(summary).toMatchObject({ verdict: 'inconclusive', winner: null, proposal: null })
    expect(summary.candidates).toHaveLength(20)
    for (const { patch, fate, reason } of summary.candidates) {
      const threshold = patch[THRESHOLD]!.to as number
      const skipped = amounts.filter((a) => a < threshold).sort((a, b) => a - b)
      if (skipped.length === 0) expect(fate).toBe('no_gain')
      else {
        expect(fate).toBe('search_guardrail')
        expect(reason).toContain(`approval_bypass_rate: lets ${skipped.length} actions through`)
        expect(reason).toContain(`amounts ${skipped[0]}`)
        expect(reason).toContain(String(skipped.at(-1)))
      }
    }
    expect(await verify(store.path, summary.run)).toMatchObject({ reproducible: true, scope: 'commit' })
  })

  test('a rule that the recorded baseline breaks cannot be a floor', async () => {
    const run = runOf(approvalThreshold)
    const evaluators = run.suite.evaluators.map((e) => (e.evaluator_id === 'confirmed' ? { ...e, role: 'floor' } : e))
    const strict = { ...run, suite: { ...run.suite, evaluators } } as RealRun
    using store = new TemporaryFolder()
    const { summary } = await runReal(strict, DATA, store.path, () => {})
    expect(summary).toMatchObject({ verdict: 'refused', proposal: null, candidates: [] })
    expect(summary.reasons.join(' ')).toMatch(
      /policy: the baseline breaks it in \d+ of \d+ families: nothing can be certified/,
    )
  })
})
