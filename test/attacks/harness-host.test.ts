/** The process that runs a user's own harness: what a harness tries to say or learn past its contract, and what stops it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { harnessFiles, readableBy } from '#adapters/local/module/harness-files.ts'
import { HarnessHost } from '#adapters/local/module/harness-host.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import { aDesk, aDeskRun, harnessSource } from '../adapters/module/support.ts'
import { aCase } from '../support/builders.ts'

const LIMIT_MS = 20_000

/** Replies of one host to one case, asked as often as there are sources of `before`. */
async function replies(source: string, times = 1): Promise<HarnessReply[]> {
  using desk = aDesk()
  const files = harnessFiles(desk.harness(source), desk.store)
  const host = await HarnessHost.start(files, readableBy(files, join(desk.store, 'vault')))
  const run = aDeskRun('a')
  const recording = pinRecording(run, null, rulesOf(aCase(run).recordings[0]!))
  const settings = { 'evidence.orders.top_k': 4 }
  const all: HarnessReply[] = []
  for (let i = 0; i < times && host.isAlive; i++) all.push(await host.run({ recording, settings }, LIMIT_MS))
  host.close()
  return all
}
const reply = async (before: string): Promise<HarnessReply> => (await replies(harnessSource(before)))[0]!
const says = (expression: string) => `(await import('node:fs')).writeSync(3, ${expression});`

describe('what a harness says past its host', () => {
  test.each([
    ['null', String.raw`'null\n'`],
    ['a number', String.raw`'7\n'`],
    ['no JSON', String.raw`'{\n'`],
    ['a message of another shape', String.raw`'{"id":1,"returned":{}}\n'`],
    ['nesting without end', String.raw`'{"loaded":' + '['.repeat(200000) + '\n'`],
    ['a key that would become a prototype', String.raw`'{"__proto__":{"loaded":null}}\n'`],
  ])('%s ends it, and the case has failed', async (_, text) => {
    expect(await reply(says(text))).toMatchObject({ failed: expect.stringMatching(/past its host|ended its process/) })
  })

  test('150 MB of text are not held: the process ends after the first 4', async () => {
    const rss = process.memoryUsage().rss
    const flood = `const fs = await import('node:fs'); const block = 'x'.repeat(1 << 20); for (let i = 0; i < 150; i++) fs.writeSync(3, block);`
    expect(await reply(flood)).toMatchObject({ failed: expect.stringMatching(/more than 4000000 bytes/) })
    expect(process.memoryUsage().rss - rss).toBeLessThan(120e6)
  })

  test('questions without end end it', async () => {
    const flood = `for (let i = 0; ; i++) await pinned.retrieve('orders', { hop: 1 })`
    expect(await reply(flood)).toMatchObject({ failed: expect.stringMatching(/more than 10000 questions/) })
  })

  test.each([
    ['one that it guesses', `'x'.repeat(22)`],
    ['none', `''`],
  ])('a reply under another id, %s, is heard by nobody', async (_, id) => {
    const forged = `JSON.stringify({ id: ${id}, returned: { status: 'FORGED', outputs: null, evidence_refs: [], usage: null }, printed: '' }) + String.fromCharCode(10)`
    expect(await reply(says(forged))).toMatchObject({ result: { status: 'DECIDED' } })
  })

  test('what one case leaves behind cannot answer the next', async () => {
    const source = harnessSource(`
      globalThis.seen ??= []
      if (globalThis.last === undefined) {
        globalThis.last = true
        const { writeSync } = await import('node:fs')
        const { parse } = JSON
        JSON.parse = (text, ...rest) => { globalThis.seen.push(text); return parse(text, ...rest) }
        setInterval(() => {
          for (const text of globalThis.seen) {
            const { id } = parse(text)
            if (id) writeSync(3, JSON.stringify({ id, returned: { status: 'FORGED', outputs: null, evidence_refs: [], usage: null }, printed: '' }) + '\\n')
          }
        }, 1)
      }
      await new Promise((r) => setTimeout(r, 50))`)
    for (const one of await replies(source, 3)) expect(one).toMatchObject({ result: { status: 'DECIDED' } })
  })

  test.each([
    ['swallowed', `try { await pinned.tool('orders.read', { order_id: 'ORD-9' }) } catch {}`],
    ['nobody waited for', `void pinned.tool('orders.read', { order_id: 'ORD-9' }).catch(() => {});`],
    [
      'whose record is forged to be empty',
      `try { await pinned.tool('orders.read', { order_id: 'ORD-9' }) } catch {}; ${says(`JSON.stringify({ served: [], unpinned: null }) + String.fromCharCode(10)`)}`,
    ],
  ])('an unpinned call, %s, never counts as a replay', async (_, before) => {
    expect(Object.keys(await reply(before))[0]).toMatch(/unreplayable|failed/)
  })
})

describe('what a harness learns past its contract', () => {
  const finds = (expression: string) =>
    reply(`const found = ${expression}; if (found) throw new Error('FOUND ' + found)`)

  test('answers that it did not ask for are not in its process', async () => {
    const heap = `await (async () => { const { Session } = await import('node:inspector').catch(() => ({})); return JSON.stringify([recorded, settings]).includes('paid') })()`
    expect(await finds(heap)).toMatchObject({ result: { status: 'DECIDED' } })
  })

  test.each([
    'kill',
    '_kill',
    '_debugProcess',
    'binding',
    '_linkedBinding',
    'dlopen',
    'send',
    '_send',
    'channel',
    '_channel',
    '_getActiveHandles',
  ])('process.%s is not there', async (name) => {
    expect(await finds(`process.${name}`)).toMatchObject({ result: { status: 'DECIDED' } })
  })

  test('a file beside it that it does not name cannot be read', async () => {
    using desk = aDesk()
    writeFileSync(join(desk.folder, 'raw-import.jsonl'), 'every run, sealed ones too')
    const files = harnessFiles(
      desk.harness(harnessSource(`(await import('node:fs')).readFileSync('raw' + '-import.jsonl')`)),
      desk.store,
    )
    const host = await HarnessHost.start(files, readableBy(files, join(desk.store, 'vault')))
    const run = aDeskRun('a')
    const recording = pinRecording(run, null, rulesOf(aCase(run).recordings[0]!))
    const answer = await host.run({ recording, settings: {} }, LIMIT_MS)
    host.close()
    expect(answer).toMatchObject({ failed: expect.stringMatching(/ENOENT|restricted/) })
  })

  test('a package is read whole and no other one beside it', () => {
    using desk = aDesk()
    const modules = join(desk.folder, '..', 'node_modules')
    for (const [name, needs] of [
      ['used', ['needed']],
      ['needed', []],
      ['private', []],
    ] as const) {
      mkdirSync(join(modules, name), { recursive: true })
      writeFileSync(
        join(modules, name, 'package.json'),
        JSON.stringify({ name, dependencies: Object.fromEntries(needs.map((n) => [n, '*'])) }),
      )
    }
    const files = harnessFiles(desk.harness(`import 'used'\n${harnessSource()}`), desk.store)
    const readable = readableBy(files, join(desk.store, 'vault'))
    expect(readable).toContain(join(modules, 'used'))
    expect(readable).toContain(join(modules, 'needed'))
    expect(readable.some((path) => join(modules, 'private').startsWith(path))).toBe(false)
  })
})
