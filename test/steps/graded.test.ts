/** Utility as a score from 0 to 1, and sealed families that only rules can score: from recorded runs to the certificate. */
import { expect, test } from 'vitest'
import type { GateAnswer } from '#schemas/heldout.ts'
import { keys } from '#schemas/s3-keys.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { aFamily, anEvaluator, aSuite, aTarget, type FamilyParts } from '../support/builders.ts'
import { memory, run, stocked } from './stores.ts'

const target = aTarget({ guardrails: { ...aTarget().guardrails, utility_delta: { min: -0.1, graded: true } } })

const suite = aSuite({
  evaluators: [
    ...aSuite().evaluators.filter((e) => e.check !== 'recorded_outcome'),
    anEvaluator({ check: 'recorded_score', kind: 'judge', dimension: 'utility' }),
  ],
})

/** A family whose recorded score is a fraction, or that carries no label at all. */
const scored = (side: FamilyParts['side'], name: string, score: number | null, gold = 1) =>
  aFamily(name, { side, required: 1, gold, passed: null, over: { outcome: { score, passed: null } } })

const world = ({ labelled = 120, unlabelled = 0, lost = 0 }) => [
  ...Array.from({ length: 40 }, (_, i) => scored('search', `s${i}`, 0.5 + (i % 5) / 10)),
  ...Array.from({ length: labelled }, (_, i) => scored('heldout', `h${i}`, 0.5 + (i % 5) / 10)),
  ...Array.from({ length: unlabelled }, (_, i) => scored('heldout', `u${i}`, null)),
  ...Array.from({ length: lost }, (_, i) => scored('heldout', `l${i}`, 1, 4)),
]

test('graded utility is certified by betting on the sealed scores', async () => {
  const store = await stocked(memory(), world({}), { suite })
  const summary = await run(store, { target, runId: 'graded' })
  expect(summary).toMatchObject({ verdict: 'certified', winner: { 'evidence.orders.top_k': { from: 4, to: 1 } } })
  const answer = (await readJson<GateAnswer>(store.objects, keys.autotuneRun('graded', 'gate.json')))!
  const [row] = rowsOf(answer, 'utility_delta')
  expect(row).toMatchObject({ kind: 'certified', families: 120, counts: { labelled: 120, stake: 0.5 } })
  // (1 + s m)^-120 with the default stake s = .5 at m = .1: every sealed score stayed as it was.
  expect(row!.p).toBeCloseTo(1.05 ** -120, 6)
})

test('families without a label count for the rules, and for nothing else', async () => {
  const store = await stocked(memory(), world({ unlabelled: 60 }), { suite })
  expect(await run(store, { target, runId: 'mixed' })).toMatchObject({ verdict: 'certified', heldout_families: 180 })
  const answer = (await readJson<GateAnswer>(store.objects, keys.autotuneRun('mixed', 'gate.json')))!
  expect(rowsOf(answer, 'policy')[0]).toMatchObject({ families: 180 })
  expect(rowsOf(answer, 'utility_delta')[0]).toMatchObject({ families: 120 })
})

test('a graded drop in the sealed set is answered "no", with no number in it', async () => {
  const store = await stocked(memory(), world({ lost: 30 }), { suite })
  expect(await run(store, { target, runId: 'drop' })).toMatchObject({ verdict: 'not_certified' })
  const answer = await readJson<object>(store.objects, keys.autotuneRun('drop', 'gate.json'))
  expect(Object.keys(answer!).sort()).toEqual(['certified', 'question', 'version'])
})

const rowsOf = (answer: GateAnswer, guardrail: string) =>
  'certificates' in answer
    ? answer.certificates.slice(0, 1).flatMap((c) => c.rows.filter((r) => r.guardrail === guardrail))
    : []
