/** `review`: who may sit on a review, by a file of reviewers and by how their names are spelled. */
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ask, reviewPlace } from './review-place.ts'

const { at, stored, autotune, serving } = reviewPlace()

describe('a file of reviewers', () => {
  const people = [
    { id: 'ana@acme.com', name: 'Ana Ito', roles: ['reliability', 'policy'], aliases: ['ana@home.org'] },
    { id: 'ben@acme.com', name: 'Ben Ode', roles: ['policy'] },
    { id: 'cleo@acme.com', name: 'Cleo Pax', roles: ['domain_owner'], aliases: ['cleo'] },
    { id: 'team@acme.com', name: 'The owner', roles: ['domain_owner'], aliases: ['Refunds'] },
  ]
  const file = (reviewers: unknown = people) => {
    const path = at('people.json')
    writeFileSync(path, JSON.stringify({ reviewers }))
    return path
  }
  const open = (reviewers: string, ...argv: string[]) =>
    autotune('review', 'r', '--no-serve', '--reviewers', reviewers, ...argv)

  test('fills the seats: everybody for their roles, but the owner by any of their ids', async () => {
    expect((await open(file())).code).toBe(0)
    expect((await stored()).seats.map(({ role, reviewer, name }) => [role, reviewer, name])).toEqual([
      ['reliability', 'ana@acme.com', 'Ana Ito'],
      ['policy', 'ana@acme.com', 'Ana Ito'],
      ['policy', 'ben@acme.com', 'Ben Ode'],
      ['domain_owner', 'cleo@acme.com', 'Cleo Pax'],
    ])
    // Opened again it is served as it stands, whatever the file says by then.
    expect((await open(file(people.slice(0, 1)))).code).toBe(0)
    const decided = await autotune('decide', 'r', '--role', 'policy', '--reviewer', 'ben@acme.com', '--approve')
    expect(decided.code).toBe(0)
    await serving(async ({ url }) => {
      const { body } = await ask(url('reliability'))
      expect(body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')).toMatch(
        /policy approved by Ben Ode \(ben@acme.com\), \d+ \w+ \d{4}, \d\d:\d\d UTC/,
      )
    }, [])
  })

  test('takes an id by another spelling as the one that it names', async () => {
    const named = ['reliability=ANA@home.org', 'policy=Ben+x@acme.com', 'domain_owner=cleo']
    expect((await open(file(), ...named.flatMap((seat) => ['--reviewer', seat]))).code).toBe(0)
    expect((await stored()).seats.map(({ reviewer }) => reviewer)).toEqual([
      'ana@acme.com',
      'ben@acme.com',
      'cleo@acme.com',
    ])
  })

  test.each([
    [
      'policy=eve@acme.com',
      /"eve@acme.com" is not in the file of reviewers, .*people.json: it names ana@acme.com, ben/,
    ],
    ['reliability=ben@acme.com', /names ben@acme.com as policy, not as "reliability": for that it names ana@acme.com/],
    ['domain_owner=team@acme.com', /team@acme.com owns the proposal \(as refunds\) and cannot review it/],
    ['domain_owner=refunds', /owns the proposal/],
  ])('takes nobody else: %s', async (seat, says) => {
    const { code, err: said } = await open(file(), '--reviewer', seat)
    expect([code, said]).toEqual([2, expect.stringMatching(says)])
    expect(await stored()).toBeUndefined()
  })

  test('in the store is the one that counts, unless another is named', async () => {
    const standing = at('reviewers.json')
    writeFileSync(standing, JSON.stringify({ reviewers: people.slice(0, 3) }))
    const seats = ['reliability=ana@acme.com', 'policy=eve@acme.com', 'domain_owner=cleo']
    const named = seats.flatMap((seat) => ['--reviewer', seat])
    const stranger = await autotune('review', 'r', '--no-serve', ...named)
    expect([stranger.code, stranger.err]).toEqual([
      2,
      expect.stringContaining(`"eve@acme.com" is not in the file of reviewers, ${standing}: it names ana@acme.com`),
    ])
    const other = file([...people, { id: 'eve@acme.com', name: 'Eve', roles: ['policy'] }])
    expect((await open(other, ...named)).code).toBe(0)
  })

  test('in the store fills the seats by itself, and is refused by name where it is none', async () => {
    const standing = at('reviewers.json')
    writeFileSync(standing, '{"reviewers": [{"id": "ana"}]}')
    const broken = await autotune('review', 'r', '--no-serve')
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining(standing)])
    writeFileSync(standing, JSON.stringify({ reviewers: people }))
    expect((await autotune('review', 'r', '--no-serve')).code).toBe(0)
    expect((await stored()).seats).toHaveLength(4)
  })

  test('knows the owner by the name that it gives them', async () => {
    const owner = { id: 'olga@acme.com', name: 'Refunds', roles: ['domain_owner'] }
    const { code, err: said } = await open(
      file([...people.slice(0, 3), owner]),
      '--reviewer',
      'domain_owner=olga@acme.com',
    )
    expect([code, said]).toEqual([2, expect.stringMatching(/olga@acme.com owns the proposal \(as refunds\)/)])
    expect((await open(file([...people.slice(0, 3), owner]))).code).toBe(0)
    expect((await stored()).seats.map(({ reviewer }) => reviewer)).not.toContain('olga@acme.com')
  })

  test('is refused where it names one person twice', async () => {
    const twice = [...people, { id: 'ana+2@acme.com', name: 'Ana II', roles: ['domain_owner'] }]
    const { code, err: said } = await open(file(twice))
    expect([code, said]).toEqual([2, expect.stringMatching(/"ana\+2@acme.com" is ana@acme.com by another spelling/)])
  })
})

test.each([
  [['policy=ben+2@acme', 'reliability=ben@acme', 'domain_owner=cleo'], /no distinct reviewer is left/],
  [['policy=bеn@acme', 'reliability=ana', 'domain_owner=cleo'], /mixes letters of Latin .* and Cyrillic/],
  [['policy=ben\u200b', 'reliability=ana', 'domain_owner=cleo'], /nobody sees \(U\+200B at place 4\)/],
])('people are not told apart by spelling: %j', async (seats, says) => {
  const { code, err: said } = await autotune(
    'review',
    'r',
    '--no-serve',
    ...seats.flatMap((seat) => ['--reviewer', seat]),
  )
  expect([code, said]).toEqual([2, expect.stringMatching(says)])
  expect(await stored()).toBeUndefined()
})
