/** `autotune attest` over a deployment: signed under the role that adds signatures, verified under that of the auditor. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Envelope } from '#schemas/envelope.ts'
import { keys as objectKeys } from '#schemas/s3-keys.ts'
import { readJson } from '../../functions/streams/read-object.ts'
import { type Account, account } from '../support/aws/account.ts'
import { autotune, type Workplace, workplace } from './command-line.ts'
import { ranAt, STACK } from './deployed-run.ts'

let aws: Account
let place: Workplace
let keyFile: string
let key: string

beforeAll(async () => {
  aws = await account()
  place = workplace()
  await ranAt(place, STACK, ['--store', place.store])
  key = join(place.dir, 'ana.pem')
  const made = await autotune('attest', 'keygen', '--key', key, '--role', 'gate', '--by', 'ana', '--json')
  const { entry } = made.json() as { entry: unknown }
  const needs = Object.fromEntries(
    ['gate', 'verification', 'review_decision', 'promotion'].map((kind) => [kind, { roles: ['gate'], threshold: 1 }]),
  )
  keyFile = place.file('keys.json', { kind: 'attestation_keys', keys: [entry], needs })
}, 120_000)
afterAll(async () => {
  place.dispose()
  await aws.stop()
})

const gate = objectKeys.attestation('at_run', 'gate', 1)

test('it is signed under the role of the attestor, which adds nothing else, and holds under that of the auditor', async () => {
  const asked = new Set<string>()
  aws.before = (action, name) => void (action === 'sts:AssumeRole' && asked.add(name))
  aws.written.length = 0
  const signed = await autotune('attest', 'sign', 'at_run', '--key', key, '--keys', keyFile, ...STACK)
  expect([signed.code, signed.err]).toEqual([0, ''])
  expect([...asked]).toEqual([aws.stacks.AutotuneData!.AttestorRoleArn])
  expect(aws.written).toEqual([
    `${aws.bucket} ${gate}`,
    `${aws.bucket} ${objectKeys.attestation('at_run', 'verification', 1)}`,
  ])
  asked.clear()
  const verified = await autotune('attest', 'verify', 'at_run', '--keys', keyFile, ...STACK)
  expect([verified.code, verified.out.split('\n')[0]]).toEqual([0, 'attested: at_run'])
  expect([...asked]).toEqual([aws.stacks.AutotuneData!.AuditorRoleArn])
}, 60_000)

test('a changed envelope is told, and one more signature over it refused', async () => {
  const was = Envelope.parse(await readJson(aws.store.objects, gate))
  const payload = Buffer.from(was.payload, 'base64').toString().replace('PASSED', 'FAILED')
  const changed = { ...was, payload: Buffer.from(payload).toString('base64') }
  await aws.store.objects.put(gate, Buffer.from(`${JSON.stringify(changed)}\n`))
  const verified = await autotune('attest', 'verify', 'at_run', '--keys', keyFile, ...STACK)
  expect([verified.code, verified.out]).toEqual([2, expect.stringContaining('CHANGED  gate')])
  const signed = await autotune('attest', 'sign', 'at_run', '--key', key, '--keys', keyFile, ...STACK)
  expect([signed.code, signed.err]).toEqual([2, expect.stringContaining('says otherwise than the store does now')])
}, 60_000)

test('a deployment of an earlier version says that it takes none', async () => {
  const data = aws.stacks.AutotuneData!
  const { AttestorRoleArn } = data
  delete data.AttestorRoleArn
  const signed = await autotune('attest', 'sign', 'at_run', '--key', key, '--keys', keyFile, ...STACK)
  data.AttestorRoleArn = AttestorRoleArn!
  expect([signed.code, signed.err]).toEqual([2, expect.stringContaining('has no role that adds attestations')])
}, 60_000)
