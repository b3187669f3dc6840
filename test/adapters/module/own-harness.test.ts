import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wallHere } from '#adapters/local/cage/level.ts'
import { TuningTarget } from '#schemas/target.ts'
import { openStore } from '../../../functions/embedded/open-store.ts'
import { takeLock } from '../../../functions/steps/run/lock.ts'
import { autotune } from '../../cli/command-line.ts'
import { desk as deskAt, EXAMPLE } from '../../support/own-harness.ts'

/** Two processes a side, on a machine that does other things as well. */
const SLOW = 480_000
/** One process a pass: its start costs what a hundred replays do. */
const ALONE = ['--concurrency', '1']
/** Families of a run that cannot certify anything. */
const FEW = 12
/** As many as a certificate needs, and few to search in, where a family costs a replay a candidate: one refers to the last passage. */
const ENOUGH = { families: 124, searched: Array.from({ length: 20 }, (_, i) => 61 + i) }
let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'autotune-own-harness-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }), SLOW)

const desk = (name: string, families: number, searched?: readonly number[]): Promise<string> =>
  deskAt(join(root, name), families, searched)

/**
 * The example's target with margins that some hundred sealed families can answer, over one of its two fields and no limit of
 * time: each candidate is replayed in processes of its own. `test/real/own-harness.test.ts` has it whole.
 */
function smallTarget(): string {
  const target = TuningTarget.parse(JSON.parse(readFileSync(join(EXAMPLE, 'target.json'), 'utf8')))
  const path = join(root, 'target.json')
  const guardrails = {
    ...target.guardrails,
    policy: { min: 1, max_violation_rate: 0.05 },
    safety: { min: 1, max_violation_rate: 0.05 },
    utility_delta: { min: -0.25 },
    p95_latency_delta: undefined,
  }
  const not_measured = { ...target.not_measured, latency: 'no test of time' }
  writeFileSync(path, JSON.stringify({ ...target, search_space: ['evidence.manual.top_k'], guardrails, not_measured }))
  return path
}

const filesOf = (store: string, run: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(store, 'autotune/runs', run))
      .filter((file) => file !== 'manifest.json')
      .map((file) => [file, readFileSync(join(store, 'autotune/runs', run, file), 'utf8')]),
  )

/** A new store with enough runs for a certificate, which are imported once for all of this file. */
async function stocked(name: string): Promise<string> {
  const imported = join(root, 'imported')
  if (!existsSync(imported)) await desk('imported', ENOUGH.families, ENOUGH.searched)
  const store = join(root, name)
  cpSync(imported, store, { recursive: true })
  return store
}

const runDesk = (store: string, how: readonly string[]) =>
  autotune('run', '--target', smallTarget(), ...how, '--store', store, '--run-id', 'desk', '--json')

/** A store in which the example has run with so many processes: once for all of this file. */
async function ranWith(concurrency: number): Promise<string> {
  const store = join(root, `c${concurrency}`)
  if (existsSync(store)) return store
  const harness = ['--replayer', `module:${join(EXAMPLE, 'harness.ts')}`]
  const { code } = await runDesk(await stocked(`c${concurrency}`), [...harness, '--concurrency', String(concurrency)])
  expect(code).toBe(0)
  return store
}

describe('the own-harness example', () => {
  test('is certified, leaves the same bytes with one process and with three, and verifies to the end', {
    timeout: SLOW,
  }, async () => {
    const [one, three] = [filesOf(await ranWith(1), 'desk'), filesOf(await ranWith(3), 'desk')]
    expect(one['selected-proposal.json']).toBeDefined()
    expect(three).toEqual(one)
    const verified = JSON.parse((await autotune('verify', 'desk', '--store', await ranWith(3), '--json')).out)
    expect(verified).toMatchObject({ run: 'desk', reproducible: true, scope: 'gate', differences: [] })
    expect(verified.third_look).toMatchObject({ differing: 0, examples: [], sealed: 0, finding: null })
  })
})

/** Python here: 3.8 or newer, and no script that stands for one. */
const python = spawnSync('/usr/bin/env', ['python3', '-c', 'import sys; print(sys.version_info >= (3, 8))'])
const hasPython = python.status === 0 && python.stdout.toString().trim() === 'True' && wallHere() !== null
if (!hasPython) console.log('skipped: the harness in Python (no python3 here, or no wall)')

describe.runIf(hasPython)('the same harness in Python', () => {
  const PYTHON = ['--replayer', `exec:${join(EXAMPLE, 'harness.py')}`, ...ALONE]
  /** Everything but who the harness is. */
  const withoutNames = (text: string): string =>
    text.replaceAll(/sha256:[0-9a-f]+|eval_[0-9a-f]+/g, 'id').replaceAll(/,"\s*its digest covers [^"]*"/g, '')

  test('leaves the same candidates, replies and certificate as the one in TypeScript, and verifies to the end', {
    timeout: SLOW,
  }, async () => {
    const program = await stocked('py')
    expect((await runDesk(program, PYTHON)).code).toBe(0)

    const [ours, theirs] = [filesOf(await ranWith(3), 'desk'), filesOf(program, 'desk')]
    for (const name of ['candidates.jsonl', 'harness-replies.jsonl', 'replay-results.jsonl'])
      expect(theirs[name]).toBe(ours[name])
    for (const name of ['gate.json', 'selected-proposal.json'])
      expect(withoutNames(theirs[name]!)).toBe(withoutNames(ours[name]!))
    expect(JSON.parse(theirs['target.json']!).replayer).toMatchObject({
      kind: 'exec',
      interpreter: { path: expect.stringContaining('python3') },
      cage: 'wall',
    })
    const verified = await autotune('verify', 'desk', '--store', program, '--json')
    expect(JSON.parse(verified.out)).toMatchObject({ reproducible: true, scope: 'gate', differences: [] })
  })

  test('without a cage says so on the run, and verify starts it again only where that is said again', {
    timeout: SLOW,
  }, async () => {
    const store = await desk('bare', FEW)
    const run = ['run', '--target', smallTarget(), ...PYTHON, '--no-cage', '--store', store, '--run-id', 'r']
    expect((await autotune(...run)).code).toBe(3)
    expect(JSON.parse(filesOf(store, 'r')['target.json']!).replayer).toMatchObject({ kind: 'exec', cage: 'none' })
    expect((await autotune('show', 'r', '--store', store)).out.replaceAll(/\s+/g, ' ')).toContain(
      'the harness ran under none: nothing holds it',
    )
    const silent = await autotune('verify', 'r', '--store', store)
    expect(silent).toMatchObject({ code: 2, err: expect.stringMatching(/without a cage: say --no-cage/) })
    expect((await autotune('verify', 'r', '--store', store, '--no-cage')).code).toBe(0)
  })
})

describe('a pinned module', () => {
  /** The example copied to a folder of its own, run there, and its store. */
  async function ranOnce(name: string): Promise<{ store: string; harness: string; target: string }> {
    const folder = join(root, `${name}-mine`)
    cpSync(EXAMPLE, folder, { recursive: true })
    symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
    const harness = join(folder, 'harness.ts')
    const store = await desk(name, FEW)
    return { store, harness, target: smallTarget() }
  }

  test('that was changed is denied by verify; one that is gone is an error, which says nothing of the run', async () => {
    const { store, harness, target } = await ranOnce('changed')
    const run = ['run', '--target', target, '--replayer', `module:${harness}`, '--store', store, '--run-id', 'r']
    expect((await autotune(...run, ...ALONE)).code).toBe(3)
    expect((await autotune('verify', 'r', '--store', store)).code).toBe(0)

    appendFileSync(harness, '\n// another thought\n')
    const changed = await autotune('verify', 'r', '--store', store, '--json')
    expect(changed.code).toBe(2)
    expect(JSON.parse(changed.out)).toMatchObject({
      reproducible: false,
      scope: 'none',
      differences: [{ file: 'replayer' }],
    })
    expect(changed.out).toContain('no longer the one that was pinned')

    rmSync(harness)
    const gone = await autotune('verify', 'r', '--store', store, '--json')
    expect(gone.code).toBe(2)
    expect(gone.out).not.toContain('reproducible')
    expect(gone.err).toContain(`the harness module ${harness} does not exist`)
  })

  test('that decides otherwise than recorded is refused with examples, and nothing is written', async () => {
    const { store, harness, target } = await ranOnce('other')
    writeFileSync(harness, readFileSync(harness, 'utf8').replaceAll("'DECIDED'", "'DONE'"))
    const { code, out } = await autotune(
      'run',
      '--target',
      target,
      '--replayer',
      `module:${harness}`,
      '--store',
      store,
      '--json',
      ...ALONE,
    )

    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ verdict: 'refused', excluded: { share: 1 } })
    expect(JSON.parse(out).reasons[1]).toMatch(/^scorecard, e\.g\. repair-\d+: status DONE, recorded DECIDED$/)
    // The record of the refusal, and nothing else.
    const left = readdirSync(join(store, 'autotune/runs'), { recursive: true, encoding: 'utf8' })
    expect(left.filter((file) => file.endsWith('.json'))).toEqual([expect.stringMatching(/^[^/]+\/refusal\.json$/)])
    expect(existsSync(join(store, 'vault/goldens'))).toBe(false)
  })

  test('that was changed does not take up the run of a process that died', async () => {
    const { store: dir, harness, target } = await ranOnce('resumed')
    const store = openStore(dir)
    const dead = { name: '999999:1', isAlive: () => false }
    await takeLock(store, 'desk.repair', 'read_only', { run_id: 'r', about: 'sha256:of-another-harness' }, dead)
    store.close()

    const refused = await autotune('run', '--target', target, '--replayer', `module:${harness}`, '--store', dir)
    expect(refused.code).toBe(2)
    expect(refused.err).toContain('Start that run again with its own target, candidates and replayer')
    expect(existsSync(join(dir, 'autotune/runs/r/manifest.json'))).toBe(false)
  })
})

describe('bad input', () => {
  test.each([
    ['a target that wants a harness, and none named', [], /name it with --replayer module:PATH/],
    [
      'an unknown replayer',
      ['--replayer', 'lambda'],
      /"transcript", or for a harness of your own "module:PATH" or "exec:PATH"/,
    ],
    ['no path', ['--replayer', 'exec:'], /"transcript", or for a harness of your own/],
    ['a program that does not exist', ['--replayer', 'exec:./nowhere.py', '--no-cage'], /the harness .*does not exist/],
    ['a module that does not exist', ['--replayer', 'module:./nowhere.ts'], /does not exist/],
    [
      'no process at all',
      ['--replayer', 'module:x', '--concurrency', '0'],
      /--concurrency takes a whole number from 1/,
    ],
    ['no cage for a module', ['--replayer', 'module:x', '--no-cage'], /--no-cage is of --replayer exec:PATH/],
    ['no time at all', ['--replayer', 'module:x', '--limit-ms', '-5'], /--limit-ms takes a whole number/],
  ])('%s is refused', async (_, options, reason) => {
    const store = await desk('bad', 2)
    const { code, err } = await autotune('run', '--target', join(EXAMPLE, 'target.json'), '--store', store, ...options)

    expect(code).toBe(2)
    expect(err).toMatch(reason)
  })
})
