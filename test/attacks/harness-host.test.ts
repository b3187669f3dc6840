/** The process that runs a user's own harness: what a harness tries to say or learn past its contract, and what stops it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { harnessFiles, readableBy } from '#adapters/local/module/harness-files.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import { aDesk, aDeskRun, aJob, aModuleHost, harnessSource } from '../adapters/module/support.ts'
import { offersInOrder } from '../support/builders.ts'

const LIMIT_MS = 20_000

/** Replies of one host to one case, asked as often as there are sources of `before`. */
async function replies(source: string, times = 1, run = aDeskRun('a')): Promise<HarnessReply[]> {
  using desk = aDesk()
  const host = await aModuleHost(desk, source)
  const all: HarnessReply[] = []
  for (let i = 0; i < times && host.isAlive; i++) all.push(await host.run(aJob(run), LIMIT_MS))
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

  test.each([
    ['1e400', '1e400'],
    ['-1e400', '{"deep":[-1e400]}'],
  ])('an argument that is no number of JSON, %s, ends it and not the program', async (_, args) => {
    // The id of the case at hand, as code that patches what its host reads with would learn it.
    const source = `
      const { writeSync } = await import('node:fs')
      writeSync(3, '{"id":"' + globalThis.id + '","call":77,"question":{"method":"tool","name":"x","args":{"n":${args}}}}' + String.fromCharCode(10))`
    const learn = `
      const { toString } = Buffer.prototype
      Buffer.prototype.toString = function (...a) { const text = toString.apply(this, a); globalThis.id = /"id":"([^"]+)","recorded"/.exec(text)?.[1] ?? globalThis.id; return text }
    `
    const [, second] = await replies(`${learn}${harnessSource(`if (globalThis.id) { ${source} }`)}`, 2)
    expect(second ?? { failed: 'past its host' }).toMatchObject({
      failed: expect.stringMatching(/past its host|ended its process/),
    })
  })

  test('a question behind the reply is on no record, and gets no answer', async () => {
    const learn = `
      const { toString } = Buffer.prototype
      Buffer.prototype.toString = function (...a) { const text = toString.apply(this, a); globalThis.id = /"id":"([^"]+)","recorded"/.exec(text)?.[1] ?? globalThis.id; globalThis.heard = (globalThis.heard ?? '') + text; return text }
    `
    const both = `
      const { writeSync } = await import('node:fs')
      const line = (o) => JSON.stringify({ id: globalThis.id, ...o }) + String.fromCharCode(10)
      writeSync(3, line({ returned: { status: 'X', outputs: null, evidence_refs: [], usage: null }, printed: '' }) + line({ call: 78, question: { method: 'retrieve', bucket: 'orders' } }))
      await new Promise((r) => setTimeout(r, 100))
      if (globalThis.heard.includes('"call":78')) throw new Error('ANSWERED')`
    for (const one of await replies(`${learn}${harnessSource(both)}`, 2))
      expect(JSON.stringify(one)).not.toContain('ANSWERED')
  })

  test('answers that it does not read do not pile up', async () => {
    const rss = process.memoryUsage().rss
    const learn = `
      const { toString } = Buffer.prototype
      Buffer.prototype.toString = function (...a) { const text = toString.apply(this, a); globalThis.id = /"id":"([^"]+)","recorded"/.exec(text)?.[1] ?? globalThis.id; return text }
    `
    const flood = `
      const { writeSync } = await import('node:fs')
      for (let call = 0; call < 9990; call++) writeSync(3, JSON.stringify({ id: globalThis.id, call, question: { method: 'retrieve', bucket: 'orders' } }) + String.fromCharCode(10))
      for (;;);`
    const long = aDeskRun('a', {
      evidence: offersInOrder(5).map((o) => ({ ...o, text: 'x'.repeat(50_000), tokens: null })),
    })
    const [one] = await replies(`${learn}${harnessSource(flood)}`, 1, long)
    expect(one).toMatchObject({ failed: expect.stringMatching(/does not read/) })
    expect(process.memoryUsage().rss - rss).toBeLessThan(400e6)
  })

  test('a result of thousands of actions and approvals is refused before it is worked on', async () => {
    const many = `return { status: 'X', outputs: null, evidence_refs: [], usage: null, approvals: Array.from({ length: 5000 }, (_, i) => ({ gate: 'g' + i, action: null, amount: null, asked: true })) }`
    expect(await reply(many)).toMatchObject({
      failed: expect.stringMatching(/approvals: Too big|another shape: approvals/),
    })
  })

  test('a depth that is NaN is named where its author sees it', async () => {
    expect(await reply(`await pinned.retrieve('orders', { top_k: settings.no_such_path * 1 })`)).toMatchObject({
      failed: expect.stringMatching(/pinned\.retrieve: top_k is NaN, it must be a whole number/),
    })
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

describe('a key "__proto__", which whoever copies an object drops', () => {
  const odd = `JSON.parse('{"order_id":"ORD-1","__proto__":{"amount":9}}')`
  test('in the arguments of a call: not the recorded call, and not answered as it', async () => {
    expect(await reply(`await pinned.tool('orders.read', ${odd});`)).toMatchObject({
      unreplayable: expect.stringMatching(/"__proto__":\{"amount":9\}.*not with these arguments/),
    })
  })

  test.each([
    ['an action', `outputs: null, actions: [{ name: 'orders.refund', arguments: ${odd} }]`, 'actions.0.arguments'],
    ['outputs', `outputs: { deep: [${odd}] }`, 'outputs'],
  ])('in %s that it decided: no result', async (_, fields, path) => {
    expect(await reply(`return { status: 'DECIDED', evidence_refs: [], usage: null, ${fields} }`)).toMatchObject({
      failed: expect.stringContaining(`${path}: no JSON, or JSON with a key "__proto__"`),
    })
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
    const source = harnessSource(`(await import('node:fs')).readFileSync('raw' + '-import.jsonl')`)
    const host = await aModuleHost(desk, source)
    const answer = await host.run(aJob(), LIMIT_MS)
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
