/** The workbench over HTTP: what every page is, what it never shows, and that no byte of a store changes by looking. */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keys } from '#schemas/s3-keys.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import type { PageServer } from '../../functions/embedded/page-server.ts'
import { serveWorkbench } from '../../functions/embedded/ui-server.ts'
import { readText } from '../../functions/streams/read-object.ts'
import { bytesOf, type Workplace, workplace } from '../cli/command-line.ts'
import { approve, certified } from '../steps/release/support.ts'
import { aTarget, INTENT } from '../support/builders.ts'

interface Reply {
  readonly status: number
  readonly headers: Record<string, unknown>
  readonly body: string
}

const QUICK = new URL('../../functions/demo/rollout-quick.json', import.meta.url).pathname
const failures: string[] = []
const log = { failed: (error: Error) => failures.push(String(error.stack)), refused: () => {} }

/** Paths go as they are: `fetch` would tidy them. */
const ask = (server: PageServer, path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Reply> =>
  new Promise((done, refuse) => {
    const { hostname, port } = new URL(server.origin)
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text) => {
        body += text
      })
      response.on('end', () => done({ status: response.statusCode!, headers: response.headers, body }))
    })
    sent.on('error', refuse)
    sent.end()
  })

/** Every page that can be reached by links, by its path. */
async function crawled(server: PageServer): Promise<Map<string, Reply>> {
  const pages = new Map<string, Reply>()
  const ahead = ['/']
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    if (pages.has(path) || pages.size > 150) continue
    const page = await ask(server, path)
    pages.set(path, page)
    for (const [, to] of page.body.matchAll(/(?:href)="(\/[^"]*)"/g)) ahead.push(to!.replaceAll('&amp;', '&'))
  }
  return pages
}

describe('the workbench of a store', () => {
  let place: Workplace
  let server: PageServer
  let pages: Map<string, Reply>
  let before: readonly string[]
  let after: readonly string[]
  beforeAll(async () => {
    place = workplace()
    const store = openStore(place.store, { durable: false })
    await approve(await certified(store), 'r').finally(() => store.close())
    await place.at('run', '--target', place.file('target.json', aTarget()), '--run-id', 'second')
    expect((await place.at('rollout', 'start', 'r', '--config', QUICK)).code).toBe(0)
    before = bytesOf(place.dir)
    server = await serveWorkbench(place.store, '', 0, log)
    pages = await crawled(server)
    after = bytesOf(place.dir)
  })
  afterAll(async () => {
    await server.close()
    place.dispose()
  })

  test('shows every kind of page, each found by links, whole and below 500 KB', () => {
    for (const path of [
      '/',
      '/runs',
      '/runs/r',
      '/runs/r/report',
      '/runs/second',
      '/runs/second/report',
      '/reviews',
      '/rollouts',
      '/store',
    ])
      expect([...pages.keys()]).toContain(path)
    expect([...pages.keys()].some((path) => /^\/runs\/r\/candidates\/c_/.test(path))).toBe(true)
    expect([...pages.keys()].some((path) => path.startsWith(`/cases/${INTENT}/`))).toBe(true)
    expect([...pages.keys()].some((path) => path.startsWith('/reviews/rv_r_1'))).toBe(true)
    expect([...pages.keys()].some((path) => path.startsWith('/rollouts/ro_r'))).toBe(true)
    for (const [path, { status, body }] of pages) {
      expect(`${path} ${status}`).toBe(`${path} 200`)
      expect(Buffer.byteLength(body)).toBeLessThan(500_000)
      expect(body.match(/<h1>/g)).toHaveLength(1)
      expect(body.replace(/<script>[\s\S]*?<\/script>/g, '')).not.toMatch(
        /<form[^>]*method="post"|\b(?:src|href)="(?:https?:)?\/\/|>undefined<|NaN|\[object/,
      )
      if (!path.endsWith('/report')) expect(body).not.toContain('<script')
    }
    expect(failures).toEqual([])
  })

  test('changed no byte of the store, and left no file, lock or journal in it', () => {
    expect(after).toEqual(before)
  })

  test('names no sealed case, run or family, and answers their names as it does unknown ones', async () => {
    // Runs of the sealed side are named h0, h1, ... in this world.
    for (const [path, { body }] of pages)
      expect([path, /\bh\d+\b/.exec(body.replace(/<style>[\s\S]*?<\/style>|<[^>]*>/g, ' '))]).toEqual([path, null])
    const [sealed, unknown] = [await ask(server, `/cases/${INTENT}/h1`), await ask(server, `/cases/${INTENT}/q1`)]
    expect(sealed.status).toBe(404)
    expect(sealed.body).toBe(unknown.body)
  })

  test('tells of a run what its artifacts say', async () => {
    const store = openStore(place.store, { readOnly: true })
    try {
      const gate = JSON.parse((await readText(store.objects, keys.autotuneRun('r', 'gate.json')))!)
      const { metric, heldout, regression_runs } = gate.certificates[0]
      const { body } = pages.get('/runs/r')!
      const round = (value: number) => String(Number(value.toPrecision(4)))
      expect(body).toContain(`${regression_runs.length} of ${heldout.cases} worse`)
      expect(body).toContain(round(metric.candidate))
      expect(body).toContain(round(metric.baseline))
      expect(pages.get('/runs')!.body).toContain(`${regression_runs.length} of ${heldout.cases} worse`)
      const manifest = JSON.parse((await readText(store.objects, keys.autotuneRun('r', 'manifest.json')))!)
      expect(body).toContain(`${manifest.summary.candidates.length} candidate`)
      let recorded = 0
      for await (const key of store.objects.list(keys.index(INTENT)))
        recorded += (await readText(store.objects, key))!.trimEnd().split('\n').length
      expect(pages.get('/store')!.body).toContain(`${recorded} recorded runs`)
    } finally {
      store.close()
    }
  })

  test('is, of a run, the report that "autotune report" writes', async () => {
    const out = join(place.dir, 'report.html')
    expect((await place.at('report', 'r', '--out', out)).code).toBe(0)
    expect(pages.get('/runs/r/report')!.body).toBe(readFileSync(out, 'utf8'))
  })

  test('answers HEAD as GET, without a body', async () => {
    for (const path of ['/', '/runs', '/runs/r', '/nothing']) {
      const [get, head] = [await ask(server, path), await ask(server, path, 'HEAD')]
      expect([head.status, head.body]).toEqual([get.status, ''])
      expect(head.headers['content-length']).toBe(String(Buffer.byteLength(get.body)))
    }
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('refuses %s and says what it takes', async (method) => {
    const { status, headers } = await ask(server, '/runs', method)
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
  })

  test.each(['evil.example', '127.0.0.1', 'localhost:80'])('refuses another host: "%s"', async (host) => {
    const { status, body } = await ask(server, '/runs', 'GET', { host })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(body).not.toContain('support.refund')
  })

  test.each([
    '/../../etc/passwd',
    '/runs/..',
    '/runs/%2e%2e',
    '/runs/..%2f..%2fledger.sqlite',
    '/runs/r%2fmanifest.json',
    '/runs/r/../r',
    '/runs/%00',
    '/runs/%zz',
    '/runs/__proto__',
    '/runs/constructor',
    '/runs/unknown/report',
    '/runs/%2e%2e/report',
    '/runs/r/report/more',
    '/runs/r/candidates/..',
    '/runs/r/candidates/__proto__',
    '/runs/r/candidates/c_1/more',
    '/runs/unknown',
    '/runs//',
    '//runs',
    '/cases',
    `/cases/${INTENT}`,
    `/cases/${INTENT}/..%2f..%2fvault`,
    '/cases/..%2fvault/s1',
    '/cases/unknown/s1',
    '/reviews/unknown',
    '/reviews/..%2f..',
    '/rollouts/unknown',
    '/vault/heads.key',
    `/intents/${INTENT}?month=2026-13`,
    `/intents/${INTENT}?month=3000-01`,
    '/compare',
    '/compare?a=r',
    '/compare?a=../r&b=r',
    '/ledger.sqlite',
  ])('has nothing at %s', async (path) => {
    const { status, body } = await ask(server, path)
    expect(status).toBe(404)
    expect(body).toContain('There is nothing here')
  })

  test.each([
    '/runs?after=zzzz',
    '/runs?after=..%2f..',
    '/runs?intent=%22%3E%3Cscript%3E',
    '/runs?verdict=nonsense',
    '/runs/r?from=-1',
    '/runs/r?from=1e9',
    '/reviews?after=zzz',
    '/runs?%zz',
  ])('takes %s for what it can be', async (path) => {
    const { status, body } = await ask(server, path)
    expect(status).toBe(200)
    expect(body).not.toContain('"><script>')
  })

  test('serves every page under a policy that loads, frames, caches and runs nothing; the report runs its own script', () => {
    for (const [path, { headers }] of pages) {
      const policy = String(headers['content-security-policy'])
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-.*frame-ancestors 'none'$/)
      expect(policy).not.toContain('unsafe')
      expect(policy.includes('script-src')).toBe(path.endsWith('/report'))
      expect(headers['x-frame-options']).toBe('DENY')
      expect(headers['cache-control']).toBe('no-store')
    }
  })
})

describe('an empty store', () => {
  test('has every page, each with the command that fills it', async () => {
    const place = workplace()
    openStore(place.store, { durable: false }).close()
    const server = await serveWorkbench(place.store, '', 0, log)
    try {
      const before = bytesOf(place.dir)
      const says = {
        '/': 'autotune import',
        '/runs': 'autotune run',
        '/reviews': 'autotune review',
        '/rollouts': 'autotune rollout start',
        '/store': 'autotune import',
      }
      for (const [path, command] of Object.entries(says)) {
        const { status, body } = await ask(server, path)
        expect([path, status]).toEqual([path, 200])
        expect(body).toContain(`<pre>${command}`)
      }
      expect(bytesOf(place.dir)).toEqual(before)
    } finally {
      await server.close()
      place.dispose()
    }
  })
})
