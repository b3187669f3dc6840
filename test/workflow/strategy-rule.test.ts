/** A StrategyRule in the synthesized workflow, also on a pack that has rules already: the bytes of the laptop. */
import { describe, expect, it } from 'vitest'
import { changeOfRule } from '#core/space/strategy-rule.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import { keys } from '#schemas/s3-keys.ts'
import { StrategyRule } from '#schemas/strategy-rule.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../functions/steps/run/verify.ts'
import { readLines } from '../../functions/streams/read-object.ts'
import { memory, stocked } from '../steps/stores.ts'
import { aPack, aTarget, aWorld, INTENT } from '../support/builders.ts'
import { journaled } from '../support/journaled.ts'
import { RUN, twin } from '../support/workflow/twin.ts'

const K = 'evidence.orders.top_k'
const inRegion = (name: string) => ({ '==': [{ var: 'attributes.region' }, name] })
const rule = (name: string, to: number) =>
  changeOfRule(
    StrategyRule.parse({
      kind: 'strategy_rule',
      strategy_rule_id: `sr_${name}`,
      status: 'proposed',
      producer: 'strategy_compiler',
      applies_to: { intent: INTENT },
      trigger: { from_insight: 'in_0123456789ab' },
      condition: inRegion(name),
      action: { layer: 'retrieval', set: { [K]: to } },
      evidence_refs: ['s0'],
      rationale: 'read less there',
    }),
  )
const world = aWorld({ search: 8, heldout: 100 }).map((r, i) =>
  i % 4 === 3 ? r : { ...r, attributes: { region: i % 2 === 0 ? 'EU' : 'US' } },
)
const written = [rule('EU', 1), rule('US', 2), rule('UK', 1)]

describe('a deployed run of rules', () => {
  it('leaves the bytes of the embedded run', async () => {
    const same = await twin(await stocked(journaled(memory()), world), aTarget(), { written })
    expect(same.verdict).toBe('certified')
    const scored = await readLines<CandidateScore>(same.store.objects, keys.autotuneRun(RUN, 'candidates.jsonl'))
    expect(Object.fromEntries(scored.map((c) => [c.strategy_rule!.strategy_rule_id, c.fate]))).toEqual({
      sr_EU: 'won',
      sr_US: expect.stringMatching(/dominated|committed/),
      sr_UK: 'inert',
    })
    const { store, execution } = await same.deployed({ shardCases: 3 })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
  }, 120_000)

  it('starts from what each case has, where the pack in force has rules', async () => {
    // Runs of the EU were recorded under the rule that is in force there.
    const pack = { ...aPack(), rules: [{ when: inRegion('EU'), settings: { [K]: 2 } }] }
    const under = world.map((r) =>
      'attributes' in r && r.attributes?.region === 'EU' ? { ...r, settings: { ...r.settings, [K]: 2 } } : r,
    )
    const same = await twin(await stocked(journaled(memory()), under, { pack }), aTarget(), { written })
    expect(same.verdict).toBe('certified')
    const scored = await readLines<CandidateScore>(same.store.objects, keys.autotuneRun(RUN, 'candidates.jsonl'))
    const tokens = (id: string) => scored.find((c) => c.strategy_rule?.strategy_rule_id === id)!.metric!
    // Two US families go from 4 passages of 100 tokens to 2, four EU families from 2 to 1: under the pack's 4 it would be 850.
    expect([tokens('sr_US'), tokens('sr_EU')]).toEqual([950, 950])
    expect(await verifyRun(same.store, RUN, transcriptEngine())).toMatchObject({ reproducible: true })
    const { store, execution } = await same.deployed({ shardCases: 3 })
    expect(execution.error).toBeNull()
    await same.expectSame(store)
  }, 120_000)
})
