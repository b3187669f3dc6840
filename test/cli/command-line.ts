/** The command line in this process: what it prints, its exit code, and what it leaves in a folder. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { main } from '../../bin/autotune.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { fixSplit } from '../../functions/steps/experience/split-rule.ts'
import { RECORDED, run, stocked } from '../steps/stores.ts'
import { aTarget, aWorld } from '../support/builders.ts'

export interface Printed {
  readonly code: number
  readonly out: string
  readonly err: string
  /** The last line of stdout as JSON. */
  readonly json: () => never
}

/** Progress of long work: how much of it there is depends on the machine. */
const SIGN_OF_LIFE = / \((?:\d+ (?:s|min|h) ?)+\)\n$/

/** Runs one command line. Its lines are as wide as they come, so that tests read sentences. */
export const autotune = (...argv: readonly string[]): Promise<Printed> => inColumns('9999', ...argv)

/** Runs one command line in so many columns; null: as a pipe has them. */
export async function inColumns(columns: string | null, ...argv: readonly string[]): Promise<Printed> {
  let [out, err] = ['', '']
  const before = process.env.COLUMNS
  if (columns === null) delete process.env.COLUMNS
  else process.env.COLUMNS = columns
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text
    return true
  })
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    if (!SIGN_OF_LIFE.test(String(text))) err += text
    return true
  })
  try {
    const code = await main(argv)
    return { code, out, err, json: () => JSON.parse(out.trimEnd().split('\n').at(-1)!) as never }
  } finally {
    if (before === undefined) delete process.env.COLUMNS
    else process.env.COLUMNS = before
    stdout.mockRestore()
    stderr.mockRestore()
  }
}

/** A folder for one test: documents, records and a store in it. */
export interface Workplace {
  readonly dir: string
  readonly store: string
  /** Runs one command line on that store. */
  readonly at: (...argv: readonly string[]) => Promise<Printed>
  /** Writes a file (JSON, unless it is text or bytes) and returns its path. */
  readonly file: (name: string, content: unknown) => string
  /** Writes runs as JSON lines and returns the path. */
  readonly runs: (name: string, runs: readonly ExperienceRun[]) => string
  /** Relative path and size of every file below the store but the records of refusals; empty when there is none. */
  readonly listing: () => readonly string[]
  readonly dispose: () => void
}

export function workplace(): Workplace {
  const dir = mkdtempSync(join(tmpdir(), 'autotune-cli-'))
  const store = join(dir, 'harness')
  const file = (name: string, content: unknown) => {
    const path = join(dir, name)
    const raw = typeof content === 'string' || content instanceof Uint8Array
    writeFileSync(path, raw ? content : JSON.stringify(content))
    return path
  }
  return {
    dir,
    store,
    at: (...argv) => autotune(...argv, '--store', store),
    file,
    runs: (name, runs) => file(name, runs.map((r) => `${JSON.stringify(r)}\n`).join('')),
    listing() {
      try {
        return readdirSync(store, { recursive: true, withFileTypes: true })
          .filter(
            (e) =>
              e.isFile() &&
              !e.name.startsWith('ledger.sqlite') &&
              e.name !== 'refusal.json' &&
              !e.parentPath.includes('newest'),
          )
          .map((e) => join(e.parentPath, e.name))
          .map(
            (p) =>
              `${p.slice(store.length + 1)} ${statSync(p).size} ${readFileSync(p).subarray(0, 4096).toString('base64').slice(-64)}`,
          )
          .sort()
      } catch {
        return []
      }
    },
    dispose: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** Every file below a folder with the digest of its bytes: of a store ledger, vault, questions, debits and heads among them. */
export const bytesOf = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`)
    .sort()

/** A workplace of its own for each test of the block in which this is called. */
export function placeOfEachTest(): Workplace {
  let place: Workplace
  beforeEach(() => {
    place = workplace()
  })
  afterEach(() => place.dispose())
  return {
    get dir() {
      return place.dir
    },
    get store() {
      return place.store
    },
    at: (...argv) => place.at(...argv),
    file: (name, content) => place.file(name, content),
    runs: (name, runs) => place.runs(name, runs),
    listing: () => place.listing(),
    dispose: () => place.dispose(),
  }
}

/** A store with documents and a world that a run certifies at once, and a target file. */
export async function ready(
  place: Workplace,
  runs: readonly ExperienceRun[] = aWorld({ search: 6, heldout: 100 }),
  documents: Parameters<typeof stocked>[2] = {},
) {
  // A clock that a test has set stands in the store.
  if (existsSync(place.store) || vi.isFakeTimers()) await stock(place.store, runs, documents)
  else cpSync(await stockOf(runs, documents), place.store, { recursive: true })
  return { target: place.file('target.json', aTarget()) }
}

const stocks = new Map<string, Promise<string>>()

/** Folder of a store with these runs and documents, which nobody writes to: made once a process. */
function stockOf(...what: Stock): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(what)).digest('hex')
  const dir = join(tmpdir(), `autotune-stock-${process.pid}-${key}`)
  const made = stocks.get(key) ?? stock(dir, ...what).then(() => dir)
  stocks.set(key, made)
  return made
}

type Stock = [runs: readonly ExperienceRun[], documents: Parameters<typeof stocked>[2]]

async function stock(dir: string, ...what: Stock): Promise<void> {
  const store = openStore(dir, { durable: false })
  await fixSplit(store, RECORDED)
  await stocked(store, ...what)
  store.close()
}

/** A finished run in the store of a place, made without the command line. */
export async function ran(place: Workplace, runId: string): Promise<void> {
  const store = openStore(place.store, { durable: false })
  await run(store, { runId })
  store.close()
}

/** What a refused command says: exit code 2, nothing on stdout, nothing changed in the store. */
export const refusedAt =
  (place: Workplace) =>
  async (...argv: readonly string[]): Promise<string> => {
    const before = place.listing()
    const there = existsSync(place.store)
    const { code, out, err } = await autotune(...argv, '--store', place.store)
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringMatching(/^autotune: [\s\S]+\n$/) })
    expect(err).not.toMatch(/defect of ours|\bat .*\.ts:\d+/)
    expect(place.listing()).toEqual(before)
    if (!there && !argv.includes('import')) expect(existsSync(place.store)).toBe(false)
    return err
  }
