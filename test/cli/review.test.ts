/** `review` and `decide`: the desk over real HTTP on this machine, and the same decisions from a terminal. */
import { chmodSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { ask, type Opened, ROLES, reviewPlace, SEATS, send } from './review-place.ts'

const { at, said, stored, attempts, rejections, autotune, opened, serving } = reviewPlace()

describe('the desk over HTTP', () => {
  test('shows as often as a mail scanner likes, and changes nothing', async () => {
    await serving(async ({ url, links }) => {
      expect(links).toHaveLength(3)
      const before = await stored()
      for (const { url: link } of links)
        for (const method of ['HEAD', 'GET', 'HEAD', 'GET']) {
          const answer = await ask(link, method)
          expect(answer.status).toBe(200)
          expect(answer.body === '').toBe(method === 'HEAD')
          expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' })
          expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
          expect(Number(answer.headers['content-length'])).toBeGreaterThan(1000)
        }
      expect((await ask(`${url('policy')}?utm_source=mail`)).status).toBe(200)
      expect(await stored()).toEqual(before)
      expect(await attempts(before.review_id)).toEqual([])
    })
  })

  test('approves with the third of three roles, and tells the terminal', async () => {
    await serving(async ({ url, review_id }) => {
      for (const role of Object.keys(ROLES)) {
        expect((await stored()).status).toBe('open')
        const answer = await send(url(role))
        expect(answer).toMatchObject({ status: 303, headers: { location: new URL(url(role)).pathname } })
        expect((await ask(url(role))).body).toContain('You approved')
      }
      expect(await stored()).toMatchObject({ status: 'approved', revision: 3 })
      expect(said()).toContain('cleo as domain_owner: approved\nthe review has ended: approved')
      expect(await attempts(review_id)).toEqual([])
      // Replayed: told what was decided, and recorded.
      expect((await send(url('policy'))).status).toBe(409)
      expect(await attempts(review_id)).toEqual([['used', 'ben']])
      expect(await rejections()).toEqual([])
    })
    const again = await autotune('review', 'r', '--json')
    expect(again.code).toBe(0)
    expect(JSON.parse(again.out)).toMatchObject({ status: 'approved', links: [] })
  })

  test('counts two forms at once as one decision', async () => {
    await serving(async ({ url, review_id }) => {
      const answers = await Promise.all([send(url('policy')), send(url('policy')), send(url('policy'))])
      expect(answers.map((a) => a.status).sort()).toEqual([303, 409, 409])
      expect((await stored()).decisions).toMatchObject([{ role: 'policy' }])
      expect(await attempts(review_id)).toEqual([
        ['used', 'ben'],
        ['used', 'ben'],
      ])
    })
  })

  test('ends with one rejection, which the next run remembers', async () => {
    await serving(async ({ url }) => {
      expect((await send(url('policy'), { decision: 'rejected' })).status).toBe(422)
      expect((await send(url('policy'), { decision: 'rejected', reason: 'hides old orders' })).status).toBe(303)
      expect((await stored()).status).toBe('rejected')
      expect(await rejections()).toMatchObject([{ source: 'reviewer', reason: 'ben as policy: hides old orders' }])
      expect((await send(url('reliability'))).status).toBe(409)
    })
  })

  test('refuses what was not sent from its own page, and records it', async () => {
    await serving(async ({ url, review_id, origin }) => {
      const link = url('policy')
      expect((await send(link, {}, { origin: 'https://evil.example' })).status).toBe(403)
      expect((await send(link, {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
      expect((await send(link, {}, { 'content-type': 'text/plain' })).status).toBe(415)
      expect((await send(link, { reviewer: 'cleo', role: 'domain_owner' })).status).toBe(400)
      expect((await send(link, { shown_digest: `sha256:${'1'.repeat(64)}` })).status).toBe(409)
      expect((await send(link, { reason: 'x'.repeat(400_000) })).status).toBe(413)
      expect(await ask(link, 'DELETE')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, POST' } })
      expect((await ask(link, 'POST', { origin })).status).toBe(415)
      const kinds = (await attempts(review_id)).map(([kind, who]) => `${kind} ${who}`)
      expect(kinds.filter((k) => k === 'cross_site ben')).toHaveLength(2)
      expect(kinds.filter((k) => k === 'not_shown ben')).toHaveLength(1)
      expect(kinds.filter((k) => k === 'bad_request ben')).toHaveLength(5)
      expect((await stored()).revision).toBe(0)
    })
  })

  test('knows no forged or mended link, no other path and no other host', async () => {
    await serving(async ({ url, origin }) => {
      const [claims, mac] = url('policy').split('/').at(-1)!.split('.') as [string, string]
      const forged = JSON.parse(Buffer.from(claims, 'base64url').toString())
      const edited = Buffer.from(JSON.stringify({ ...forged, role: 'reliability' })).toString('base64url')
      const other = url('reliability').split('.').at(-1)!
      for (const token of [`${edited}.${mac}`, `${claims}.${other}`, `${claims}.${mac.slice(0, -4)}AAAA`, claims, 'x'])
        expect((await send(`${origin}/review/${token}`)).status).toBe(404)
      expect((await attempts(null)).map(([kind]) => kind)).toContain('forged')
      expect((await attempts(null)).every(([, who]) => who === null)).toBe(true)
      for (const path of ['/', '/review', '/favicon.ico', '/review/../ledger.sqlite', '/review/%2e%2e%2fvault'])
        expect((await ask(`${origin}${path}`)).status).toBe(404)
      expect((await ask(url('policy'), 'GET', { host: 'evil.example' })).status).toBe(421)
      expect((await ask(`${origin}/review/${'a'.repeat(60_000)}`)).status).toBe(431)
      await vi.waitFor(async () =>
        expect((await attempts(null)).filter(([kind]) => kind === 'bad_request')).toHaveLength(2),
      )
      expect((await stored()).revision).toBe(0)
    })
  })

  test('refuses an expired link and records the attempt', async () => {
    await serving(async ({ url, review_id, expires_at }) => {
      const link = url('policy')
      const page = await ask(link)
      const shown_digest = /name="shown_digest" value="([^"]+)"/.exec(page.body)![1]!
      vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(expires_at) })
      try {
        expect((await send(link, { shown_digest })).status).toBe(409)
      } finally {
        vi.useRealTimers()
      }
      expect(await attempts(review_id)).toEqual([['expired', 'ben']])
      expect((await stored()).decisions).toEqual([])
    })
  })
})

describe('review --no-serve', () => {
  test('prints one link for each role, the same ones again, and keeps its key to its owner', async () => {
    const first = await opened('--json', '--port', '8080')
    expect(first.code).toBe(0)
    const { links, origin } = JSON.parse(first.out) as Opened
    expect(origin).toBe('http://127.0.0.1:8080')
    expect(links.map((l) => `${l.role}=${l.reviewer}`)).toEqual(SEATS)
    expect((await autotune('review', 'r', '--no-serve', '--json', '--port', '8080')).out).toBe(first.out)
    const people = await autotune('review', 'r', '--no-serve')
    expect(people.out).toMatch(/^review rv_r_1: open until .*\nshown {2}sha256:/)
    expect(people.out).toContain('waits for reliability, policy, domain_owner')
    const key = at('vault/review-link.key')
    expect(statSync(key)).toMatchObject({ size: 32 })
    expect(statSync(key).mode & 0o777).toBe(0o600)
    chmodSync(key, 0o644)
    expect(await autotune('review', 'r', '--no-serve')).toMatchObject({ code: 2, out: '' })
    chmodSync(key, 0o600)
    writeFileSync(key, 'short')
    expect((await autotune('review', 'r', '--no-serve')).err).toContain('is no key of 32 bytes')
  })

  test.each([
    [['review', 'nope'], 'no finished run "nope"'],
    [['review', 'r', '--no-serve'], 'name a reviewer for every role'],
    [['review', 'r', '--reviewer', 'policy'], '--reviewer takes ROLE=PERSON'],
    [['review', 'r', '--reviewer', 'policy=ben'], 'no distinct reviewer'],
    [['review', 'r', '--reviewer', 'legal=ben'], 'no role "legal" is required'],
    [['review', 'r', '--port', '70000'], '--port takes a number'],
    [['review', 'r', '--expires-hours', '0'], '--expires-hours'],
    [['decide', 'r', '--role', 'policy', '--reviewer', 'ben'], 'either --approve or --reject'],
    [['decide', 'r', '--role', 'policy', '--reviewer', 'ben', '--approve', '--reject'], 'either --approve or --reject'],
    [['decide', 'r', '--role', 'policy', '--reviewer', 'ben', '--reject'], 'needs --reason'],
    [['decide', 'r', '--role', 'policy', '--reviewer', 'ben', '--approve'], 'no review of run r was opened'],
  ])('refuses %j', async (argv, message) => {
    const { code, out: printed, err: said } = await autotune(...argv)
    expect(code).toBe(2)
    expect(printed).toBe('')
    expect(said).toContain(message)
    expect(await stored()).toBeUndefined()
  })

  test.each(['review', 'decide'])('has help with an example: %s', async (verb) => {
    const { code, out: printed } = await autotune(verb, '--help')
    expect(code).toBe(0)
    expect(printed).toMatch(new RegExp(`Example:\\n  autotune ${verb}`))
  })
})

describe('decide', () => {
  const decide = (role: keyof typeof ROLES, ...argv: string[]) =>
    autotune('decide', 'r', '--role', role, '--reviewer', ROLES[role], ...argv)

  test('takes the place of the page: three roles approve, on the same digests', async () => {
    const { shown_digest } = JSON.parse((await opened('--json')).out) as Opened
    const first = await decide('policy', '--approve', '--shown', shown_digest, '--json')
    expect(first.code).toBe(0)
    expect(JSON.parse(first.out)).toMatchObject({
      status: 'open',
      waits_for: ['reliability', 'domain_owner'],
      decision: { decision: 'approved', reviewer: 'ben', shown_digest },
    })
    expect(await decide('policy', '--approve')).toMatchObject({ code: 2, out: '' })
    expect((await decide('reliability', '--approve')).out).toContain('waits for domain_owner')
    expect((await decide('domain_owner', '--approve')).out).toContain('review rv_r_1 has ended: approved')
    expect((await stored()).status).toBe('approved')
    expect(await attempts('rv_r_1')).toEqual([['used', null]])
  })

  test('rejects with a reason that the next run remembers', async () => {
    await opened()
    const { code, out: printed } = await decide('policy', '--reject', '--reason', 'hides old orders')
    expect(code).toBe(0)
    expect(printed).toContain('has ended: rejected')
    expect(await rejections()).toMatchObject([{ reason: 'ben as policy: hides old orders' }])
    expect((await decide('reliability', '--approve')).err).toContain('the review has ended: rejected')
  })

  test('is refused without a seat, for another page, and with control characters', async () => {
    await opened()
    const stranger = await autotune('decide', 'r', '--role', 'policy', '--reviewer', 'mallory', '--approve')
    expect(stranger).toMatchObject({ code: 2, err: expect.stringContaining('mallory was not asked as policy') })
    const other = await decide('policy', '--approve', '--shown', `sha256:${'1'.repeat(64)}`)
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('open the link again') })
    expect((await decide('policy', '--reject', '--reason', 'a\u0007bell')).err).toContain('control characters')
    expect((await stored()).revision).toBe(0)
    expect((await attempts('rv_r_1')).map(([kind]) => kind)).toEqual(['no_seat', 'not_shown'])
  })
})
