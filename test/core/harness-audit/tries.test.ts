/** What the audit tries on copies: each try is stopped on a store that is sound, and goes through where its fault is planted. */
import { beforeAll, expect, test } from 'vitest'
import type { DoneFacts } from '#core/done/facts.ts'
import type { Tried } from '#core/harness-audit/tried.ts'
import { contradiction, grounding } from '#core/harness-audit/tries/certificate.ts'
import { DEFENCES } from '#core/harness-audit/tries/defences.ts'
import { budgets, gateway } from '#core/harness-audit/tries/gateway.ts'
import { escalation, identity } from '#core/harness-audit/tries/people.ts'
import { modelRouting, sources, telemetry } from '#core/harness-audit/tries/recorded.ts'
import { fallback, riskClass } from '#core/harness-audit/tries/routing.ts'
import { trajectory } from '#core/harness-audit/tries/trajectory.ts'
import { routingOf } from '#core/release/routing.ts'
import { type Recorded, readRecorded } from '../../../functions/steps/audit/recorded.ts'
import { factsOf } from '../../steps/done/support.ts'
import { releasedStore } from '../../steps/release/support.ts'

let facts: DoneFacts
let read: Recorded
beforeAll(async () => {
  const store = await releasedStore()
  facts = await factsOf(store)
  read = await readRecorded(store, facts.run!)
})

/** What went through, what is short, or why nothing could be tried. */
const found = (tried: Tried): readonly string[] =>
  'cannot' in tried
    ? [`cannot: ${tried.cannot}`]
    : [
        ...tried.attempts.filter(({ stopped }) => stopped === null).map((one) => one.tried),
        ...(tried.short ? [`short: ${tried.short}`] : []),
      ]
const inRun = (over: object): DoneFacts => ({ ...facts, run: { ...facts.run!, ...over } })
const inRollout = (over: object): DoneFacts => ({
  ...facts,
  rollout: { ...facts.rollout!, rollout: { ...facts.rollout!.rollout, ...over } },
})
const vouched = () => ({
  verdict: 'holds' as const,
  signers: facts.review!.decisions.map(({ reviewer }) => [reviewer]),
})

test('on a sound store every attempt is stopped', () => {
  for (const tried of [
    sources(read.recorded),
    grounding(facts),
    contradiction(facts, read.replays),
    budgets(facts),
    gateway(facts),
    riskClass(facts),
    identity(facts, vouched()),
    escalation(facts),
    fallback(facts),
    modelRouting(read.recorded, facts),
    telemetry(read.recorded),
    trajectory(facts, read.replays),
  ]) {
    expect(found(tried).filter((line) => !line.startsWith('short: '))).toEqual([])
    expect('attempts' in tried && tried.attempts.length).toBeGreaterThan(0)
  }
})

test('before anything was run or released, nothing is said to hold', () => {
  const none: DoneFacts = { ...facts, run: null, review: null, rollout: null }
  for (const tried of [
    sources(null),
    grounding(none),
    contradiction(none, null),
    budgets(none),
    gateway(none),
    riskClass(none),
    identity(none, null),
    escalation(none),
    fallback(none),
    modelRouting(null, none),
    telemetry(null),
    trajectory(none, null),
  ])
    expect(found(tried)[0]).toMatch(/^cannot: /)
})

test('5: a document that is another, a run in no index, passages without a source', () => {
  const recorded = read.recorded!
  const documents = [{ ref: 'ctxpack.support@1.0.0', same: false }]
  expect(found(sources({ ...recorded, documents, unlisted: 2, sourceless: 3, passages: 9 }))).toEqual([
    'a run that rests on another ctxpack.support@1.0.0 than is registered',
    'a case of a run that nobody registered',
    'short: 3 of 9 passages name no source',
  ])
})

test('7: a proposal on files that are others, or that is not recomputed', () => {
  const gate = { path: 'gate.json', digest: 'sha256:0' }
  expect(found(grounding(inRun({ files: { ...facts.run!.files, 'gate.json': gate } })))).toEqual([
    'a proposal that rests on another gate.json',
  ])
  expect(found(grounding(inRun({ recomputed: { holds: false, why: [] } })))).toEqual([
    'a proposal that the pinned inputs do not give',
  ])
})

test('11: a disputed label that was counted', () => {
  expect(found(contradiction(facts, { ...read.replays!, disputed: 2, counted: 1 }))).toEqual([
    'a disputed label that counts all the same',
  ])
})

test('16: a candidate that no gateway would let through', () => {
  const [first] = facts.run!.candidates
  const [path] = Object.keys(first!.patch)
  const past = { ...first!, patch: { [path!]: { from: 1, to: 1_000_000 } } }
  expect(found(gateway(inRun({ candidates: [past] })))[0]).toMatch(/^candidate \w+ of the run: /)
})

test('17: a rollout under another class than its pack declares', () => {
  expect(found(riskClass(inRollout({ risk_class: 'network' })))).toEqual([
    'the rollout under a milder class than the pack declares',
  ])
})

test('18: an owner who decided, attestations that were changed, names that no key of their own vouches for', () => {
  const { review } = facts
  const [first, ...rest] = review!.decisions
  const owned = { ...facts, review: { ...review!, decisions: [{ ...first!, reviewer: review!.owner }, ...rest] } }
  expect(found(identity(owned, vouched()))).toContain(`${review!.owner}, the owner, decided`)
  expect(found(identity(facts, { ...vouched(), verdict: 'changed' }))).toEqual([
    'attestations that are not what the store says',
  ])
  expect(found(identity(facts, null))[0]).toMatch(/^short: no key vouches for the names/)
  const another = { verdict: 'holds' as const, signers: review!.decisions.map(() => ['somebody']) }
  expect(found(identity(facts, another))[0]).toBe(
    `short: no key of their own vouches for the decision of ${review!.decisions.map((d) => d.reviewer).join(', ')}: "autotune attest sign"`,
  )
})

test('with the defence taken away each try goes through', () => {
  const allowed = { ...DEFENCES, boundedChange: () => ({ candidate: facts.run!.candidates[0]! }) }
  expect(found(budgets(facts, allowed)).length).toBeGreaterThan(0)
  expect(found(gateway(facts, allowed)).length).toBeGreaterThan(0)
  const { rollout } = facts.rollout!
  const [record] = rollout.records
  const started = { ...DEFENCES, startRollout: () => ({ next: rollout, record: record! }) }
  expect(found(escalation(facts, started))).toEqual([
    'a review on which nobody decides until its last day, and its rollout',
  ])
  const decided = { next: facts.review!, decision: facts.review!.decisions[0]! }
  const anybody = { ...started, decide: () => decided }
  expect(found(identity(facts, vouched(), anybody)).length).toBeGreaterThanOrEqual(3)
  const { rollout_id, revision, stage } = rollout
  const onward = {
    rollout_id,
    revision: 0,
    stage: '0%_shadow' as typeof stage,
    rows: [],
    reasons: [],
    verdict: 'advance' as const,
  }
  expect(revision).toBeGreaterThan(0)
  expect(found(escalation(facts, { ...DEFENCES, evaluateStage: () => onward }))).toEqual([
    'a stage whose production never comes, after its last hour',
  ])
  const wide = { ...DEFENCES, routingOf: (of: typeof rollout) => ({ ...routingOf(of), cohorts: EVERYONE }) }
  expect(found(riskClass(facts, wide)).length).toBe(3)
  expect(found(fallback(facts, wide))).toEqual(['a stop in the last stage'])
})
const EVERYONE = [{ stage: '5%_low_risk' as const, share: 1, shadow_share: 0, where: null }]

test('27, 31, 33: what nobody looks at, writes or prices is named', () => {
  const { run } = facts.run!
  const evaluators = run.evaluator_suite.evaluators.filter(
    ({ check }) => check !== 'cost_cents' && check !== 'context_diff',
  )
  const blind = inRun({ run: { ...run, evaluator_suite: { ...run.evaluator_suite, evaluators } } })
  expect(found(trajectory(blind, read.replays)).at(-1)).toMatch(
    /^short: no evaluator of the suite looks at .*minimality/,
  )
  expect(found(trajectory(facts, { ...read.replays!, judged: new Map() })).length).toBeGreaterThan(0)
  const recorded = { ...read.recorded!, opened: 4, lacking: { trace_id: 0, session_id: 3 } }
  expect(found(telemetry(recorded))).toEqual(['short: missing in recorded runs: session_id in 3 of 4'])
  const calls = { ...read.recorded!, calls: 5, unnamed: 1, models: ['a-model-without-price'] }
  expect(found(modelRouting(calls, facts))).toEqual([
    'a call of a model that nobody named',
    expect.stringMatching(/^short: no pinned price for a-model-without-price; the tuple pins no model profile/),
  ])
})
