/** A clock that is set back opens no deadline again; and a role may be called anything that can be printed. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { forwardClock } from '#adapters/local/files/forward-clock.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { autotune, ran, ready, workplace } from '../cli/command-line.ts'
import { run } from '../steps/stores.ts'
import { aTarget } from '../support/builders.ts'

describe('the time of a store', () => {
  let dir: string
  let file: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'autotune-clock-'))
    file = join(dir, 'clock')
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  const at = (text: string) => () => Date.parse(text)

  test('never goes back, in this process or the next', () => {
    expect(forwardClock(file, true, at('2026-11-28T10:00:00.000Z')).now()).toBe('2026-11-28T10:00:00.000Z')
    expect(forwardClock(file, true, at('2026-11-20T10:00:00.000Z')).now()).toBe('2026-11-28T10:00:00.000Z')
    expect(forwardClock(file, true, at('2026-11-28T10:00:05.000Z')).now()).toBe('2026-11-28T10:00:05.000Z')
    expect(readFileSync(file, 'utf8')).toBe('2026-11-28T10:00:05.000Z\n')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('of a copy that nobody may write counts, and is not written', () => {
    forwardClock(file, true, at('2026-11-28T10:00:00.000Z')).now()
    expect(forwardClock(file, false, at('2026-11-29T10:00:00.000Z')).now()).toBe('2026-11-29T10:00:00.000Z')
    expect(forwardClock(file, false, at('2026-11-27T10:00:00.000Z')).now()).toBe('2026-11-28T10:00:00.000Z')
  })

  test.each(['', 'nonsense', '2026-11-28', '9999999999999'])('of a file that says "%s" is the system', (text) => {
    writeFileSync(file, text)
    expect(forwardClock(file, true, at('2026-11-28T10:00:00.000Z')).now()).toBe('2026-11-28T10:00:00.000Z')
  })

  test('is no object of the store', async () => {
    const store = openStore(dir, { durable: false })
    store.clock.now()
    expect(await Array.fromAsync(store.objects.list(''))).toEqual([])
    store.close()
  })
})

describe('a review', () => {
  const place = workplace()
  afterAll(() => place.dispose())

  test('whose deadline has passed once stays expired when the clock is set back', async () => {
    await ready(place)
    await ran(place, 'r')
    const seats = ['--reviewer', 'reliability=ana', '--reviewer', 'policy=ben']
    expect((await autotune('review', 'r', ...seats, '--no-serve', '--store', place.store)).code).toBe(0)
    // What any command of four days later leaves, before the clock is set back to today.
    const later = new Date(Date.now() + 4 * 24 * 3_600_000).toISOString()
    writeFileSync(join(place.store, 'ledger.sqlite-clock'), `${later}\n`)
    const decided = await autotune(
      'decide',
      'r',
      '--role',
      'policy',
      '--reviewer',
      'ben',
      '--approve',
      '--store',
      place.store,
    )
    expect(decided).toMatchObject({ code: 2, err: expect.stringMatching(/expired/) })
  })

  test.each(['a=b', 'a = b=c', 'Datenschutz & Compliance (EU)', '审查 / 🔒 "x" <b>', "it's \\ % # ? ; , : @ ~"])(
    'by the role %s is opened and decided',
    async (role) => {
      const there = workplace()
      try {
        await ready(there)
        const target = aTarget()
        target.release_path!.requires_reviewers = [role, 'a']
        const store = openStore(there.store, { durable: false })
        await run(store, { runId: 'r', target })
        store.close()
        const seats = ['--reviewer', `${role}=ana.x@example.com`, '--reviewer', 'a=ben']
        const opened = await autotune('review', 'r', ...seats, '--no-serve', '--store', there.store, '--json')
        expect(opened).toMatchObject({ code: 0, err: '' })
        const links = (opened.json() as { links: { role: string; reviewer: string }[] }).links
        expect(links.map((l) => [l.role, l.reviewer]).sort()).toEqual(
          [
            ['a', 'ben'],
            [role, 'ana.x@example.com'],
          ].sort(),
        )
        const who = ['--role', role, '--reviewer', 'ana.x@example.com']
        const decided = await autotune('decide', 'r', ...who, '--approve', '--store', there.store)
        expect(decided).toMatchObject({ code: 0, err: '' })
      } finally {
        there.dispose()
      }
    },
  )
})
