/** The reviewer's server: proposals that no replay certifies carry their stamp, and what was changed since is not shown. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestOfBytes } from '#core/canonical.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { publishDocument } from '../../functions/steps/experience/documents.ts'
import { placeOfEachTest, ran, ready } from '../cli/command-line.ts'
import { aPartFile, aWorld, REFS } from '../support/builders.ts'
import { mcpClient } from '../support/mcp-client.ts'

const place = placeOfEachTest()
const NEW = '{"rules":[{"rule_id":"R1","max":90}]}\n'
const seats = (...roles: string[]) => roles.flatMap((role) => ['--reviewer', `${role}=${role}@example.com`])

test('a part of another producer is read with its stamp, both texts and the way back', async () => {
  await ready(place, aWorld({ search: 2, heldout: 2 }))
  const store = openStore(place.store, { durable: false })
  await publishDocument(store, { ref: REFS.policy, text: '{"rules":[{"rule_id":"R1","max":100}]}\n' })
  await publishDocument(store, { ref: 'policy.returns@1.1.0', text: NEW })
  store.close()
  const file = place.file('part.json', aPartFile({ digest: digestOfBytes(NEW) }))
  const { proposal } = (await place.at('propose', file, '--json')).json() as { proposal: string }
  const opened = await place.at('review', proposal, ...seats('domain_owner', 'policy', 'reliability'), '--no-serve')
  expect(opened.code).toBe(0)
  const client = await mcpClient('reviewer', place.store)
  const { reviews } = await client.told<{ reviews: { review_id: string }[] }>('list_reviews')
  const [{ review_id }] = reviews as [{ review_id: string }]
  const read = await client.told<{ parts: string[]; is_as_shown: boolean }>('read_review', { review_id })
  expect(read).toMatchObject({ is_as_shown: true, proposal: { certification: 'not certified by replay' } })
  expect(read.parts).toEqual(expect.arrayContaining(['texts', 'rollback']))
  expect(await client.told('evidence', { review_id, part: 'texts' })).toMatchObject({ evidence: { after: NEW } })
  await client.close()
})

test('files that changed since it was opened are said so, and nothing of them is shown', async () => {
  await ready(place)
  await ran(place, 'r')
  await place.at('review', 'r', ...seats('policy', 'reliability'), '--no-serve')
  const folder = join(place.store, 'reviews', 'rv_r_1')
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{}')
  const client = await mcpClient('reviewer', place.store)
  expect(await client.told('read_review', { review_id: 'rv_r_1' })).toMatchObject({
    is_as_shown: false,
    proposal: null,
    parts: [],
    review: { status: 'open' },
  })
  const { isError, content } = await client.call('evidence', { review_id: 'rv_r_1', part: 'groups' })
  expect([isError, content[0]!.text]).toEqual([true, expect.stringContaining('changed since it was opened')])
  await client.close()
})
