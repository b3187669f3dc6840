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
import { TuningTarget } from '#schemas/target.ts'
import { main } from '../../../bin/autotune.ts'
import { deskRuns } from '../../../examples/own-harness/generate.ts'
import { openStore } from '../../../functions/embedded/open-store.ts'
import { publishPack, publishPrices, publishSuite } from '../../../functions/steps/experience/documents.ts'
import { ingest } from '../../../functions/steps/experience/ingest.ts'
import { parsePack, parsePrices, parseSuite } from '../../../functions/steps/experience/parse-documents.ts'
import { fixSplit } from '../../../functions/steps/experience/split-rule.ts'
import { takeLock } from '../../../functions/steps/run/lock.ts'

const EXAMPLE = fileURLToPath(new URL('../../../examples/own-harness/', import.meta.url))
/** Two processes a side, on a machine that does other things as well. */
const SLOW = 240_000
let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'autotune-own-harness-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }), SLOW)

/** Runs a command line in this process: its exit code and what it printed. */
async function autotune(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' }
  const { write: out } = process.stdout
  const { write: err } = process.stderr
  const into = (name: 'out' | 'err') =>
    ((text: string) => {
      written[name] += text
      return true
    }) as typeof out
  process.stdout.write = into('out')
  process.stderr.write = into('err')
  const code = await main(argv).finally(() => {
    process.stdout.write = out
    process.stderr.write = err
  })
  return { code, ...written }
}

/** A store with the desk's runs in it. */
async function desk(name: string, families: number): Promise<string> {
  const dir = join(root, name)
  const store = openStore(dir, { durable: false })
  const read = (file: string) => readFileSync(join(EXAMPLE, file), 'utf8')
  await publishPack(store, parsePack(read('pack.json'), 'pack.json'))
  await publishSuite(store, parseSuite(read('suite.json'), 'suite.json'))
  await publishPrices(store, parsePrices(read('prices.json'), 'prices.json'))
  const rule = await fixSplit(store, { by: 'hash', key: 'own-harness', heldout_share: 0.5 })
  await ingest(store, () => deskRuns({ families }), rule)
  store.close()
  return dir
}

/** The example's target with margins that some hundred sealed families can answer. */
function smallTarget(): string {
  const target = TuningTarget.parse(JSON.parse(readFileSync(join(EXAMPLE, 'target.json'), 'utf8')))
  const path = join(root, 'target.json')
  const guardrails = {
    ...target.guardrails,
    policy: { min: 1, max_violation_rate: 0.05 },
    safety: { min: 1, max_violation_rate: 0.05 },
    utility_delta: { min: -0.05 },
    p95_latency_delta: { max_ms: 2000 },
  }
  writeFileSync(path, JSON.stringify({ ...target, guardrails }))
  return path
}

const filesOf = (store: string, run: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(store, 'autotune/runs', run))
      .filter((file) => file !== 'manifest.json')
      .map((file) => [file, readFileSync(join(store, 'autotune/runs', run, file), 'utf8')]),
  )

describe('the own-harness example', () => {
  test('finds how few passages the desk can do with, certifies it and verifies to the end', {
    timeout: SLOW,
  }, async () => {
    const store = await desk('whole', 720)
    const module = ['--replayer', `module:${join(EXAMPLE, 'harness.ts')}`, '--store', store, '--json']
    const ready = await autotune('doctor', '--target', join(EXAMPLE, 'target.json'), ...module)
    expect(JSON.parse(ready.out)).toMatchObject({
      verdict: 'ready',
      search_cases: 354,
      excluded: {},
      heldout_families: 366,
    })

    const changes = join(root, 'changes.jsonl')
    writeFileSync(changes, '{"patch": {"evidence.manual.top_k": 5}}\n{"patch": {"evidence.manual.top_k": 3}}\n')
    const proposed = await autotune('propose', changes, '--target', join(EXAMPLE, 'target.json'), ...module)
    expect(JSON.parse(proposed.out)).toMatchObject({
      verdict: 'some_not',
      changes: [{ assessed: { survives: true } }, { assessed: { survives: false } }],
    })

    const run = await autotune(...['run', '--target', join(EXAMPLE, 'target.json'), '--run-id', 'desk'], ...module)
    const summary = JSON.parse(run.out)

    expect(run.code).toBe(0)
    expect(summary).toMatchObject({
      verdict: 'certified',
      winner: { 'evidence.manual.top_k': { from: 10, to: 5 } },
      search: { failed: 0, unreplayable: 3 },
      excluded: { cases: {}, share: 0 },
    })
    expect(Object.keys(filesOf(store, 'desk'))).toContain('selected-proposal.json')

    const verified = JSON.parse((await autotune('verify', 'desk', '--store', store, '--json')).out)
    expect(verified).toMatchObject({ run: 'desk', reproducible: true, scope: 'gate', differences: [] })
    expect(verified.third_look).toMatchObject({ differing: 0, examples: [], sealed: 0, finding: null })
  })

  test('leaves the same bytes with one, two and four processes', { timeout: SLOW }, async () => {
    const results: Record<string, string>[] = []
    const imported = await desk('imported', 200)
    for (const concurrency of [1, 2, 4]) {
      const store = join(root, `c${concurrency}`)
      cpSync(imported, store, { recursive: true })
      const { code } = await autotune(
        ...['run', '--target', smallTarget(), '--replayer', `module:${join(EXAMPLE, 'harness.ts')}`],
        ...['--concurrency', String(concurrency), '--store', store, '--run-id', 'desk', '--json'],
      )
      expect(code).toBe(0)
      results.push(filesOf(store, 'desk'))
    }

    expect(results[0]!['selected-proposal.json']).toBeDefined()
    expect(results[1]).toEqual(results[0])
    expect(results[2]).toEqual(results[0])
  })
})

describe('a pinned module', () => {
  /** The example copied to a folder of its own, run there, and its store. */
  async function ranOnce(name: string): Promise<{ store: string; harness: string; target: string }> {
    const folder = join(root, `${name}-mine`)
    cpSync(EXAMPLE, folder, { recursive: true })
    symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
    const harness = join(folder, 'harness.ts')
    const store = await desk(name, 60)
    return { store, harness, target: smallTarget() }
  }

  test('that was changed is denied by verify; one that is gone is an error, which says nothing of the run', async () => {
    const { store, harness, target } = await ranOnce('changed')
    const run = ['run', '--target', target, '--replayer', `module:${harness}`, '--store', store, '--run-id', 'r']
    expect((await autotune(...run)).code).toBe(3)
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
    ['an unknown replayer', ['--replayer', 'lambda'], /"transcript", or "module:PATH"/],
    ['no path', ['--replayer', 'module:'], /"transcript", or "module:PATH"/],
    ['a module that does not exist', ['--replayer', 'module:./nowhere.ts'], /does not exist/],
    [
      'no process at all',
      ['--replayer', 'module:x', '--concurrency', '0'],
      /--concurrency takes a whole number from 1/,
    ],
    ['no time at all', ['--replayer', 'module:x', '--limit-ms', '-5'], /--limit-ms takes a whole number/],
  ])('%s is refused', async (_, options, reason) => {
    const store = await desk('bad', 2)
    const { code, err } = await autotune('run', '--target', join(EXAMPLE, 'target.json'), '--store', store, ...options)

    expect(code).toBe(2)
    expect(err).toMatch(reason)
  })
})
