/** A plan is the same bytes for the same records, binds each recording to what was served, and says its price or that nobody knows. */
import { describe, expect, test } from 'vitest'
import { plannedRun, plannedRunId, plannedUnder, withMarks } from '#core/plan/planned-run.ts'
import { planDigest, planText, recordingDigest, recordingPlan, type ToRecord } from '#core/plan/recording-plan.ts'
import { compileCase } from '#core/replay/compile.ts'
import { replayTranscript } from '#core/replay/transcript.ts'
import { ExperienceRun } from '#schemas/experience-run.ts'
import { RecordingPlan } from '#schemas/recording-plan.ts'
import { aRun, INTENT, modelCall, offersInOrder, REFS, said } from '../../support/builders.ts'

const K = 'evidence.orders.top_k'
const head = {
  intent: INTENT,
  pack: REFS.pack,
  price_table: null,
  search: { families: 2, cases: 3 },
  needed_families: 29,
}
const served = `sha256:${'c'.repeat(64)}`
const toRecord = (case_id: string, to: number, cents: number | null = 1): ToRecord => ({
  of: { case_id, family_id: `f-${case_id[0]}`, served, cents, tokens: 100 },
  change: { [K]: to },
  settings: { [K]: to, 'planner.tool_preference': 'direct' },
})

describe('a plan', () => {
  test('groups by settings, counts families, and holds to its contract and digest', () => {
    const plan = recordingPlan(head, [toRecord('a1', 8), toRecord('a2', 8, 3), toRecord('b1', 6), toRecord('a1', 8)])!
    expect(RecordingPlan.parse(plan)).toEqual(plan)
    expect(plan.settings.map(({ settings_id, recordings, families }) => [settings_id, recordings, families])).toEqual([
      ['s1', 2, 1],
      ['s2', 1, 1],
    ])
    expect(plan.settings[0]!.price.cents).toEqual({ total: 4, least: 1, most: 3, unknown: 0 })
    expect(plan.recordings).toHaveLength(3)
    expect(plan.recordings[0]!.digest).toBe(recordingDigest('a1', served, plan.settings[0]!.settings))
    const { digest, ...body } = plan
    expect(digest).toBe(planDigest(body))
    expect(planText(JSON.parse(planText(plan)))).toBe(planText(plan))
  })

  test('of which a cost is not known has no total, and says so', () => {
    const plan = recordingPlan(head, [toRecord('a1', 8), toRecord('b1', 8, null)])!
    expect(plan.price.cents).toEqual({ total: null, least: 1, most: 1, unknown: 1 })
    expect(recordingPlan(head, [toRecord('a1', 8, null)])!.price.cents).toEqual({
      total: null,
      least: null,
      most: null,
      unknown: 1,
    })
  })

  test('of nothing is none', () => {
    expect(recordingPlan(head, [])).toBeNull()
  })
})

describe('a planned run', () => {
  const plan = recordingPlan(head, [toRecord('a1', 8)])!
  const { settings } = plan.settings[0]!
  const before = aRun('a1', {
    policy_bundle_version: REFS.policy,
    attributes: { tier: 'gold' },
    evidence: offersInOrder(4).map((offer, i) => ({ ...offer, gold: i === 1, required: i === 0 })),
    steps: [said('user', 'hello'), modelCall()],
  })
  const parts = {
    offers: { orders: { depth: 8, exhausted: false } },
    evidence: offersInOrder(8).map(({ gold: _g, required: _r, text: _t, ...offer }) => offer),
    steps: before.steps,
    outcome: before.outcome,
  }
  const made = plannedRun(parts, before, { plan, settings_id: 's1', settings })
  const wanted = new Map([['s1', settings]])

  test('has whom and what it is about from what was served, and its judgements of known passages', () => {
    expect(made).toMatchObject({
      run_id: plannedRunId(plan, 'a1', 's1'),
      case_id: 'a1',
      family_id: before.family_id,
      attributes: { tier: 'gold' },
      policy_bundle_version: REFS.policy,
      plan: plan.digest,
      settings,
    })
    expect(made.evidence.map(({ gold, required }) => [gold, required]).slice(0, 3)).toEqual([
      [false, true],
      [true, false],
      [false, false],
    ])
    expect(plannedUnder(made, before, wanted, plan.digest)).toEqual({ settings_id: 's1' })
  })

  test('that did not find what a right answer requires lost it: its policy breaks, and its answer is not complete', () => {
    const found = { ...parts, evidence: parts.evidence.slice(2) }
    const run = withMarks(plannedRun(found, before, { plan, settings_id: 's1', settings }), before)
    expect(run.gold_not_offered).toBe(1)
    expect(withMarks(run, before)).toEqual(run)
    const both = {
      ...before,
      evidence: before.evidence.map((offer) => ({ ...offer, gold: offer.required || offer.gold })),
    }
    const again = withMarks(run, both)
    expect([again.gold_not_offered, withMarks(again, both)]).toEqual([1, again])
    expect(ExperienceRun.parse(run)).toEqual(run)
    const { evidence_ref } = before.evidence[0]!
    const pins = { baseline: settings, prices: null }
    const replayed = (one: typeof run) => {
      const planned = compileCase([before, one])
      const said = replayTranscript(planned, { ...settings, [K]: 8 }, pins)
      if ('unreplayable' in said) throw new Error(said.unreplayable)
      expect(said.trimmed.recording.run_id).toBe(one.run_id)
      return said
    }
    const lost = replayed(run)
    expect(lost.lostRequired.map((i) => lost.trimmed.recording.evidence.ref[i])).toEqual([evidence_ref])
    expect([lost.goldKept, lost.goldTotal]).toEqual([0, 1])
    const whole = withMarks(made, before)
    expect(whole).toEqual(made)
    expect(replayed(whole).lostRequired).toEqual([])
    // Also where its bucket was not asked at all.
    const elsewhere = parts.evidence.slice(2).map((offer) => ({ ...offer, bucket: 'other' }))
    const asked = { ...parts, offers: { other: { depth: 8, exhausted: true } }, evidence: elsewhere }
    const none = withMarks(plannedRun(asked, before, { plan, settings_id: 's1', settings }), before)
    expect(replayTranscript(compileCase([before, none]), { ...settings, [K]: 8 }, pins)).toHaveProperty('unreplayable')
  })

  test('of a shadow that knows no marks has those of what was served, and what was not offered then is not found by silence', () => {
    const evidence = offersInOrder(8).map((offer) => ({ ...offer, gold: false, required: false }))
    const run = withMarks({ ...made, evidence, gold_not_offered: 0 }, { ...before, gold_not_offered: 2 })
    expect(run.evidence.map(({ gold, required }) => [gold, required]).slice(0, 3)).toEqual([
      [false, true],
      [true, false],
      [false, false],
    ])
    expect(run.gold_not_offered).toBe(2)
    const found = evidence.map((offer, i) => ({ ...offer, gold: i > 5 }))
    expect(
      withMarks({ ...made, evidence: found, gold_not_offered: 0 }, { ...before, gold_not_offered: 2 }),
    ).toMatchObject({ gold_not_offered: 0 })
  })

  test('of a case that had to be refused had to be refused: a recorder that does not say leaves it so, and one that denies it is none', () => {
    const attack = { ...before, outcome: { ...before.outcome, must_refuse: true, refused: true } }
    const silent = { ...parts, outcome: { ...parts.outcome, must_refuse: null, refused: false } }
    const run = withMarks(plannedRun(silent, attack, { plan, settings_id: 's1', settings }), attack)
    expect(run.outcome).toMatchObject({ must_refuse: true, refused: false })
    expect(plannedUnder(run, attack, wanted, plan.digest)).toEqual({ settings_id: 's1' })
    expect(plannedUnder(made, attack, wanted, plan.digest)).toMatchObject({
      field: 'outcome.must_refuse',
      problem: expect.stringContaining('it is false, and the served run a1 has true'),
    })
  })

  test.each([
    ['settings', { settings: { ...settings, [K]: 7 } }, `settings.${K}`],
    ['a setting too many', { settings: { ...settings, 'x.y': 1 } }, 'settings.x.y'],
    ['family', { family_id: 'other' }, 'family_id'],
    ['attributes', { attributes: { tier: 'new' } }, 'attributes'],
    ['tools', { tool_manifest_version: 'tools.other@1.0.0' }, 'tool_manifest_version'],
    ['request', { steps: [said('user', 'goodbye'), modelCall()] }, 'steps'],
    ['nothing that happened', { steps: [] }, 'steps'],
    ['plan', { plan: served }, 'plan'],
  ])('of another %s is none of the plan, and the field is named', (_, over, field) => {
    expect(plannedUnder({ ...made, ...over } as typeof made, before, wanted, plan.digest)).toMatchObject({ field })
  })
})
