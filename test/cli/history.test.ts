/** `history`: what was tried on a setting, by the inbox and by runs, newest first. */
import { expect, test } from 'vitest'
import { aPack, aTarget, aWorld, INTENT } from '../support/builders.ts'
import { bytesOf, placeOfEachTest, ran, ready } from './command-line.ts'

const PROMPT = 'prompt.instruction_block'
const K = 'evidence.orders.top_k'
const place = placeOfEachTest()
const world = aWorld({ search: 6, heldout: 100, extra: [{ side: 'search', required: 3 }] })

test('names fate, reason and who blocked; a path that is none is refused with those near it', async () => {
  const { target } = await ready(place, world)
  expect((await place.at('history', '--target', target)).out).toMatch('nothing was tried before')
  await ran(place, 'r')
  await place.at('propose', place.file('p.json', { patch: { [K]: 2 }, origin: 'agent' }), '--target', target)
  const before = bytesOf(place.store)
  const { code, out } = await place.at('history', K, '--target', target)
  expect(code).toBe(0)
  expect(out).toMatch(/^evidence\.orders\.top_k -> 2\n {3}remembered .*\n {3}inbox \d{4}-Q\d no\. 1 on .*, by agent\n/)
  expect(out).toMatch(/evidence\.orders\.top_k 4 -> 3\n {3}won .*\n {3}run r on .*, by search; metric 900/)
  expect(out).toMatch('budget   1 of 200 proposals')
  const { tried, more } = (await place.at('history', '--target', target, '--limit', '1', '--json')).json() as {
    tried: { by: string }[]
    more: boolean
  }
  expect([tried.map(({ by }) => by), more]).toEqual([['inbox'], true])
  expect(bytesOf(place.store)).toEqual(before)
  const wrong = await place.at('history', 'evidence.order.top_k', '--target', target)
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining(`near it: ${K}`)])
})

test('of a long prompt block it shows what the change changes', async () => {
  const block =
    'Find the order and the line before you promise anything to anybody. Name the policy clause that applies.'
  const settings = { [K]: 4, [PROMPT]: block }
  const surface = { layer: 'prompt', field: 'instruction_block', path: PROMPT, intents: [INTENT], owner: 'o' }
  const bounds = { max_added_tokens: 50, max_changed_sentences: 3, forbidden_terms: [] }
  const pack = aPack({ settings, tunable_surfaces: [{ ...surface, bounds }] as never })
  const runs = world.map((run) => ({ ...run, settings }))
  await ready(place, runs, { pack })
  const target = place.file('prompt.json', aTarget({ search_space: [PROMPT] }))
  const changes = place.file('c.json', { patch: { [PROMPT]: block.replace('clause', 'paragraph') } })
  await place.at('run', '--target', target, '--candidates', changes, '--run-id', 'r')
  const { out } = await place.at('history', '--target', target)
  expect(out).toMatch(/\.\.\. .*clause that applies\. -> \.\.\. .*paragraph that applies\./)
})
