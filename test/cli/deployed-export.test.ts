/** `autotune export` of a deployment: under the role of the auditor, who writes nothing there and sees nothing sealed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { partKey } from '#core/export/lines.ts'
import { type Account, account } from '../support/aws/account.ts'
import { INTENT } from '../support/builders.ts'
import { autotune, bytesOf, type Workplace, workplace } from './command-line.ts'
import { ranAt, STACK } from './deployed-run.ts'

let aws: Account
let place: Workplace

beforeAll(async () => {
  aws = await account()
  place = workplace()
  const [imported] = await ranAt(place, STACK)
  expect(imported!.err).toBe('')
}, 120_000)
afterAll(async () => {
  place.dispose()
  await aws.stop()
})

test('is read by the auditor, never from the vault, and the same bytes again', async () => {
  const asked = new Set<string>()
  const read: string[] = []
  aws.before = (action, name) => {
    if (action === 'sts:AssumeRole') asked.add(name)
    else read.push(`${action} ${name}`)
  }
  aws.written.length = 0
  const dir = join(place.dir, 'audit')
  const { err, json } = await autotune('export', '--jsonl', dir, '--json', ...STACK)
  expect(err).toBe('')
  expect(json()).toMatchObject({ rows: { runs: 1, versions: 1, questions: 1 } })
  expect([...asked]).toEqual([aws.stacks.AutotuneData!.AuditorRoleArn])
  expect(aws.written).toEqual([])
  expect(read.length).toBeGreaterThan(0)
  expect(read.filter((one) => one.includes(aws.stacks.AutotuneData!.VaultBucketName!))).toEqual([])
  const [version] = readFileSync(join(dir, await onlyPart(dir, 'versions')), 'utf8')
    .trim()
    .split('\n')
  // Of a deployment too, the journal says when it was sealed.
  expect(JSON.parse(version!)).toMatchObject({ intent: INTENT, used: 1, sealed_at: expect.any(String) })
  const bytes = bytesOf(dir)
  expect((await autotune('export', '--jsonl', dir, '--json', ...STACK)).json()).toMatchObject({ written: 0 })
  expect(bytesOf(dir)).toEqual(bytes)
})

/** The one file of a table that holds the rows of one day. */
async function onlyPart(dir: string, table: 'versions'): Promise<string> {
  const days = bytesOf(join(dir, table)).map((line) => /day=([\d-]+)/.exec(line)![1]!)
  expect(days).toHaveLength(1)
  return partKey({ table, day: days[0]!, intent: INTENT })
}
