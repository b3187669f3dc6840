/** `import`: what it fixes, what it refuses whole, and what it leaves while it works. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../functions/embedded/open-store.ts'
import { fixSplit } from '../../functions/steps/experience/split-rule.ts'
import { aFamily, aPack, aWorld } from '../support/builders.ts'
import { placeOfEachTest } from './command-line.ts'

const place = placeOfEachTest()
const { at } = place

test('an import of documents alone does not fix how records will be split', async () => {
  expect((await at('import', '--pack', place.file('pack.json', aPack()))).code).toBe(0)
  expect((await at('list')).code).toBe(0)
  const runs = place.runs('runs.jsonl', aWorld({ search: 2, heldout: 2 }))
  expect(await at('import', runs, '--split', 'recorded')).toMatchObject({ code: 0 })
})

test('documents alone join a store however its runs are split, and need none of its options', async () => {
  const runs = place.runs('runs.jsonl', aWorld({ search: 2, heldout: 2 }))
  await at('import', runs, '--split', 'recorded', '--split-key', 'key-of-these-tests', '--heldout-share', '.4')
  const rules = place.file('rules.txt', 'be kind')
  expect(await at('import', '--document', `policy.returns@9.0.0=${rules}`)).toMatchObject({ code: 0, err: '' })
  expect(
    (await at('import', '--pack', place.file('pack.json', aPack()), '--split-key', 'some-other-key-text')).err,
  ).toContain('families never move')
})

test('an import again with the same options stores nothing new, with others is refused', async () => {
  const runs = place.runs('runs.jsonl', aWorld({ search: 2, heldout: 2 }))
  const first = await at('import', runs, '--split-key', 'key-of-these-tests', '--json')
  expect([first.code, first.json()]).toEqual([0, expect.objectContaining({ stored: 4, unchanged: 0 })])
  const again = await at('import', runs, '--split-key', 'key-of-these-tests', '--json')
  expect([again.code, again.json()]).toEqual([0, expect.objectContaining({ stored: 0, unchanged: 4 })])
  const keyless = await at('import', runs, '--json')
  expect([keyless.code, keyless.json()]).toEqual([0, expect.objectContaining({ unchanged: 4 })])
  const before = place.listing()
  for (const other of [
    ['--split-key', 'some-other-key-text'],
    ['--heldout-share', '.4'],
    ['--split', 'recorded'],
  ])
    expect(await at('import', runs, ...other)).toMatchObject({
      code: 2,
      err: expect.stringContaining('families never move'),
    })
  expect(place.listing()).toEqual(before)
})

test('an import of a published ref with other content is refused before any run is stored', async () => {
  await at('import', '--pack', place.file('pack.json', aPack()))
  const before = place.listing()
  const changed = place.file('changed.json', aPack({ description: 'other' }))
  const runs = place.runs('runs.jsonl', aWorld({ search: 2, heldout: 2 }))
  const { code, err } = await at('import', runs, '--split', 'recorded', '--pack', changed)
  expect([code, err]).toEqual([
    2,
    expect.stringContaining('ctxpack.support@1.0.0 is already published with other content'),
  ])
  expect(place.listing()).toEqual(before)
})

test('a short key of a new store is refused, since its digest is public; a store that has one goes on with it', async () => {
  const runs = place.runs('runs.jsonl', aWorld({ search: 2, heldout: 2 }))
  const { code, err } = await at('import', runs, '--split-key', 'fifteen-letters')
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/needs 16 bytes .128 bits., and this one has 15: .*a random one is drawn/),
  ])
  const store = openStore(place.store, { durable: false })
  await fixSplit(store, { by: 'hash', key: 'k', heldout_share: 0.5 }).finally(() => store.close())
  expect(await at('import', runs, '--split-key', 'k')).toMatchObject({ code: 0, err: '' })
})

test('an import that is refused fixes no split rule', async () => {
  const bad = place.runs('bad.jsonl', [
    aFamily('a', { side: 'search', family: 'f' }),
    aFamily('b', { side: 'heldout', family: 'f' }),
  ])
  expect((await at('import', bad, '--split', 'recorded')).code).toBe(2)
  const runs = place.runs('runs.jsonl', aWorld({ search: 2, heldout: 2 }))
  expect((await at('import', runs, '--split-key', 'key-of-these-tests')).code).toBe(0)
})

test('an import leaves no held-out record where the search could read it while it works', async () => {
  const world = aWorld({ search: 30, heldout: 30 })
  const sealed = world.filter((run) => run.split === 'heldout').map((run) => `"${run.family_id}"`)
  expect(sealed).toHaveLength(30)
  let looked = 0
  const leaked = new Set<string>()
  const timer = setInterval(() => {
    if (!existsSync(place.store)) return
    for (const name of readdirSync(place.store)) {
      looked++
      const text = name.startsWith('.tmp') ? readIfThere(join(place.store, name)) : ''
      for (const family of sealed) if (text.includes(family)) leaked.add(family)
    }
  }, 1)
  await at('import', place.runs('runs.jsonl', world), '--split', 'recorded')
  clearInterval(timer)
  expect(looked).toBeGreaterThan(0)
  expect([...leaked]).toEqual([])
})

/** Unfinished files lose their names from one moment to the next. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

test('an import of nothing is refused', async () => {
  expect(await at('import')).toMatchObject({ code: 2, err: expect.stringContaining('nothing to import') })
})

test('a number that a map leaves as text is told with the function that reads one', async () => {
  const map = place.file(
    'm.jsonata',
    '{"run_id": id, "family_id": "f", "intent_id": "a", "outcome": {"latency_ms": ms}}',
  )
  const { code, err } = await at('import', place.file('log.jsonl', '{"id": "q1", "ms": "12"}\n'), '--map', map)
  expect([code, err.replace(/\s+/g, ' ')]).toEqual([2, expect.stringContaining('$number(...) reads it')])
})
