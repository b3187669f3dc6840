/** An import of many segments into a deployment, killed in the middle of one: the same import goes on, and leaves what one that was not killed leaves. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { ObjectStore } from '#ports'
import { freshTable, startEngine } from '../../adapters/aws/dynamo-engine.ts'
import { s3Buckets } from '../../support/aws/s3-buckets.ts'
import { imported, memory } from '../stores.ts'
import { largeRuns } from './large-runs.ts'

const isSegment = (key: string) => key.endsWith('.jsonl.zst')

it('sends again no segment but the one that was under way beside, when its process was killed', async () => {
  const engine = await startEngine()
  const { table } = await freshTable(engine.client)
  const { hostname, port } = await engine.client.config.endpoint!()
  let program: ChildProcess | undefined
  let left = 2
  await using buckets = await s3Buckets((name) => {
    if (isSegment(name) && left-- === 0) program!.kill('SIGKILL')
  })
  const env = {
    ...process.env,
    TABLE: table,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_ENDPOINT_URL_S3: buckets.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: `http://${hostname}:${port}`,
  }
  const ended = async () => {
    program = spawn(process.execPath, [fileURLToPath(new URL('./large-runs.ts', import.meta.url))], { env })
    return await once(program, 'exit')
  }
  try {
    expect(await ended()).toEqual([null, 'SIGKILL'])
    const before = buckets.sent.filter(isSegment).length
    left = Number.POSITIVE_INFINITY
    expect(await ended()).toEqual([0, null])
    const all = buckets.sent.filter(isSegment)
    expect(before).toBeGreaterThan(0)
    expect(all.length).toBeGreaterThan(before)
    expect(all.filter((name) => name === all[0])).toHaveLength(1)
    expect(all.length - new Set(all).size).toBeLessThanOrEqual(1)
  } finally {
    await engine.stop()
  }
  // Segments and lists of runs are named by their content.
  const straight = { ...memory(), rolesApart: true as const }
  await imported(straight, largeRuns(), 'segments')
  const held = async (bucket: string, objects: ObjectStore) =>
    (await Array.fromAsync(objects.list('experience/'))).map((key) => `${bucket}/${key}`)
  expect([...buckets.objects.keys()].filter((name) => name.includes('/experience/')).sort()).toEqual([
    ...(await held('experience', straight.objects)),
    ...(await held('vault', straight.vault)),
  ])
}, 120_000)
