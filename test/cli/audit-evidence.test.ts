/** What a manifest may not pass as evidence, and how a person's word gets into it. */
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOfBytes } from '#core/canonical.ts'
import { shell } from '../attacks/shell.ts'
import { autotune, type Workplace, workplace } from './command-line.ts'
import { keyOf } from './own-key.ts'

let place: Workplace
let key: string
let keys: string
beforeEach(async () => {
  place = workplace()
  ;({ key, keys } = await keyOf(place, 'ben'))
})
afterEach(() => place.dispose())

const NUMBER = 16
/** A day on which a word of today still holds. */
const SOON = new Date(Date.now() + 200 * 86_400_000).toISOString().slice(0, 10)
const WIRED = 'export const gateway = 1\n'
const manifest = (path: string, bytes: string, over: object = {}): string => {
  place.file('gateway.ts', WIRED)
  return place.file('harness.json', {
    kind: 'harness_manifest',
    harness: 'support',
    owner: 'ana@example.com',
    next_audit: SOON,
    declarations: [
      {
        control: NUMBER,
        says: 'every call goes through the gateway',
        evidence: [
          { level: 'behavioural', path, sha256: digestOfBytes(Buffer.from(bytes)) },
          { level: 'wiring', path: 'gateway.ts', sha256: digestOfBytes(Buffer.from(WIRED)) },
        ],
        expires: SOON,
      },
    ],
    ...over,
  })
}
const sign = (file: string, ...controls: string[]) =>
  autotune('audit', 'sign', file, ...(controls.length > 0 ? controls : [String(NUMBER)]), '--by', 'ben', '--key', key)
const rowOf = async (file: string) => {
  const { json } = await autotune('audit', '--manifest', file, '--keys', keys, '--json')
  return (json() as { rows: { status: string; reason: string }[] }).rows[NUMBER - 1]!
}

test('a file elsewhere is no evidence, whatever link beside the manifest leads to it', async () => {
  const elsewhere = workplace()
  try {
    writeFileSync(join(elsewhere.dir, 'trace.json'), 'seen')
    symlinkSync(join(elsewhere.dir, 'trace.json'), join(place.dir, 'trace.json'))
    symlinkSync(elsewhere.dir, join(place.dir, 'traces'))
    for (const path of ['trace.json', 'traces/trace.json']) {
      const file = manifest(path, 'seen')
      await sign(file)
      expect([path, (await rowOf(file)).status]).toEqual([path, 'Fail'])
    }
    mkdirSync(join(place.dir, 'real'))
    writeFileSync(join(place.dir, 'real', 'trace.json'), 'seen')
    symlinkSync(join(place.dir, 'real'), join(place.dir, 'own'))
    const file = manifest('own/trace.json', 'seen')
    await sign(file)
    expect((await rowOf(file)).status).toBe('Pass')
  } finally {
    elsewhere.dispose()
  }
})

test('a pipe is no evidence, and nobody waits for it', async () => {
  await shell(`mkfifo '${join(place.dir, 'pipe')}'`)
  const file = manifest('pipe', '')
  await sign(file)
  expect((await rowOf(file)).status).toBe('Fail')
})

test('a word of a day that is yet to come does not count', async () => {
  place.file('trace.json', 'seen')
  const file = manifest('trace.json', readFileSync(join(place.dir, 'trace.json'), 'utf8'))
  await sign(file)
  expect((await rowOf(file)).status).toBe('Pass')
  const { knownOf, signedDeclarations } = await import('#core/harness-audit/manifest.ts')
  const early = signedDeclarations(JSON.parse(readFileSync(file, 'utf8')), new Set([NUMBER]), {
    owner: 'ben',
    on: '2098-01-01',
  })
  expect(knownOf(early, new Map(), { keys: null, now: '2026-11-30T00:00:00.000Z' }).get(NUMBER)!.unverified).toBe(
    'unverified: ben signed it on 2098-01-01, which is yet to come',
  )
})

test('an audit that is overdue is told', async () => {
  place.file('trace.json', 'seen')
  const file = manifest('trace.json', 'seen', { next_audit: '2020-01-01' })
  expect((await autotune('audit', '--manifest', file)).out).toContain('next     2020-01-01, which is OVERDUE')
})

test('signing leaves the document as open as it was, behind the link that names it; what is no control is called so', async () => {
  const file = manifest('trace.json', 'seen')
  chmodSync(file, 0o640)
  const link = join(dirname(file), 'link.json')
  symlinkSync(file, link)
  expect((await sign(link)).code).toBe(0)
  expect(statSync(file).mode & 0o777).toBe(0o640)
  expect(readFileSync(file, 'utf8')).toContain('"owner": "ben"')
  for (const word of ['16x', '0', '45'])
    expect(await sign(file, word)).toMatchObject({ code: 2, err: expect.stringContaining(`"${word}" is no control`) })
})

test('declare writes the digests; a word for ever, one file for both and a file elsewhere are refused', async () => {
  place.file('trace.json', 'seen')
  place.file('gateway.ts', WIRED)
  const file = join(place.dir, 'new.json')
  const declare = (...over: string[]) =>
    autotune('audit', 'declare', file, '16', '--says', 'every call goes through it', '--expires', SOON, ...over)
  const at = (name: string) => join(place.dir, name)
  const both = ['--behavioural', at('trace.json'), '--wiring', at('gateway.ts')]
  expect(await declare(...both)).toMatchObject({
    code: 2,
    err: expect.stringContaining('--harness, --owner, --next-audit'),
  })
  const begin = ['--harness', 'support', '--owner', 'ana@example.com', '--next-audit', SOON]
  expect((await declare(...begin, ...both)).code).toBe(0)
  expect((await rowOf(file)).reason).toBe('unverified: nobody signed it')
  expect((await sign(file)).code).toBe(0)
  expect((await rowOf(file)).status).toBe('Pass')
  const before = readFileSync(file, 'utf8')
  for (const [argv, says] of [
    [['--behavioural', at('trace.json'), '--wiring', at('trace.json')], 'are two files'],
    [['--behavioural', '/etc/hostname'], 'evidence lies with its manifest'],
    [['--behavioural', at('gone.json')], 'evidence lies with its manifest'],
    [[...both, '--expires', '9999-12-31'], 'a word holds a year at most'],
    [[...both, '--expires', '2000-01-01'], 'ended on 2000-01-01'],
  ] as const)
    expect(await declare(...argv)).toMatchObject({ code: 2, err: expect.stringContaining(says) })
  expect(readFileSync(file, 'utf8')).toBe(before)
  expect((await declare(...both)).code).toBe(0)
  expect((await rowOf(file)).reason).toBe('unverified: nobody signed it')
})

test('what a manifest says begins no line of its own, and marks nothing up', async () => {
  place.file('trace.json', 'seen')
  const file = manifest('trace.json', 'seen')
  const words = 'it does\n   Pass     P0 17 tool risk class (behavioural): forged\u001b[2J<script>alert(1)</script>'
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('every call goes through the gateway', JSON.stringify(words).slice(1, -1)),
  )
  await sign(file)
  const page = join(place.dir, 'audit.html')
  const { out } = await autotune('audit', '--manifest', file, '--keys', keys, '--html', page)
  expect(out).toContain(
    'P0 16 tool gateway (behavioural): it does Pass P0 17 tool risk class (behavioural): forged\\u001b[2J',
  )
  expect(out).not.toMatch(/^ +Pass +P0 17/m)
  expect(readFileSync(page, 'utf8')).not.toContain('<script>alert')
})
