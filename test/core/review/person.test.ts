/** One person is one key, whatever the spelling; what passes for somebody else is refused in words. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/canonical.ts'
import { decide, openReview, reviewProblems } from '#core/review/review.ts'
import { personKey, personProblem, samePerson } from '#schemas/person.ts'
import type { Review, ReviewDecision } from '#schemas/review.ts'
import { Reviewers } from '#schemas/reviewers.ts'
import { HandInput } from '#schemas/rollout-payloads.ts'
import { aProposal, aReview, DURING, unchanged, vote } from './builders.ts'

const SAME: readonly [string, ...string[]][] = [
  [
    'ana@acme.com',
    'Ana@ACME.com',
    ' ana@acme.com ',
    'ana+policy@acme.com',
    'ana+@acme.com',
    'ána@acme.com',
    'ａｎａ＠ａｃｍｅ．ｃｏｍ',
  ],
  [
    'ana@acme.com',
    'Ana Smith <ana@acme.com>',
    'mailto:ana@acme.com',
    '"ana"@acme.com',
    'ana(work)@acme.com',
    'ana@acme.com.',
    'ana @ acme.com',
  ],
  [
    'ana@acme.com',
    'аna@acme.com',
    'anа@acme.com',
    'αna@acme.com',
    'ana@аcme.com',
    'ana\u200b@acme.com',
    '\u202eana@acme.com',
    'ɑna@acme.com',
    'a\u00adna@acme.com',
  ],
  ['оса@acme.com', 'oca@acme.com'],
  ['anna.b@gmail.com', 'annab@gmail.com', 'a.n.n.a.b+x@googlemail.com'],
  ['ana@münchen.de', 'ana@xn--mnchen-3ya.de', 'ana@XN--MNCHEN-3YA.de', 'ana@munchen.de'],
  ['ana@аррӏе.com', 'ana@xn--80ak6aa92e.com', 'ana@apple.com'],
  ['strasse@x.de', 'straße@x.de', 'STRASSE@x.de'],
  ['ﬁona', 'fiona', 'FIONA', 'fiona+reliability', '𝒻iona'],
  ['Ben Smith', 'ben.smith', 'BEN_SMITH', 'ben  smith', 'ben-smith'],
  ['bob@x.co', 'b0b@x.co', 'BOB@x.co'],
  [
    'ana@acme.com',
    '"Ana <x@y.co>" <ana@acme.com>',
    'x@y.co <ana@acme.com',
    'ana@acme.com>',
    'Ana <mailto:ana@acme.com>',
  ],
  ['ana@acme.com', 'ana(a(b)c)@acme.com', 'mailto://ana@acme.com', 'mailto:ana@acme.com?subject=x', "'ana@acme.com'"],
  [
    'ana@acme.com',
    'ana@acme.com,',
    'ana@acme.com;',
    'ana@acme.com/',
    '.ana.@acme.com',
    'ana@acme..com',
    'ana@acme.com:25',
    'ana@acme.com#2',
    'ana@acme。com',
    'ana@acme｡com',
  ],
  ['mia.burns@acme.com', 'rnia.burns@acme.com', 'mia.bums@acme.com'],
  ['win@acme.com', 'vvin@acme.com', 'win@acrne.com'],
  ['ana@icloud.com', 'ana@me.com', 'ana+x@mac.com'],
  ['a.na@proton.me', 'ana@protonmail.com', 'a-na@pm.me'],
  ['Ana Smith', 'Smith, Ana', 'smith ana', 'AnaSmith', 'Ana Smith (policy)', '@ana.smith', 'ana-smith!', 'ana/smith'],
]
const APART: readonly [string, string][] = [
  ['ana@acme.com', 'ana@acme.org'],
  ['ana@acme.com', 'anna@acme.com'],
  ['a.na@acme.com', 'ana@acme.com'],
  ['lia@acme.com', 'ila@acme.com'],
  ['ana', 'ana@acme.com'],
  ['+491234', '+495678'],
  ['花子@example.jp', '太郎@example.jp'],
  ['анна', 'анта'],
]

describe('spellings', () => {
  test.each(SAME)('of %s are one person', (...all) => {
    expect([...new Set(all.map(personKey))]).toHaveLength(1)
  })
  test.each(APART)('%s and %s are two people', (a, b) => {
    expect(samePerson(a, b)).toBe(false)
  })

  const local = fc.stringMatching(/^[a-z]{1,8}([._-][a-z0-9]{1,6})?$/)
  const domain = fc.stringMatching(/^[a-z]{1,8}\.[a-z]{2,4}$/).filter((d) => !/^g(oogle)?mail\./.test(d))
  const spelled: readonly ((local: string, domain: string) => string)[] = [
    (l, d) => `${l}@${d}`,
    (l, d) => `${l.toUpperCase()}@${d}`,
    (l, d) => `${l}@${d.toUpperCase()}.`,
    (l, d) => `${l}+seat@${d}`,
    (l, d) => `${l}+a+b@${d}`,
    (l, d) => ` Some Body <${l}@${d}> `,
    (l, d) => `"${l}"@${d}`,
    (l, d) => [...`${l}@${d}`].map((c) => String.fromCodePoint(c.codePointAt(0)! + 0xfee0)).join(''),
    (l, d) => `${[...l].join('\u200d')}@${d}`,
    (l, d) => `\ufeff${l}@${d}`,
    (l, d) => `${l}@${d}`.replaceAll('a', 'а').replaceAll('o', 'ο').replaceAll('e', 'е'),
    (l, d) => `${l}@${d}`.replaceAll('a', 'á').replaceAll('o', 'ö'),
  ]
  test('of one address, whichever, never fill two seats', () => {
    fc.assert(
      fc.property(local, domain, fc.nat(spelled.length - 1), fc.nat(spelled.length - 1), (l, d, i, j) => {
        const [one, other] = [spelled[i]!(l, d), spelled[j]!(l, d)]
        expect(personKey(one)).toBe(personKey(other))
        const seats = [
          { role: 'reliability', reviewer: one, nonce: 'a'.repeat(32) },
          { role: 'policy', reviewer: other, nonce: 'b'.repeat(32) },
          { role: 'domain_owner', reviewer: 'cleo@acme', nonce: 'c'.repeat(32) },
        ]
        const at = { opened_at: '2026-05-12T00:00:00.000Z', expires_at: '2026-05-15T00:00:00.000Z' }
        const opened = openReview({
          review_id: 'r',
          proposal: aProposal(),
          shown_digest: `sha256:${'0'.repeat(64)}`,
          seats,
          ...at,
        })
        expect(opened).toHaveProperty('problems')
      }),
    )
  })
  const pieces = fc.constantFrom(
    ...[
      'a',
      'r',
      'n',
      'v',
      'A',
      'İ',
      'é',
      'а',
      '\u0301',
      '1',
      ' ',
      "'",
      '.',
      '@',
      '<',
      '>',
      '+',
      '(',
      ')',
      '"',
      ',',
      '-',
      '/',
    ],
    ...['xn--', 'gmail.com', 'pm.me', 'mailto:'],
  )
  const dressed = fc.array(pieces, { maxLength: 12 }).map((all) => all.join(''))
  test('have a key that is its own key where none is refused, and that no case changes', () => {
    fc.assert(
      fc.property(fc.oneof(dressed, fc.string({ unit: 'grapheme' })), (id) => {
        if (personProblem(id) === null) expect(personKey(personKey(id))).toBe(personKey(id))
        expect(personKey(id.toUpperCase().toLowerCase())).toBe(personKey(id.toLowerCase()))
      }),
    )
  })
})

describe('a name', () => {
  test.each([
    ['ana\u200b@acme.com', /nobody sees \(U\+200B at place 4\)/],
    ['\u202eana@acme.com', /nobody sees \(U\+202E at place 1\)/],
    ['ana\u2066@acme.com', /nobody sees/],
    ['ana\u3164', /nobody sees/],
    ['ana\ufe0f', /nobody sees/],
    ['ana\u00a0b', /nobody sees \(U\+00A0/],
    ['аna@acme.com', /mixes letters of Cyrillic \("а", U\+0430\) and Latin/],
    ['ana@аcme.com', /mixes letters of Cyrillic/],
    ['ana@xn--cme-7cd.com', /mixes letters of/],
    ['αna', /mixes letters of Greek/],
    ['ana‐b@acme.com', /holds "‐" \(U\+2010\)/],
    ['ana｡com', /holds "。"/],
    ['ᎪᏁᎪ', /passes for another one/],
    ['anǀ', /passes for another one/],
    ['🙂', /no letter and no plain sign/],
    ['...', /no letter and no digit/],
    ['ana@acme.com, ben@acme.com', /no plain address/],
    ['<ana@acme.com> <ben@acme.com>', /no plain address/],
    ['ben@acme.com <ana@acme.com>', /no plain address/],
    ['Ana <ana@acme.com', /no plain address/],
    ['"ana"@acme.com', /no plain address/],
    ['ana(work)@acme.com', /no plain address/],
    ['ana%acme.com@relay.com', /no plain address/],
    ['ana=x@acme.com', /no plain address/],
    ['ana|x@acme.com', /no plain address/],
    ['+ana@acme.com', /no plain address/],
    ['.ana@acme.com', /no plain address/],
    ['an..a@acme.com', /no plain address/],
    ['ana@acme..com', /no plain address/],
    ['ana@[127.0.0.1]', /no plain address/],
    ['ana@@acme.com', /no plain address/],
    ['ana@', /no plain address/],
    ['ana@xn--acme-com', /no plain address/],
    ['mailto:ana@acme.com?subject=x', /no plain address/],
    ['Аna <ben@acme.com>', /mixes letters of Cyrillic/],
    ['ana%40acme.com', /holds "%"/],
    ['ana&#64;acme.com', /holds ";"/],
    ['|ia', /holds "\|"/],
    ['ana!', /holds "!"/],
    ['@', /no letter and no digit/],
  ])('spelled %j is refused', (id, says) => {
    expect(personProblem(id)).toMatch(says)
  })
  test.each([
    'ana@acme.com',
    'ana+policy@acme.com',
    'José Núñez',
    "o'brien@acme.com",
    'Łukasz',
    'Nguyễn Văn A',
    'анна@пример.рф',
    'ελένη',
    '花子',
    'やまだ花子ー',
    '김철수',
    'محمد',
    'fay@xn--mnchen-3ya.de',
    'ACME\\ben',
    'Ana Ito <ana@acme.com>',
    'mailto:ana@acme.com',
    'ana@acme.com.',
    'ana@acme',
    'ana_acme.com#EXT#@acme.onmicrosoft.com',
    'Smith, Ana (policy)',
    '@ana',
    'arn:aws:iam::123456789012:user/ana',
    'refunds',
  ])('spelled %s is taken', (id) => {
    expect(personProblem(id)).toBeNull()
  })
  test('of a person at a lever is not the machine in another spelling', () => {
    for (const by of ['rollout', 'Rollout', 'ｒｏｌｌｏｕｔ', 'r0ll0ut', 'rоllоut', 'rollout\u200b', 'rollout+x'])
      expect(HandInput.safeParse({ rollout_id: 'ro_1', by, reason: 'because' }).success).toBe(false)
    expect(HandInput.safeParse({ rollout_id: 'ro_1', by: 'fay@acme', reason: 'because' }).success).toBe(true)
  })
})

describe('a review', () => {
  /** Two seats of one person, as a version that folded no tag let them stand. */
  const tagged = (over: Partial<Review> = {}): Review => {
    const { person_rules: _, ...before } = aReview()
    const seats = before.seats.map((s) => (s.role === 'policy' ? { ...s, reviewer: 'ana+policy@acme' } : s))
    return { ...before, seats, ...over }
  }
  const ofAna = [vote('reliability', 'ana@acme'), vote('policy', 'ana+policy@acme')]

  test('of an earlier version verifies by the rules of that version, and one of this version by these', () => {
    const open = tagged()
    const decisions: ReviewDecision[] = []
    for (const { role, reviewer } of open.seats)
      decisions.push({
        review_id: open.review_id,
        tuning_proposal_id: open.tuning_proposal_id,
        proposal_digest: open.proposal_digest,
        shown_digest: open.shown_digest,
        role,
        reviewer,
        decision: 'approved',
        reason: null,
        decided_at: DURING,
        previous: decisions.length === 0 ? null : digestOf(decisions.at(-1)!),
      })
    const approved = { ...open, decisions, status: 'approved' as const }
    expect(reviewProblems(approved)).toEqual([])
    expect(reviewProblems({ ...approved, person_rules: '0.3.0' })).toEqual([
      'decision 1: ana@acme already decided as reliability; one person fills one role',
    ])
  })

  test('that is open takes no second decision of one person, whatever version opened it', () => {
    const open = tagged({ requires: ['reliability', 'policy'] })
    const wide = { ...open, seats: [...open.seats, { role: 'policy', reviewer: 'ben@acme', nonce: 'e'.repeat(32) }] }
    const first = decide(wide, ofAna[0]!, unchanged(wide), DURING)
    if (!('next' in first)) throw new Error(first.note)
    expect(decide(first.next, ofAna[1]!, unchanged(wide), DURING)).toMatchObject({ refused: 'person_taken' })
  })
})

describe('a file of reviewers', () => {
  const entry = (id: string, over: object = {}) => ({
    id,
    name: `The one at ${id.replace('@', ' ')}`,
    roles: ['policy'],
    ...over,
  })
  const problems = (...reviewers: object[]) =>
    Reviewers.safeParse({ reviewers }).error?.issues.map(({ message, path }) => `${path.join('.')}: ${message}`) ?? []
  test('names each person once, by all their ids', () => {
    expect(
      problems(entry('ana@acme.com', { aliases: ['ana@home.org', 'Ana@acme.com'] }), entry('ben@acme.com')),
    ).toEqual([])
    expect(problems(entry('ana@acme.com', { aliases: ['ana@home.org'] }), entry('ANA+x@home.org'))).toEqual([
      'reviewers.1.id: "ANA+x@home.org" is ana@acme.com by another spelling: one entry a person',
    ])
    expect(problems(entry('ana@acme.com'), entry('ana@acme.com', { name: 'Ana' }))).toEqual([
      'reviewers.1.id: "ana@acme.com" stands there twice',
    ])
    expect(problems(entry('аna@acme.com', { name: 'Ana' }))).toEqual([
      expect.stringMatching(/^reviewers.0.id: .* mixes letters/),
    ])
    expect(problems(entry('ana@acme.com'), entry('ben@acme.com', { aliases: ['Ana@acme.com'] }))).toEqual([
      'reviewers.1.aliases.0: "Ana@acme.com" is ana@acme.com by another spelling: one entry a person',
    ])
  })
  test('shows each person under a name that is nobody else’s', () => {
    expect(problems(entry('ana@acme.com', { name: 'Ana Ito' }), entry('ana@home.org', { name: 'Ito, Ana' }))).toEqual([
      expect.stringMatching(/^reviewers.1.name: "Ito, Ana" is the name of ana@acme.com too: one entry a person/),
    ])
    expect(problems(entry('ana@acme.com', { name: 'ben@acme.com' }), entry('ben@acme.com'))).toEqual([
      'reviewers.0.name: "ben@acme.com" is an id of ben@acme.com: name ana@acme.com otherwise',
    ])
    expect(problems(entry('ana@acme.com', { name: 'Ana \u202eneB' }))).toEqual([
      expect.stringMatching(/^reviewers.0.name: .* nobody sees/),
    ])
    expect(problems(entry('ana@acme.com', { name: 'ana@acme.com' }))).toEqual([])
  })
})
