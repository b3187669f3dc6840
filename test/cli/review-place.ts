/** A store with a run that waits for its review, made once a file and copied for each test; the verbs on it, and the desk over real HTTP. */
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import type { Store } from '#ports'
import type { Review } from '#schemas/review.ts'
import { main } from '../../bin/autotune.ts'
import { review as reviewVerb } from '../../functions/cli/review.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { latestReview } from '../../functions/steps/review/reviews.ts'
import { pinnedRun } from '../../functions/steps/run/verify.ts'
import { copyDecided, memoryOf, run, stocked } from '../steps/stores.ts'
import { readAttempts } from '../support/attempts.ts'
import { aTarget, aWorld } from '../support/builders.ts'

export const ROLES = { reliability: 'ana', policy: 'ben', domain_owner: 'cleo' } as const
export const SEATS = Object.entries(ROLES).map(([role, person]) => `${role}=${person}`)
const target = aTarget({ release_path: { ...aTarget().release_path!, requires_reviewers: Object.keys(ROLES) } })

export interface Opened {
  readonly review_id: string
  readonly status: string
  readonly expires_at: string
  readonly shown_digest: string
  readonly origin: string
  readonly links: readonly { readonly role: string; readonly reviewer: string; readonly url: string }[]
}

/** What the tests of a file do with a copy of that store. */
export function reviewPlace() {
  const made = mkdtempSync(join(tmpdir(), 'autotune-reviewed-'))
  let dir: string
  let [out, err] = ['', '']
  beforeAll(async () => {
    const store = openStore(made, { durable: false })
    await stocked(store, aWorld({ search: 6, heldout: 100 }))
    expect((await run(store, { target, runId: 'r' })).verdict).toBe('certified')
    store.close()
  })
  afterAll(() => rmSync(made, { recursive: true, force: true }))
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'autotune-review-'))
    copyDecided(made, dir)
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += text
      return true
    })
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err += text
      return true
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(dir, { recursive: true, force: true })
  })

  async function inStore<T>(look: (store: Store) => Promise<T>): Promise<T> {
    const store = openStore(dir, { durable: false })
    try {
      return await look(store)
    } finally {
      store.close()
    }
  }
  const stored = () => inStore(async (store) => (await latestReview(store, 'r'))?.review as Review)
  const attempts = (id: string | null) =>
    inStore(async (store) => (await readAttempts(store, id)).map(({ refused, reviewer }) => [refused, reviewer]))
  const rejections = () =>
    inStore(async (store) => {
      const pinned = (await pinnedRun(store, 'r'))!
      return await memoryOf(store, pinned)
    })

  async function autotune(...argv: string[]) {
    ;[out, err] = ['', '']
    return { code: await main([...argv, '--store', dir]), out, err }
  }
  const opened = (...argv: string[]) =>
    autotune('review', 'r', ...SEATS.flatMap((seat) => ['--reviewer', seat]), '--no-serve', ...argv)

  /** Serves the review while something is done with it. */
  async function serving(
    use: (at: Opened & { url: (role: string) => string }) => Promise<void>,
    reviewer: readonly string[] = SEATS,
  ): Promise<void> {
    let stop = () => {}
    err = ''
    const stopped = new Promise<void>((done) => {
      stop = done
    })
    out = ''
    const o = { store: dir, json: true, reviewer, port: 0, expiresHours: 72, serve: true }
    const code = reviewVerb('r', o, () => stopped)
    try {
      await vi.waitFor(() => expect(out).toContain('\n'), { timeout: 10_000, interval: 5 })
      const printed = JSON.parse(out) as Opened
      await use({ ...printed, url: (role) => printed.links.find((l) => l.role === role)!.url })
    } finally {
      stop()
    }
    expect(await code).toBe(0)
  }
  return {
    /** A path in the store. */
    at: (name: string) => join(dir, name),
    /** What stderr was told. */
    said: () => err,
    stored,
    attempts,
    rejections,
    autotune,
    opened,
    serving,
  }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export const ask = (url: string, method = 'GET', headers: Record<string, string> = {}, body = ''): Promise<Answer> =>
  new Promise((done, failed) => {
    const sent = request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        done({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      )
    })
    sent.on('error', failed)
    sent.end(body)
  })

/** What a browser sends: the fields that the page holds, and what the reviewer typed. */
export async function send(url: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) {
  const page = await ask(url)
  const shown = /name="shown_digest" value="([^"]+)"/.exec(page.body)?.[1] ?? `sha256:${'0'.repeat(64)}`
  const form = { decision: 'approved', confirm: 'yes', reason: '', shown_digest: shown, ...fields }
  const origin = new URL(url).origin
  const type = 'application/x-www-form-urlencoded'
  return await ask(url, 'POST', { origin, 'content-type': type, ...headers }, new URLSearchParams(form).toString())
}
