/** A store that holds a document under nearly every kind of key: what the verbs of people, routine and programs outside leave. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonical, digestOfBytes } from '#core/canonical.ts'
import type { AttestationKey } from '#schemas/attestation.ts'
import { keys } from '#schemas/s3-keys.ts'
import { aKeyFile } from '../support/attest.ts'
import { theBands } from '../support/bands.ts'
import { aPartFile, aTarget, REFS } from '../support/builders.ts'
import { type Bases, ROLLOUT, RUN } from './bases.ts'
import type { Commands } from './commands.ts'
import { filesOf } from './folder.ts'

/** What runs command lines: a process of its own, or this one. */
export type Runner = Pick<Commands, 'run' | 'must'>

export interface EveryKey {
  readonly dir: string
  readonly bands: string
  readonly attestationKeys: string
  /** Id of a filed proposal of another producer. */
  readonly filed: string
}

const POLICY = (max: number) => `{"rules":[{"rule_id":"R1","max":${max}}]}\n`
/** Day of the recorded runs of the bases. */
const DAY = '2026-05-12'

/** Goes on where `recorded` stops. */
export async function everyKey(root: string, { recorded, files }: Bases, commands: Runner): Promise<EveryKey> {
  const dir = join(root, 'every-key')
  cpSync(recorded, dir, { recursive: true })
  const beside = join(root, 'beside')
  mkdirSync(beside, { recursive: true })
  const file = (name: string, content: unknown): string => {
    const path = join(beside, name)
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }
  const say = (...argv: readonly string[]) => commands.must(...argv, '--store', dir)
  const last = (printed: string): never => JSON.parse(printed.trimEnd().split('\n').at(-1)!) as never
  await say('rollout', 'stop', ROLLOUT, '--reason', 'the next change waits')
  // Another producer's part, and what programs outside propose.
  await say('import', '--document', `${REFS.policy}=${file('old.json', POLICY(100))}`)
  const published = last(
    await say('import', '--document', `policy.returns@1.1.0=${file('new.json', POLICY(90))}`, '--json'),
  ) as { published: { digest: string }[] }
  const part = file('part.json', aPartFile({ digest: published.published[0]!.digest }))
  const { proposal: filed } = last(await say('propose', part, '--json')) as { proposal: string }
  const inbox = join(beside, 'inbox')
  mkdirSync(inbox)
  writeFileSync(join(inbox, 'a.json'), JSON.stringify({ patch: { 'evidence.orders.top_k': 2 }, origin: 'agent' }))
  await commands.run('propose', inbox, '--target', files.target, '--store', dir)
  // What people say later, and the routine.
  const said = { run_id: 's0', at: new Date().toISOString(), by: 'ana@example.com', outcome: { passed: false } }
  await say('correct', file('corrections.jsonl', `${JSON.stringify(said)}\n`))
  const bands = file('bands.json', theBands())
  await say('cadence', 'daily', '--bands', bands, '--date', DAY, '--no-runs')
  await say('cadence', 'weekly', '--bands', bands)
  await say('cadence', 'quarterly', '--bands', bands)
  await say('case', 's0')
  // Signatures.
  const entries: AttestationKey[] = []
  for (const [name, role] of [
    ['ci', 'gate'],
    ['ana', 'reviewer'],
    ['ben', 'reviewer'],
    ['rel', 'release'],
  ] as const)
    entries.push(
      (
        last(
          await say('attest', 'keygen', '--key', join(beside, `${name}.pem`), '--role', role, '--by', name, '--json'),
        ) as {
          entry: AttestationKey
        }
      ).entry,
    )
  const attestationKeys = file('keys.json', aKeyFile(...entries))
  for (const name of ['ci', 'ana', 'ben', 'rel'])
    await say('attest', 'sign', RUN, '--key', join(beside, `${name}.pem`), '--keys', attestationKeys)
  // A refused run, and what imports of traces and redactions leave.
  const refused = file('refused.json', { ...aTarget(), owner: '' })
  await commands.run('run', '--target', refused, '--run-id', 'refused', '--store', dir)
  const put = (key: string, text: string) => {
    mkdirSync(join(dir, key, '..'), { recursive: true })
    writeFileSync(join(dir, key), text)
  }
  const traces = { unit: 'trace', family: 'trace', dialects: ['otel'], traces: 3, runs: 2, waiting: 0, counts: {} }
  const imported = canonical({
    ...traces,
    dropped: [{ reason: 'no content', n: 1, example: 'x' }],
    first: null,
    last: null,
  })
  put(keys.traceImport(digestOfBytes(`${imported}\n`)), `${imported}\n`)
  put(`vault/${keys.traceRule()}`, canonical({ unit: 'trace', family: 'trace' }))
  put(`vault/${keys.redactionKey()}`, canonical({ key: 'k'.repeat(32) }))
  return { dir, bands, attestationKeys, filed }
}

/** The kind of a file of a store: its path without what is of one run, day or digest alone. */
export const kindOf = (path: string): string =>
  path
    .split('/')
    .map((part) => part.replace(/[0-9a-f]{12,}/g, '*').replace(/^[hs]?\d[\d-]*/g, '#'))
    .join('/')

/** One path of each kind of JSON in a store. */
export function kindsIn(dir: string): string[] {
  const kinds = new Map<string, string>()
  for (const path of filesOf(dir))
    if (/\.jsonl?$|\/document$/.test(path) && !path.startsWith('ledger')) kinds.set(kindOf(path), path)
  return [...kinds.values()].sort()
}
