/** Documents of a tuple that nothing here reads: kept under their ref, never changed, and pinned by a run. */
import { expect, test } from 'vitest'
import { digestsOf } from '#core/release/tuple.ts'
import type { Store } from '#ports'
import { AutotuneRun } from '#schemas/run.ts'
import { keys } from '#schemas/s3-keys.ts'
import { documentDigests, publishDocument, refuseChanged } from '../../../functions/steps/experience/documents.ts'
import { keptDocument } from '../../../functions/steps/experience/parse-documents.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { REFS } from '../../support/builders.ts'
import { memory, run, stocked } from '../stores.ts'

const policy = keptDocument(REFS.policy, '{"rules": []}\n', 'policy.json')

test('a run pins the digests of those that its store holds, and names them in its release tuple', async () => {
  const pinned = async (store: Store) => {
    expect(await run(store, { runId: 'one' })).toMatchObject({ verdict: 'certified' })
    return AutotuneRun.parse(await readJson(store.objects, keys.autotuneRun('one', 'target.json')))
  }
  const bare = await stocked(memory())
  expect(await documentDigests(bare.objects, REFS)).toEqual({})
  expect(await pinned(bare)).not.toHaveProperty('documents')

  const store = await stocked(memory())
  await publishDocument(store, policy)
  const digests = await documentDigests(store.objects, REFS)
  expect(Object.keys(digests)).toEqual(['policy'])
  expect(digestsOf(await pinned(store))).toMatchObject({ ...digests, pack: expect.any(String) })
})

test('a ref keeps its document: the same again is fine, another one is refused', async () => {
  const store = memory()
  await publishDocument(store, policy)
  await publishDocument(store, policy)
  const other = { ...policy, text: '{"rules": [1]}' }
  await expect(publishDocument(store, other)).rejects.toThrow('already published with other content')
  await expect(refuseChanged(store.objects, [], [], [], [other])).rejects.toThrow(
    'already published with other content',
  )
})

test('a document needs a ref with a version, and something in it', () => {
  expect(() => keptDocument('policy.returns', 'x', 'p.json')).toThrow('a ref is NAME@MAJOR.MINOR.PATCH')
  expect(() => keptDocument(REFS.policy, ' \n', 'p.json')).toThrow('the file is empty')
})
