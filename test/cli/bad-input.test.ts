/** Bad input: exit 2, a message with file, line and field and what to do, and nothing written, nothing half-written. */
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  aFamily,
  anEvaluator,
  anOffer,
  aPack,
  aRun,
  aSuite,
  aTarget,
  aWorld,
  said,
  toolResult,
} from '../support/builders.ts'
import { autotune, placeOfEachTest, ready, refusedAt } from './command-line.ts'

const place = placeOfEachTest()

const refused = refusedAt(place)
const good = aFamily('good', { side: 'search' })
const line = (value: unknown) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`
const importing = (name: string, content: string | Uint8Array) =>
  refused('import', place.file(name, content), '--split', 'recorded')

describe('records', () => {
  type Broken = [what: string, record: unknown, says: RegExp]
  const broken: Broken[] = [
    ['no JSON', '{"run_id": "x", ', /the line is no JSON: .*Mend the line/],
    ['another value than an object', '[1, 2]', /is no run.*Give native experience runs, or a map: --map/],
    ['a wrong type', { ...good, gold_not_offered: 'three' }, /: gold_not_offered: .*expected.* \(got "three"\)/],
    ['an unknown field', { ...good, verdict: 'fine' }, /verdict/],
    ['a field that is missing', { ...good, family_id: undefined }, /: family_id: /],
    [
      'a number out of range',
      { ...good, outcome: { ...good.outcome, score: 1.5 } },
      /: outcome\.score: .*\(got 1\.5\)/,
    ],
    ['a negative number', { ...good, outcome: { ...good.outcome, latency_ms: -1 } }, /: outcome\.latency_ms: /],
    ['an id with ../', { ...good, run_id: '../../etc/passwd' }, /: run_id: .*an id has 1-128 letters/],
    ['an id of dots', { ...good, run_id: '..' }, /: run_id: /],
    ['an id with a control character', { ...good, run_id: 'run\u0007' }, /: run_id: /],
    ['a name with a control character', { ...good, family_id: 'family\n1' }, /: family_id: .*no control characters/],
    ['a name with ../', { ...good, family_id: '../family' }, /: family_id: .*no "\.\.\/"/],
    ['an id __proto__', { ...good, run_id: '__proto__' }, /: run_id: /],
    ['a key __proto__', JSON.stringify(good).replace('"steps":[', '"__proto__":{"x":1},"steps":['), /__proto__/],
    ['a setting __proto__', JSON.stringify(good).replace('"settings":{', '"settings":{"__proto__":1,'), /__proto__/],
    ['a path that is no path', { ...good, settings: { 'Top K': 3 } }, /settings.*Top K/],
    ['an unversioned ref', { ...good, pack_version: 'ctxpack.support' }, /: pack_version: .*NAME@MAJOR\.MINOR\.PATCH/],
    ['a date that is none', { ...good, date: '2026-5-1' }, /: date: .*YYYY-MM-DD/],
    [
      'an evidence_ref twice',
      { ...good, evidence: [anOffer('a'), anOffer('a')], offers: { orders: { depth: 1, exhausted: true } } },
      /evidence\[1\]\.evidence_ref: "a" is offered twice/,
    ],
    [
      'a result that nobody called',
      { ...good, steps: [said('user', 'hi'), toolResult('ghost', 'boo')] },
      /steps\[1\]\.tool_call_id: a result for "ghost", which no earlier step called/,
    ],
    [
      'a bucket without a depth',
      { ...good, offers: {} },
      /offers: bucket "orders" is offered but has no recorded depth/,
    ],
  ]
  test.each(broken)('with %s are refused by file, line and field', async (_, record, says) => {
    const err = await importing('runs.jsonl', line(good) + line(record))
    expect(err).toMatch('nothing was imported')
    expect(err).toMatch(/runs\.jsonl:2: /)
    expect(err).toMatch(says)
  })

  test('are refused beside stored ones, which stay as they were', async () => {
    await ready(place, aWorld({ search: 3, heldout: 3 }))
    const err = await importing('runs.jsonl', line(aFamily('new', { side: 'search' })) + line('{'))
    expect(err).toMatch(/runs\.jsonl:2: /)
  })

  test('with several problems are told up to twenty of them at once', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => line({ run_id: i }))
    const err = await importing('runs.jsonl', lines.join(''))
    expect(err.match(/runs\.jsonl:\d+: /g)).toHaveLength(20)
  })

  test('with one problem in many lines are told it once', async () => {
    const err = await importing('runs.jsonl', line({ run_id: 'r' }).repeat(30))
    expect(err).toMatch('runs.jsonl:1: family_id: is missing (string). Give')
    expect(err.match(/runs\.jsonl:\d+: /g)).toEqual(['runs.jsonl:1: '])
    expect(err).toMatch('(the same in 19 more of the lines that were looked at)')
  })

  test('of duplicate ids are refused, in one file and across files', async () => {
    expect(await importing('runs.jsonl', line(good) + line(good))).toMatch('run good comes twice in this import')
    const [a, b] = [place.runs('a.jsonl', [good]), place.runs('b.jsonl', [good])]
    expect(await refused('import', a, b, '--split', 'recorded')).toMatch('run good comes twice in this import')
  })

  test('of no records at all are refused', async () => {
    expect(await importing('runs.jsonl', '')).toMatch('the file is empty')
    expect(await importing('runs.jsonl', '\n\n')).toMatch('begins with nothing but white space')
  })

  test('in a line of 50 MB are refused as soon as that is seen', async () => {
    const path = place.file('runs.jsonl', `{"run_id": "big", "trace_id": "`)
    for (let i = 0; i < 50; i++) appendFileSync(path, 'x'.repeat(1024 * 1024))
    const err = await refused('import', path, '--split', 'recorded')
    expect(err).toMatch(/runs\.jsonl:1: the line is longer than 8388608 bytes/)
  })

  test('in a truncated or corrupt gzip are refused', async () => {
    const zipped = gzipSync(Buffer.from(line(good).repeat(3)))
    expect(await importing('runs.jsonl.gz', zipped.subarray(0, -10))).toMatch(
      /truncated.*Fetch or export the file again/,
    )
    const { length } = zipped
    zipped.writeUInt32LE(1, length - 8)
    expect(await importing('runs.jsonl.gz', zipped)).toMatch(/compressed data is corrupt/)
  })

  test('in a file that is not there, a folder, or bytes that are no text are refused', async () => {
    expect(await refused('import', join(place.dir, 'ghost.jsonl'))).toMatch('there is no such file')
    mkdirSync(join(place.dir, 'folder'))
    expect(await refused('import', join(place.dir, 'folder'))).toMatch('no record is in it')
    expect(await importing('runs.jsonl', Buffer.from([0x7b, 0xff, 0xfe, 0x0a]))).toMatch('not valid UTF-8')
    expect(
      await importing('runs.jsonl', line(good) + line(good).replace('"family_id":"', '"family_id":"\\ud83d')),
    ).toMatch(/runs\.jsonl:2: "family_id" holds half of a surrogate pair/)
  })

  test('through a map that is not there, or is none, are refused', async () => {
    const runs = place.runs('runs.jsonl', [good])
    expect(await refused('import', runs, '--map', 'ghost')).toMatch(/no such map.*chat-messages/)
    expect(await refused('import', runs, '--map', place.file('bad.jsonata', '{"run_id": '))).toMatch('bad.jsonata')
  })

  test('with an option out of range are refused', async () => {
    const runs = place.runs('runs.jsonl', [good])
    for (const share of ['0', '1', '1.5', 'half', '-0.1'])
      expect(await refused('import', runs, '--heldout-share', share)).toMatch('between 0 and 1')
  })
})

describe('documents', () => {
  const surface = aPack().tunable_surfaces[0]!
  const pack = (over: Record<string, unknown>) => ({ ...aPack(), ...over })
  const surfaces = (...over: Record<string, unknown>[]) =>
    pack({ tunable_surfaces: over.map((o) => ({ ...surface, ...o })) })
  const many = Array.from({ length: 12 }, (_, i) => [`${'x'.repeat(5000)}${i}`, 1] as const)
  type Broken = [what: string, document: unknown, says: RegExp]
  const packs: Broken[] = [
    [
      'an unknown field',
      pack({ tuneable: true }),
      /document: unknown field "tuneable": remove it, or check its spelling/,
    ],
    [
      'many unknown fields with long names',
      pack(Object.fromEntries(many)),
      new RegExp(`unknown field "${'x'.repeat(80)}…", .* and 2 more: remove it`),
    ],
    ['a path that is none', pack({ settings: { 'A b': 1 } }), /settings\.A b: a path is dotted lower-case words/],
    [
      'a value that is none',
      pack({ settings: { 'prompt.instruction_block': null } }),
      /settings\.prompt\.instruction_block: a setting is a number, a text/,
    ],
    ['an unknown field of a surface', surfaces({ step: 1 }), /tunable_surfaces\[0\].*unknown field "step"/],
    [
      'inverted bounds',
      surfaces({ bounds: { min: 5, max: 1 } }),
      /tunable_surfaces\[0\]\.bounds: bounds are inverted: min 5 > max 1/,
    ],
    ['no bounds', surfaces({ bounds: {} }), /top_k needs bounds\.min and bounds\.max/],
    ['an unversioned ref', pack({ pack: 'ctxpack.support' }), /pack\.json: pack: a ref is NAME@MAJOR\.MINOR\.PATCH/],
    ['a ref with ../', pack({ pack: 'ctxpack..support@1.0.0' }), /pack: a ref holds no "\.\."/],
    ['a wrong type', pack({ settings: { 'evidence.orders.top_k': null } }), /settings\.evidence\.orders\.top_k/],
    [
      'a surface without a setting',
      surfaces({ path: 'evidence.other.top_k' }),
      /"evidence\.other\.top_k" has no value in settings/,
    ],
    ['a surface of no intent', surfaces({ intents: ['support.ghost'] }), /"support\.ghost" is no intent of this pack/],
    ['a surface twice', surfaces({}, {}), /two surfaces govern "evidence\.orders\.top_k"/],
    [
      'a field that is not its path',
      surfaces({ path: 'evidence.orders.max_hops' }),
      /the last word of the path must be the field "top_k"/,
    ],
    ['an unknown layer', surfaces({ layer: 'memory' }), /tunable_surfaces\[0\]\.layer/],
    ['an intent twice', pack({ intents: [...aPack().intents, aPack().intents[0]] }), /is listed twice/],
    ['no intents', pack({ intents: [] }), /intents: /],
    ['a negative weight', surfaces({ weight: -1 }), /weight/],
    ['more values than anybody could search', surfaces({ bounds: { min: 0, max: 1e12 } }), /bounds/],
    ['a list', [], /pack\.json: document: /],
  ]
  test.each(packs)('a pack with %s is refused by field', async (_, document, says) => {
    expect(await refused('import', '--pack', place.file('pack.json', document))).toMatch(says)
  })

  test('a suite with an unknown check, or an evaluator twice, is refused by field', async () => {
    const suite = (evaluators: unknown[]) => place.file('suite.json', { ...aSuite(), evaluators })
    expect(
      await refused('import', '--suite', suite([{ ...anEvaluator({ check: 'must_refuse' }), check: 'vibes' }])),
    ).toMatch(/evaluators\[0\]\.check/)
    const [one] = aSuite().evaluators
    expect(await refused('import', '--suite', suite([one, one]))).toMatch(/evaluators\[1\]: .* is listed twice/)
    expect(await refused('import', '--suite', suite([]))).toMatch(/evaluators: /)
  })

  test('prices that are missing are called missing', async () => {
    const prices = { price_table: 'p@1.0.0', models: { m: { completion_cents_per_million: 1 } } }
    expect(await refused('import', '--prices', place.file('prices.json', prices))).toMatch(
      'models.m.prompt_cents_per_million: is missing (number)',
    )
  })

  test('prices below 0 are refused by field', async () => {
    const prices = {
      price_table: 'p@1.0.0',
      models: { m: { prompt_cents_per_million: -1, completion_cents_per_million: 1 } },
    }
    expect(await refused('import', '--prices', place.file('prices.json', prices))).toMatch(
      /models\.m\.prompt_cents_per_million/,
    )
  })

  test('that are no JSON, hold __proto__, are not there or are folders are refused', async () => {
    expect(await refused('import', '--pack', place.file('pack.json', '{"pack": '))).toMatch('pack.json is no JSON')
    expect(await refused('import', '--pack', place.file('pack.json', '{"__proto__": {}}'))).toMatch(
      '"__proto__" is not allowed',
    )
    expect(await refused('import', '--pack', join(place.dir, 'ghost.json'))).toMatch('cannot be read')
    expect(await refused('import', '--pack', place.dir)).toMatch('is a folder; name a file')
  })

  test('are refused together: a good one beside a bad one is not published', async () => {
    const [goodPack, bad] = [place.file('pack.json', aPack()), place.file('suite.json', {})]
    await refused('import', '--pack', goodPack, '--suite', bad)
    await refused('import', place.file('runs.jsonl', '{'), '--pack', goodPack)
  })

  test('of one ref with two contents in one import are refused', async () => {
    const [a, b] = [place.file('a.json', aPack()), place.file('b.json', aPack({ description: 'other' }))]
    expect(await refused('import', '--pack', a, '--pack', b)).toMatch('already published with other content')
  })
})

test('with --json an error is one object on stdout too', async () => {
  const { code, out } = await autotune('import', place.file('runs.jsonl', '{'), '--json', '--store', place.store)
  expect(code).toBe(2)
  expect(out.trimEnd()).not.toContain('\n')
  expect(JSON.parse(out)).toEqual({ error: expect.stringContaining('runs.jsonl:1: ') })
})

test('an intent that only differs from a path trick stays a name', async () => {
  const runs = [aRun('r', { intent_id: 'support.refund', split: 'search' })]
  expect(await refused('import', place.file('runs.jsonl', line({ ...runs[0], intent_id: 'a/../b' })))).toMatch(
    /intent_id/,
  )
})

test.each([
  ['run', '--target', 'pack.json', /pack\.json is a context pack, and a tuning target is asked for here/],
  ['import', '--suite', 'pack.json', /pack\.json is a context pack, and an evaluator suite is asked for here/],
  ['import', '--pack', 'target.json', /target\.json is a tuning target, and a context pack is asked for here/],
] as const)('%s %s with another document says which one it is', async (verb, option, name, says) => {
  await ready(place)
  const files = { 'pack.json': place.file('pack.json', aPack()), 'target.json': place.file('target.json', aTarget()) }
  expect(await refused(verb, option, files[name])).toMatch(says)
})
