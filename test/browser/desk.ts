/** The demo's store with its review served, in this process and at a moment that stands still. */
import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { review } from '../../functions/cli/review.ts'
import { autotune } from '../cli/command-line.ts'

export const RUN = 'demo_refund_cents'
export const SEATS = {
  reliability: 'ana@example.com',
  policy: 'ben@example.com',
  domain_owner: 'cleo@example.com',
} as const
export type Role = keyof typeof SEATS
export const START = '2026-05-12T09:00:00.000Z'

let made: Promise<string> | null = null
/** The demo's store, before anybody was asked: made once for all files of this process, and never written to. */
export const demoStore = (): Promise<string> => {
  made ??= autotune('demo', '--json').then(({ code, json }) => {
    if (code !== 0) throw new Error(`the demo ended with ${code}`)
    return (json() as { store: string }).store
  })
  return made
}

/** A copy of a store, to go another way from there. */
export function copyOf(store: string): string {
  const copy = join(mkdtempSync(join(tmpdir(), 'autotune-copy-')), 'harness')
  cpSync(store, copy, { recursive: true })
  return copy
}

export interface Served {
  readonly origin: string
  readonly url: (role: Role) => string
}

/** Serves a verb that prints one object and goes on until it is stopped. */
export async function serving<T>(
  start: (stop: () => Promise<void>) => Promise<number>,
  use: (printed: T) => Promise<void>,
): Promise<void> {
  let [out, stop] = ['', () => {}]
  const stopped = new Promise<void>((done) => {
    stop = done
  })
  const written = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      if (stream === process.stdout) out += text
      return true
    }),
  )
  const code = start(() => stopped)
  try {
    await vi.waitFor(
      () => {
        if (!out.includes('\n')) throw new Error('nothing is printed yet')
      },
      { timeout: 30_000 },
    )
  } finally {
    for (const spy of written) spy.mockRestore()
  }
  try {
    await use(JSON.parse(out) as T)
  } finally {
    stop()
    await code
  }
}

/** Serves the review of a store. */
export const servingReview = (store: string, use: (served: Served) => Promise<void>): Promise<void> =>
  serving<{ origin: string; links: { role: string; url: string }[] }>(
    (stop) => {
      const reviewer = Object.entries(SEATS).map(([role, person]) => `${role}=${person}`)
      return review(RUN, { store, json: true, reviewer, port: 0, expiresHours: 72, serve: true }, stop)
    },
    ({ origin, links }) => use({ origin, url: (role) => links.find((l) => l.role === role)!.url }),
  )

/** The review as the terminal tells it. */
export async function standing(
  store: string,
): Promise<{ status: string; decisions: { role: string; reviewer: string }[] }> {
  return (await autotune('review', RUN, '--store', store, '--no-serve', '--json')).json()
}
