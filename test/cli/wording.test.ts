/** Lines that people read: the headline of an INCONCLUSIVE run, and the way out of a fault of the machine. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PreflightRow } from '#schemas/heldout.ts'
import type { RunSummary } from '#schemas/run.ts'
import { systemProblem } from '../../functions/cli/system-errors.ts'
import { patchLine, reasonText, runLines } from '../../functions/cli/text.ts'
import { autotune } from './command-line.ts'

const row = (guardrail: string, over: Partial<PreflightRow> = {}): PreflightRow => ({
  guardrail,
  verdict: 'inconclusive',
  families: 20,
  needed: null,
  power: null,
  note: 'a note',
  ...over,
})
const summary = (preflight: PreflightRow[]): RunSummary => ({
  run: 'r',
  verdict: 'inconclusive',
  proposal: null,
  winner: null,
  heldout_families: 20,
  needed_families: null,
  candidates: [],
  search: { visited: 0, paid: 0, avoided: 0, exact: true, unreplayable: 0, failed: 0, no_search: null },
  excluded: { cases: {}, share: 0 },
  reasons: [],
  preflight,
  ledger: null,
})

test.each([
  ['10', '6', 'p 10 -> 6'],
  ['short', 'shorter', 'p short -> shorter'],
  [
    'Find the order before you promise anything. Name the clause. Mention credits.',
    'Find the order before you promise anything. Name the clause. Mention credits and gifts.',
    'p ... clause. Mention credits. -> ... clause. Mention credits and gifts.',
  ],
  ['a'.repeat(80), `${'a'.repeat(80)}b`, `p ${'a'.repeat(57)}... -> ${'a'.repeat(57)}...`],
])('a change shows where its values differ: %s', (from, to, says) => {
  expect(patchLine({ p: { from, to } })).toBe(says)
})

describe('the headline of an INCONCLUSIVE run says why', () => {
  const ready = { verdict: 'ready', needed: 0 } as const
  test.each<readonly [string, PreflightRow[], string]>([
    ['too few families', [row('policy', { needed: 299 })], 'the held-out set is too small to answer'],
    [
      'a harness that misses its baseline',
      [row('policy', ready), row('harness_baseline')],
      'the harness does not decide as recorded',
    ],
    [
      'both: more families are needed too',
      [row('policy', { needed: 299 }), row('harness_baseline')],
      'the held-out set is too small to answer',
    ],
    [
      'records that lack something',
      [row('policy', { records_lack: true }), row('safety', { needed: 299 })],
      'the records could not contradict a certificate',
    ],
    ['a bound that nothing was declared for', [row('economics_delta')], 'no number of held-out families would answer'],
  ])('%s', (_, rows, why) => {
    expect(runLines(summary(rows), null, null)[1]).toBe(`verdict  INCONCLUSIVE: ${why}; nothing was spent`)
  })
})

test('a read-only file system names verbs that there are', async () => {
  const said = systemProblem(Object.assign(new Error('no'), { code: 'EROFS', path: '/x' }))!
  const verbs = [...said.matchAll(/"(\w+)"/g)].map(([, verb]) => verb!)
  expect(verbs).toEqual(['list', 'show', 'explain', 'verify', 'doctor'])
  for (const verb of verbs) expect((await autotune(verb, '--help')).out).toContain(`autotune ${verb}`)
})

test('a folder for what lies aside that cannot be made is told with TMPDIR, not with a store', () => {
  const path = join(tmpdir(), 'autotune-abc123')
  for (const code of ['EROFS', 'EACCES', 'ENOENT']) {
    const said = systemProblem(Object.assign(new Error('no'), { code, path, syscall: 'mkdtemp' }))!
    expect(said).toMatch(/TMPDIR$/)
    expect(said).not.toContain('--store')
  }
})

test('a reason that keeps the beginning of a long setting says that it goes on', () => {
  const cut = `3 of 8 cases cannot be replayed: no recording under prompt.block = ${'Be kind. '.repeat(8)}`
  expect(reasonText(cut)).toBe(cut)
  const long = `no recording under prompt.block = ${'Be kind and quick. '.repeat(9).slice(0, 80)}`
  expect(reasonText(long)).toBe(`${long}…`)
  expect(reasonText('no recording under planner.tool_preference = mcp')).not.toContain('…')
})
