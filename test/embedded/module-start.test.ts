/** What a harness module has to be before a run begins with it: there, loadable, the pinned one, and deterministic. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { gather } from '../../functions/steps/replay/reproduce.ts'
import { aDesk, aDeskRun, baselinePins, harnessSource, linesOf } from '../adapters/module/support.ts'

describe('before a run begins', () => {
  const twice = async (source: string, options = {}, cases = 9) => {
    using desk = aDesk()
    const runs = Array.from({ length: cases }, (_, i) => aDeskRun(`c${i}`))
    const engine = await desk.engine(desk.harness(source), runs, options)
    return (await gather(engine.reproduce(linesOf(runs), baselinePins(), 'search'), undefined)).twice
  }

  test('a good harness answers every case twice alike', async () => {
    expect(await twice(harnessSource())).toEqual({
      cases: 9,
      flips: 0,
      examples: [],
      lost_families: 0,
      families: 9,
    })
  })

  test('one that fails on every case is refused with the reason', async () => {
    await expect(twice(harnessSource(`throw new Error('not ready')`))).rejects.toThrow(
      /failed on all 9 cases that were tried first\.\nc0: the harness threw Error: not ready/,
    )
  })

  test('one that hangs on every case is refused', async () => {
    await expect(twice(harnessSource('for (;;) {}'), { limitMs: 300 }, 2)).rejects.toThrow(/no answer within 300 ms/)
  })

  test.each([
    [
      'draws random numbers',
      `return { status: 'DECIDED', outputs: Math.random(), evidence_refs: [], usage: null }`,
      /^c0: outputs 0\.\d+ and 0\.\d+$/,
    ],
    [
      'keeps state between cases',
      `globalThis.n = (globalThis.n ?? 0) + 1; return { status: null, outputs: globalThis.n, evidence_refs: [], usage: null }`,
      /^c\d: outputs \d and \d$/,
    ],
    [
      'measures the clock',
      `return { status: null, outputs: null, evidence_refs: [], usage: null, latency_ms: performance.now() }`,
      /^c0: latency_ms [\d.]+ and [\d.]+$/,
    ],
    [
      'depends on its start',
      `globalThis.born ??= process.hrtime.bigint().toString(); return { status: null, outputs: globalThis.born, evidence_refs: [], usage: null }`,
      /^c0: outputs "\d+" and "\d+"$/,
    ],
    [
      'depends on the case before',
      `const last = globalThis.last ?? null; globalThis.last = recorded.case_id; return { status: null, outputs: last, evidence_refs: [], usage: null }`,
      /^c\d: outputs .* and .*$/,
    ],
    [
      'throws by chance',
      `if (Math.random() < .5) throw new Error('tails')`,
      /^c\d: (the harness threw Error: tails|an answer)/,
    ],
  ])('one that %s is found out, case by case', async (_, code, named) => {
    const { cases, flips, examples } = (await twice(harnessSource(code), { concurrency: 1 }))!

    expect(cases).toBe(9)
    expect(flips).toBeGreaterThan(0)
    expect(examples).toHaveLength(Math.min(flips, 5))
    expect(examples[0]).toMatch(named)
  })

  test.each([
    ['does not exist', null, /harness module .*none\.mjs does not exist \(looked for \//],
    [
      'throws on import',
      `throw new Error('no config')`,
      /cannot be run: it cannot be imported: Error: no config\n\s+at harness\.mjs:1:7/,
    ],
    ['is no JavaScript', `export const = 3`, /cannot be imported: .*SyntaxError|Unexpected token/],
    ['exports no replay', `export const run = () => {}`, /exports no function named replay/],
    ['ends on import', `process.exit(0)`, /ended its process \(exit code 0\)/],
    ['reads a file outside of its folder on import', `import '../store/x.mjs'`, /lies in the store/],
  ])('one that %s is refused', async (_, source, reason) => {
    using desk = aDesk()
    writeFileSync(join(desk.store, 'x.mjs'), '')
    const path = source === null ? join(desk.folder, 'none.mjs') : desk.harness(source)

    await expect(desk.engine(path, [])).rejects.toThrow(reason)
    expect(existsSync(desk.store)).toBe(true)
  })

  test('one that is not the pinned one is not even loaded', async () => {
    using desk = aDesk()
    const path = desk.harness(`throw new Error('loaded')`)

    await expect(desk.engine(path, [], { digest: `sha256:${'0'.repeat(64)}` })).rejects.toThrow(
      /no longer the one that was pinned/,
    )
  })

  test('one that is changed while it runs is refused', async () => {
    using desk = aDesk()
    const runs = [aDeskRun('a')]
    const path = desk.harness(harnessSource(`process.exit(1)`))
    const engine = await desk.engine(path, runs)
    desk.harness(harnessSource())

    await expect(
      gather(engine.reproduce(linesOf(runs.slice(0, 1)), baselinePins(), 'search'), undefined),
    ).rejects.toThrow(/was changed while it was running/)
  })
})
