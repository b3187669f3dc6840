/** `autotune done` and `audit` of a deployment: under the role of its auditor, to whom the vault is closed. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditReport } from '#core/harness-audit/judge.ts'
import { type Account, account } from '../support/aws/account.ts'
import { autotune, type Workplace, workplace } from './command-line.ts'
import { ranAt, STACK } from './deployed-run.ts'

let aws: Account
let place: Workplace

beforeAll(async () => {
  aws = await account()
  place = workplace()
  await ranAt(place, STACK, ['--store', place.store])
}, 120_000)
afterAll(async () => {
  place.dispose()
  await aws.stop()
})

type Probe = { id: string; answer: string | null }
type Report = { checks: Probe[]; failure_modes: Probe[] }

test('it answers as of a folder, reads under the role of the auditor alone, and writes nothing', async () => {
  const asked = new Set<string>()
  aws.before = (action, name) => void (action === 'sts:AssumeRole' && asked.add(name))
  aws.written.length = 0
  const there = await autotune('done', '--json', ...STACK)
  expect(there.err).toBe('')
  const here = await autotune('done', '--json', '--store', place.store)
  const answers = ({ checks, failure_modes }: Report) =>
    [...checks, ...failure_modes].map(({ id, answer }) => [id, answer])
  expect(answers(there.json() as Report)).toEqual(answers(here.json() as Report))
  expect(there.code).toBe(here.code)
  expect([...asked]).toEqual([aws.stacks.AutotuneData!.AuditorRoleArn])
  expect(aws.written).toEqual([])
}, 60_000)

test('its audit says what that of a folder says, but for what is tried on copies of a folder alone', async () => {
  const of = async (...where: string[]) => (await autotune('audit', 'show', '--json', ...where)).json() as AuditReport
  const [there, here] = [await of(...STACK), await of('--store', place.store)]
  expect([there.decision, there.next_audit]).toEqual([here.decision, null])
  const others = there.rows.flatMap(({ n, status }, i) => (here.rows[i]!.status === status ? [] : [n]))
  const onCopies = [14, 19, 20, 24, 25]
  expect(others.filter((n) => !onCopies.includes(n))).toEqual([])
  expect(there.rows.filter(({ n, status }) => onCopies.includes(n) && status !== 'Fail')).toEqual([])
})
