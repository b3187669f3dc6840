/** `autotune correct`: what people say of stored runs later: what is refused, where it goes, who counts by it, and what never changes. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { HeldoutVersion } from '#schemas/heldout.ts'
import type { AutotuneRun } from '#schemas/run.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import type { Store } from '../../functions/ports.ts'
import { items, run } from '../steps/stores.ts'
import { aTarget, aWorld } from '../support/builders.ts'
import { autotune, bytesOf, placeOfEachTest, ready } from './command-line.ts'

const place = placeOfEachTest()
const AT = '2026-11-20T10:00:00Z'
const saying = (run_id: string, said: object, over: object = {}) => ({
  run_id,
  at: AT,
  by: 'ana@example.com',
  ...said,
  ...over,
})
const failed = (run_id: string, over: object = {}) => saying(run_id, { outcome: { passed: false } }, over)
const lines = (...all: readonly unknown[]) =>
  all.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n')
const file = (...all: readonly unknown[]) => place.file('corrections.jsonl', lines(...all))
const correct = (...all: readonly unknown[]) => place.at('correct', file(...all))
const readyWith = (search: number, heldout: number) => ready(place, aWorld({ search, heldout }))

async function inStore<T>(look: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore(place.store, { durable: false })
  return await look(store).finally(() => store.close())
}
const pinned = (run: string) =>
  JSON.parse(readFileSync(join(place.store, `autotune/runs/${run}/target.json`), 'utf8')) as AutotuneRun
const versionOf = (run: string): HeldoutVersion => pinned(run).heldout_test_set!
/** Every file of the store with the digest of its bytes, but for the ledger, whose lock comes and goes. */
const storeFiles = (): Record<string, string> =>
  Object.fromEntries(
    bytesOf(place.store)
      .map((line) => line.slice(place.store.length + 1).split(' ') as [string, string])
      .filter(([name]) => !name.startsWith('ledger')),
  )
const ran = (name: string, target = aTarget()) => inStore((store) => run(store, { runId: name, target }))
/** A run that cannot ask: what it sealed may be sealed again. */
const unasked = (name: string) =>
  ran(name, aTarget({ guardrails: { ...aTarget().guardrails, policy: { min: 1, max_violation_rate: 0.0001 } } }))

describe('is refused, and writes nothing', () => {
  test.each<readonly [string, readonly unknown[], RegExp]>([
    [
      'a run that nobody imported',
      [failed('s0'), failed('nobody')],
      /corrections\.jsonl:2: run nobody is not in this store: a correction names the run_id/,
    ],
    ['a line that is no JSON', [failed('s0'), '{"run_id":'], /corrections\.jsonl:2/],
    ['a line without who said it', [{ run_id: 's0', at: AT, outcome: { passed: true } }], /:1: by: /],
    ['a line without when', [{ run_id: 's0', by: 'a', outcome: { passed: true } }], /:1: at: /],
    ['a day in place of an instant', [failed('s0', { at: '2026-11-20' })], /:1: at: when it was said, as 2026/],
    ['a line that says nothing', [saying('s0', {})], /it says nothing: give outcome, label_disputed, evidence or note/],
    ['an outcome that says nothing', [saying('s0', { outcome: {} })], /say "passed" or "score"/],
    [
      'a passage of which nothing is said',
      [saying('s0', { evidence: { 's0-e1': {} } })],
      /say "gold" or "required" of it/,
    ],
    [
      'an outcome that is disputed as well',
      [failed('s0', { label_disputed: true })],
      /a label that is corrected is not disputed/,
    ],
    ['a score beyond its scale', [saying('s0', { outcome: { score: 7 } })], /outcome\.score/],
    ['a field of another name', [failed('s0', { pased: true })], /unknown field "pased"/],
    ['a key twice', ['{"run_id":"s0","run_id":"s1","at":"2026-11-20T10:00:00Z","by":"a","note":"x"}'], /run_id/],
    [
      'two words of one instant',
      [failed('s0'), saying('s0', { outcome: { passed: true } })],
      /:2: another correction of run s0 was said at .* too \(.*:1\), and neither is the later one/,
    ],
    [
      'two of one instant in other zones',
      [failed('s0'), saying('s0', { note: 'x' }, { at: '2026-11-20T12:00:00+02:00' })],
      /:2: another correction of run s0/,
    ],
    ['what was said tomorrow', [failed('s0', { at: '2999-01-01T00:00:00Z' })], /lies ahead of this store's clock/],
    [
      'what was said before its run',
      [failed('s0', { at: '2020-01-01T00:00:00Z' })],
      /:1: at: .* lies before run s0 began/,
    ],
    ['the same of a sealed one', [failed('h0', { at: '2020-01-01T00:00:00Z' })], /:1: at: .* lies before run h0 began/],
    [
      'a file that goes over lines',
      ['{', '  "run_id": "s0",', '}'],
      /^autotune: [^\n]*:1: a correction is one line[^\n]*jq -c[^\n]*\nno correction/,
    ],
    ['the id of a case', [failed('case-of-s0')], /of a case "autotune case" shows the runs/],
    ['an empty file', [], /holds no correction/],
  ])('%s', async (_, all, says) => {
    await readyWith(3, 3)
    const before = storeFiles()
    expect(await correct(...all)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(says) })
    expect(storeFiles()).toEqual(before)
  })

  test('a file that is not there, and a folder that holds no store, which is not made', async () => {
    expect(await place.at('correct', join(place.dir, 'none.jsonl'))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/none\.jsonl/),
    })
    expect(await correct(failed('s0'))).toMatchObject({ code: 2, err: expect.stringMatching(/no store in/) })
    expect(existsSync(place.store)).toBe(false)
  })

  test('an instant that is stored with another word', async () => {
    await readyWith(3, 3)
    expect((await correct(failed('h1'))).code).toBe(0)
    const other = await correct(saying('h1', { label_disputed: true }))
    expect(other).toMatchObject({
      code: 2,
      err: expect.stringMatching(/another correction of run h1 .* \(stored before\)/),
    })
  })
})

describe('what is stored', () => {
  test('is told alike of either side, is idempotent, and changes no recorded run', async () => {
    await readyWith(3, 3)
    const before = storeFiles()
    const search = await correct(failed('s0'))
    const sealed = await correct(failed('h0'))
    expect([search.code, sealed.code]).toEqual([0, 0])
    expect(sealed.out).toBe(search.out)
    expect((await place.at('correct', file(failed('s0'), failed('h0'), failed('s0')), '--json')).json()).toEqual({
      stored: 0,
      unchanged: 3,
      runs: 2,
    })
    const after = storeFiles()
    for (const [name, bytes] of Object.entries(before))
      if (/experience\/(runs|index)/.test(name)) expect(after[name], name).toBe(bytes)
    const added = Object.keys(after).filter((name) => !(name in before) && !name.startsWith('heads/'))
    expect(added.map((name) => name.replace(/[0-9a-f]{64}/, 'D')).sort()).toEqual([
      'experience/corrections/D.jsonl',
      'ingest/corrections/D.jsonl',
      'ingest/corrections/D.jsonl',
      'vault/experience/corrections/D.jsonl',
    ])
    for (const name of added.filter((n) => !n.startsWith('vault/')))
      expect(readFileSync(join(place.store, name), 'utf8'), name).not.toMatch(/h0/)
    expect((await place.at('verify')).code).toBe(0)
  })

  test('shows on its case, the latest word last; of a sealed run nobody is shown anything', async () => {
    await readyWith(3, 3)
    await correct(
      failed('s0', { note: 'the refund never came' }),
      saying(
        's0',
        { label_disputed: true, evidence: { 's0-e2': { gold: true, required: false } } },
        { at: '2026-11-21T10:00:00Z' },
      ),
      failed('h0'),
    )
    const { out } = await place.at('case', 's0')
    expect(out).toMatch(/^outcome {2}passed/m)
    expect(out).toMatch(
      /^corrected later {2}failed, by ana@example\.com on 2026-11-20: the refund never came\ncorrected later {2}label disputed, s0-e2 needed, s0-e2 not required, by ana@example\.com on 2026-11-21$/m,
    )
    const json = (await place.at('case', 's0', '--json')).json() as {
      case: { recordings: { corrected: object; evidence: { gold: number[] } }[] }
      corrections: object[]
    }
    expect(json.corrections).toHaveLength(2)
    expect(json.case.recordings[0]).toMatchObject({
      corrected: { label: 'disputed' },
      evidence: { gold: [1, 1, 0, 0, 0] },
    })
    expect(await place.at('case', 'h0')).toMatchObject({ code: 2, out: '' })
  })

  test('says of a passage that its run was never offered, which may be a name that was mistyped', async () => {
    await readyWith(3, 3)
    await correct(saying('s0', { evidence: { 's0-e2': { gold: true }, 's0-e77': { required: true } } }))
    expect((await place.at('case', 's0')).out).toMatch(
      /^corrected later {2}s0-e2 needed, s0-e77 required, s0-e77 was never offered, by ana/m,
    )
  })

  test('is found missing or foreign by verify', async () => {
    await readyWith(3, 3)
    await correct(failed('s0'))
    const folder = join(place.store, 'experience/corrections')
    const [name] = readdirSync(folder)
    const text = readFileSync(join(folder, name!), 'utf8')
    writeFileSync(join(folder, name!), text.replace('false', 'true'))
    expect((await place.at('verify')).code).toBe(2)
    await expect(ran('r')).rejects.toThrow(/experience\/corrections.*content is not what its name says/s)
  })

  test('a run that comes again with other content is refused by a message that names the way', async () => {
    const [first, ...rest] = aWorld({ search: 3, heldout: 3 })
    await ready(place, [first!, ...rest])
    const other = place.file(
      'runs.jsonl',
      `${JSON.stringify({ ...first!, outcome: { ...first!.outcome, passed: false } })}\n`,
    )
    expect((await place.at('import', other, '--split', 'recorded', '--split-key', 'unused')).err).toMatch(
      /autotune correct FILE/,
    )
  })
})

describe('who counts by it', () => {
  test('the next sealed version of families that nobody asked, with another n; the version before is superseded', async () => {
    await readyWith(6, 100)
    await unasked('before')
    expect(versionOf('before')).toMatchObject({ labelled: 100 })
    expect(versionOf('before')).not.toHaveProperty('corrections')
    await correct(
      saying('h0', { label_disputed: true }),
      saying('h1', { label_disputed: true }),
      failed('h2'),
      saying('h3', { note: 'a note alone changes nothing' }),
    )
    expect((await place.at('list')).out).toMatch(
      /corrections that nothing counts by yet: 3 for the next sealed version/,
    )
    await unasked('after')
    expect(versionOf('after')).toMatchObject({ labelled: 98, families: 100, corrections: 3 })
    expect(versionOf('after').version).not.toBe(versionOf('before').version)
    expect((await place.at('list', '--json')).json()).toMatchObject({ corrections: { search: 0, sealed: 0 } })
    for (const run of ['before', 'after']) expect((await place.at('verify', run)).code).toBe(0)
  })

  test('not a version that was asked: it is pinned; once it is retired the search reads what was said', async () => {
    await readyWith(6, 100)
    await ran('first')
    const [asked] = await inStore(items)
    expect(asked!.retired).toBe('passed')
    await correct(failed('h5'))
    await ran('second')
    expect(pinned('second').search_set).toMatchObject({ cases: 106, corrections: { n: 1 } })
    expect((await place.at('case', 'h5')).out).toMatch(/corrected later {2}failed/)
    expect((await inStore(items)).find((i) => i.version === asked!.version)).toEqual(asked)
    for (const run of ['first', 'second']) expect((await place.at('verify', run)).code).toBe(0)
  })

  test('the search, from the next run on: it pins what it read, and verifies after more was said', async () => {
    await readyWith(6, 100)
    await unasked('none')
    expect(pinned('none').search_set).not.toHaveProperty('corrections')
    await correct(saying('s0', { label_disputed: true }), failed('s1'))
    expect((await place.at('doctor', '--target', place.file('t.json', aTarget()))).out).toMatch(/2 for the next run/)
    await unasked('one')
    const read = pinned('one').search_set.corrections!
    expect(read.n).toBe(2)
    await correct(saying('s1', { outcome: { passed: true } }, { at: '2026-11-21T10:00:00Z' }))
    await unasked('two')
    expect(pinned('two').search_set.corrections).toMatchObject({ n: 3 })
    expect(pinned('two').search_set.corrections!.digest).not.toBe(read.digest)
    for (const run of ['none', 'one', 'two']) expect((await place.at('verify', run)).out, run).toMatch(/reproducible/)
  })

  test('of several words of one run the latest, whichever was stored first', async () => {
    await readyWith(6, 100)
    await correct(saying('h0', { label_disputed: true }, { at: '2026-11-22T10:00:00Z' }))
    await correct(failed('h0'))
    await unasked('a')
    expect(versionOf('a').labelled).toBe(99)
    await correct(saying('h0', { label_disputed: false }, { at: '2026-11-23T09:00:00+01:00' }))
    await unasked('b')
    expect(versionOf('b').labelled).toBe(100)
  })
})

describe('an erased run', () => {
  const SAID = ['--reason', 'request 4711', '--person', 'ana@example.com', '--yes']

  test('takes what was said of it along, on either side, and nothing more is kept of it', async () => {
    await readyWith(6, 20)
    await correct(failed('s0', { note: 'left us' }), failed('h0', { note: 'left us' }), failed('s1'))
    expect((await place.at('erase', 's0', 'h0', ...SAID)).code).toBe(0)
    for (const name of Object.keys(storeFiles()))
      if (/corrections/.test(name))
        expect(readFileSync(join(place.store, name), 'utf8'), name).not.toMatch(/left us|"s0"|"h0"/)
    expect((await place.at('case', 's1')).out).toMatch(/corrected later/)
    expect((await place.at('verify')).code).toBe(0)
    expect(await correct(failed('s0'))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/run s0 was erased on .* nothing more is kept of it/),
    })
    expect((await place.at('list', '--json')).json()).toMatchObject({ corrections: { search: 1, sealed: 0 } })
  })
})

test('help has a line to begin with', async () => {
  expect((await autotune('correct', '--help')).out).toMatch(/correction\.schema\.json/)
})
