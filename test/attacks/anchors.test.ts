/** Wall: an anchor in a bucket stands for what it was taken of, whoever writes to the store, and whoever writes to the bucket later. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { autotune } from '../cli/command-line.ts'
import { imported } from '../steps/stores.ts'
import { type S3Server, s3Server } from '../support/aws/s3-server.ts'
import { aFamily } from '../support/builders.ts'
import { copied, file, open, withStages } from './written-store.ts'

withStages()

const TO = 's3://audit-bucket/harness'
const publish = (dir: string, to = TO) => autotune('anchor', 'publish', '--to', to, '--store', dir, '--json')
const verify = (dir: string, from = TO) => autotune('verify', '--anchor', from, '--store', dir, '--json')

let server: S3Server
const served = async (options?: Parameters<typeof s3Server>[1]): Promise<void> => {
  server = await s3Server('audit-bucket', options)
  vi.stubEnv('AWS_ENDPOINT_URL_S3', server.endpoint)
  vi.stubEnv('AWS_REGION', 'eu-central-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b')
}
beforeEach(() => served())
afterEach(async () => {
  vi.unstubAllEnvs()
  await server[Symbol.asyncDispose]()
})

test('is published under a lock of 400 days that nobody may lift, and the store holds against it', async () => {
  const dir = copied('approved')
  const published = await publish(dir)
  expect(published).toMatchObject({ code: 0, err: '' })
  const [write] = server.writes
  expect(write).toMatchObject({ 'x-amz-object-lock-mode': 'COMPLIANCE', 'if-none-match': '*' })
  const days = (Date.parse(String(write!['x-amz-object-lock-retain-until-date'])) - Date.now()) / 86_400_000
  expect(Math.round(days)).toBe(400)
  expect(await publish(dir)).toMatchObject({ code: 0 })
  const checked = await verify(dir)
  expect(checked).toMatchObject({ code: 0, err: '' })
  expect(checked.json()).toMatchObject({ holds: true, anchors: [{ n: (published.json() as { n: number }).n }] })
})

test('tells a store that was put back whole, also where somebody deleted and overwrote anchors in the bucket', async () => {
  const older = copied('certified')
  const dir = copied('approved')
  await publish(older)
  await publish(dir)
  const store = open(dir)
  await imported(store, [aFamily('new', { side: 'search', required: 1, gold: 1 })])
  store.close()
  await publish(dir)
  expect(await verify(dir)).toMatchObject({ code: 0 })
  const { anchors } = (await verify(dir)).json() as { anchors: { n: number; digest: string }[] }
  expect(anchors).toHaveLength(3)
  for (const { n, digest } of anchors.slice(1)) {
    const key = `harness/${String(n).padStart(8, '0')}-${digest.slice(7, 23)}.json`
    server.write(key, null)
    server.write(key, `${JSON.stringify(anchors[0])}\n`)
  }
  const back = await verify(older)
  expect(back.code).toBe(2)
  expect((back.json() as { problems: { why: string }[] }).problems.map(({ why }) => why).join()).toMatch(
    /the journal ends at line \d+; on .* it had \d+: the store was put back to an older copy/,
  )
})

test('is refused by a bucket without Object Lock, with the way out', async () => {
  await server[Symbol.asyncDispose]()
  await served({ locks: false })
  expect(await publish(copied('certified'))).toMatchObject({
    code: 2,
    err: expect.stringMatching(/audit-bucket has no Object Lock: .* or name a file/),
  })
})

test('in another bucket is one line that says what to do, and nothing is published of a journal that was cut', async () => {
  const dir = copied('certified')
  expect(await verify(dir, 's3://other/harness')).toMatchObject({ code: 2, err: expect.stringMatching(/bucket/) })
  expect(await verify(dir, 's3://audit-bucket/elsewhere')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/holds no anchor/),
  })
  rmSync(file(dir, 'heads/00000003.json'))
  expect(await publish(dir)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/does not follow.*Nothing is published/),
  })
  expect(server.writes).toEqual([])
})

test('in a file stands among whole anchors of this journal, or is not published', async () => {
  const [older, dir] = [copied('certified'), copied('approved')]
  const kept = file(dir, 'kept.jsonl')
  expect(await publish(dir, kept)).toMatchObject({ code: 0, err: '' })
  expect(await publish(dir, kept)).toMatchObject({ code: 0, err: '' })
  const whole = readFileSync(kept, 'utf8')
  const refused: readonly [text: string, store: string, says: RegExp][] = [
    [whole, older, /has an anchor of line \d+: the journal ends at line .* the store was put back to an older copy/],
    [`${whole}{"n":1,"dig`, dir, /line 3: no anchor/],
    [whole.trimEnd(), dir, /ends in the middle of a line/],
    ['notes of somebody\n', dir, /line 1: no anchor/],
  ]
  for (const [text, store, says] of refused) {
    writeFileSync(kept, text)
    expect(await publish(store, kept)).toMatchObject({ code: 2, err: expect.stringMatching(says) })
    expect(readFileSync(kept, 'utf8')).toBe(text)
  }
})
