/** The own-harness example at its own size and with its own target: minutes of work, and no data from elsewhere. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { autotune } from '../cli/command-line.ts'
import { desk, EXAMPLE } from '../support/own-harness.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'autotune-own-harness-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('finds how few passages the desk can do with, certifies it and verifies to the end', {
  timeout: 900_000,
}, async () => {
  const store = await desk(join(root, 'whole'), 720)
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
  expect(readdirSync(join(store, 'autotune/runs/desk'))).toContain('selected-proposal.json')

  const verified = JSON.parse((await autotune('verify', 'desk', '--store', store, '--json')).out)
  expect(verified).toMatchObject({ run: 'desk', reproducible: true, scope: 'gate', differences: [] })
  expect(verified.third_look).toMatchObject({ differing: 0, examples: [], sealed: 0, finding: null })
})
