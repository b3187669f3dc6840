/** Token budgets on recorded conversations: groundedness per budget is the recorded one, and nothing can be certified. */
import { expect, test } from 'vitest'
import type { BareRecording } from '#core/replay/slim.ts'
import { PLACE } from '#schemas/need-places.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { RunSummary } from '#schemas/run.ts'
import { contextBudgets, recordedPrices } from '../../examples/real/cases/context-budgets.ts'
import {
  allCases,
  allRuns,
  describeReal,
  mean,
  real,
  replayed,
  runOf,
  statistics,
  TemporaryFolder,
  verify,
} from './support.ts'

const DOMAINS = ['retail', 'airline'] as const

/** Two columns of one domain's block in `traces_share.txt`: budget -> share of argument values that stay readable. */
function recordedGroundedness(domain: string): Record<'tool_tokens' | 'memory_tokens', Map<number, number>> {
  const block = statistics('traces_share.txt')
    .split('=====')
    .find((b) => b.startsWith(` ${domain} `))!
  const column = (title: string) => {
    const lines = block
      .slice(block.indexOf(`\n${title} (`))
      .split('\n')
      .slice(2)
    const rows = lines.slice(
      0,
      lines.findIndex((line) => !/^ +(\d+|inf) /.test(line)),
    )
    return new Map(
      rows.map((line) => {
        const [budget, share] = line.trim().split(/\s+/)
        return [budget === 'inf' ? Number.MAX_SAFE_INTEGER : Number(budget), Number(share)] as const
      }),
    )
  }
  return { tool_tokens: column('tool_tokens'), memory_tokens: column('memory_tokens') }
}

/** Their arguments are composed texts: the statistics looked for these as a whole, and found none of them. */
const COMPOSED = ['think', 'calculate', 'transfer_to_human_agents']

/** Needs (indices) that one kind of place alone can answer. */
function needsOnly({ needs, actions }: BareRecording, kind: number): number[] {
  return needs.action.flatMap((action, need) => {
    if (COMPOSED.includes(actions.name[action]!)) return []
    const kinds = new Set(needs.kind.slice(needs.first[need], needs.first[need + 1]))
    return kinds.size === 1 && kinds.has(kind) ? [need] : []
  })
}

/** Share of the needs of one kind that a budget leaves readable, over all cases. */
function groundedness(cases: readonly ReplayCase[], kind: number, field: string, budget: number): number {
  let total = 0
  let lost = 0
  for (const replayCase of cases) {
    const { ungrounded, trimmed } = replayed(replayCase, { [`budget.${field}`]: budget })
    const gone = new Set(ungrounded)
    for (const need of needsOnly(trimmed.recording, kind)) {
      total++
      if (gone.has(need)) lost++
    }
  }
  return 1 - lost / total
}

describeReal('context-budgets', () => {
  test.each(DOMAINS)('%s: groundedness per budget is that of the statistics, within two points', async (domain) => {
    const cases = await allCases(runOf(contextBudgets, domain))
    const recorded = recordedGroundedness(domain)
    expect(recorded.tool_tokens.size).toBe(10)
    expect(recorded.memory_tokens.size).toBe(9)
    for (const [budget, share] of recorded.tool_tokens)
      expect(Math.abs(groundedness(cases, PLACE.tool, 'tool_tokens', budget) - share), `${budget}`).toBeLessThan(0.02)
    for (const [budget, share] of recorded.memory_tokens)
      expect(Math.abs(groundedness(cases, PLACE.memory, 'memory_tokens', budget) - share), `${budget}`).toBeLessThan(
        0.02,
      )
  })

  test.each(DOMAINS)('%s: cents come from recorded usage, and stay null without it', async (domain) => {
    const runs = await allRuns(runOf(contextBudgets, domain))
    const cases = await allCases(runOf(contextBudgets, domain))
    const billed = new Map(runs.map((r) => [r.case_id, r.outcome.cost_cents]))
    const ratios: number[] = []
    for (const replayCase of cases) {
      const { cents, trimmed } = replayed(replayCase, {}, recordedPrices)
      const { calls } = trimmed.recording
      const isPriced = calls.model.every((m) => m !== null && m in recordedPrices.models)
      const isMetered = calls.prompt_tokens.every((t) => t !== null)
      expect(cents !== null, replayCase.case_id).toBe(calls.step.length > 0 && isPriced && isMetered)
      const bill = billed.get(replayCase.case_id)
      if (cents !== null && bill) ratios.push(cents / bill)
    }
    expect(ratios.length).toBeGreaterThan(10)
    expect(mean(ratios)).toBeGreaterThan(0.85)
    expect(mean(ratios)).toBeLessThan(1.15)
  })

  test('both domains are inconclusive, and say by how much', async () => {
    using store = new TemporaryFolder()
    const printed = await real('context-budgets', '--store', store.path)
    expect(printed.code).toBe(3)
    const { verdict, runs } = printed.json as { verdict: string; runs: unknown[] }
    expect(verdict).toBe('inconclusive')
    for (const summary of runs.map((r) => RunSummary.parse(r))) {
      expect(summary).toMatchObject({ verdict: 'inconclusive', winner: null, proposal: null })
      expect(summary.needed_families).toBeGreaterThan(summary.heldout_families!)
      expect(summary.reasons.join(' ')).toMatch(/safety: N=\d+, needs 299/)
      const tightest = summary.candidates.find(
        ({ patch }) => patch['budget.tool_tokens']?.to === 500 && patch['budget.memory_tokens']?.to === 500,
      )!
      expect(tightest.fate).toBe('search_guardrail')
      expect(await verify(store.at(summary.run), summary.run)).toMatchObject({
        reproducible: true,
        scope: 'commit',
      })
    }
  })
})
