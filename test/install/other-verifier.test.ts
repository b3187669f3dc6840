/**
 * Attestations, checked by a program that is not ours: `securesystemslib` in Python agrees on what holds and on what was
 * changed. It is installed into a cache folder; skipped with a line where there is no Python, pip or index of packages.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keyId } from '#core/attest/dsse.ts'
import type { Attestor } from '#ports'
import type { Envelope } from '#schemas/envelope.ts'
import { keptEnvelopes } from '../../functions/steps/attest/kept.ts'
import { signAttestations } from '../../functions/steps/attest/sign.ts'
import { approve, certified } from '../steps/release/support.ts'
import { aKey, aKeyFile, aSigner } from '../support/attest.ts'

const PACKAGE = 'securesystemslib[crypto]==1.4.0'
const FOLDER = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'contextos-autotune',
  PACKAGE.replace(/[^a-z0-9.]+/g, '-'),
)

const VERIFY = `
import json, sys
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey
asked = json.load(sys.stdin)
keys = [SSlibKey.from_crypto(load_pem_public_key(k["pem"].encode()), keyid=k["keyid"]) for k in asked["keys"]]
for envelope in asked["envelopes"]:
    try:
        print(len(Envelope.from_dict(envelope).verify(keys, asked["threshold"])))
    except VerificationError:
        print("refused")
`

/** Why it cannot be asked here; null: it is installed. */
function missing(): string | null {
  const python = (...argv: string[]) => spawnSync('python3', argv, { encoding: 'utf8', env: environment })
  if (python('--version').status !== 0) return 'no python3 here'
  if (existsSync(join(FOLDER, 'securesystemslib'))) return null
  mkdirSync(FOLDER, { recursive: true })
  const { status, stderr } = python('-m', 'pip', 'install', '--quiet', '--target', FOLDER, PACKAGE)
  return status === 0 ? null : `pip cannot install ${PACKAGE}: ${stderr.trim().split('\n').at(-1)}`
}
const environment = { ...process.env, PYTHONPATH: FOLDER }

function asked(envelopes: readonly Envelope[], signers: readonly Attestor[], threshold: number): string[] {
  const keys = signers.map(({ publicKey: pem }) => ({ pem, keyid: keyId(pem) }))
  const { stdout, stderr } = spawnSync('python3', ['-c', VERIFY], {
    input: JSON.stringify({ envelopes, keys, threshold }),
    encoding: 'utf8',
    env: environment,
  })
  expect(stderr).toBe('')
  return stdout.trim().split('\n')
}

const why = missing()
if (why !== null) console.log(`skipped: attestations by another verifier (${why})`)

test.skipIf(why !== null)(
  'another verifier agrees: what holds, under too few signers, and with a changed byte',
  async () => {
    const signers = [aSigner(), aSigner('p256')]
    const keys = aKeyFile(
      aKey(signers[0]!, 'ana', 'reviewer'),
      aKey(signers[1]!, 'ben', 'reviewer'),
      aKey(aSigner(), 'ci', 'gate'),
      aKey(aSigner(), 'rel', 'release'),
    )
    const store = await certified()
    await approve(store, 'r')
    const recompute = async () => ({ scope: 'gate', version: '0.0.0' })
    for (const attestor of signers) await signAttestations(store, { runId: 'r', attestor, keys, recompute })
    const envelopes = [...(await keptEnvelopes(store, 'r')).values()]
    expect(envelopes).toHaveLength(2)
    expect(asked(envelopes, signers, 2)).toEqual(['2', '2'])
    expect(asked(envelopes, [signers[0]!, aSigner()], 2)).toEqual(['refused', 'refused'])
    const changed = envelopes.map((envelope) => {
      const bytes = Buffer.from(envelope.payload, 'base64')
      bytes[bytes.length >> 1]! ^= 1
      return { ...envelope, payload: bytes.toString('base64') }
    })
    expect(asked(changed, signers, 1)).toEqual(['refused', 'refused'])
  },
)
