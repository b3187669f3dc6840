/** `propose`: bounds and search side of hand-written changes, nothing spent, nothing written, nothing sealed read. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { proposeChanges } from '../../functions/steps/run/propose.ts'
import { memory, stocked, watched } from '../steps/stores.ts'
import { aTarget, aWorld } from '../support/builders.ts'
import { autotune, bytesOf, placeOfEachTest, ran, ready } from './command-line.ts'

const K = 'evidence.orders.top_k'
const line = (patch: unknown) => `${JSON.stringify({ patch })}\n`

const place = placeOfEachTest()

const world = aWorld({ search: 6, heldout: 100, extra: [{ side: 'search', required: 3 }] })
const propose = (content: string, target: string, ...more: string[]) =>
  autotune('propose', place.file('changes.jsonl', content), '--target', target, '--store', place.store, ...more)

describe('exit code', () => {
  test('0: a run would keep each change; its metric, rows and reach are printed', async () => {
    const { target } = await ready(place, world)
    const { code, out } = await propose(line({ [K]: 3 }), target)
    expect(code).toBe(0)
    expect(out).toMatch('search   7 cases of support.refund')
    expect(out).toMatch(/changes\.jsonl:1 {2}evidence\.orders\.top_k 4 -> 3/)
    expect(out).toMatch('WITHIN ALL LIMITS (committed)')
    expect(out).toMatch('economics_tokens_per_decision 1000 -> 900 tokens (-100, -10 %); wanted: decrease')
    expect(out).toMatch(/policy +pass +1 +1 {2}0 of 7 families violate/)
    expect(out).toMatch('reach    1 field, 100 % of contexts, 0 % of decisions')
    expect(out).toMatch('verdict  1 of 1 change within all limits and better; nothing was spent or written')
  })

  test('3: some not; the limit that failed is named with observed value, limit, rule and case', async () => {
    const { target } = await ready(place, world)
    const { code, out } = await propose(line({ [K]: 3 }) + line({ [K]: 2 }) + line({ [K]: 5 }), target)
    expect(code).toBe(3)
    expect(out).toMatch('BREAKS A LIMIT (search_guardrail)')
    expect(out).toMatch(/policy +BLOCK +0\.85714 +1 {2}1 of 7 families violate/)
    expect(out).toMatch(/e\.g\. +policy: x0: required_evidence: required evidence fell out of the context \(x0-e3\)/)
    expect(out).toMatch('NO GAIN (no_gain)')
    expect(out).toMatch('verdict  1 of 3 changes within all limits and better')
  })

  test('2: out of bounds, every problem by file and line; the others are replayed all the same', async () => {
    const { target } = await ready(place, world)
    const content = line({ [K]: 9 }) + line({ [K]: 3 }) + line({ [K]: 'a', 'policy.bundle': 1 }) + line({ [K]: 3 })
    const { code, out } = await propose(content, target)
    expect(code).toBe(2)
    expect(out).toMatch(/changes\.jsonl:1.*\n +OUT OF BOUNDS {2}"evidence\.orders\.top_k": 9 is outside 1\.\.5/)
    expect(out).toMatch(/changes\.jsonl:3/)
    expect(out.match(/OUT OF BOUNDS/g)).toHaveLength(4)
    expect(out).toMatch(/changes\.jsonl:4.*\n.*the same change was given before/)
    expect(out).toMatch('WITHIN ALL LIMITS')
    const { json } = await propose(content, target, '--json')
    expect(json()).toMatchObject({
      verdict: 'out_of_bounds',
      search_cases: 7,
      changes: [
        { assessed: null, problems: [expect.any(String)] },
        { problems: [], assessed: { fate: 'committed', metric: { baseline: 1000, candidate: 900, delta: -100 } } },
        { assessed: null, problems: [expect.any(String), expect.any(String)] },
        { assessed: null },
      ],
    })
  })

  test.each([
    ['no JSON on two lines', '{"patch": \n{"patch"\n', /changes\.jsonl:1 is no JSON[\s\S]*changes\.jsonl:2 is no JSON/],
    ['an unknown field', '{"patch": {}, "why": 1}\n', /changes\.jsonl:1: .*unknown field "why"/],
    ['no change', '\n', /changes\.jsonl holds no change/],
    ['an empty list', '[]', /changes\.jsonl holds no change/],
    ['a list with another thing', '[\n{"patch": {}},\n7]', /changes\.jsonl:3: document/],
    ['a broken list', '[{"patch": {}},', /changes\.jsonl is no JSON/],
  ])('2: a file with %s is refused', async (_, content, says) => {
    const { target } = await ready(place, aWorld({ search: 2, heldout: 2 }))
    const { code, out, err } = await propose(content, target)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(says)
  })

  test('2: a file or a target that is not there, an unanswered contract, a baseline that breaks a floor', async () => {
    const { target } = await ready(place, aWorld({ search: 3, heldout: 3, extra: [{ side: 'search', required: 5 }] }))
    const at = ['--store', place.store]
    expect((await autotune('propose', join(place.dir, 'none'), '--target', target, ...at)).err).toMatch(
      'cannot be read',
    )
    expect((await autotune('propose')).code).toBe(2)
    const empty = await propose(line({ [K]: 3 }), place.file('empty.json', {}))
    expect([empty.code, empty.err]).toEqual([2, expect.stringContaining('the contract is not answered')])
    const broken = await propose(line({ [K]: 3 }), target)
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('policy: the baseline breaks it in 1 of 4')])
  })
})

test('a list, or one change over several lines, is read like JSON lines, each with the line where it begins', async () => {
  const { target } = await ready(place, world)
  const list = JSON.stringify(
    [{ patch: { [K]: 9 } }, { patch: { [K]: { from: 4, to: 8 } }, rationale: 'a, {b' }],
    null,
    2,
  )
  const { out } = await propose(list, target)
  expect(out).toMatch(/changes\.jsonl:2 [\s\S]*9 is outside[\s\S]*changes\.jsonl:7 [\s\S]*8 is outside/)
  expect((await propose(`\n${JSON.stringify({ patch: { [K]: 9 } }, null, 2)}`, target)).out).toMatch(
    /changes\.jsonl:2 /,
  )
})

test('nothing is spent: the bytes of the store are the same, with a sealed version in it and without', async () => {
  const { target } = await ready(place, world)
  for (const sealed of [false, true]) {
    if (sealed) await ran(place, 'r')
    const before = bytesOf(place.store)
    expect(before.some((file) => file.includes('/vault/'))).toBe(true)
    expect((await propose(line({ [K]: 3 }) + line({ [K]: 1 }), target)).code).toBe(3)
    expect(bytesOf(place.store)).toEqual(before)
  }
})

test('no sealed object is read, no row and no object is written', async () => {
  const store = await stocked(memory(), world)
  const acts: string[] = []
  const looked = watched(store, (act, side, key) => {
    if (act === 'write' || side === 'vault') acts.push(`${act} ${side} ${key}`)
  })
  const found = await proposeChanges(looked, aTarget(), [{ at: 'f:1', change: { patch: { [K]: 3 } } }], null)
  expect(found.changes[0]!.assessed).toMatchObject({ fate: 'committed' })
  expect(acts).toEqual([])
})

test('what memory knows is answered from it, with where and why; --again has its figures', async () => {
  const { target } = await ready(place, world)
  await ran(place, 'r')
  const known = await propose(line({ [K]: 2 }) + line({ [K]: 3 }), target)
  expect(known.out).toMatch(/top_k 4 -> 2\n +REJECTED BEFORE {2}search_guardrail rejected it in r: /)
  expect(known.out).toMatch(/top_k 4 -> 3\n +LOOKED AT BEFORE {2}run r looked at it as c_\w+: /)
  expect(known.out).toMatch('memory   answered 2 of them without a replay; --again replays them all the same')
  expect(known.out).not.toMatch('search   ')
  const { out } = await propose(line({ [K]: 2 }), target, '--again')
  expect(out).toMatch('REJECTED BEFORE (remembered)')
  expect(out).toMatch(/policy +BLOCK/)
})

test('help has an example', async () => {
  const { code, out } = await autotune('propose', '--help')
  expect([code, out]).toEqual([0, expect.stringMatching(/Example:\n {2}autotune propose changes\.jsonl --target/)])
})
