/** The process that searches: what it replies, and what it tells on the way. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RestrictedProcess } from '#adapters/local/isolation/restricted-process.ts'
import { canonical } from '#core/canonical.ts'
import { resolveTarget } from '#core/contract/resolve.ts'
import { tunableFields } from '#core/space/lattice.ts'
import { aCase, aPack, aSuite, aTarget, aWorld } from '../../support/builders.ts'

test('tells how far a search is, and none of it is part of the reply', async () => {
  const vault = mkdtempSync(join(tmpdir(), 'autotune-vault-'))
  const told: string[] = []
  const process = new RestrictedProcess('./replay-child.ts', vault, (message) => told.push(message))
  try {
    const pack = aPack()
    const target = resolveTarget(aTarget())
    const pins = {
      tuple: target.baseline_tuple,
      settings: pack.settings,
      suite: aSuite(),
      prices: null,
      replayer: { kind: 'transcript' },
    }
    const lines = aWorld({ search: 6, heldout: 0 }).map((run) => canonical(aCase(run)))
    const reproduced = await Array.fromAsync(process.converse({ verb: 'reproduce', pins, keep: true }, lines))
    const input = {
      target,
      pack,
      suite: aSuite(),
      pins: { baseline: pack.settings, prices: null },
      fields: tunableFields(pack, target.intent, target.search_space),
      rejections: [],
      candidates: null,
    }
    const replays = await Array.fromAsync(process.converse({ verb: 'search', input }))

    expect(reproduced.map((line) => JSON.parse(line).case.case_id)).toHaveLength(lines.length)
    expect(replays.every((line) => 'candidate_id' in JSON.parse(line))).toBe(true)
    expect(told[0]).toBe('the negative control: every surface at its most destructive values')
    expect(told[1]).toMatch(/^replaying candidate 1 of \d+: 0 replays so far$/)
    expect(told.at(-1)).toMatch(/^the no-search arm: \d+ replays of random candidates$/)
  } finally {
    process.close()
    rmSync(vault, { recursive: true })
  }
})
