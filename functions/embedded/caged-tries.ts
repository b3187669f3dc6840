/** Controls 19 and 20 of the harness audit, tried on this machine: what a search process may reach, and where the keys of the store are. */
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { cageHere, TYPESCRIPT } from '#adapters/local/cage/level.ts'
import { readableCode } from '#adapters/local/cage/readable-code.ts'
import { startCaged } from '#adapters/local/cage/start.ts'
import type { Wall } from '#adapters/local/cage/wall.ts'
import { scriptFile } from '#adapters/local/program-files.ts'
import type { DoneFacts } from '#core/done/facts.ts'
import { attempt, type Tried } from '#core/harness-audit/tried.ts'
import { holdsAny } from '../streams/holds-any.ts'
import type { LocalStore } from './open-store.ts'

const SANDBOX = 'whatever searches runs in a process that reaches no sealed file, no network and no other program'
const SECRETS = 'keys of the store lie on the sealed side alone, and no process that searches is handed one'

/** Keys that a store makes for itself, as it makes them. */
const STORE_KEYS = ['heads.key', 'release.key', 'review-link.key', 'terminal.key'] as const
const HEAP_MB = 64

interface Results {
  readonly read: readonly (string | null)[]
  readonly write: string | null
  readonly start: string | null
  readonly connect: string | null
  readonly environment: string | null
}

/** What a caged process of this program came to. `wall` is for tests; undefined: what this machine has. */
export async function cagedTries(
  { dir, vaultDir, asideDir }: Pick<LocalStore, 'dir' | 'vaultDir' | 'asideDir'>,
  secrets: readonly string[],
  wall?: Wall | null,
): Promise<Results> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const child = startCaged(
      {
        script: scriptFile('../adapters/local/cage/tries-child.ts', import.meta.url),
        args: [JSON.stringify({ secrets, place: join(dir, 'tried-by-the-audit'), port })],
        readable: readableCode(existsSync(vaultDir) ? vaultDir : asideDir),
        flags: TYPESCRIPT,
        heapMb: HEAP_MB,
        stdio: ['ignore', 'pipe', 'ignore'],
      },
      ...(wall === undefined ? [] : [wall]),
    )
    return JSON.parse(await text(child.stdout!)) as Results
  } finally {
    server.close()
  }
}

/** Controls 19 and 20. */
export async function processTries(
  store: LocalStore,
  { run }: DoneFacts,
): Promise<{ readonly secrets: Tried; readonly sandbox: Tried }> {
  if (!run) {
    const cannot = 'no run of this intent has ended'
    return { secrets: { is: SECRETS, cannot }, sandbox: { is: SANDBOX, cannot } }
  }
  const own = STORE_KEYS.map((name) => join(store.vaultDir, name)).filter((path) => existsSync(path))
  const { read, write, start, connect, environment } = await cagedTries(store, [
    ...own,
    join(store.dir, 'ledger.sqlite'),
  ])
  const named = await namedOnTheOpenSide(store, own)
  const evidence = [run.files['target.json']!, run.files['candidates.jsonl']!]
  return {
    sandbox: {
      is: `${SANDBOX} (${cageHere()})`,
      attempts: [
        attempt('reading the ledger from there', read.at(-1)),
        attempt('writing into the store from there', write),
        attempt('starting a program from there', start),
        attempt('connecting to a port of this machine from there', connect),
      ],
      evidence,
    },
    secrets: {
      is: `${SECRETS}: ${own.length} keys`,
      attempts: [
        ...own.map((path, i) => attempt(`reading ${path.slice(store.dir.length + 1)} from a search process`, read[i])),
        attempt('an environment with anything in it, in a search process', environment),
        attempt(
          'a key of the store in a file that the search side reads',
          named.length === 0 ? 'none holds one' : null,
        ),
        ...named.map((key) => attempt(`${key} holds a key of the store`, null)),
      ],
      evidence,
    },
  }
}

const RECORDED = ['experience/', 'goldens/', 'ingest/', 'production/'] as const

/** Objects that this program wrote on the open side and that hold the bytes of a key, as they are or in hex or base64, or a private key in PEM. */
async function namedOnTheOpenSide({ objects }: LocalStore, keys: readonly string[]): Promise<string[]> {
  const needles = keys.flatMap((path) => {
    const bytes = readFileSync(path)
    return [
      bytes,
      ...(['hex', 'base64', 'base64url'] as const).map((form) => Buffer.from(bytes.toString(form).replace(/=+$/, ''))),
    ]
  })
  needles.push(Buffer.from('PRIVATE KEY-----'))
  const found: string[] = []
  for await (const key of objects.list('')) {
    // What was recorded is the user's own.
    if (RECORDED.some((folder) => key.startsWith(folder))) continue
    if (await holdsAny(objects, key, needles)) found.push(key)
  }
  return found
}
