/** A run that asks proposers: theirs are searched beside the lattice, judged like any candidate, and verify like any run. */
import { expect, test } from 'vitest'
import { PROPOSER_OF } from '#core/proposers/table.ts'
import type { CandidateScore } from '#schemas/candidate.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { addCorrections } from '../../../functions/steps/experience/corrections.ts'
import { transcriptEngine } from '../../../functions/steps/replay/transcript-engine.ts'
import { aboutOf } from '../../../functions/steps/run/pinned-input.ts'
import { proposingOf } from '../../../functions/steps/run/proposers.ts'
import { verifyRun } from '../../../functions/steps/run/verify.ts'
import { readJson, readLines } from '../../../functions/streams/read-object.ts'
import { aPack, aSurface, aTarget, aWorld } from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

const TOP = 'evidence.orders.top_k'
const BLOCK = 'prompt.instruction_block'
const pack = aPack({
  settings: { ...aPack().settings, [BLOCK]: 'Find the order first. Name the clause. Say the amount.' },
  tunable_surfaces: [...aPack().tunable_surfaces, aSurface(BLOCK, { max_added_tokens: 10, forbidden_terms: [] })],
})
const world = (n = 6) =>
  aWorld({ search: n, heldout: 100 }).map((one, i) => ({
    ...one,
    settings: pack.settings,
    attributes: { region: i % 2 === 0 ? 'EU' : 'US' },
  }))
const stockedWith = () => stocked(memory(), world(), { pack })
const read = async (store: Awaited<ReturnType<typeof stockedWith>>, id: string) => ({
  scored: await readLines<CandidateScore>(store.objects, keys.autotuneRun(id, 'candidates.jsonl')),
  pinned: (await readJson<AutotuneRun>(store.objects, keys.autotuneRun(id, 'target.json')))!,
})
const target = aTarget({ search_space: [TOP, BLOCK] })
const asked = (...names: ('sentences' | 'neighbours')[]) => proposingOf(target, names)!

test('theirs stand beside the lattice, each once, with origin, prediction and what happened; the run verifies', async () => {
  const store = await stockedWith()
  const summary = await run(store, { target, runId: 'r', proposing: asked('sentences', 'neighbours') })
  const { scored, pinned } = await read(store, 'r')
  expect(pinned.proposed).toMatchObject({ proposers: ['neighbours', 'sentences'], left_out: [] })
  expect(scored.map(({ origin, patch }) => [origin, patch[TOP]?.to ?? 'a text']).sort()).toEqual(
    [
      ...[1, 2].map((to) => ['search', to]),
      ...[3, 5].map((to) => ['neighbours', to]),
      ...Array(3).fill(['sentences', 'a text']),
    ].sort(),
  )
  expect(summary.search.no_search).not.toBeNull()
  expect(scored.find(({ patch }) => patch[TOP]?.to === 3)).toMatchObject({
    prediction: { metric: 'economics_tokens_per_decision', by: null, cases: null },
    happened: { by: -100, cases: 6, named: null },
  })
  const text = scored.find(({ origin }) => origin === 'sentences')!
  expect(text).toMatchObject({ fate: 'unreplayable', happened: { by: null, cases: null, named: null } })
  expect(await verifyRun(store, 'r', transcriptEngine())).toMatchObject({ reproducible: true })
})

test('the lattice finds what it finds without them', async () => {
  const fates = async (proposing?: ReturnType<typeof asked>) => {
    const store = await stockedWith()
    await run(store, { target, runId: 'r', ...(proposing && { proposing }) })
    const { scored } = await read(store, 'r')
    return Object.fromEntries(scored.filter(({ patch }) => patch[TOP]).map((c) => [c.candidate_id, [c.fate, c.metric]]))
  }
  expect(await fates(asked('neighbours'))).toEqual(await fates())
})

test('a target may name them; without any the pinned run is what it always was', async () => {
  const store = await stockedWith()
  await run(store, { target: { ...target, proposers: ['neighbours'] }, runId: 'named' })
  await run(store, { target, runId: 'plain' })
  expect((await read(store, 'named')).pinned.proposed?.proposers).toEqual(['neighbours'])
  expect((await read(store, 'plain')).pinned).not.toHaveProperty('proposed')
})

test('a change for some cases says how many it reaches, whoever proposed it', async () => {
  const store = await stockedWith()
  const eu = {
    name: 'night agent',
    propose: () => [
      {
        patch: { [TOP]: { to: 1, when: { '==': [{ var: 'attributes.region' }, 'EU'] } } },
        rationale: 'EU is short',
        prediction: { metric: 'economics_tokens_per_decision' as const, by: -150, cases: ['s0', 's1'] },
      },
    ],
  }
  await run(store, { target, runId: 'r', proposing: { proposers: [eu, PROPOSER_OF.neighbours], blocks: null } })
  const { scored } = await read(store, 'r')
  expect(scored.find(({ origin }) => origin === 'night agent')).toMatchObject({
    applies_to: { families: 3, of: 6 },
    prediction: { by: -150 },
    happened: { by: -150, cases: 3, named: 1 },
  })
  expect(await verifyRun(store, 'r', transcriptEngine())).toMatchObject({ reproducible: true })
})

test('passages that people said were needed, and that nobody read, become a change with the cases that it is for', async () => {
  const late = aWorld({
    search: 6,
    heldout: 100,
    extra: Array.from({ length: 3 }, () => ({ side: 'search' as const, required: 1 })),
  })
  const store = await stocked(memory(), late)
  const said = ['x0', 'x1', 'x2'].map((run_id) => ({
    run_id,
    at: '2026-11-20T00:00:00Z',
    by: 'ana@example.com',
    evidence: { [`${run_id}-e5`]: { gold: true } },
  }))
  await addCorrections(
    store,
    said.map((correction, i) => ({ at: `corrections.jsonl:${i + 1}`, correction })),
    async () => {},
  )
  await run(store, { target: aTarget({ proposers: ['corrections'] }), runId: 'r' })
  const { scored, pinned } = await read(store, 'r')
  expect(pinned.proposed!.candidates.map(({ patch, origin }) => [origin, patch[TOP]!.to])).toEqual([['corrections', 5]])
  expect(scored.find(({ origin }) => origin === 'corrections')).toMatchObject({
    rationale: expect.stringMatching(/^a needed passage of orders is not read: ranked beyond top_k 4: 3 of 9 families/),
    prediction: { cases: ['x0', 'x1', 'x2'] },
  })
})

test('a run goes on only with the same proposers: with others it is about something else', async () => {
  const store = await stockedWith()
  await run(store, { target, runId: 'r', proposing: asked('neighbours') })
  const { pinned } = await read(store, 'r')
  const about = (proposers: string[] | null) =>
    aboutOf({ target, candidates: null, replayer: pinned.replayer, ...(proposers && { proposed: { proposers } }) })
  expect(aboutOf(pinned)).toBe(about(['neighbours']))
  expect(new Set([about(['neighbours']), about(['neighbours', 'sentences']), about(null)]).size).toBe(3)
})
