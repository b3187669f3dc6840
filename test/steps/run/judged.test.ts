/** Utility that a model judge labelled: certified with twice its disagreement set aside, or not measured, which blocks. */
import { describe, expect, test } from 'vitest'
import { pNonInferior } from '#core/statistics/non-inferiority.ts'
import type { GateAnswer } from '#schemas/heldout.ts'
import type { TuningProposal } from '#schemas/proposal.ts'
import { keys } from '#schemas/s3-keys.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { aFamily } from '../../support/builders.ts'
import { items, memory, run, stocked } from '../stores.ts'

/** Families that a judge labelled; of the first `people` of the search a person labelled the same, and `differ` otherwise. */
const world = ({ people = 0, differ = 0, score_kind = 'judge', search = 200 }) => {
  const family = (side: 'search' | 'heldout', i: number) =>
    aFamily(`${side}${i}`, {
      side,
      required: 1,
      gold: 1,
      over: {
        outcome: {
          score_kind,
          ...(side === 'search' &&
            i < people && { scores: [{ name: 'right', value: i < differ ? 0 : 1, kind: 'human', annotator: 'ana' }] }),
        },
      } as never,
    })
  return [
    ...Array.from({ length: search }, (_, i) => family('search', i)),
    ...Array.from({ length: 120 }, (_, i) => family('heldout', i)),
  ]
}
const utility = { guardrail: 'utility_delta' }

describe('labels that a model judge gave', () => {
  test('certify nothing where no person labelled the same cases: not measured, and nothing is spent', async () => {
    const store = await stocked(memory(), world({}))
    const summary = await run(store)
    expect(summary.verdict).toBe('inconclusive')
    expect(summary.preflight).toContainEqual(
      expect.objectContaining({ ...utility, verdict: 'inconclusive', records_lack: true, needed: null }),
    )
    expect(summary.reasons.join()).toContain('utility_delta: not measured: a model judge gave these labels')
    expect((await items(store))[0]).toMatchObject({ used: 0 })
  })

  test('nor where it differs from people too often', async () => {
    const summary = await run(await stocked(memory(), world({ people: 200, differ: 8 })))
    expect(summary.verdict).toBe('inconclusive')
    expect(summary.reasons.join()).toContain(
      'it differs from people in 8 of 200 families, < 7.102 points, and twice that',
    )
  })

  test('certify a drop with twice the bound of its disagreement set aside', async () => {
    const store = await stocked(memory(), world({ people: 200 }))
    expect(await run(store, { runId: 'r' })).toMatchObject({ verdict: 'certified' })
    const answer = (await readJson<GateAnswer>(store.objects, keys.autotuneRun('r', 'gate.json'))) as Extract<
      GateAnswer,
      { certified: true }
    >
    const row = answer.certificates[0]!.rows.find((r) => r.guardrail === 'utility_delta')!
    const e = 1 - 0.05 ** (1 / 200)
    expect(row).toMatchObject({ kind: 'certified', counts: { judge_overlap: 200, judge_disagreements: 0 } })
    expect(row.p).toBeCloseTo(pNonInferior(120, 0, 0, 0.1 - 2 * e), 9)
    expect(row.bound).toBeGreaterThan(2 * e)
    const { wording } = (await readJson<TuningProposal>(
      store.objects,
      keys.autotuneRun('r', 'selected-proposal.json'),
    ))!
    expect(wording.join('\n')).toContain(
      'by a judge that differs from people in 0 of 200 families: 2 x 1.487 points set aside',
    )
  })

  test('are told from labels of the business by the record', async () => {
    expect(await run(await stocked(memory(), world({ score_kind: 'business', search: 40 })))).toMatchObject({
      verdict: 'certified',
    })
  })
})
