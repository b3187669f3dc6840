/** A proposal for a part that replay cannot judge: what it may say, what it is refused for, and what it comes to. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { documentDiff } from '#core/proposal/document-diff.ts'
import { buildPartProposal, type PartFacts, partId, partTuple, withoutSurfaces } from '#core/release/part-proposal.ts'
import { baselineTuple } from '#core/release/tuple.ts'
import { isPart } from '#core/review/any-proposal.ts'
import { ContextPack } from '#schemas/pack.ts'
import { PartProposal, PartProposalFile } from '#schemas/part-proposal.ts'
import { requiredRoles } from '#schemas/part-words.ts'
import { NOT_CERTIFIED } from '#schemas/patterns.ts'
import { RISK_CLASSES } from '#schemas/stages.ts'
import { aPack, aPartFile, aSuite, INTENT, REFS } from '../../support/builders.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const facts = (over: Partial<PartFacts> = {}): PartFacts => ({
  pack: aPack(),
  before: { text: '{"rules":[{"rule_id":"R1","max":100}]}', digest: `sha256:${'b'.repeat(64)}` },
  after: { text: '{"rules":[{"rule_id":"R1","max":90},{"rule_id":"R2"}]}', digest: DIGEST },
  quarter: null,
  search_set: { ref: 'goldens/x/search@1', digest: DIGEST, cases: 6 },
  documents: { pack: DIGEST },
  now: '2026-11-29T00:00:00.000Z',
  ...over,
})
const file = (over: object = {}) => PartProposalFile.parse(aPartFile({ digest: DIGEST, ...over }))
const problemsOf = (over: object, more: Partial<PartFacts> = {}): readonly string[] => {
  const built = buildPartProposal(file(over), facts(more))
  return 'problems' in built ? built.problems : []
}
const built = (over: object = {}, more: Partial<PartFacts> = {}): PartProposal => {
  const done = buildPartProposal(file(over), facts(more))
  if ('problems' in done) throw new Error(done.problems.join('\n'))
  return PartProposal.parse(done.proposal)
}

test('is stamped, and says what changes against the tuple in force', () => {
  const proposal = built()
  expect(proposal).toMatchObject({
    certified: false,
    certification: NOT_CERTIFIED,
    target: { intent: INTENT },
    change: {
      part: 'policy',
      from: REFS.policy,
      to: 'policy.returns@1.1.0',
      edits: 2,
      diff: [
        { path: 'rules[R1].max', from: '100', to: '90' },
        { path: 'rules[R2].rule_id', from: null, to: '"R2"' },
      ],
    },
    release_path: { requires_reviewers: ['domain_owner', 'policy', 'reliability'], rollback_target: REFS.policy },
  })
  expect(isPart(proposal)).toBe(true)
})

const QUARTER = {
  date: '2026-09-30',
  digest: DIGEST,
  rebaseline: {
    from: REFS.evals,
    to: 'evals.refund@2.0.0',
    runs: 9,
    flipped_runs: 2,
    flips: [],
    pass_rate: { was: 1, now: 0.8 },
    retires: [],
  },
}
const EVALS = { part: 'evaluators', to: 'evals.refund@2.0.0', rebaseline: '2026-09-30' }
const RETIRE = { part: 'pack', to: undefined, digest: undefined, retire_surfaces: ['evidence.orders.top_k'] }

test('two suites are compared without the name of their schema, which says nothing of what they judge', () => {
  const text = (over: object) =>
    JSON.stringify({ $schema: 'a.json', suite: 'evals.refund@2.0.0', evaluators: [], ...over })
  const { change } = built(EVALS, {
    quarter: QUARTER,
    before: { text: text({ suite: REFS.evals }), digest: `sha256:${'b'.repeat(64)}` },
    after: { text: text({ $schema: '../b.json' }), digest: DIGEST },
  })
  expect(change).toMatchObject({ edits: 1, diff: [{ path: 'suite' }] })
})

describe('is refused, in words:', () => {
  test.each<[string, object, Partial<PartFacts>, RegExp]>([
    ['an intent that the pack lacks', { intent: 'x' }, {}, /intent "x" is none of ctxpack/],
    ['less risk than the intent has', { risk_class: 'read_only' }, {}, /cannot make its intent less risky/],
    ['the version in force', { to: REFS.policy }, {}, /is in force already/],
    ['a version that was not imported', {}, { after: null }, /autotune import --document policy\.returns@1\.1\.0=FILE/],
    ['other bytes', { digest: `sha256:${'c'.repeat(64)}` }, {}, /people decide on these bytes and no others/],
    ['the same bytes', {}, { after: { ...facts().before!, digest: DIGEST } }, /word for word/],
    ['an owner by two names', { owner: 'аna@acme' }, {}, /owner/],
    ['evaluators without a quarter', { ...EVALS, rebaseline: undefined }, {}, /by the quarterly path only.*rebaseline/],
    ['evaluators of no quarter', EVALS, {}, /the newest quarter is none/],
    ['an older quarter', EVALS, { quarter: { ...QUARTER, date: '2026-10-31' } }, /that until 2026-10-31/],
    ['a quarter without a comparison', EVALS, { quarter: { ...QUARTER, rebaseline: null } }, /compared no other suite/],
    [
      'a quarter that compared other suites',
      EVALS,
      { quarter: { ...QUARTER, rebaseline: { ...QUARTER.rebaseline, to: 'evals.refund@3.0.0' } } },
      /with evals\.refund@3\.0\.0, and not/,
    ],
    [
      'a comparison on nothing',
      EVALS,
      { quarter: { ...QUARTER, rebaseline: { ...QUARTER.rebaseline, runs: 0 } } },
      /found no recorded run/,
    ],
    ['a surface that is none', { ...RETIRE, retire_surfaces: ['a.b'] }, {}, /"a\.b" is no surface/],
    [
      'a surface twice',
      { ...RETIRE, retire_surfaces: ['evidence.orders.top_k', 'evidence.orders.top_k'] },
      {},
      /stands there twice/,
    ],
  ])('%s', (_, over, more, says) => {
    expect(problemsOf(over, more).join('\n')).toMatch(says)
  })

  test.each<[string, object, RegExp]>([
    ['a forged certificate', { certified: true }, /is false, or left out/],
    ['a certificate of its own', { certificate: [] }, /Unrecognized key.*certificate/],
    ['figures that nobody measured', { observed_delta: { utility: 1 } }, /observed_delta/],
    ['a reason that claims proof', { reason: 'certified by replay on 200 cases' }, /speaks of proof/],
    ['the same in other letters', { reason: 'this is сеrtіfied' }, /speaks of proof/],
    ['a producer that does', { producer: 'certified tuner' }, /speaks of proof/],
    ['a part that is none', { part: 'model' }, /part/],
    ['a version without a number', { to: 'policy.returns' }, /a ref is NAME@/],
  ])('%s', (_, over, says) => {
    const parsed = PartProposalFile.safeParse(aPartFile({ digest: DIGEST, ...over }))
    expect(JSON.stringify(parsed.error?.issues)).toMatch(says)
  })
})

test('evaluators carry the quarter that compared both suites', () => {
  const proposal = built(EVALS, { quarter: QUARTER })
  expect(proposal.change).toMatchObject({
    rebaseline: { date: '2026-09-30', digest: DIGEST, runs: 9, flipped_runs: 2 },
  })
  expect(proposal.computed_from.quarter).toBe(DIGEST)
})

test('a proposal to retire surfaces changes no setting', () => {
  const { change } = built(RETIRE)
  expect(change).toEqual({ part: 'pack', from: REFS.pack, retire_surfaces: ['evidence.orders.top_k'] })
})

test('comes to the tuple in force but for its own part, and names that as its way back', () => {
  const pinned = { target: { intent: INTENT, baseline_tuple: REFS }, pack: aPack(), evaluator_suite: aSuite() }
  const prior = baselineTuple({ ...pinned, price_table: null })
  const tuple = partTuple(prior, built(), aPack())
  expect(tuple).toMatchObject({
    refs: { ...REFS, policy: 'policy.returns@1.1.0' },
    digests: { ...prior.digests, policy: DIGEST },
    prior_release_tuple_id: prior.release_tuple_id,
  })
})

test('no file whatever comes to a proposal that says it is certified', () => {
  const text = fc.oneof(
    fc.string({ minLength: 3, maxLength: 60 }),
    fc.constantFrom('certified', 'a Certificate', 'fine by me'),
  )
  const keyed = fc.dictionary(
    fc.constantFrom('certified', 'certificate', 'verdict', 'status', 'certification'),
    fc.anything(),
  )
  fc.assert(
    fc.property(text, text, fc.constantFrom(...RISK_CLASSES), keyed, (reason, producer, risk_class, forged) => {
      const parsed = PartProposalFile.safeParse(aPartFile({ digest: DIGEST, reason, producer, risk_class, ...forged }))
      if (!parsed.success) return
      const done = buildPartProposal(parsed.data, facts())
      if ('problems' in done) return
      const { certified, certification, ...rest } = PartProposal.parse(done.proposal)
      expect([certified, certification]).toEqual([false, NOT_CERTIFIED])
      expect(JSON.stringify(rest)).not.toMatch(/certif/i)
    }),
    { numRuns: 300 },
  )
})

test('two distinct roles at least, and more where more can go wrong', () => {
  for (const part of ['policy', 'tools', 'evaluators', 'pack'] as const) {
    const counts = RISK_CLASSES.map((risk) => requiredRoles(risk, part).length)
    expect(Math.min(...counts)).toBe(2)
    expect(counts).toEqual([...counts].sort())
    expect(requiredRoles('destructive', part, ['legal'])).toEqual(['domain_owner', 'policy', 'reliability', 'legal'])
  }
})

test('the same change of the same tuple has the same id, whoever proposes it and why', () => {
  expect(partId(file({ reason: 'another one', owner: 'eve' }))).toBe(partId(file()))
  expect(partId(file({ to: 'policy.returns@1.2.0' }))).not.toBe(partId(file()))
  expect(partId(file({ baseline_tuple: { ...REFS, tools: 'tools.support@1.1.0' } }))).not.toBe(partId(file()))
})

test('documents are compared value by value, and texts not at all', () => {
  expect(documentDiff('{"a":[1,2]}', '{"a":[1,3],"b":{}}')).toEqual({
    diff: [
      { path: 'a[1]', from: '2', to: '3' },
      { path: 'b', from: null, to: '{}' },
    ],
    edits: 2,
  })
  expect(documentDiff('allow all', 'allow none')).toBeNull()
})

test.each([
  ['proof is attached', true],
  ['this proves that it is safe', true],
  ['Replay-proved over 600 cases', true],
  ['replay-proven', true],
  ['c e r t i f i e d by nobody', true],
  ['c.e.r.t.i.f.i.e.d', true],
  ['\u0441ert\u00adified', true],
  ['the provenance of passages is told', false],
  ['customers bring proof of purchase', false],
  ['improved, approved, waterproof and proofread', false],
])('the reason "%s" claims proof: %s', (reason, claims) => {
  expect(!PartProposalFile.safeParse(aPartFile({ reason })).success).toBe(claims)
})

test('a version of another part of the tuple is none of this one', () => {
  expect(problemsOf({ to: 'tools.support@9.0.0' })).toEqual([
    'tools.support@9.0.0 is of the tools of baseline_tuple, and no version of its policy',
  ])
  expect(problemsOf({ part: 'tools', to: 'policy.returns@9.0.0' })).toHaveLength(1)
  expect(problemsOf({ to: 'policy.returns-eu@1.0.0' })).toEqual([])
})

describe('a difference that people decide on', () => {
  const OLD = '{"max":{"refund":100}}'
  test.each([
    ['is not hidden by a key that is spelled as its path', OLD, '{"max":{"refund":9999},"max.refund":100}', 2],
    [
      'names rules that stand in another order',
      '{"rules":[{"id":"deny"},{"id":"allow"}]}',
      '{"rules":[{"id":"allow"},{"id":"deny"}]}',
      1,
    ],
    ['is none where spaces alone are other ones', OLD, '{ "max": {"refund" : 100} }\n', 0],
  ])('%s', (_, before, after, edits) => expect(documentDiff(before, after)?.edits).toBe(edits))

  test.each([
    ['a key stands twice', '{"max":{"refund":9999,"refund":100}}'],
    ['a number is longer than a parser keeps', '{"max":{"refund":100.00000000000000000001}}'],
    ['it nests without end', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ])('is one of texts where %s', (_, after) => expect(documentDiff(OLD, after)).toBeNull())
})

test('a pack without a surface keeps its setting, and the surface where another intent has it', () => {
  const pack = aPack()
  const path = pack.tunable_surfaces[0]!.path
  expect(ContextPack.parse(withoutSurfaces(pack, INTENT, [path])).tunable_surfaces.map((s) => s.path)).not.toContain(
    path,
  )
  expect(withoutSurfaces(pack, INTENT, [path]).settings).toEqual(pack.settings)
  const shared = { ...pack, tunable_surfaces: pack.tunable_surfaces.map((s) => ({ ...s, intents: [INTENT, 'b'] })) }
  expect(withoutSurfaces(shared, INTENT, [path]).tunable_surfaces[0]).toMatchObject({ path, intents: ['b'] })
  expect(withoutSurfaces(pack, 'b', []).tunable_surfaces).toEqual(pack.tunable_surfaces)
})
