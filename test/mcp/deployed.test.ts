/** The servers for agents over a deployment: the same tools, under the rights of whoever starts them; nothing but the inbox is written. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { autotune, type Workplace, workplace } from '../cli/command-line.ts'
import { ranAt, STACK } from '../cli/deployed-run.ts'
import { type Account, account } from '../support/aws/account.ts'
import { aTarget, INTENT } from '../support/builders.ts'
import { mcpClient } from '../support/mcp-client.ts'
import { namesIn } from '../support/sealed-names.ts'

let aws: Account
let place: Workplace
let target: string
beforeAll(async () => {
  aws = await account()
  place = workplace()
  await ranAt(place, STACK)
  target = place.file('target.json', aTarget())
}, 120_000)
afterAll(async () => {
  place.dispose()
  await aws.stop()
})

/** Families of the sealed side, as `ranAt` imports them. */
const SEALED = new Set(Array.from({ length: 100 }, (_, i) => `h${i}`))

test('a proposer reads the search side, proposes, and writes into the inbox alone; what it proposed is counted for everybody', async () => {
  aws.written.length = 0
  const agent = await mcpClient('proposer', `s3://${aws.bucket}`, target)
  const { cases } = await agent.told<{ cases: { case_id: string }[] }>('list_search_cases', { limit: 3 })
  expect(await agent.told('read_search_case', { case_id: cases[0]!.case_id })).toMatchObject({
    case_id: cases[0]!.case_id,
  })
  const refused = await agent.call('read_search_case', { case_id: 'h0' })
  expect([refused.isError, refused.content[0]!.text]).toEqual([
    true,
    expect.stringContaining('no case "h0" on the search'),
  ])
  const proposed = await agent.told<{ how: string; n: number }>('propose_patch', {
    patch: { 'evidence.orders.top_k': 3 },
  })
  expect(proposed).toMatchObject({ how: 'looked', n: 1, proposals: { spent: 1 } })
  expect(await agent.told('propose_patch', { patch: { 'evidence.orders.top_k': 3 } })).toMatchObject({ how: 'memory' })
  expect(await agent.close()).toBe(0)
  const inbox = `${aws.bucket} inbox/changes/${INTENT}/`
  expect(aws.written.filter((name) => !name.startsWith(inbox))).toEqual([])
  expect(aws.written).toHaveLength(2)
  const calls = agent.transcript().replace(/no case \\?"h0\\?"|"case_id":"h0"/g, '')
  expect(namesIn(calls, SEALED)).toEqual([])
  const history = await autotune('history', '--target', target, ...STACK)
  expect(history.out).toContain('1 of 200 proposals')
})

test('an auditor recomputes a run under the role of the auditor, a reviewer reads under the rights of the caller', async () => {
  const roles: string[] = []
  aws.before = (action, key) => {
    if (action === 'sts:AssumeRole') roles.push(key)
  }
  const reviewer = await mcpClient('reviewer', `s3://${aws.bucket}`)
  expect(await reviewer.told('list_reviews')).toMatchObject({ reviews: expect.any(Array) })
  expect(await reviewer.close()).toBe(0)
  expect(roles).toEqual([])
  const auditor = await mcpClient('auditor', `s3://${aws.bucket}`)
  expect(await auditor.told('verify_run', { run: 'at_run' })).toMatchObject({ reproducible: true, scope: 'answer' })
  expect(await auditor.close()).toBe(0)
  expect(roles.length).toBeGreaterThan(0)
  expect(roles.filter((role) => !role.includes('Auditor'))).toEqual([])
})
