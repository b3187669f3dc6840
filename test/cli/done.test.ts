/** `done` and `audit` at the command line: exit codes, pages, JSON, and that looking changes no byte. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { digestOfBytes } from '#core/canonical.ts'
import { bytesOf, placeOfEachTest, ran, ready } from './command-line.ts'
import { keyOf } from './own-key.ts'

const place = placeOfEachTest()
/** A day on which a word of today still holds. */
const SOON = new Date(Date.now() + 200 * 86_400_000).toISOString().slice(0, 10)

test('not yet is 3, each answer with its reason and repair; the page is written once and the store is not touched', async () => {
  await ready(place)
  await ran(place, 'r')
  const before = bytesOf(place.store).filter((line) => !line.includes('ledger.sqlite-'))
  const html = `${place.dir}/done.html`
  const { code, out } = await place.at('done', '--html', html, '--verbose')
  expect(code).toBe(3)
  expect(out).toContain('NO   reversible: the proposal was not reviewed, so no tuple is pinned to go back to')
  expect(out).toContain('tried a target whose search set is the sealed set: stopped: visible_data.search_set must be')
  expect(out).toMatch(/done {5}NOT YET: \d of 14 answers are not yes\n$/)
  const page = readFileSync(html, 'utf8')
  expect(page).toContain('Not yet.')
  expect(page).not.toContain(place.dir)
  expect(await place.at('done', '--html', html)).toMatchObject({ code: 2, err: expect.stringContaining('--html') })
  const first = (await place.at('done', '--json')).out
  expect((await place.at('done', '--json')).out).toBe(first)
  expect(bytesOf(place.store).filter((line) => !line.includes('ledger.sqlite-'))).toEqual(before)
})

test('an empty store says so; no store and an unknown intent are refused', async () => {
  await ready(place)
  expect(await place.at('done')).toMatchObject({ code: 3, out: expect.stringContaining('nothing was proposed') })
  await ran(place, 'r')
  expect(await place.at('done', '--intent', 'no.such')).toMatchObject({
    code: 2,
    err: expect.stringContaining('it has support.refund'),
  })
})

describe('audit', () => {
  test('of the loop is blocked, and its page says by what', async () => {
    await ready(place)
    await ran(place, 'r')
    const html = `${place.dir}/audit.html`
    const { code, out } = await place.at('audit', '--html', html)
    expect([code, out]).toEqual([3, expect.stringContaining('decision BLOCKED by')])
    expect(readFileSync(html, 'utf8')).toContain('Harness audit of the loop')
  })

  test('of a harness: a declaration is signed, passes, and falls with its file', async () => {
    const files = ['trace.json', 'gateway.ts'].map((name) => place.file(name, `of ${name}`))
    const sha256 = (i: number) => digestOfBytes(readFileSync(files[i]!))
    const manifest = place.file('harness.json', {
      kind: 'harness_manifest',
      harness: 'support',
      owner: 'ana@example.com',
      next_audit: SOON,
      declarations: [
        {
          control: 16,
          says: 'every call goes through the gateway',
          evidence: [
            { level: 'behavioural', path: 'trace.json', sha256: sha256(0) },
            { level: 'wiring', path: 'gateway.ts', sha256: sha256(1) },
          ],
          expires: SOON,
        },
        { control: 1, says: 'we have a charter', evidence: [], expires: '2000-01-01' },
      ],
    })
    const { key, keys } = await keyOf(place, 'ben@example.com')
    const status = async () => {
      const { code, json } = await place.at('audit', '--manifest', manifest, '--keys', keys, '--json')
      return [code, (json() as { rows: { status: string; reason: string }[] }).rows[15]!]
    }
    expect(await status()).toEqual([
      3,
      expect.objectContaining({ status: 'Fail', reason: 'unverified: nobody signed it' }),
    ])
    const sign = (...controls: string[]) =>
      place.at('audit', 'sign', manifest, ...controls, '--by', 'ben@example.com', '--key', key)
    expect(await sign('2')).toMatchObject({ code: 2, err: expect.stringContaining('declares nothing of control 2') })
    expect(await sign('1')).toMatchObject({ code: 2, err: expect.stringContaining('ended on 2000-01-01') })
    expect(await sign('16')).toMatchObject({ code: 0, out: expect.stringContaining('signed   controls 16 of support') })
    expect(await status()).toEqual([3, expect.objectContaining({ status: 'Pass' })])
    place.file('gateway.ts', 'rewritten')
    expect(await status()).toEqual([3, expect.objectContaining({ status: 'Fail' })])
  })

  test('of the loop: a manifest says what no probe shows, and nothing of what one does', async () => {
    await ready(place)
    await ran(place, 'r')
    const evidence = (['behavioural', 'wiring'] as const).map((level) => {
      const sha256 = digestOfBytes(readFileSync(place.file(`${level}.json`, level)))
      return { level, path: `${level}.json`, sha256 }
    })
    const declaration = (control: number) => ({
      control,
      says: 'the desk is paged',
      evidence,
      expires: SOON,
    })
    const manifest = (...controls: number[]) =>
      place.file('loop.json', {
        kind: 'harness_manifest',
        loop: true,
        harness: 'refunds loop',
        owner: 'ana@example.com',
        next_audit: SOON,
        declarations: controls.map(declaration),
      })
    expect(await place.at('audit', '--manifest', manifest(38, 1))).toMatchObject({
      code: 2,
      err: expect.stringContaining('control 1 of the loop is seen by its probes'),
    })
    const file = manifest(38)
    const { key, keys } = await keyOf(place, 'ben@example.com')
    await place.at('audit', 'sign', file, '38', '--by', 'ben@example.com', '--key', key)
    const { json } = await place.at('audit', '--manifest', file, '--keys', keys, '--json')
    const report = json() as { kind: string; next_audit: string; rows: { status: string; reason: string }[] }
    expect([report.kind, report.next_audit, report.rows[37]!.status]).toEqual(['loop', SOON, 'Pass'])
    expect(report.rows[0]!.reason).toMatch(/seen by tied, small|no: |unverified: /)
  })

  test('a manifest that is none is refused with its field', async () => {
    const file = place.file('harness.json', { kind: 'harness_manifest', harness: 'x' })
    expect(await place.at('audit', '--manifest', file)).toMatchObject({
      code: 2,
      err: expect.stringContaining('owner'),
    })
  })
})
