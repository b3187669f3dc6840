import { describe, expect, test } from 'vitest'
import { type CandidateGroup, originRows, type SearchedRun } from '#core/cadence/origins.ts'
import { retirement, surfacesToRetire } from '#core/cadence/retire.ts'
import type { Fate } from '#schemas/candidate.ts'
import { PartProposalFile } from '#schemas/part-proposal.ts'
import { type FunnelEntry, RETIRE_REASONS } from '#schemas/weekly.ts'
import { aPack, INTENT } from '../../support/builders.ts'

const TOP = 'evidence.orders.top_k'
const OTHER = 'budget.evidence_tokens'
/** 1 April looks back to 2 October; its second quarter begins on 1 January. */
const DATE = '2026-04-01'
const [LAST_QUARTER, THIS_QUARTER] = ['2025-12-31T23:00:00.000Z', '2026-01-01T00:00:00.000Z']

const group = (fate: Fate, paths: readonly string[] = [TOP], origin: string | null = 'search'): CandidateGroup => ({
  origin,
  fate,
  paths,
  n: 2,
})
const aRun = (ended: string, groups: CandidateGroup[], over: Partial<SearchedRun> = {}): SearchedRun => ({
  run_id: `r_${ended}`,
  ended,
  verdict: 'not_certified',
  groups,
  ...over,
})
const both = (groups: CandidateGroup[], over: Partial<SearchedRun> = {}): SearchedRun[] => [
  aRun(THIS_QUARTER, groups, over),
  aRun(LAST_QUARTER, groups, over),
]
const whys = (runs: readonly SearchedRun[], entries: readonly FunnelEntry[] = [], limit?: number): string[] =>
  surfacesToRetire(INTENT, DATE, { pack: aPack(), runs, entries }, limit).flatMap(({ reasons }) =>
    reasons.map(({ why }) => why),
  )

describe('a surface is to be retired', () => {
  test.each<[string, SearchedRun[], string[]]>([
    ['nothing was certified in either quarter', both([group('dominated')]), ['no_certified_change']],
    ['guardrails refused all', both([group('search_guardrail')]), ['no_certified_change', 'all_refused']],
    [
      'guardrails refused all, some from memory',
      both([group('search_guardrail'), group('remembered')]),
      ['no_certified_change', 'all_refused'],
    ],
    ['it is inert', both([group('inert')]), ['no_certified_change', 'inert']],
  ])('where %s', (_, runs, reasons) => {
    expect(whys(runs)).toEqual(reasons)
  })

  test.each<[string, SearchedRun[]]>([
    ['one quarter only', [aRun(THIS_QUARTER, [group('inert')])]],
    ['runs before both quarters', both([group('inert')]).map((run) => ({ ...run, ended: '2025-10-01T00:00:00.000Z' }))],
    [
      'a certified one in the older quarter',
      [aRun(THIS_QUARTER, [group('inert')]), aRun(LAST_QUARTER, [group('won')])],
    ],
    ['no question that could be asked', both([group('committed')], { verdict: 'inconclusive' })],
    ['another surface', both([group('inert', [OTHER])])],
    ['nothing tried', []],
  ])('never by %s', (_, runs) => {
    expect(whys(runs)).toEqual([])
  })

  test('not as inert where only candidates of several surfaces are', () => {
    expect(whys(both([group('inert', [TOP, OTHER])]))).toEqual(['no_certified_change'])
  })

  test('where reviewers rejected its certified changes as often as declared', () => {
    const runs = ['a', 'b'].map((run_id) => aRun(THIS_QUARTER, [group('won')], { run_id, verdict: 'certified' }))
    const entries = ['a', 'b', 'c'].map(
      (run_id) => ({ run_id, stands: 'rejected', says: 'rejected by policy: no' }) as FunnelEntry,
    )
    expect(whys(runs, entries, 2)).toEqual(['rejected'])
    expect(whys(runs, entries)).toEqual([])
    expect(whys(runs, [{ ...entries[0]!, stands: 'kept' }, entries[1]!], 2)).toEqual([])
  })

  test('with the fates of what was tried on it', () => {
    const [one] = surfacesToRetire(INTENT, DATE, { pack: aPack(), runs: both([group('inert')]), entries: [] })
    expect(one).toMatchObject({ path: TOP, pack: aPack().pack, runs: 2, fates: { inert: 4 } })
  })
})

test('a proposal names the surfaces of its own pack, why, and who answers, and claims nothing', () => {
  const [surface] = surfacesToRetire(INTENT, DATE, { pack: aPack(), runs: both([group('inert')]), entries: [] })
  const tuple = { pack: aPack().pack, policy: 'policy.a@1.0.0', tools: 'tools.a@1.0.0', evals: 'evals.a@1.0.0' }
  const proposal = retirement({ intent: INTENT, retire: [surface!] }, aPack(), tuple)
  expect(PartProposalFile.parse(proposal)).toMatchObject({
    intent: INTENT,
    retire_surfaces: [TOP],
    baseline_tuple: tuple,
  })
  for (const why of RETIRE_REASONS) {
    const retire = [{ ...surface!, reasons: [{ why, says: 'certified and rejected' }] }]
    expect(PartProposalFile.safeParse(retirement({ intent: INTENT, retire }, aPack(), tuple)).success).toBe(true)
  }
  expect(retirement({ intent: INTENT, retire: [] }, aPack(), tuple)).toBe(null)
  expect(retirement({ intent: INTENT, retire: [surface!] }, aPack(), { ...tuple, pack: 'ctxpack.a@9.0.0' })).toBe(null)
})

test('fates stand under their origin, over ninety-one days, with the last day of a certified one', () => {
  const runs = [
    aRun('2026-03-31T10:00:00.000Z', [group('won'), group('dominated', [TOP], 'ana')]),
    aRun('2026-01-01T00:00:00.000Z', [group('inert'), group('inert', [OTHER], null)]),
    aRun('2025-12-31T00:00:00.000Z', [group('certified', [TOP], 'ana')]),
  ]
  expect(originRows(runs, DATE)).toEqual([
    { origin: null, runs: 1, candidates: 2, fates: { inert: 2 }, last_certified: null },
    { origin: 'ana', runs: 1, candidates: 2, fates: { dominated: 2 }, last_certified: null },
    { origin: 'search', runs: 2, candidates: 4, fates: { won: 2, inert: 2 }, last_certified: '2026-03-31' },
  ])
})
