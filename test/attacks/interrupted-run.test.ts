/** A run whose process was killed is seen: where it stopped, what goes on with it, and which question it left open. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shellWord } from '../../functions/cli/store-options.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { giveUp, unfinishedRuns } from '../../functions/steps/run/unfinished.ts'
import { autotune, ready, type Workplace, workplace } from '../cli/command-line.ts'
import { copied, holder, Killed, killedAtWrite, memory, run, stocked } from '../steps/stores.ts'
import { aWorld } from '../support/builders.ts'

test('wherever it was killed, it says how far it came and what it spent', async () => {
  const base = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
  const seen: string[] = []
  for (let n = 2; ; n = n < 100 ? n + 33 : n + 1) {
    const store = await copied(base)
    const died = await run(killedAtWrite(store, n).store, { runId: 'at_1', holder: holder('first') }).catch((e) => e)
    const found = await unfinishedRuns(store, holder('second'))
    if (!(died instanceof Killed)) {
      expect(found).toEqual([])
      break
    }
    expect(found).toHaveLength(1)
    const { run: id, status, where, question, give_up } = found[0]!
    expect({ id, status, give_up }).toEqual({
      id: 'at_1',
      status: 'interrupted',
      give_up: 'autotune run --abandon at_1',
    })
    expect(question !== null).toBe(where.startsWith('in the gate'))
    if (seen.at(-1) !== where) seen.push(where)
  }
  expect(seen).toEqual([
    'before its inputs were pinned',
    'in its search, with its inputs pinned',
    'after its search, with no question open',
    'in the gate: question 1 is open, and counts as spent',
    'after its search, with no question open',
    'while it wrote its files',
    'finished, but for its lock',
  ])
})

test('while its process lives, it is under way', async () => {
  const store = await stocked(memory(), aWorld({ search: 6, heldout: 100 }))
  const dying = killedAtWrite(store, 3).store
  await expect(run(dying, { runId: 'at_1', holder: holder('first') })).rejects.toThrow(Killed)
  expect(await unfinishedRuns(store, holder('second', ['first']))).toMatchObject([{ run: 'at_1', status: 'running' }])
})

describe('on the command line', () => {
  let place: Workplace
  let target: string
  beforeAll(async () => {
    place = workplace()
    target = (await ready(place)).target
    const gone = spawn(process.execPath, ['-e', ''])
    await once(gone, 'close')
    const store = openStore(place.store, { durable: false })
    const dying = killedAtWrite(store, 110).store
    const died = run(dying, { runId: 'at_1', holder: holder(`${gone.pid}:1`) })
    await expect(died).rejects.toThrow(Killed)
    store.close()
  })
  afterAll(() => place.dispose())

  test.each([
    ['list', []],
    ['show', ['at_1']],
    ['explain', ['at_1']],
    ['doctor', () => ['--target', target]],
  ])('%s names it, where it stopped, and the commands that end that', async (verb, argv) => {
    const { out } = await autotune(verb, ...(typeof argv === 'function' ? argv() : argv), '--store', place.store)
    expect(out).toMatch(/at_1/)
    expect(out).toMatch(/stopped +(?:run at_1: )?in the gate: question 1 is open, and counts as spent/)
    expect(out).toMatch(/(?:go on|mend) +npm run -s autotune -- run --target /)
    expect(out).toMatch(new RegExp(`give up +npm run -s autotune -- run --abandon at_1 --store ${place.store}`))
  })
})

test('a run of another store is given up there', () => {
  const rows = [
    [' --store s3', 'autotune run --abandon at_1 --store s3'],
    [" --store 'my store'", "autotune run --abandon at_1 --store 'my store'"],
    ['', 'autotune run --abandon at_1'],
  ] as const
  for (const [place, expected] of rows) expect(giveUp('at_1', place)).toBe(expected)
  expect(['s3', 'my store', "it's"].map(shellWord)).toEqual(['s3', "'my store'", "'it'\\''s'"])
})
