/** `autotune attest`: keys of people who sign, signatures under what a store decided, and whether they are enough. */
import { makeAttestationKey } from '#adapters/local/attestation-key.ts'
import { programVersion } from '#adapters/local/program-files.ts'
import { keyId } from '#core/attest/dsse.ts'
import { AttestationKey } from '#schemas/attestation.ts'
import { INSTANT_PATTERN } from '#schemas/patterns.ts'
import { recomputeDeployed, recomputeRun } from '../embedded/recompute-run.ts'
import { UserError } from '../errors.ts'
import { signAttestations } from '../steps/attest/sign.ts'
import { type AttestationsVerified, verifyAttestations } from '../steps/attest/verify.ts'
import { parseAs } from '../steps/experience/parse.ts'
import { inKms, kmsKey, openAttestor, outside, readKeys } from './attest-keys.ts'
import { neededUser, personOf } from './hand.ts'
import { type CommandStore, isLocal, openForAttesting, openForAudit } from './open.ts'
import { terminalProgress } from './progress.ts'
import type { StoreOptions } from './store-options.ts'
import { inLine, print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
}

interface KeyOptions extends Options {
  /** Path of a private key file, or `kms:ARN`. */
  readonly key: string
}

/** Makes a key, or reads the public half of one in KMS, and prints its entry for the file of keys. */
export async function attestKeygen({
  json,
  store,
  key,
  role,
  days,
  by,
}: KeyOptions & { readonly role: string; readonly days: number; readonly by?: string }): Promise<number> {
  const person = personOf(by ?? neededUser())
  // Before a key is made: what no file of keys takes makes none.
  const now = Date.now()
  const [not_before, expires] = [now, now + days * 86_400_000].map((ms) => new Date(ms).toISOString())
  const entryOf = (public_key: string) =>
    parseAs(AttestationKey, { role, person, public_key, not_before, expires, revoked: null }, 'entry')
  entryOf('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n')
  const { publicKey } = inKms(key) ? await kmsKey(key) : await makeAttestationKey(outside(key, store))
  const entry = entryOf(publicKey)
  print(json, { keyid: keyId(publicKey), key, entry }, () => [
    `key      ${keyId(publicKey)} of ${person} as ${role}, until ${expires}`,
    ...(inKms(key) ? [] : [`private  ${key}, readable by you alone: keep it out of every repository and store`]),
    'entry    for "keys" of the file of keys, which is reviewed like any change:',
    JSON.stringify(entry),
  ])
  return 0
}

/** Signs every statement about a run's proposal, its review and its rollout that this key may sign. */
export async function attestSign(
  run: string,
  { json, key, keys: file, cage, ...o }: KeyOptions & { readonly keys: string; readonly cage?: boolean },
): Promise<number> {
  const keys = readKeys(file, o.store)
  const attestor = await openAttestor(key, o.store)
  const store = await openForAttesting(o, terminalProgress())
  try {
    const recompute = async () => ({ scope: await recomputed(store, run, cage), version: programVersion() })
    const signed = await signAttestations(store, { runId: run, attestor, keys, recompute })
    print(json, { run, keyid: keyId(attestor.publicKey), signed }, () =>
      signed.length === 0
        ? ['nothing to sign yet: this role signs what a review or a rollout leaves, and there is none']
        : signed.map(
            ({ name, signatures, before }) =>
              `${before ? 'before   ' : 'signed   '}${name}: ${signatures} ${signatures === 1 ? 'signature' : 'signatures'}`,
          ),
    )
    return 0
  } finally {
    store.close()
  }
}

/** Exit code: 0 all of it holds; 3 something is not signed by enough people; 2 something was changed. */
export async function attestVerify(
  run: string,
  { json, keys: file, at, ...o }: Options & { readonly keys: string; readonly at?: string },
): Promise<number> {
  if (at !== undefined && (!INSTANT_PATTERN.test(at) || Number.isNaN(Date.parse(at))))
    throw new UserError(`--at takes a moment as 2026-11-30T00:00:00.000Z, got "${at}"`)
  const keys = readKeys(file, o.store)
  const store = await openForAudit(o)
  try {
    const result = await verifyAttestations(store, run, keys, at ?? store.clock.now())
    print(json, result, () => linesOf(result))
    return { holds: 0, short: 3, changed: 2 }[result.verdict]
  } finally {
    store.close()
  }
}

const WORDS = { holds: 'holds', short: 'SHORT', changed: 'CHANGED' }

const linesOf = ({ run, verdict, attestations }: AttestationsVerified): string[] => [
  `${{ holds: 'attested', short: 'NOT ENOUGH SIGNATURES', changed: 'CHANGED' }[verdict]}: ${run}`,
  ...attestations.flatMap(({ name, verdict: own, why, signatures }) => [
    `   ${WORDS[own].padEnd(8)} ${name}${why === null ? '' : `: ${why}`}`,
    ...signatures.map(({ keyid, person, role, problem }) => {
      const who = person === null ? `key ${keyid.slice(0, 12)}` : `${person} as ${role}`
      return `            ${who}${problem === null ? '' : `: ${inLine(problem)}`}`
    }),
  ]),
]

/** How far a run was recomputed. Throws UserError where it differs. */
async function recomputed(store: CommandStore, run: string, cage?: boolean): Promise<string> {
  const { reproducible, scope, differences } = isLocal(store)
    ? await recomputeRun(store, run, cage)
    : await recomputeDeployed(store, run)
  if (reproducible !== true)
    throw new UserError(
      `run ${run} does not recompute, so nothing is signed: ${differences.map((d) => `${d.file}: ${d.why}`).join('; ') || 'recorded runs were erased'}. "autotune verify ${run}" says more`,
    )
  return scope
}
