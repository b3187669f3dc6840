/** What memory answers of a change: with the reason, and at no replay at all. */
import { expect, test } from 'vitest'
import { memoryOf } from '#core/proposers/memory.ts'
import { meaningOf } from '#core/space/meaning.ts'
import type { Store } from '#ports'
import type { CandidateScore, Fate, HandWrittenChange } from '#schemas/candidate.ts'
import { boundedEach } from '../../../functions/steps/run/hand-written.ts'
import { proposeChanges } from '../../../functions/steps/run/propose.ts'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'
import { aPack, aSurface, aTarget, aWorld, INTENT } from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

const TOP = 'evidence.orders.top_k'
const TOOLS = 'budget.tool_tokens'
const pack = aPack({
  settings: { ...aPack().settings, [TOOLS]: 1000 },
  tunable_surfaces: [...aPack().tunable_surfaces, aSurface(TOOLS, { min: 500, max: 1000, step: 250 })],
})
const target = aTarget({ search_space: [TOP, TOOLS] })
// Nothing calls a tool here: the budget of tool outputs changes nothing. The third passage is required in one family.
const world = aWorld({ search: 6, heldout: 100, extra: [{ side: 'search', required: 3 }] }).map((one) => ({
  ...one,
  settings: pack.settings,
}))
const stockedWith = () => stocked(memory(), world, { pack })

/** Looks at changes with a replayer that counts what it is asked. */
async function look(store: Store, ...patches: HandWrittenChange['patch'][]) {
  let replays = 0
  const counting = {
    replayer: { kind: 'transcript' as const },
    async *reproduce() {
      replays++
      yield* []
    },
    answer: async () => {
      replays++
      return []
    },
  }
  const changes = patches.map((patch, i) => ({ at: `f:${i + 1}`, change: { patch } }))
  const { changes: found } = await proposeChanges(store, target, changes, counting).catch((error: Error) => {
    throw new Error(`${replays} replays: ${error.message}`)
  })
  return { replays, memory: found.map((one) => one.memory), problems: found.map((one) => one.problems) }
}

test('a dead end, an inert field and what a run looked at are answered with the reason, at no replay', async () => {
  const store = await stockedWith()
  await run(store, { target, runId: 'r' })
  const { replays, memory: said } = await look(
    store,
    { [TOP]: 2 },
    { [TOOLS]: 750, [TOP]: 3 },
    { [TOP]: 3 },
    { [TOP]: 5 },
  )
  expect(replays).toBe(0)
  expect(said).toMatchObject([
    {
      why: 'dead_end',
      of: 'r',
      survives: false,
      reason: expect.stringContaining('search_guardrail rejected it in r: policy'),
    },
    { why: 'inert', of: 'r', survives: false, reason: expect.stringContaining(`${TOOLS} changes no context`) },
    { why: 'looked_at', of: 'r', survives: true, reason: expect.stringMatching(/^run r looked at it as c_/) },
    { why: 'looked_at', of: 'r', survives: false, reason: expect.stringContaining('no_gain') },
  ])
})

test('a change of a baseline that is not in force any more is stale, at no replay', async () => {
  const store = await stockedWith()
  await store.table.create(...rowKeys.inForce(INTENT), { release_tuple_id: 'release.other', rollout_id: null })
  const { replays, memory: said } = await look(store, { [TOP]: 3 })
  expect(replays).toBe(0)
  expect(said).toMatchObject([
    { why: 'stale', of: null, reason: expect.stringContaining('release.other is in force by now') },
  ])
})

test('the same settings again are a duplicate, however they are written; the first of them is named', async () => {
  const when = { '==': [{ var: 'attributes.region' }, 'EU'] }
  const located = [{ [TOP]: 3 }, { [TOP]: { from: 4, to: 3 } }, { [TOP]: { to: 3, when } }].map((patch, i) => ({
    at: `f:${i + 1}`,
    change: { patch },
  }))
  expect((await boundedEach(located, pack, target)).map(({ problems }) => problems)).toEqual([
    [],
    ['the same change was given before, at f:1'],
    [],
  ])
  const text = (to: string) => ({
    settings: { 'prompt.instruction_block': 'a' } as never,
    patch: { 'prompt.instruction_block': { from: 'a', to } },
  })
  const meaning = (to: string) => meaningOf(text(to), text(to).patch)
  expect(meaning('Find  it. ')).toBe(meaning('Find it.'))
  expect(meaning('Find\nit.')).not.toBe(meaning('Find it.'))
})

test('another question is answered by nothing: a limit is another', async () => {
  const store = await stockedWith()
  await run(store, { target, runId: 'r' })
  const looser = { ...target, guardrails: { ...target.guardrails, utility_delta: { min: -0.2 } } }
  const changes = [{ at: 'f:1', change: { patch: { [TOP]: 3 } } }]
  expect((await proposeChanges(store, looser, changes, null)).changes[0]).toMatchObject({
    memory: null,
    assessed: { fate: 'committed' },
  })
})

test('what an earlier run only remembered is asked of memory as it is now: a lifted dead end is none any more', async () => {
  const [first] = await boundedEach([{ at: 'f:1', change: { patch: { [TOP]: 2 } } }], pack, target)
  const candidate = first!.candidate!
  const ran = (fate: Fate) => [
    { run_id: 'r', candidates: [{ ...candidate, fate, reason: 'policy' } as unknown as CandidateScore] },
  ]
  const answer = (fate: Fate) => memoryOf({ pack, in_force: null, rejections: [], earlier: ran(fate) })(candidate)
  expect(answer('remembered')).toBeNull()
  expect(answer('search_guardrail')).toMatchObject({ why: 'looked_at', of: 'r', survives: false })
  expect(answer('dominated')).toMatchObject({ survives: true })
})

test('a control sets a prompt block to the texts of its own list: inert or blind under these says nothing of others', async () => {
  const BLOCK = 'prompt.instruction_block'
  const its = {
    ...pack,
    settings: { ...pack.settings, [BLOCK]: 'Be brief.' },
    tunable_surfaces: [...pack.tunable_surfaces, aSurface(BLOCK, { max_added_tokens: 50, forbidden_terms: [] })],
  }
  const search_space = [TOP, TOOLS, BLOCK]
  const patches: HandWrittenChange['patch'][] = [
    { [BLOCK]: 'Be kind.' },
    { [BLOCK]: 'Be warm.' },
    { [TOOLS]: 750 },
    { [TOOLS]: 500, [BLOCK]: 'Be warm.' },
  ]
  const located = patches.map((patch, i) => ({ at: `f:${i + 1}`, change: { patch } }))
  const bounded = await boundedEach(located, its, { intent: INTENT, search_space })
  const [kind, warm, tools, both] = bounded.map(({ candidate }) => candidate!)
  const scored = (of: typeof kind, fate: Fate) => ({ ...of!, fate, reason: fate }) as unknown as CandidateScore
  const answer = (...candidates: CandidateScore[]) =>
    memoryOf({ pack: its, in_force: null, rejections: [], earlier: [{ run_id: 'r', candidates }] })
  expect(answer(scored(kind, 'inert'))(warm!)).toBeNull()
  expect(answer(scored(kind, 'inert'))(kind!)).toBeNull()
  expect(answer(scored(kind, 'blind'))(kind!)).toBeNull()
  expect(answer(scored(kind, 'search_guardrail'))(kind!)).toMatchObject({ why: 'looked_at', survives: false })
  // Under another text a field may change what it does not change now.
  expect(answer(scored(tools, 'inert'))(both!)).toBeNull()
  expect(answer(scored(tools, 'inert'))(tools!)).toMatchObject({ why: 'inert' })
})
