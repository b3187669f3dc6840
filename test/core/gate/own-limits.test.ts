/** Limits of scores of one's own beside the dimensions: on the search set, in the gate's rules, and in memory. */
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { pointRows } from '#core/evaluate/guardrails.ts'
import { makePanel } from '#core/evaluate/panel.ts'
import { liveArms } from '#core/gate/live-arms.ts'
import { forbids, rejection, underBroken, underQuestion } from '#core/gate/rejections.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { type Guardrails, TuningTarget } from '#schemas/target.ts'
import { aPack, aSuite, aTarget, measuresLike } from '../../support/builders.ts'

type Own = NonNullable<Guardrails['own_scores']>
const TONE: Own = { 'score:tone': { direction: 'increase', max_worse: 0.05 } }
const SIZE: Own = { 'score:size': { direction: 'decrease', max_worse: 0.05 } }
const limited = (own_scores: unknown) => ({ ...aTarget(), guardrails: { ...aTarget().guardrails, own_scores } })
const issues = (own_scores: unknown) =>
  (TuningTarget.safeParse(limited(own_scores)).error?.issues ?? []).map((i) => `${i.path.join('.')} ${i.message}`)
const resolved = (own: Own) => resolveTarget(limited(own) as TuningTarget)

const scored = (tone: number | null, size: number | null) => measuresLike({ own_scores: { tone, size } })
const panelOf = (...scores: (readonly [number | null, number | null])[]) =>
  makePanel(
    scores.map((_, i) => ({ case_id: `c${i}`, family_id: `f${i}`, digest: digestOf(i) })),
    scores.map(([tone, size]) => scored(tone, size)),
    '0'.repeat(32),
  )

test('a limit says where better lies and how much worse it may be', () => {
  expect(issues(TONE)).toEqual([])
  expect(issues({ tone: TONE['score:tone'] })).toHaveLength(1)
  expect(issues({ 'score:tone': { direction: 'increase', max_worse: 0 } })[0]).toContain('is above 0')
  expect(issues({ 'score:tone': { direction: 'increase', max_worse: 1 } })[0]).toContain('is below 1')
  expect(issues({ 'score:tone': { max_worse: 0.1 } })[0]).toContain('direction')
})

test.each<[string, Own, readonly [number | null, number | null], 'pass' | 'block']>([
  ['a rise of what is to rise', TONE, [0.9, 0.5], 'pass'],
  ['a fall of exactly what is tolerated', TONE, [0.75, 0.5], 'pass'],
  ['a fall beyond', TONE, [0.74, 0.5], 'block'],
  ['a rise beyond of what is to fall', SIZE, [0.8, 0.56], 'block'],
  ['a fall of what is to fall', SIZE, [0.8, 0.1], 'pass'],
  ['another score that is lost', TONE, [0.8, null], 'pass'],
  ['the score itself lost', TONE, [null, 0.5], 'block'],
  ['NaN', TONE, [Number.NaN, 0.5], 'block'],
])('%s: %s', (_, own, now, verdict) => {
  const before = panelOf([0.8, 0.5], [0.8, 0.5])
  const rows = pointRows(resolved(own).guardrails, {}, before, [scored(...now), scored(...now)])
  expect(rows.at(-1)).toMatchObject({ guardrail: Object.keys(own)[0], verdict })
  expect(rows).toHaveLength(7)
})

describe('what memory says', () => {
  const run = {
    run_id: 'run_1',
    target: aTarget(),
    pack: aPack(),
    evaluator_suite: aSuite(),
    replayer: { kind: 'transcript' },
  } as unknown as AutotuneRun
  const place = { searchSet: digestOf('set'), version: digestOf('version') }
  const row = {
    guardrail: 'score:tone',
    verdict: 'block',
    observed: -0.1,
    limit: -0.05,
    note: 'mean 0.8 to 0.7',
  } as const
  const broken = underBroken({ guardrails: [row] } as unknown as CandidateScore, resolved(TONE), place.searchSet)!
  const remembered = (source: 'search_guardrail' | 'gate', under: typeof broken) =>
    rejection(run, { patches: [{}], source, reason: 'no', under } as never)
  const worse = (max_worse: number): Own => ({ 'score:tone': { direction: 'increase', max_worse } })

  test('a limit that was seen to break forbids as long as it is there, as tight, in that direction', () => {
    expect(broken.guardrails).toEqual({ own_scores: TONE })
    const said = remembered('search_guardrail', broken)
    const now = (own: Own) => forbids(said, { target: resolved(own), ...place })
    expect([now(TONE), now(worse(0.01)), now(worse(0.2)), now(SIZE), now({})]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
    expect(now({ 'score:tone': { direction: 'decrease', max_worse: 0.05 } })).toBe(false)
  })

  test('the "no" of a version forbids no target that asks less of a score', () => {
    const said = remembered('gate', underQuestion(resolved(TONE), place.version) as typeof broken)
    const now = (own: Own) => forbids(said, { target: resolved(own), ...place })
    expect([now(TONE), now({ ...TONE, ...SIZE }), now(worse(0.2)), now({})]).toEqual([true, true, false, false])
  })
})

test('a live case without an answer has each score at its best in the baseline, and at its worst in the candidate', () => {
  const sealed = panelOf([0.8, 0.5])
  const facts = { excluded_families: { some: 0, all: 0 } } as HeldoutVersion
  const lost = { status: 'failed', measures: scored(null, null), floors: '' } as const
  const { panel, cases } = liveArms(sealed, facts, resolved({ ...TONE, ...SIZE }), [lost], [lost])
  expect(panel.baseline.at(0)!.own_scores).toEqual({ tone: 1, size: 0 })
  expect(cases.at(0)!.measures.own_scores).toEqual({ tone: 0, size: 1 })
})
