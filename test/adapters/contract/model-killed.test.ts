import { expect, it } from 'vitest'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { readJson } from '../../../functions/streams/read-object.ts'
import { scriptedModelServer } from '../../support/scripted-model-server.ts'
import { killWhileWriting, run } from './children.ts'
import { freshFolder } from './registry.ts'

const CALLS = 300

it('a run that is killed while it asks asks nothing again that was answered, within the same budget', async () => {
  const { folder, dispose } = await freshFolder()
  const server = await scriptedModelServer(({ prompt }) => ({ says: `answer ${prompt}`, after: 4 }))
  const store = fileStore(folder)
  const args = [folder, server.baseUrl, `${CALLS}`]
  const keptPrompts = async () => {
    const keys = await Array.fromAsync(store.list('model-cache/'))
    return Promise.all(
      keys.map(async (k) => (await readJson<{ request: { prompt: string } }>(store, k))!.request.prompt),
    )
  }
  await killWhileWriting('ask-model.ts', args, 20)
  const before = await keptPrompts()
  expect(before.length).toBeGreaterThan(0)
  expect(before.length).toBeLessThan(CALLS)
  const asked = server.asked.length
  expect(await run('ask-model.ts', args)).toContain(`${CALLS} answers, ${CALLS} paid`)
  const again = server.asked.slice(asked).map(({ prompt }) => prompt)
  expect(again.filter((prompt) => before.includes(prompt))).toEqual([])
  expect(again).toHaveLength(CALLS - before.length)
  expect(await keptPrompts()).toHaveLength(CALLS)
  await server.close()
  await dispose()
})
