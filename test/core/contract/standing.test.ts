/** What stands in the way of a run, in the words of question 1. */
import { describe, expect, test } from 'vitest'
import { sevenQuestions } from '#core/contract/questions.ts'
import { type Standing, standingProblems } from '#core/contract/standing.ts'
import { type RecordsFound, recordProblems } from '#core/experience/records-found.ts'
import { aPack, aSuite, aTarget } from '../../support/builders.ts'

const NOTHING: Standing = { in_force: null, open: [], released: [], records: [] }
const FOUND: RecordsFound = { listed: 600, missing: 0, changed: 0, unlisted: 0, unerased: 0, examples: [] }
const problems = (over: Partial<Standing>, patch?: Record<string, { from: number; to: number }>) =>
  standingProblems({ ...NOTHING, ...over }, aTarget(), aPack(), patch ? [{ patch }] : [])

describe('question 1', () => {
  test('is answered where nothing stands in the way', () => {
    expect(problems({})).toEqual([])
    expect(problems({ records: recordProblems('support.refund', { search: FOUND, heldout: FOUND }) })).toEqual([])
  })

  test('is refused for a baseline that is no longer in force', () => {
    const in_force = { release_tuple_id: 'release.support.refund.abc', pack: 'ctxpack.support@1.0.1' }
    const standing = { ...NOTHING, in_force }
    const [first] = sevenQuestions({ target: aTarget(), pack: aPack(), suite: aSuite(), prices: null, standing })
    expect(first!.missing).toEqual([
      'baseline_tuple is not in force: support.refund runs on ctxpack.support@1.0.1, the target starts from ctxpack.support@1.0.0. Pin the tuple in force ("autotune rollout list" shows it), and set release_path.rollback_target to its pack',
    ])
    // The same pack under another policy is another tuple.
    expect(problems({ in_force: { ...in_force, pack: 'ctxpack.support@1.0.0' } })[0]).toContain(
      'runs on release.support.refund.abc',
    )
  })

  test('is refused while a proposal or a rollout of the intent is open', () => {
    for (const kind of ['open review', 'approved review', 'rollout'] as const)
      expect(problems({ open: [{ kind, id: 'x1', run: 'r' }] })).toEqual([
        expect.stringMatching(new RegExp(`^${kind} x1 of support.refund stands on this baseline \\(run r\\)`)),
      ])
  })

  test('is refused for a change that was released already, and for no other one', () => {
    const released = [
      { rollout: 'ro_r', pack: 'ctxpack.support@1.0.1', settings: { 'evidence.orders.top_k': 2 } },
    ] as const
    const change = (to: number) => ({ 'evidence.orders.top_k': { from: 4, to } })
    expect(problems({ released }, change(2))).toEqual([
      'the change evidence.orders.top_k = 2 was released already: ctxpack.support@1.0.1, by rollout ro_r',
    ])
    expect(problems({ released }, change(3))).toEqual([])
  })

  test('names search runs, counts held-out ones, and never advises to remove a run', () => {
    const search = { ...FOUND, missing: 384, changed: 2, unlisted: 3, examples: ['r1', 'r2'] }
    const heldout = { ...FOUND, missing: 1 }
    const said = problems({ records: recordProblems('support.refund', { search, heldout }) })
    expect(said).toEqual([
      '386 of 600 recorded runs of support.refund are not as they were imported (384 missing, 2 changed): r1, r2 and more. What is left is no fair sample: import the same records again, which restores them',
      '3 recorded runs that were imported are in no index of this store any more. What is left is no fair sample: import the same records again, which restores them',
      '1 of 600 held-out runs of support.refund are not as they were imported (1 missing). What is left is no fair sample: import the same records again, which restores them',
    ])
    expect(said.join()).not.toMatch(/remove|delete/)
  })
})
