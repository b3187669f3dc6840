import { describe, expect, test } from 'vitest'
import { resolveTarget } from '#core/contract/resolve.ts'
import { tunableFields } from '#core/space/lattice.ts'
import type { ReplayResult } from '#schemas/candidate.ts'
import { gather } from '../../functions/steps/replay/reproduce.ts'
import { aDesk, aDeskRun, baselinePins, harnessSource, linesOf } from '../adapters/module/support.ts'
import { aPack, aSuite, aTarget, prices } from '../support/builders.ts'

describe('a search with a harness', () => {
  const IDS = Array.from({ length: 6 }, (_, i) => `case-${i}`)

  async function search(source: string, concurrency: number, limitMs = 1500) {
    using desk = aDesk()
    const runs = IDS.map((id) => aDeskRun(id))
    const engine = await desk.engine(desk.harness(source), runs, { concurrency, limitMs })
    const target = resolveTarget(aTarget())
    const pack = aPack()
    const { panel } = await gather(engine.reproduce(linesOf(runs), baselinePins(), 'search'), undefined)
    const results: ReplayResult[] = []
    const searching = engine.search({
      target,
      pack,
      suite: aSuite(),
      pins: { baseline: pack.settings, prices: prices() },
      fields: tunableFields(pack, target.intent, target.search_space),
      panel,
      rejections: [],
      candidates: null,
    })
    for (let step = await searching.next(); ; step = await searching.next()) {
      if (step.done) return { ...step.value, results }
      results.push(JSON.parse(step.value))
    }
  }

  const fates = (found: Awaited<ReturnType<typeof search>>) =>
    Object.fromEntries(found.candidates.map((c) => [String(c.patch['evidence.orders.top_k']!.to), c.fate]))

  test('gives every point its fate, and the same bytes whatever the concurrency', async () => {
    const one = await search(harnessSource(), 1)

    expect(fates(one)).toEqual({ 1: 'committed', 2: 'dominated', 3: 'dominated', 5: 'no_gain' })
    expect(one.counts).toMatchObject({ paid: 24, unreplayable: 0, failed: 0, exact: true })
    expect(one.committed[0]!.blast_radius).toMatchObject({ b_context: 1, b_decision: 0 })
    expect(await search(harnessSource(), 3)).toEqual(one)
  })

  test('a failure under a candidate stops that candidate, is counted, and leaves its reason', async () => {
    const found = await search(
      harnessSource(
        `if (settings['evidence.orders.top_k'] === 2 && recorded.case_id === 'case-1') throw new Error('two is too few')`,
      ),
      2,
    )

    expect(fates(found)).toEqual({ 1: 'committed', 2: 'unreplayable', 3: 'dominated', 5: 'no_gain' })
    expect(found.counts.failed).toBe(1)
    expect(found.candidates.find((c) => c.fate === 'unreplayable')!.reason).toBe(
      'case-1: the harness threw Error: two is too few',
    )
    expect(found.results.find((r) => r.status === 'failed')!.reason).toMatch(/at Module\.replay \(harness\.mjs:3:/)
  })

  test('a hang and an unpinned call under a candidate never pass', async () => {
    const found = await search(
      harnessSource(`
        if (settings['evidence.orders.top_k'] === 1 && recorded.case_id === 'case-3') for (;;) {}
        if (settings['evidence.orders.top_k'] === 2) await pinned.tool('orders.list', {})`),
      2,
      500,
    )

    expect(fates(found)).toMatchObject({ 1: 'unreplayable', 2: 'unreplayable', 3: 'committed' })
    expect(found.counts).toMatchObject({ failed: 1, unreplayable: 1 })
  })

  test('a decision other than the recorded one has no outcome, and counts as not passed', async () => {
    const found = await search(
      harnessSource(
        `if (settings['evidence.orders.top_k'] === 1) return { status: 'ESCALATED', outputs: null, evidence_refs: ['ref1'], usage: null }`,
      ),
      2,
    )
    const escalated = found.results.find((r) => r.scorecard && r.findings.length > 0)!

    expect(fates(found)[1]).toBe('search_guardrail')
    expect(escalated.findings[0]!.message).toBe(
      'decided otherwise than recorded, so no outcome is known: status ESCALATED, recorded DECIDED',
    )
    expect(escalated.scorecard!.measures).toMatchObject({
      utility_passed: false,
      utility_score: 0,
      policy_violation: false,
    })
  })
})
