/** What `doctor` says beside the contract: rules, surfaces, guardrails, the suite, and what could be certified. */
import { describe, expect, test } from 'vitest'
import { mixedSuite } from '#core/contract/mixed-suite.ts'
import { spaceSize } from '#core/search/exact-candidates.ts'
import { tunableFields } from '#core/space/lattice.ts'
import { EvaluatorSuite } from '#schemas/suite.ts'
import { spaceLines, surfaceLines } from '../../functions/cli/doctor/tables.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { publishSuite } from '../../functions/steps/experience/documents.ts'
import { run } from '../steps/stores.ts'
import { aPack, aSuite, aTarget, aWorld, INTENT } from '../support/builders.ts'
import { placeOfEachTest, ready } from './command-line.ts'

const place = placeOfEachTest()
const { at } = place

const article = { ...aTarget().guardrails, policy: { min: 1 }, safety: { min: 1 }, utility_delta: { min: -0.02 } }

describe('200 families that end in INCONCLUSIVE', () => {
  test('are told what they could certify, what is missing, and both ways on', async () => {
    await ready(place, aWorld({ search: 4, heldout: 200 }))
    const target = place.file('article.json', aTarget({ guardrails: article }))
    const { code, out } = await at('doctor', '--target', target, '--verbose')
    expect(code).toBe(3)
    expect(out).toMatch('verdict  INCONCLUSIVE')
    expect(out).toMatch('K=1 at level 0.05 (as it would be asked): not every declared limit')
    expect(out).toMatch('policy, safety: with 200 families: violations < 1.5 %; to certify < 1 % you need 99 more')
    expect(out).toMatch('utility_delta: with 200 families: a drop < 1.5 points, and < 2 points is wanted')
    expect(out).toMatch('K=5 at level 0.01: not every declared limit')
    expect(out).toMatch('either   import about 198 more families, of which 50 % are sealed (99)')
    expect(out).toMatch(/guardrails\.policy\.max_violation_rate 0\.015/)
    const { json } = await at('doctor', '--target', target, '--json')
    expect(json()).toMatchObject({
      verdict: 'inconclusive',
      needed_families: 299,
      certifiable: [
        {
          questions: 1,
          level: 0.05,
          at_hand: true,
          suffices: false,
          limits: [{ families: 200, needed: 299, more: 99 }, {}, {}],
        },
        { questions: 2 },
        { questions: 5 },
      ],
    })
  })

  test('are ready once the target declares what doctor names', async () => {
    await ready(place, aWorld({ search: 4, heldout: 200 }))
    const rate = { min: 1, max_violation_rate: 0.015 }
    const target = place.file('t.json', aTarget({ guardrails: { ...article, policy: rate, safety: rate } }))
    const { code, out } = await at('doctor', '--target', target, '--verbose')
    expect([code, out]).toEqual([0, expect.stringMatching(/verdict {2}READY/)])
    expect(out).toMatch('these families carry 1 question at the declared limits')
  })
})

test('rules, surfaces, suite and guardrails are tables; what nobody knows is no 0', async () => {
  const { target } = await ready(
    place,
    aWorld({ search: 5, heldout: 100, extra: [{ side: 'search', passed: null, required: 1, gold: 1 }] }),
  )
  const { code, out } = await at('doctor', '--target', target, '--verbose')
  expect(code).toBe(0)
  expect(out).toMatch(/^rules {4}on the baseline of 6 search cases$/m)
  expect(out).toMatch(/required_evidence \(policy\) +6 +0 +0 +0 +0$/m)
  expect(out).toMatch(/recorded_outcome \(utility\) +5 +0 +1 +5 +1$/m)
  expect(out).toMatch('e.g.  passes: s0; not measured: x0 (no outcome is recorded)')
  expect(out).toMatch(/evidence\.orders\.top_k +6 +0 +0 {2}1\.\.5 \(now 4\)$/m)
  expect(out).toMatch(/^space {4}4 changes, 4 of them within 2 fields: a run looks at every one$/m)
  expect(out).toMatch('suite    evals.refund@1.0.0: 2 rule, 1 replay, 0 human, 1 business')
  expect(out).toMatch(/^held out 100 families \(100 labelled\), 1 question at level 0\.05; the largest need/m)
  expect(out).toMatch(/FINDING {2}no word of people[\s\S]*"check":"operator_corrections", "dimension"/)
  expect(out).toMatch(
    /ready +policy +N=100, needs 29\n +tests that fewer than 10 % of families break one of: required_evidence/,
  )
})

test('cases that had to be refused, which no evaluator of the suite asks for, are told of', async () => {
  const runs = aWorld({ search: 3, heldout: 3 }).map((r, i) => ({
    ...r,
    outcome: { ...r.outcome, must_refuse: i % 2 === 0, refused: i % 2 === 0 },
  }))
  const { target } = await ready(place, runs)
  const says =
    /had to be refused, and no evaluator of this suite asks whether (it was|they were) \(check: must_refuse\)/
  expect((await at('doctor', '--target', target)).out).toMatch(says)
  const { json } = await at('doctor', '--target', target, '--json')
  expect(json()).toMatchObject({ refusals_not_asked: expect.stringMatching(says), other_baselines: null })
})

test('an inert surface is named, and --json carries the same rows', async () => {
  // Every family keeps one passage whatever top_k says.
  const runs = aWorld({ search: 4, heldout: 100 }).map((r) => ({ ...r, evidence: r.evidence.slice(0, 1) }))
  const { target } = await ready(place, runs)
  const { out } = await at('doctor', '--target', target, '--verbose')
  expect(out).toMatch(/INERT {4}evidence\.orders\.top_k changes nothing at 1, 5, 2, 3/)
  const report = (await at('doctor', '--target', target, '--json')).json() as Record<string, unknown>
  expect(report.surfaces).toMatchObject([{ path: 'evidence.orders.top_k', contexts: 0, inert: true }])
  expect(report.rules).toMatchObject([{ rule: 'required_evidence', passes: 4, not_at_stake: 0 }, {}, {}, {}])
  expect(report.suite).toEqual(mixedSuite(EvaluatorSuite.parse(aSuite())))
  expect(report.guardrails).toMatchObject([
    { guardrail: 'policy', families: 100, needed: 29, verdict: 'ready' },
    {},
    {},
    {},
  ])
})

test('an unanswered contract has no table, and the same fields in --json', async () => {
  const empty = place.file('empty.json', {})
  expect((await at('doctor', '--target', empty, '--verbose')).out).not.toMatch(/^(rules|surfaces|suite)/m)
  expect((await at('doctor', '--target', empty, '--json')).json()).toMatchObject({
    verdict: 'unanswered',
    rules: [],
    surfaces: [],
    suite: [],
    guardrails: [],
    certifiable: [],
  })
})

describe('a line a question', () => {
  test('says ok with the answer, and what a run would end with', async () => {
    const { target } = await ready(place)
    const { code, out } = await at('doctor', '--target', target)
    expect(code).toBe(0)
    for (const about of ['metric', 'limits', 'space', 'data', 'scoring', 'choice', 'release', 'records', 'search'])
      expect(out).toMatch(new RegExp(`^ok +${about} {2,}\\S`, 'm'))
    expect(out).not.toMatch(/^FAIL/m)
    expect(out).toMatch(/^go on {4}.*autotune.* run --target .*target\.json --store .*harness$/m)
  })

  test('says FAIL with what is missing, and the command that mends it on this very store', async () => {
    await ready(place)
    const tuple = { ...aTarget().baseline_tuple!, evals: 'evals.nobody@9.9.9' }
    const target = place.file('t.json', aTarget({ baseline_tuple: tuple }))
    const { code, out } = await at('doctor', '--target', target)
    expect(code).toBe(2)
    expect(out).toMatch(/^FAIL +scoring +evals\.nobody@9\.9\.9 is not in this store/m)
    expect(out).toMatch(/^ +mend +npm run -s autotune -- import --suite FILE --store \S+harness$/m)
    expect(out).toMatch(/^verdict {2}UNANSWERED/m)
  })

  test('is FAIL for the held-out set once every sealed family has answered: doctor says REFUSED, as run does', async () => {
    const { target } = await ready(place)
    expect((await at('run', '--target', target)).code).toBe(0)
    const looked = await at('doctor', '--target', target)
    expect([looked.code, looked.out]).toEqual([2, expect.stringMatching(/^verdict {2}REFUSED/m)])
    expect(looked.out).toMatch(/^FAIL +held out +no live held-out version: every sealed family has answered/m)
    const told = (await at('doctor', '--target', target, '--json')).json() as { verdict: string; reasons: string[] }
    const run = await at('run', '--target', target, '--run-id', 'again', '--json')
    expect(run.code).toBe(2)
    expect(run.json()).toMatchObject({ verdict: told.verdict, reasons: expect.arrayContaining(told.reasons) })
  })
})

test('nothing is written', async () => {
  const { target } = await ready(place)
  const before = place.listing()
  await at('doctor', '--target', target, '--verbose')
  expect(place.listing()).toEqual(before)
})

test('of a surface that only a harness or a person can try, nothing is counted: no 0 is printed', () => {
  const unknown = { cases: 9, contexts: null, approvals: null, decisions: null, looked_at: [], inert: false } as const
  const replayable = { all: null, some: null }
  const [, , planner, prompt] = surfaceLines([
    { ...unknown, path: 'planner.tool_preference', layer: 'planner', baseline: 'direct', values: 2, replayable },
    { ...unknown, path: 'prompt.instruction_block', layer: 'prompt', baseline: 'Be brief.', values: 0, replayable },
  ])
  expect(planner).toMatch(/^ {3}planner\.tool_preference +- +- +- {2}not measured: try propose$/)
  expect(prompt).toMatch(/^ {3}prompt\.instruction_block +- +- +- {2}hand-written only: propose$/)
})

test('a space too large to list is told of before a run, with how many a run looks at and what makes it exact', () => {
  const fields = tunableFields(aPack(), INTENT, ['evidence.orders.top_k'])
  const wide = { ...fields[0]!, values: Array.from({ length: 200 }, (_, i) => i + 1) }
  const size = spaceSize([wide, { ...wide, path: 'other' }], 2)
  expect(size).toEqual({ points: 39_999, within: 39_999, exact: false })
  expect(spaceLines({ ...size, max_fields: 2 })).toEqual([
    'space    39999 changes, 39999 of them within 2 fields: more than 10000, so a run samples 199 of them; a coarser step, or fewer values, makes the search exact',
  ])
  // Listed all the same where only few of its points may be proposed.
  expect(spaceSize([wide, { ...wide, path: 'other' }], 1)).toEqual({ points: 39_999, within: 398, exact: true })
})

describe('a version of another evaluator suite', () => {
  const evals = 'evals.refund@1.1.0'
  const next = aTarget({ baseline_tuple: { ...aTarget().baseline_tuple!, evals } })
  /** A store whose version was sealed, and asked or not, under the suite before. */
  async function underOld(target = aTarget()): Promise<string> {
    await ready(place, aWorld({ search: 6, heldout: 100, extra: [{ side: 'heldout', required: 3 }] }))
    const store = openStore(place.store, { durable: false })
    await run(store, { runId: 'before', target })
    await publishSuite(store, aSuite({ suite: evals }))
    store.close()
    return place.file('next.json', next)
  }

  test('that was asked is named with what a run makes of it, and nothing is written', async () => {
    const target = await underOld(aTarget({ scoring: { replayer: 'transcript', questions: 2 } }))
    const listing = place.listing()
    const { out } = await at('doctor', '--target', target)
    expect(out).toMatch(
      /note +held out +version sha256:\S+ of evals.refund@1.0.0 was asked 1 of 2: a run retires it for good, and its 101 families join the search set/,
    )
    expect((await at('doctor', '--target', target, '--verbose')).out).toMatch(/OTHER +version .* was asked 1 of 2/)
    expect((await at('doctor', '--target', target, '--json')).json()).toMatchObject({
      outgrown: [{ suite: 'evals.refund@1.0.0', used: 1, questions: 2, open: null, becomes: 'search' }],
    })
    expect(place.listing()).toEqual(listing)
  })

  test('that nobody asked is named too, and its families could answer', async () => {
    const strict = { ...aTarget().guardrails, policy: { min: 1, max_violation_rate: 0.001 } }
    const target = await underOld(aTarget({ guardrails: strict }))
    const { code, out } = await at('doctor', '--target', target)
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /was asked nothing: a run supersedes it, and seals its 101 families again under this suite/,
      ),
    ])
    expect((await at('run', '--target', target)).code).toBe(3)
  })
})

test('a harness that takes its time is given as long as is said, and the next commands say it too', async () => {
  const { target } = await ready(place, aWorld({ search: 3, heldout: 3 }))
  const slow = `export async function replay() { await new Promise((done) => setTimeout(done, 400)); return null }`
  const given = ['--replayer', `module:${place.file('slow.mjs', slow)}`, '--concurrency', '1']
  const cut = await place.at('doctor', '--target', target, ...given, '--limit-ms', '100')
  expect([cut.code, cut.err]).toEqual([2, expect.stringContaining('gave no answer within 100 ms')])
  const ended = await place.at('doctor', '--target', target, ...given, '--limit-ms', '5000')
  expect(ended.err).toContain('returned another shape')
})
