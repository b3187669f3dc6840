/** `history`: what was tried on a setting, by the inbox and by runs, newest first. */
import { expect, test } from 'vitest'
import { aWorld } from '../support/builders.ts'
import { bytesOf, placeOfEachTest, ran, ready } from './command-line.ts'

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
