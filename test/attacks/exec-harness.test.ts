/** A harness that is a program: whatever comes out of it, or does not, is a reason, and is bounded. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wallHere } from '#adapters/local/cage/level.ts'
import { type ExecFiles, execFiles } from '#adapters/local/module/exec-files.ts'
import { aHost, aProgram, hostOf, programSource } from '../adapters/module/exec-support.ts'
import { aDesk, aJob, type Desk } from '../adapters/module/support.ts'

const LIMIT_MS = 20_000

/** Ended, whether or not anybody has asked how. */
function isGone(pid: number): boolean {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)])
  return status !== 0 || stdout.toString().startsWith('Z')
}
/** What a program says that is no answer, and the reason that is told. */
const SAYS: readonly (readonly [name: string, before: string, reason: RegExp])[] = [
  [
    'prints to stdout',
    `console.log('debug: 1');`,
    /no message of the protocol \("debug: 1"\); what it prints belongs on stderr/,
  ],
  ['answers in another shape', `say({ id, result: 1 });`, /no message of the protocol/],
  ['sends an id alone', `say({ id });`, /no message of the protocol/],
  ['sends bytes that are no UTF-8', `raw(Buffer.from([0x22, 0xff, 0xfe, 0x22, 10]));`, /bytes that are no UTF-8/],
  ['nests without end', `raw('{"id":' + '['.repeat(200000) + '\\n');`, /no message of the protocol/],
  ['answers another case', `say({ id: 'x', returned: {} });`, /a line out of turn/],
  ['says hello again', `say({ hello: 'autotune-harness', protocol: 1 });`, /a line out of turn/],
  ['floods stdout in one line', `for (const b = 'x'.repeat(1 << 20);;) raw(b);`, /more than 4000000 bytes/],
  ['floods stderr', `for (const b = 'x'.repeat(1 << 20);;) fs.writeSync(2, b);`, /more than 4000000 bytes to stderr/],
  [
    'returns more than is taken',
    `say({ id, returned: 'x'.repeat(2e6) }); read();`,
    /returned \d+ bytes, at most 1200000/,
  ],
  [
    'returns another shape',
    `say({ id, returned: { status: 7 } }); continue;`,
    /the harness returned another shape: status/,
  ],
  ['says that it failed', `say({ id, failed: 'no such shelf' }); continue;`, /^the harness failed: no such shelf$/],
  ['asks what no harness may', `ask({ method: 'shell', command: 'id' });`, /no message of the protocol/],
  ['asks without end', `for (;;) ask({ method: 'retrieve', bucket: 'orders', hop: 1 });`, /more than 10000 questions/],
]
/** How it ends instead of answering. */
const ENDS: typeof SAYS = [
  [
    'dies',
    `console.error('out of paper'); process.exit(7);`,
    /ended its process \(exit code 7\)\nprinted: out of paper/,
  ],
  ['crashes', `process.abort();`, /ended its process \((signal SIG|exit code )/],
  [
    'dies within a line',
    `raw('{"id":'); process.exit(0);`,
    /ended its process .*; its last line has no end: "\{"id":"/,
  ],
]
const WALLS = [...(wallHere() ? [['behind a wall', wallHere()] as const] : []), ['without a cage', null] as const]

describe.each(WALLS)('%s', (_, wall) => {
  let desk: Desk
  let files: ExecFiles
  // The programs differ in their text alone: Node, of which there is much, is looked at once for all of them.
  beforeAll(() => {
    desk = aDesk()
    files = execFiles(aProgram(desk, programSource()), desk.store)
  })
  afterAll(() => desk[Symbol.dispose]())
  const started = (source: string, loadMs = LIMIT_MS) => {
    aProgram(desk, source)
    return hostOf(desk, files, { wall, loadMs })
  }

  /** Replies to one case asked so often; a host that has ended gives way to another one, as in a pool. */
  async function replies(source: string, { times = 1, limitMs = LIMIT_MS } = {}) {
    const all: unknown[] = []
    let host = await started(source)
    for (let i = 0; i < times; i++) {
      if (!host.isAlive) host = await started(source)
      all.push(await host.run(aJob(), limitMs))
    }
    host.close()
    return all
  }
  const reply = async (before: string, limitMs = LIMIT_MS) => (await replies(programSource(before), { limitMs }))[0]
  const loads = async (source: string, loadMs = LIMIT_MS) => {
    const host = await started(source, loadMs)
    host.close()
  }

  test('a program that keeps to the protocol decides as the module does, case after case', async () => {
    const [one, two] = await replies(programSource(), { times: 2 })
    expect(one).toMatchObject({ result: { status: 'DECIDED', outputs: { refund: true } }, served: expect.any(Array) })
    expect(two).toEqual(one)
  })

  // What it says is read by the same code at every level: without a cage it begins in half the time.
  test.each(wall === null ? [...SAYS, ...ENDS] : ENDS)(
    'one that %s has failed, with the reason',
    async (__, before, reason) => {
      expect(await reply(before)).toMatchObject({ failed: expect.stringMatching(reason) })
    },
  )

  test.each([
    ['hangs', `for (;;);`, /gave no answer within 700 ms and was cut$/],
    ['stops within a line', `raw('{"id":'); for (;;);`, /was cut; its last line has no end: "\{"id":"/],
    [
      'does not read on',
      `for (;;) say({ id, call: call++, question: { method: 'retrieve', bucket: 'orders', hop: 1 } });`,
      /does not read|10000 questions|within 700 ms/,
    ],
  ])('one that %s is cut', async (__, before, reason) => {
    const began = Date.now()
    expect(await reply(before, 700)).toMatchObject({ failed: expect.stringMatching(reason) })
    expect(Date.now() - began).toBeLessThan(10_000)
  })

  test('one that answers twice fails the case behind it, and says so', async () => {
    const source = programSource().replace('say({ id, returned })', 'say({ id, returned }); say({ id, returned })')
    const host = await started(source)
    expect(await host.run(aJob(), LIMIT_MS)).toMatchObject({ result: { status: 'DECIDED' } })
    await sleep(200)
    expect(host.isAlive).toBe(true)
    expect(await host.run(aJob(), LIMIT_MS)).toMatchObject({ failed: expect.stringMatching(/a line out of turn/) })
    expect(host.isAlive).toBe(false)
  })

  test('a call that was not recorded is unreplayable, also when the program swallows it', async () => {
    expect(await reply(`ask({ method: 'tool', name: 'orders.read', args: { order_id: 'ORD-9' } });`)).toMatchObject({
      unreplayable: expect.stringMatching(/tool orders\.read/),
    })
  })

  test.each([
    ['a child', false],
    ['a child that left its group', true],
  ])('%s that outlives it holds nobody up', async (__, detached) => {
    const child = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { detached: ${detached}, stdio: 'inherit' });`
    const source = programSource(`${child} console.error('pid ' + child.pid); process.exit(3)`)
    const host = await started(source)
    const began = Date.now()
    const { failed } = (await host.run(aJob(), LIMIT_MS)) as { failed: string }
    expect(failed).toMatch(/ended its process \(exit code 3/)
    expect(Date.now() - began).toBeLessThan(8000)
    // Behind a wall it is gone with its namespace; its number there is none of ours.
    const pid = Number(/pid (\d+)/.exec(failed)![1])
    if (wall !== null) return
    if (detached) expect(failed).toContain('left a process behind')
    expect(isGone(pid)).toBe(!detached)
    if (detached) process.kill(pid, 'SIGKILL')
  })

  test('memory without end is refused by the kernel, and the case has failed', async () => {
    const eat = `const all = []; for (;;) all.push(Buffer.alloc(32 << 20, 1));`
    expect(await reply(eat)).toMatchObject({ failed: expect.stringMatching(/ended its process/) })
  })

  test.each([
    ['ends at once', `process.exit(4)`, /ended its process \(exit code 4\)/],
    ['prints before it says hello', `console.log('hi')`, /sent a line that is no message of the protocol \("hi"\)/],
    [
      'speaks another version',
      `say({ hello: 'autotune-harness', protocol: 2 }); read()`,
      /speaks protocol 2, and this program speaks 1/,
    ],
    ['answers before it says hello', `say({ id: 'x', returned: {} })`, /an answer before its "hello"/],
  ])('one that %s cannot be run', async (__, first, reason) => {
    await expect(loads(programSource('', first))).rejects.toThrow(reason)
  })

  test('one that never says hello cannot be run', async () => {
    await expect(loads(programSource('', 'for (;;);'), 700)).rejects.toThrow(/not loaded within 0\.7 s/)
  })
})

describe.runIf(wallHere())('behind a wall', () => {
  test('one that cannot be loaded is told which files it sees', async () => {
    using desk = aDesk()
    await expect(aHost(desk, aProgram(desk, programSource('', `require('./forgotten.cjs')`)))).rejects.toThrow(
      /Cannot find module '\.\/forgotten\.cjs'[\s\S]*It sees itself and what .*\.files\.json names, and no other file of yours$/,
    )
  })

  test('it sees no file beside it that is not declared, no process and no network', async () => {
    using desk = aDesk()
    writeFileSync(join(desk.folder, 'raw.jsonl'), 'every run, sealed ones too')
    writeFileSync(join(desk.folder, 'rules.json'), '{}')
    const look = `
      const seen = ['raw.jsonl', 'rules.json', ${JSON.stringify(desk.store)}, '/etc/passwd', '/proc/self', '/root'].filter((p) => fs.existsSync(p))
      const up = Object.values(require('node:os').networkInterfaces()).flat().filter((i) => !i.internal).length
      say({ id, failed: JSON.stringify({ seen, up, env: Object.keys(process.env).sort() }) }); continue`
    const path = aProgram(desk, programSource(look))
    writeFileSync(`${path}.files.json`, '["./rules.json"]')
    const host = await aHost(desk, path)
    const { failed } = (await host.run(aJob(), LIMIT_MS)) as { failed: string }
    host.close()
    const told = JSON.parse(failed.replace('the harness failed: ', ''))
    expect(told).toMatchObject({ seen: ['rules.json'], up: 0 })
    expect(told.env.filter((name: string) => !['TZ', 'PWD', 'SHLVL', '_'].includes(name))).toEqual([])
  })

  test('a declared file cannot be written', async () => {
    using desk = aDesk()
    const path = aProgram(desk, programSource(`fs.appendFileSync(__filename, '//');`))
    const host = await aHost(desk, path)
    expect(await host.run(aJob(), LIMIT_MS)).toMatchObject({ failed: expect.stringMatching(/ended its process/) })
    host.close()
    expect(readFileSync(path, 'utf8').endsWith('//')).toBe(false)
    expect(existsSync(path)).toBe(true)
  })
})
