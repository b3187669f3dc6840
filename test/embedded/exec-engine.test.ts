/** A program as the harness of an engine: what it has to be before a run begins with it, and how it is held. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { wallHere } from '#adapters/local/cage/level.ts'
import { baselineOf, harnessOf } from '#core/gate/commitment.ts'
import { cageLines, cageProblem } from '#core/replay/cage.ts'
import { type AutotuneRun, Replayer } from '#schemas/run.ts'
import { deployedEngine, execEngine, optionsOf } from '../../functions/embedded/engine.ts'
import { gather } from '../../functions/steps/replay/reproduce.ts'
import { aProgram, programSource } from '../adapters/module/exec-support.ts'
import { aDesk, aDeskRun, baselinePins, type Desk, linesOf } from '../adapters/module/support.ts'
import { memory } from '../steps/stores.ts'

const runs = Array.from({ length: 9 }, (_, i) => aDeskRun(`c${i}`))

/** An engine over a program, held as well as this machine can. */
async function anEngine(desk: Desk, path: string, over: object = {}) {
  const byId = new Map(runs.map((run) => [run.run_id, run]))
  const load = async ({ run_id }: { run_id: string }) => byId.get(run_id)!
  const options = { store: desk.store, vault: join(desk.store, 'vault'), runs: { search: load, vault: load } }
  return await execEngine(path, { ...options, concurrency: 1, limitMs: 5000, cage: wallHere() !== null, ...over })
}

const twice = async (before: string, over: object = {}, first = '') => {
  using desk = aDesk()
  const engine = await anEngine(desk, aProgram(desk, programSource(before, first)), over)
  try {
    return (await gather(engine.reproduce(linesOf(runs), baselinePins(), 'search'), undefined)).twice!
  } finally {
    engine.close()
  }
}

describe('before a run begins', () => {
  test('a good program answers every case twice alike', async () => {
    expect(await twice('')).toMatchObject({ cases: 9, flips: 0, examples: [] })
  })

  test.each([
    [
      'draws random numbers',
      `say({ id, returned: { status: 'X', outputs: Math.random(), evidence_refs: [], usage: null } }); continue`,
      '',
    ],
    [
      'keeps state between cases',
      `n++; say({ id, returned: { status: 'X', outputs: n, evidence_refs: [], usage: null } }); continue`,
      'let n = 0',
    ],
    [
      'depends on its start',
      `say({ id, returned: { status: 'X', outputs: born, evidence_refs: [], usage: null } }); continue`,
      'const born = String(process.hrtime.bigint())',
    ],
  ])('one that %s is found out, case by case', async (_, before, first) => {
    const { flips, examples } = await twice(before, {}, first)
    expect(flips).toBeGreaterThan(0)
    expect(examples[0]).toMatch(/^c\d: outputs .* and .*$/)
  })

  test('one that fails on every case is refused with the reason', async () => {
    await expect(twice(`say({ id, failed: 'not ready' }); continue`)).rejects.toThrow(
      /failed on all 9 cases that were tried first\.\nc0: the harness failed: not ready/,
    )
  })

  test('one that is not the pinned one is not even started', async () => {
    using desk = aDesk()
    const path = aProgram(desk, programSource('', 'process.exit(9)'))
    await expect(anEngine(desk, path, { digest: `sha256:${'0'.repeat(64)}` })).rejects.toThrow(
      /the harness .* is no longer the one that was pinned.*the files declared beside it, and its interpreter/,
    )
  })

  test('one whose declared file is changed while it runs is refused', async () => {
    using desk = aDesk()
    const path = aProgram(desk, programSource('process.exit(1)'))
    writeFileSync(join(desk.folder, 'rules.json'), '1')
    writeFileSync(`${path}.files.json`, '["rules.json"]')
    const engine = await anEngine(desk, path)
    writeFileSync(join(desk.folder, 'rules.json'), '2')
    await expect(
      gather(engine.reproduce(linesOf(runs.slice(0, 1)), baselinePins(), 'search'), undefined),
    ).rejects.toThrow(/was changed while it was running/)
    engine.close()
  })
})

describe('the cage of a program', () => {
  test('is a wall or none: where there is no wall it is refused, unless that is said', async () => {
    using desk = aDesk()
    const path = aProgram(desk, programSource())
    const options = {
      store: desk.store,
      vault: join(desk.store, 'vault'),
      runs: { search: async () => runs[0]!, vault: async () => runs[0]! },
      concurrency: 1,
    }
    await expect(execEngine(path, { ...options, cage: true }, () => null)).rejects.toThrow(
      /needs a wall, and this machine has none: .*Or say --no-cage/,
    )
    const engine = await execEngine(path, { ...options, cage: false }, () => null)
    engine.close()
    expect(engine.replayer).toMatchObject({ kind: 'exec', cage: 'none' })
    expect(Replayer.parse(engine.replayer)).toEqual(engine.replayer)
  })

  const pinned = (cage: 'wall' | 'none') =>
    Replayer.parse({
      kind: 'exec',
      path: './h.py',
      digest: `sha256:${'1'.repeat(64)}`,
      interpreter: { path: '/usr/bin/python3.11', digest: `sha256:${'2'.repeat(64)}` },
      limit_ms: 1000,
      cage,
    })

  test('stands on run and certificate, with what the digest covers', () => {
    expect(cageLines({ replayer: pinned('none') })).toEqual([
      expect.stringMatching(/^the harness ran under none: nothing holds it/),
      expect.stringMatching(
        /covers the script, .* the bytes of \/usr\/bin\/python3\.11; the libraries .* not covered$/,
      ),
    ])
  })

  test('that a target demands is not there without one', () => {
    const wanted = { scoring: { replayer: 'module', cage: 'wall' } } as const
    expect(cageProblem(wanted, { replayer: pinned('none') })).toMatch(
      /demands a wall around the harness, .* under "none"/,
    )
    expect(cageProblem(wanted, { replayer: pinned('wall') })).toBeNull()
  })

  test('is asked for again before a store has its program started without one', () => {
    expect(() => optionsOf(pinned('none'))).toThrow(/without a cage: say --no-cage/)
    expect(optionsOf(pinned('none'), false)).toMatchObject({ replayer: 'exec:./h.py', cage: false })
    expect(optionsOf(pinned('wall'))).toMatchObject({ replayer: 'exec:./h.py', cage: true, limitMs: 1000 })
  })

  test('is no part of who the harness is; its digest is', () => {
    expect(harnessOf(pinned('none'))).toEqual({ replayer: `sha256:${'1'.repeat(64)}` })
    const { tuple, settings } = baselinePins()
    expect(baselineOf({ tuple, settings, replayer: pinned('wall') })).not.toBe(baselineOf({ tuple, settings }))
  })

  test('of a deployment that kept no answers of it, it is verified where it runs', async () => {
    const run = { run_id: 'r', replayer: pinned('wall') } as AutotuneRun
    await expect(deployedEngine(memory(), run)).rejects.toThrow(/is verified where that harness runs/)
  })
})
