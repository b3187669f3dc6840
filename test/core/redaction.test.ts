/** What rules of redaction find, what they leave, and that the same text is always the same pseudonym. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { identifiersIn } from '#core/redaction/identifiers.ts'
import { Redactor } from '#core/redaction/redact.ts'
import { IDENTIFIERS, type Identifier, RedactionRules } from '#schemas/redaction.ts'

const found = (text: string, kind: Identifier) =>
  [...identifiersIn(text, kind)].map(([from, to]) => text.slice(from, to))

describe('an identifier is found where it stands', () => {
  test.each<[Identifier, string, string[]]>([
    ['email', 'to ana.s+x@mail.example.co.uk.', ['ana.s+x@mail.example.co.uk']],
    ['email', 'Jörg <jörg@müller.de>, @handle, a@b', ['jörg@müller.de']],
    ['email', '{"a":"\\nana@x.com"}', ['ana@x.com']],
    ['phone', '+49 170 1234567 or 0049-30/123456', ['+49 170 1234567', '0049-30/123456']],
    ['phone', '(415) 555-2671, 415-555-2671', ['(415) 555-2671', '415-555-2671']],
    ['phone', '2026-05-01T10:00:00 order 1234567 is 12.50', []],
    [
      'iban',
      'DE89 3704 0044 0532 0130 00 and GB82WEST12345698765432',
      ['DE89 3704 0044 0532 0130 00', 'GB82WEST12345698765432'],
    ],
    ['iban', 'DE88 3704 0044 0532 0130 00', []],
    ['iban', 'DE89370400440532013000 with thanks', ['DE89370400440532013000']],
    ['card', '4111 1111 1111 1111 12, 4111-1111-1111-1111', ['4111 1111 1111 1111', '4111-1111-1111-1111']],
    ['card', '1 4111111111111111 and 4111111111111112', ['4111111111111111']],
    ['card', '4111111111111111 3@a.aa and 4111111111111111@a.aa', ['4111111111111111']],
    ['card', '0000000000000000 1700000000000', []],
    ['ip', '10.0.0.1, 256.1.1.1, 1.2.3, 2001:db8::ff00:42:8329 at 10:30:00', ['10.0.0.1', '2001:db8::ff00:42:8329']],
    ['ip', 'std::vector, a::b, ::1', ['::1']],
  ])('%s in %j', (kind, text, expected) => {
    expect(found(text, kind)).toEqual(expected)
  })
})

const redactor = (rules: unknown[], key = 'k') => new Redactor(RedactionRules.parse({ rules }).rules, key)
const ALL = IDENTIFIERS.map((identifier) => ({ name: identifier, identifier }))

const identifier = fc.oneof(
  fc.emailAddress({
    localPart: fc.stringMatching(/^[a-z]{1,12}$/),
    domain: fc.stringMatching(/^[a-z]{2,9}\.(com|de)$/),
  } as never),
  fc.constantFrom(
    '4111111111111111',
    'DE89370400440532013000',
    '+49 170 1234567',
    '10.0.0.1',
    'ana@x.com',
    'Ana@X.com',
  ),
)
const words = fc.constantFrom('from', 'the', 'order', '1234', ',', '"', '{', 'is')
const said = fc.array(fc.oneof(words, identifier), { maxLength: 12 }).map((all) => all.join(' '))

test('no identifier is left in any text, name or JSON inside a text, and a second pass changes nothing', () => {
  const own = redactor(ALL)
  const value = fc.oneof(
    said,
    said.map((text) => JSON.stringify({ a: [text], [text]: 1 })),
    fc.constant(4111111111111111),
  )
  fc.assert(
    fc.property(said, fc.dictionary(said, value), said, (content, args, answer) => {
      const steps = [{ kind: 'message', content }, { kind: 'tool_call', arguments: args }, { content: answer }]
      const once = own.record({ steps })
      const text = JSON.stringify(once)
      for (const kind of IDENTIFIERS) expect(found(text, kind)).toEqual([])
      expect(own.record(once)).toEqual(once)
    }),
    { numRuns: 200 },
  )
})

test('a text without identifiers stays as it is, byte for byte', () => {
  const own = redactor(ALL)
  const plain = fc.array(words, { maxLength: 12 }).map((all) => all.join(' '))
  fc.assert(
    fc.property(plain, fc.json(), (content, json) => {
      fc.pre(IDENTIFIERS.every((kind) => found(json, kind).length === 0))
      expect(own.record({ content, other: json })).toEqual({ content, other: json })
    }),
  )
})

test('the same text has one pseudonym under a key, however it is cased and grouped, and another under another', () => {
  const of = (text: string, key = 'k') => redactor(ALL, key).record({ text }).text
  expect(of('Ana@X.com')).toBe(of('ana@x.com'))
  expect(of('4111 1111 1111 1111')).toBe(of('4111111111111111'))
  expect(of('DE89 3704 0044 0532 0130 00')).toBe(of('de89370400440532013000'))
  expect(of('ana@x.com')).not.toBe(of('ana@x.com', 'other'))
  expect(of('ana@x.com')).not.toBe(of('bea@x.com'))
})

test('what stands at a path is replaced wherever it stands in the record, whole words alone', () => {
  const { steps } = redactor([{ name: 'who', paths: ['customer.name'] }]).record({
    steps: [
      { content: 'ANA  silva here, Anna Silvana not' },
      { arguments: { customer: { name: 'Ana Silva' } }, name: 'find' },
    ],
  }) as { steps: [{ content: string }, { arguments: { customer: { name: string } } }] }
  const { name } = steps[1].arguments.customer
  expect(name).toMatch(/^who_[a-p]{16}$/)
  expect(steps[0].content).toBe(`${name} here, Anna Silvana not`)
})

test('JSON in a text keeps its spelling but for what was found', () => {
  const text = '{ "to" :  "ana@x.com",\n  "n": 12345678901234567890, "f": 1.50 }'
  const { content } = redactor(ALL).record({ content: text })
  expect(content.replace(/email_[a-p]{16}/, 'ana@x.com')).toBe(text)
})

test('dates, versions, hex ids and numbers of the record itself are left alone', () => {
  const record = {
    ...{ date: '2026-05-01', started_at: '2026-05-01T10:00:00Z', pack_version: 'a@1.2.3' },
    ...{ trace_id: '41111111111111114111111111111111', outcome: { latency_ms: 4111111111111111 } },
  }
  expect(redactor([...ALL, { name: 'digits', pattern: '\\d{4}' }]).record(record)).toEqual(record)
})

test('a name found by its path is replaced wherever it stands, whatever signs it is written with', () => {
  const word = fc.string({ unit: fc.constantFrom(...'ab-_.*+?()[]{}|/\\^$&#~'), minLength: 3, maxLength: 8 })
  fc.assert(
    fc.property(
      word.map((text) => `x${text}y`),
      (name) => {
        const own = redactor([{ name: 'person', paths: ['attributes.customer'] }])
        const steps = [{ kind: 'message', content: `It was ${name} who called` }]
        expect(JSON.stringify(own.record({ attributes: { customer: name }, steps }))).not.toContain(
          JSON.stringify(name).slice(1, -1),
        )
      },
    ),
  )
})
