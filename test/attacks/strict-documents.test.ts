/** Documents are read as strictly as records: what would be ignored, or mean something else, is refused by file, line and field. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Day } from '#schemas/common.ts'
import { ContextPack } from '#schemas/pack.ts'
import { parseJson, parseRecord } from '../../functions/steps/experience/parse.ts'
import { parsePack } from '../../functions/steps/experience/parse-documents.ts'
import { autotune, ready, type Workplace, workplace } from '../cli/command-line.ts'
import { aPack, aTarget, INTENT } from '../support/builders.ts'

describe('JSON', () => {
  test.each([
    ['a key twice', '{\n  "a": 1,\n  "b": 2,\n  "a": 3\n}', /f\.json, line 4: the key "a" stands twice/],
    ['a key twice in another spelling', '{"a": 1, "\\u0061": 2}', /the key "a" stands twice/],
    ['a key twice, deep inside', '{"x": [{"y": {"k": 1, "k": 1}}]}', /the key "k" stands twice/],
    ['a key twice after a text with a quote', '{"a": "\\"", "b\\\\": "{", "a": 2}', /the key "a" stands twice/],
    ['nesting without end', `${'['.repeat(101)}${']'.repeat(101)}`, /nests deeper than 100 levels/],
    [
      'nesting far beyond the stack',
      `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
      /nests deeper than 100 levels/,
    ],
  ])('with %s is refused', (_, text, told) => {
    expect(() => parseJson(text, 'f.json')).toThrow(told)
  })

  test.each([
    ['the same key in two objects', '[{"a": 1}, {"a": 2}]'],
    ['a value that is spelled like a key before it', '{"a": "a", "b": ["a", "a"]}'],
    ['brackets in texts', `{"a": "${'['.repeat(500)}"}`],
    ['a hundred levels', `${'['.repeat(100)}${']'.repeat(100)}`],
  ])('with %s is read', (_, text) => {
    expect(parseJson(text, 'f.json')).toEqual(JSON.parse(text))
  })

  test('of any value is read as it is, as a document and as a record', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 20 }), fc.integer({ min: 0, max: 3 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        fc.pre(!text.includes('__proto__') && text.isWellFormed() && !/\\ud[89a-f]/i.test(text))
        expect(parseJson(text, 'f')).toEqual(JSON.parse(text))
        expect(parseRecord(text, 'f')).toEqual(JSON.parse(text))
      }),
    )
  })

  test('with any key twice is refused, wherever it stands', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), fc.jsonValue(), (key, one, two) => {
        fc.pre(key !== '__proto__' && key.isWellFormed())
        const name = JSON.stringify(key)
        const text = `{"w":[{${name}:${JSON.stringify(one)},${name}:${JSON.stringify(two)}}]}`
        fc.pre(text.isWellFormed() && !/\\ud[89a-f]|__proto__/i.test(text))
        expect(() => parseJson(text, 'f')).toThrow(/stands twice/)
      }),
    )
  })
})

describe('a pack', () => {
  const surface = (layer: string, path: string, bounds: object) => ({
    layer,
    field: path.split('.').at(-1),
    path,
    bounds,
    intents: [INTENT],
    owner: 'o',
  })
  const top_k = surface('retrieval', 'evidence.orders.top_k', { min: 1, max: 5 })
  test.each([
    ['a count as text', 'evidence.orders.top_k', '4'],
    ['a count that is none', 'evidence.orders.top_k', 4.5],
    ['a negative count', 'evidence.orders.top_k', -1],
    ['a switch for a count', 'evidence.max_hops', false],
    ['a budget as text', 'budget.tool_tokens', '900'],
    ['a threshold as text', 'approval.refund.threshold', '100'],
    ['a number for an ordering', 'evidence.source_priority', 1],
  ])('with %s is refused by its path: it would switch trimming off', (_, path, value) => {
    const settings = { 'evidence.orders.top_k': 4, [path]: value }
    const text = JSON.stringify({ ...aPack(), settings })
    expect(() => parsePack(text, 'pack.json')).toThrow(new RegExp(`pack\\.json: settings\\.${path}: .* is a`))
  })

  test.each([
    ['evidence.orders.max_hops', 0],
    ['budget.tool_tokens', 900],
    ['approval.refund.threshold', 99.5],
    ['evidence.source_priority', 'newest'],
    ['moderation.threshold', 'strict'],
    ['limits.anything', true],
  ])('with %s %j is one', (path, value) => {
    const settings = { 'evidence.orders.top_k': 4, [path]: value }
    expect(ContextPack.safeParse({ ...aPack(), settings, tunable_surfaces: [top_k] }).success).toBe(true)
  })

  test('whose planner holds a number is refused', () => {
    const planner = surface('planner', 'planner.decompose_before_tool', { allowed: ['a', 'b'] })
    const pack = { ...aPack(), settings: { 'planner.decompose_before_tool': 1 }, tunable_surfaces: [planner] }
    expect(() => parsePack(JSON.stringify(pack), 'p')).toThrow(/decompose_before_tool is a text, got 1/)
  })
})

test.each([
  ['2026-02-28', true],
  ['2024-02-29', true],
  ['2000-02-29', true],
  ['2026-02-29', false],
  ['1900-02-29', false],
  ['2026-13-01', false],
  ['2026-00-10', false],
  ['2026-04-31', false],
  ['2026-01-00', false],
  ['2026-1-1', false],
])('the day %s: %j', (day, is) => expect(Day.safeParse(day).success).toBe(is))

describe('on the command line', () => {
  let place: Workplace
  beforeAll(async () => {
    place = workplace()
    await ready(place)
  })
  afterAll(() => place.dispose())

  test('a byte order mark is accepted', async () => {
    const file = place.file('marked.json', `\ufeff${JSON.stringify(aPack())}`)
    expect((await autotune('import', '--pack', file, '--split', 'recorded', '--store', place.store)).code).toBe(0)
  })

  test('a held-out share unlike the store that seals by hash is refused, by doctor and run', async () => {
    const store = `${place.store}-hashed`
    const pack = place.file('pack.json', aPack())
    const share = await autotune('import', '--pack', pack, '--heldout-share', '.3', '--store', store)
    expect(share.code).toBe(0)
    const { openStore } = await import('../../functions/embedded/open-store.ts')
    const { fixSplit } = await import('../../functions/steps/experience/split-rule.ts')
    const { stocked } = await import('../steps/stores.ts')
    const opened = openStore(store, { durable: false })
    await fixSplit(opened, { by: 'hash', key: 'k', heldout_share: 0.3 })
    await stocked(opened, [])
    opened.close()
    const unlike = aTarget()
    unlike.visible_data!.heldout_share = 0.5
    const target = place.file('share.json', unlike)
    for (const verb of ['doctor', 'run']) {
      const { code, out, err } = await autotune(verb, '--target', target, '--store', store)
      expect(code).toBe(2)
      expect(out + err).toMatch(/heldout_share is 0\.5, and this store seals away 0\.3: families never move/)
    }
    const declared = aTarget()
    declared.visible_data!.heldout_share = 0.3
    const silent = aTarget()
    delete silent.visible_data!.heldout_share
    for (const accepted of [declared, silent]) {
      const again = await autotune('doctor', '--target', place.file('accepted.json', accepted), '--store', store)
      expect(again.out).not.toContain('this store seals away')
    }
  })
})
