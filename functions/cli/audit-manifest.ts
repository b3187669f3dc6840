/** Harness manifests at the command line: what one declares of its files now, `autotune audit declare`, and a word under it by `autotune audit sign`. */
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { readInputBytes } from '#adapters/local/files/open-input.ts'
import { keyId, signedBytes } from '#core/attest/dsse.ts'
import { digestOfBytes } from '#core/canonical.ts'
import { CONTROLS } from '#core/harness-audit/controls.ts'
import type { Known } from '#core/harness-audit/judge.ts'
import { longestWord } from '#core/harness-audit/longest-word.ts'
import { SHOWN } from '#core/harness-audit/loop.ts'
import { knownOf, signedDeclarations, wordPayload } from '#core/harness-audit/manifest.ts'
import type { AttestationKeys } from '#schemas/attestation.ts'
import type { KeySignature } from '#schemas/envelope.ts'
import { type EvidenceLevel, HarnessManifest } from '#schemas/harness-manifest.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'
import { openAttestor } from './attest-keys.ts'
import { signing } from './hand.ts'
import { writeNew, writeSigned } from './new-file.ts'
import { reallyLiesIn } from './place.ts'
import { print } from './terminal.ts'

const today = (): string => new Date().toISOString().slice(0, 10)

export interface Declared {
  readonly manifest: HarnessManifest
  readonly known: ReadonlyMap<number, Known>
  readonly as_of: string
}

/**
 * Throws UserError for a manifest of the loop that declares what probes show: a word stands beside no look.
 * @param keys those that are trusted; null: none were given
 */
export function declaredIn(file: string, keys: AttestationKeys | null): Declared {
  const manifest = readManifest(file)
  if (manifest.loop)
    refuseShown(
      file,
      manifest.declarations.map(({ control }) => control),
    )
  const paths = new Set(manifest.declarations.flatMap(({ evidence }) => evidence.map(({ path }) => path)))
  const found = new Map([...paths].flatMap((path) => digestBeside(file, path)))
  const now = new Date().toISOString()
  return { manifest, known: knownOf(manifest, found, { keys, now }), as_of: now.slice(0, 10) }
}

/** Throws UserError for controls of the loop that its probes speak of: a word stands beside no look. */
function refuseShown(file: string, controls: readonly number[]): void {
  const shown = controls.filter((control) => SHOWN.has(control))
  if (shown.length > 0)
    throw new UserError(
      `${file}: declarations: control ${shown.join(', ')} of the loop is seen by its probes: take the declaration out`,
    )
}

/** Throws UserError for a word that holds no more, and for one that is to hold longer than any does. */
function refuseTerm(expires: string, file: string, control: number): void {
  if (expires < today())
    throw new UserError(
      `the declaration of control ${control} in ${file} ended on ${expires}: set a later "expires", then sign it`,
    )
  const last = longestWord(today())
  if (expires > last)
    throw new UserError(
      `${file}: the declaration of control ${control} is to hold until ${expires}, and a word holds a year at most: set a day until ${last}`,
    )
}

/** Throws UserError for what is no control. */
function controlOf(word: string): number {
  const control = CONTROLS.find(({ n }) => String(n) === word)
  if (!control) throw new UserError(`"${word}" is no control: they have the numbers 1 to ${CONTROLS.length}`)
  return control.n
}

/** Longest file that counts as evidence. */
const MOST_EVIDENCE = 256 * 1024 * 1024

/** What cannot be read does not count, nor what a link has beside the manifest that lies elsewhere; why is the same to the audit. */
function digestBeside(file: string, path: string): [string, string][] {
  const place = join(dirname(file), path)
  try {
    return reallyLiesIn(place, dirname(file)) ? [[path, digestOfBytes(readInputBytes(place, MOST_EVIDENCE))]] : []
  } catch {
    return []
  }
}

/** Manifest of a file. Throws UserError with file, field and what to do. */
const readManifest = (file: string): HarnessManifest => parseAs(HarnessManifest, parseJson(readInput(file), file), file)

interface SignOptions {
  readonly json: boolean
  readonly by?: string
  /** Path of a private key file, or `kms:ID`. */
  readonly key?: string
  readonly store: string
}

/** Puts a person's word under declarations, in the place of an earlier one. Throws UserError for what can be none, with nothing written. */
export async function signAudit(
  file: string,
  numbers: readonly string[],
  { json, by, key, store }: SignOptions,
): Promise<number> {
  const manifest = readManifest(file)
  const controls = new Set(numbers.map(controlOf))
  for (const n of controls) {
    const one = manifest.declarations.find(({ control }) => control === n)
    if (!one) throw new UserError(`${file} declares nothing of control ${n}: write a declaration, then sign it`)
    refuseTerm(one.expires, file, n)
  }
  const { owner, on } = signing(by)
  const attestor = key === undefined ? null : await openAttestor(key, store)
  const keyid = attestor && keyId(attestor.publicKey)
  const under = new Map<number, KeySignature>()
  for (const one of manifest.declarations)
    if (attestor && controls.has(one.control)) {
      const bytes = await attestor.sign(signedBytes(wordPayload(manifest, one, owner, on)))
      under.set(one.control, { keyid: keyid!, sig: Buffer.from(bytes).toString('base64') })
    }
  await writeSigned(file, signedDeclarations(manifest, controls, { owner, on }, under))
  print(json, { file, owner, on, keyid, signed: [...controls] }, () => [
    `signed   controls ${[...controls].join(', ')} of ${manifest.harness} by ${owner} on ${on}${keyid === null ? ', without a key: Partial at most' : ` under key ${keyid}`}`,
    `next     ${file} is changed: have it reviewed like any change; "autotune audit --manifest ${file}" goes by it`,
  ])
  return 0
}

interface DeclareOptions {
  readonly json: boolean
  readonly says: string
  readonly expires: string
  readonly behavioural: readonly string[]
  readonly wiring: readonly string[]
  readonly definition: readonly string[]
  /** Of a manifest that is not there yet. */
  readonly harness?: string
  readonly owner?: string
  readonly nextAudit?: string
  readonly loop: boolean
}

/**
 * Writes a declaration of one control into a manifest, with the digests of the files as they are now, in the place of an earlier one;
 * a manifest that is not there is begun. Nobody has signed it then. Throws UserError, with nothing written, for what cannot be declared.
 */
export async function declareAudit(file: string, word: string, o: DeclareOptions): Promise<number> {
  const { json, says, expires } = o
  const control = controlOf(word)
  const standing = existsSync(file) ? readManifest(file) : begun(file, o)
  const evidence = (['behavioural', 'wiring', 'definition'] as const).flatMap((level: EvidenceLevel) =>
    o[level as 'wiring'].map((path) => ({ level, ...beside(file, path) })),
  )
  const declarations = [
    ...standing.declarations.filter((one) => one.control !== control),
    { control, says, evidence, expires },
  ].sort((a, b) => a.control - b.control)
  const next = parseAs(HarnessManifest, { ...standing, declarations }, file)
  if (next.loop) refuseShown(file, [control])
  refuseTerm(expires, file, control)
  if (existsSync(file)) await writeSigned(file, next)
  else writeNew(file, `${JSON.stringify(next, null, 2)}\n`, undefined, 'manifest')
  print(json, { file, control, evidence, expires }, () => [
    `declared control ${control} of ${next.harness} until ${expires}, on ${evidence.length} ${evidence.length === 1 ? 'file' : 'files'}`,
    `next     autotune audit sign ${file} ${control} --key FILE: until somebody signs it, it counts for nothing`,
  ])
  return 0
}

function begun(file: string, { harness, owner, nextAudit, loop }: DeclareOptions): HarnessManifest {
  const missing = Object.entries({ '--harness': harness, '--owner': owner, '--next-audit': nextAudit }).flatMap(
    ([option, value]) => (value === undefined ? [option] : []),
  )
  if (missing.length > 0)
    throw new UserError(
      `${file} is not there yet: name ${missing.join(', ')} to begin it, and --loop for one of the loop`,
    )
  return {
    kind: 'harness_manifest',
    ...(loop && { loop: true as const }),
    harness: harness!,
    owner: owner!,
    next_audit: nextAudit!,
    declarations: [],
  }
}

/** A file as evidence: its path from the manifest, and its digest. Throws UserError for one that an audit would not read. */
function beside(file: string, path: string): { readonly path: string; readonly sha256: string } {
  const from = relative(dirname(resolve(file)), resolve(path))
  const [found] = digestBeside(file, from)
  if (from.startsWith('..') || !found)
    throw new UserError(
      `${path} is no file beside ${file} or below it that can be read: evidence lies with its manifest`,
    )
  return { path: from, sha256: found[1] }
}
