/** `import --redact`: nothing that a rule finds is left in any byte of a store, and what belonged together still does. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { aFamily } from '../support/builders.ts'
import { type Said, spanLines, whole } from '../support/otlp-spans.ts'
import { placeOfEachTest } from './command-line.ts'

const place = placeOfEachTest()
const { at } = place

const MAIL = 'ana.silva@example.com'
const NAME = 'Ana Silva'
const CARD = '4111111111111111'
const RULES = {
  rules: [
    { name: 'mail', identifier: 'email' },
    { name: 'card', identifier: 'card' },
    { name: 'order', pattern: 'ORD-\\d+' },
    { name: 'person', paths: ['customer.name'] },
  ],
}
const PSEUDONYM = /^(mail|card|order|person)_[a-p]{16}$/
const rules = (content: unknown = RULES) => place.file('rules.json', content)

/** A run whose need is an address: said by the user, read in a passage and in a tool's answer, used in an action. */
const aRun = (id: string) => ({
  ...aFamily(id, { side: 'search' }),
  family_id: MAIL,
  intent_id: 'support.refund',
  offers: { orders: { depth: 1, exhausted: true } },
  evidence: [
    {
      evidence_ref: 'd1',
      bucket: 'orders',
      source: null,
      hop: 1,
      ranks: { as_ranked: 1 },
      tokens: 9,
      text: `of ${MAIL}`,
      gold: true,
      required: false,
    },
  ],
  steps: [
    {
      kind: 'message',
      role: 'user',
      content: `I am ${NAME}, ${MAIL.toUpperCase()}, card 4111 1111 1111 1111, ORD-77`,
      tokens: 9,
    },
    call('c1', 'find', { mail: MAIL, customer: { name: NAME }, card: Number(CARD) }),
    result('c1', JSON.stringify({ note: `\n${MAIL}`, customer: { name: NAME }, order: 'ORD-77', [MAIL]: 1 })),
    call('c2', 'refund', { order: 'ORD-77', mail: MAIL }),
    { kind: 'message', role: 'user', content: CARD, tokens: 4 },
    result('c2', `Result: {"to": "\\n${MAIL}"}`),
  ],
})
const call = (tool_call_id: string, name: string, args: unknown) => ({
  ...{ kind: 'tool_call', tool_call_id, name, arguments: args, writes: true },
  ...{ confirmed: null, correct: null, latency_ms: null },
})
const result = (tool_call_id: string, content: string) => ({
  ...{ kind: 'tool_result', tool_call_id, content, error: false, tokens: null },
})

/** Every byte of the store as text: files as they lie, and the frames of segments opened. */
function everyByte(): string {
  const files = readdirSync(place.store, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
    .map((bytes) => `${bytes.toString('latin1')}${opened(bytes)}`)
    .join('\n')
}

/** One zstd frame after the other. */
function opened(bytes: Buffer): string {
  const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
  let text = ''
  for (let at = bytes.indexOf(MAGIC); at >= 0; ) {
    const next = bytes.indexOf(MAGIC, at + 4)
    text += zstdDecompressSync(bytes.subarray(at, next < 0 ? undefined : next)).toString('latin1')
    at = next
  }
  return text
}

const found = (text: string) =>
  [MAIL, NAME, CARD, '4111 1111 1111 1111', 'ORD-77'].filter((each) => text.toLowerCase().includes(each.toLowerCase()))

const native = () => place.runs('runs.jsonl', [aRun('r1'), aRun('r2')] as never)

test.each(['files', 'segments'])(
  'nothing that a rule finds in native records is left in a store of %s',
  async (layout) => {
    const { code, err, json } = await at(
      'import',
      native(),
      '--redact',
      rules(),
      '--split-key',
      'key-of-these-tests',
      '--layout',
      layout,
      '--json',
    )
    expect([code, err]).toEqual([0, ''])
    expect(json()).toMatchObject({ stored: 2, redacted: { mail: expect.any(Number), card: 6, order: 6, person: 6 } })
    expect(found(everyByte())).toEqual([])
    expect(
      (await at('import', native(), '--redact', rules(), '--split-key', 'key-of-these-tests', '--json')).json(),
    ).toMatchObject({
      stored: 0,
      unchanged: 2,
    })
  },
)

test('one text has one pseudonym in the request, the passages, the answers of tools and the arguments', async () => {
  await at(
    'import',
    native(),
    '--redact',
    rules(),
    '--split',
    'hash',
    '--split-key',
    'key-of-these-tests',
    '--layout',
    'files',
  )
  const trace = readdirSync(place.store, { recursive: true, withFileTypes: true }).filter(
    ({ name }) => name === 'trace.json',
  )
  const run = JSON.parse(readFileSync(join(trace[0]!.parentPath, 'trace.json'), 'utf8'))
  const lines = readFileSync(join(trace[0]!.parentPath, 'tool-transcripts.jsonl'), 'utf8').trim().split('\n')
  const [find, answer, refund] = lines.map((line) => JSON.parse(line))
  const { mail, customer, card } = find.arguments
  for (const each of [mail, customer.name, card, refund.arguments.order]) expect(each).toMatch(PSEUDONYM)
  expect(run.family_id).toBe(mail)
  expect(run.evidence[0].text).toBe(`of ${mail}`)
  expect(run.steps[0].content).toBe(`I am ${customer.name}, ${mail}, card ${card}, ${refund.arguments.order}`)
  expect(JSON.parse(answer.content)).toEqual({ note: `\n${mail}`, customer, order: refund.arguments.order, [mail]: 1 })
  expect(refund.arguments.mail).toBe(mail)
  expect(run.redacted).toEqual({ mail: 8, card: 3, order: 3, person: 3 })
})

test('a map’s records are redacted before they are stored', async () => {
  const map = place.file(
    'm.jsonata',
    '{"run_id": id, "family_id": who, "intent_id": "a", "steps": [{"kind":"message","role":"user","content": asked}], "outcome": {"passed": true}}',
  )
  const log = place.file('log.jsonl', `${JSON.stringify({ id: 'q1', who: MAIL, asked: `I am ${MAIL}` })}\n`)
  const { json } = await at(
    'import',
    log,
    '--map',
    map,
    '--redact',
    rules(),
    '--split-key',
    'key-of-these-tests',
    '--json',
  )
  expect(json()).toMatchObject({ stored: 1, redacted: { mail: 2, card: 0 } })
  expect(found(everyByte())).toEqual([])
})

const SAID: Said[] = [
  ...whole(1, { session: MAIL, answer: `write to ${MAIL} of ORD-77` }),
  { trace: 2, span: 1, end: null },
  { trace: 2, span: 2, answer: `${MAIL} and ${CARD}` },
]

test('traces are redacted before they wait, and are completed under the same pseudonyms', async () => {
  const first = place.file('first.jsonl', spanLines(SAID))
  const { json } = await at('import', first, '--redact', rules(), '--split-key', 'key-of-these-tests', '--json')
  expect(json()).toMatchObject({ stored: 1, redacted: { order: 2 }, traces: { waiting: 1 } })
  expect(found(everyByte())).toEqual([])
  expect(readFileSync(join(place.store, 'vault', 'ingest', 'waiting.jsonl'), 'utf8')).toMatch(/mail_[a-p]{16}/)
  const [record] = readdirSync(join(place.store, 'experience', 'traces'))
  expect(JSON.parse(readFileSync(join(place.store, 'experience', 'traces', record!), 'utf8'))).toMatchObject({
    redacted: (json() as { redacted: unknown }).redacted,
  })
  const rest = place.file('rest.jsonl', spanLines([{ trace: 2, span: 1 }, SAID[3]!]))
  const second = await at('import', rest, '--redact', rules(), '--split-key', 'key-of-these-tests', '--json')
  expect(second.json()).toMatchObject({
    stored: 1,
    redacted: { mail: 2, card: 2 },
    traces: { counts: { spans: { repeated: 1 } } },
  })
  expect(found(everyByte())).toEqual([])
})

test('an import without rules into a store that redacts is refused, and one that says so is taken', async () => {
  const first = place.file('first.jsonl', spanLines(whole(1, { answer: MAIL })))
  const next = place.file('next.jsonl', spanLines(whole(2, { answer: MAIL })))
  const key = ['--split-key', 'key-of-these-tests'] as const
  await at('import', first, '--redact', rules(), ...key)
  const before = place.listing()
  const forgotten = await at('import', next, ...key)
  expect([forgotten.code, forgotten.err]).toEqual([2, expect.stringContaining('(--redact FILE)')])
  expect(place.listing()).toEqual(before)
  expect((await at('import', next, '--no-redact', ...key)).out).toContain('stored 1 runs')
})

test('a path at which nothing stands is told by its rule, and one that names a field as it is read is not', async () => {
  const file = place.file('first.jsonl', spanLines(whole(1)))
  const paths = rules({ rules: [{ name: 'who', paths: ['user', 'user.id', 'gen_ai.input.messages'] }] })
  const { json, out } = await at('import', file, '--redact', paths, '--dry-run', '--json')
  expect(json()).toMatchObject({
    unmet_paths: [
      { rule: 'who', path: 'user.id' },
      { rule: 'who', path: 'gen_ai.input.messages' },
    ],
  })
  expect(out).not.toContain('nothing stands')
  expect((await at('import', file, '--redact', paths, '--dry-run')).out).toContain(
    'nothing stands at user.id (rule "who")',
  )
})

test('a pattern that backtracks without end is stopped, named, and nothing is written', async () => {
  const slow = rules({ rules: [{ name: 'slow', pattern: '^(a+)+$' }] })
  const run = { ...aRun('r1'), case_id: `${'a'.repeat(60)}!` }
  const { code, err } = await at(
    'import',
    place.runs('runs.jsonl', [run] as never),
    '--redact',
    slow,
    '--split-key',
    'key-of-these-tests',
  )
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/rules\.json: rule "slow": pattern: it took more than 5 s over run r1/),
  ])
  expect(place.listing()).toEqual([])
})

test.each([
  ['no JSON', '{"rules": [', 'rules.json'],
  ['no rules', { rules: [] }, 'rules'],
  ['a rule of nothing', { rules: [{ name: 'a' }] }, 'rules[0]: a rule needs an identifier, a pattern or paths'],
  [
    'a rule of two kinds',
    { rules: [{ name: 'a', identifier: 'email', pattern: 'x' }] },
    'rules[0].pattern: a rule has an identifier or a pattern',
  ],
  ['an unknown identifier', { rules: [{ name: 'a', identifier: 'ssn' }] }, 'rules[0].identifier'],
  ['a pattern that is none', { rules: [{ name: 'a', pattern: '(' }] }, 'rules[0].pattern: it is no regular expression'],
  ['a pattern of nothing', { rules: [{ name: 'a', pattern: 'x*' }] }, 'rules[0].pattern: it matches the empty text'],
  [
    'a name twice',
    {
      rules: [
        { name: 'a', pattern: 'x' },
        { name: 'a', pattern: 'y' },
      ],
    },
    'rules[1].name: two rules are named "a"',
  ],
  ['an unknown field', { rules: [{ name: 'a', pattern: 'x', path: 'b' }] }, 'unknown field "path"'],
])('rules with %s are refused by their field, and nothing is written', async (_, content, says) => {
  const { code, err } = await at('import', native(), '--redact', rules(content), '--split-key', 'key-of-these-tests')
  expect([code, err]).toEqual([2, expect.stringContaining(says)])
  expect(place.listing()).toEqual([])
})
