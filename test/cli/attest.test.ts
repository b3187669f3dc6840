/** The attest verbs in this process: keys in files, a threshold, and what each refusal says. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AttestationKey, AttestationKeys } from '#schemas/attestation.ts'
import { keys as objectKeys } from '#schemas/s3-keys.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { approve, certified } from '../steps/release/support.ts'
import { aKeyFile } from '../support/attest.ts'
import { autotune } from './command-line.ts'

const dir = mkdtempSync(join(tmpdir(), 'autotune-attest-'))
const store = join(dir, 'harness')
const at = (name: string) => join(dir, name)
const attest = (verb: string, ...argv: string[]) => autotune('attest', verb, ...argv, '--store', store)
const keygen = async (name: string, role: string): Promise<AttestationKey> => {
  const made = await attest('keygen', '--key', at(`${name}.pem`), '--role', role, '--by', name, '--json')
  expect(made.code).toBe(0)
  return (made.json() as { entry: AttestationKey }).entry
}
let file: AttestationKeys
const write = (keys: AttestationKeys, name = 'keys.json'): string => {
  writeFileSync(at(name), JSON.stringify(keys))
  return at(name)
}
const sign = (name: string) => attest('sign', 'r', '--key', at(`${name}.pem`), '--keys', at('keys.json'))
const verify = (keys = 'keys.json', ...argv: string[]) => attest('verify', 'r', '--keys', at(keys), ...argv)

beforeAll(async () => {
  const opened = openStore(store, { durable: false })
  await approve(await certified(opened), 'r').finally(() => opened.close())
  const entries = []
  for (const [name, role] of [
    ['ci', 'gate'],
    ['ana', 'reviewer'],
    ['ben', 'reviewer'],
    ['rel', 'release'],
  ] as const)
    entries.push(await keygen(name, role))
  file = aKeyFile(...entries)
})
beforeEach(() => void write(file))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('keys by role sign in turn; until enough people have, it says who is missing', async () => {
  expect(await verify()).toMatchObject({ code: 3, out: expect.stringContaining('gate: nobody signed it') })
  expect(await sign('ci')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/signed +gate: 1 signature\n.*verification: 1/),
  })
  expect((await sign('ana')).code).toBe(0)
  expect(await verify()).toMatchObject({
    code: 3,
    out: expect.stringContaining('decision-1-1: too few signers: 1 of 2 people with a key of reviewer'),
  })
  expect(await sign('ben')).toMatchObject({ code: 0, out: expect.stringContaining('decision-1-2: 2 signatures') })
  expect(await sign('ben')).toMatchObject({ code: 0, out: expect.stringContaining('before   decision-1-2') })
  expect(await sign('rel')).toMatchObject({ code: 0, out: expect.stringContaining('nothing to sign yet') })
  expect(await verify()).toMatchObject({ code: 0, out: expect.stringMatching(/^attested: r\n/) })
  expect((await autotune('verify', 'r', '--store', store)).code).toBe(0)
  expect((await autotune('verify', '--store', store)).code).toBe(0)
})

test('a file of keys in the store is trusted by nobody: who writes the store could name any key', async () => {
  const inside = join(store, 'keys.json')
  writeFileSync(inside, JSON.stringify(file))
  try {
    for (const argv of [
      ['attest', 'verify', 'r'],
      ['attest', 'sign', 'r', '--key', at('ana.pem')],
      ['audit', 'show'],
    ])
      expect(await autotune(...argv, '--keys', inside, '--store', store)).toMatchObject({
        code: 2,
        err: expect.stringContaining('keys.json lies in the store'),
      })
  } finally {
    rmSync(inside)
  }
})

describe('afterwards', () => {
  const changed = (over: Partial<AttestationKey>): AttestationKeys => ({
    ...file,
    keys: file.keys.map((key) => (key.person === 'ben' ? { ...key, ...over } : key)),
  })

  test.each([
    [
      'expired',
      { expires: '2026-01-02T00:00:00.000Z', not_before: '2026-01-01T00:00:00.000Z' },
      'expired at 2026-01-02',
    ],
    ['revoked', { revoked: { at: '2026-11-30T00:00:00.000Z', reason: 'laptop lost' } }, 'is revoked since'],
    ['of the wrong role', { role: 'guest' }, 'has the wrong role: guest'],
  ])('a key that is %s is told, and is one signer too few', async (_, over, says) => {
    const keys = {
      ...changed(over),
      needs: { ...file.needs, review_decision: { roles: ['reviewer', 'gate'], threshold: 2 } },
    }
    write(keys, 'other.json')
    expect(await verify('other.json')).toMatchObject({ code: 3, out: expect.stringContaining(says) })
  })

  test('a key that has expired since counts as of a moment before', async () => {
    write(changed({ not_before: '2026-01-01T00:00:00.000Z', expires: '2026-01-03T00:00:00.000Z' }), 'other.json')
    expect((await verify('other.json')).code).toBe(3)
    // All keys are as of then: those of the others were made later.
    expect(await verify('other.json', '--at', '2026-01-02T00:00:00.000Z')).toMatchObject({
      code: 3,
      out: expect.stringContaining('is not valid before'),
    })
    expect((await verify('keys.json', '--at', '2026-13-01T00:00:00.000Z')).err).toContain('--at takes a moment')
    expect(await verify('keys.json', '--at', 'yesterday')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--at takes a moment'),
    })
  })

  test('a changed byte is refused, and nothing more is signed', async () => {
    const gate = join(store, objectKeys.autotuneRun('r', 'gate.json'))
    const text = readFileSync(gate, 'utf8')
    writeFileSync(gate, text.replace(/}\s*$/, ' }'))
    try {
      expect(await verify()).toMatchObject({
        code: 2,
        out: expect.stringContaining('gate: the store says otherwise than what was signed'),
      })
      expect((await sign('ci')).code).toBe(2)
    } finally {
      writeFileSync(gate, text)
    }
  })
})

describe('a private key', () => {
  test('is readable by its owner alone, and never written over', async () => {
    expect(statSync(at('ana.pem')).mode & 0o777).toBe(0o600)
    expect(await attest('keygen', '--key', at('ana.pem'), '--role', 'reviewer', '--by', 'eve')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no key is written over it'),
    })
  })

  test('that others may read, that lies in the store, or that is none signs nothing', async () => {
    chmodSync(at('ana.pem'), 0o644)
    expect(await sign('ana')).toMatchObject({ code: 2, err: expect.stringContaining('is open to others') })
    chmodSync(at('ana.pem'), 0o600)
    expect(await attest('keygen', '--key', join(store, 'k.pem'), '--role', 'gate')).toMatchObject({
      code: 2,
      err: expect.stringContaining('lies in the store'),
    })
    writeFileSync(at('none.pem'), 'no key', { mode: 0o600 })
    expect(await sign('none')).toMatchObject({ code: 2, err: expect.stringContaining('holds no Ed25519 private key') })
    expect(await sign('missing')).toMatchObject({ code: 2, err: expect.stringContaining('there is no such file') })
  })

  test('of no file of keys, or of one that is not valid, is refused with the field', async () => {
    writeFileSync(
      at('bad.json'),
      JSON.stringify({ ...file, needs: { ...file.needs, gate: { roles: ['x'], threshold: 1 } } }),
    )
    expect(await verify('bad.json')).toMatchObject({ code: 2, err: expect.stringContaining('needs.gate.threshold') })
    write({ ...file, keys: [...file.keys, file.keys[0]!] }, 'bad.json')
    expect(await verify('bad.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('keys[4].public_key stands there twice'),
    })
  })
})
