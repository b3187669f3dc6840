/** The three servers: what each offers, that none reads the vault or writes beyond the inbox, and what hostile calls are answered. */
import { spawn } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { AUDITOR_TOOLS, PROPOSER_TOOLS, REVIEWER_TOOLS } from '#schemas/agent-tools.ts'
import { agentPorts } from '../../functions/embedded/agent-ports.ts'
import { bytesOf, ran, ready, type Workplace, workplace } from '../cli/command-line.ts'
import { aTarget, aWorld, INTENT } from '../support/builders.ts'
import { type Client, mcpClient } from '../support/mcp-client.ts'
import { namesIn, sealedNames } from '../support/sealed-names.ts'

const K = 'evidence.orders.top_k'
const world = aWorld({ search: 6, heldout: 100, extra: [{ side: 'search', required: 3 }] })

let place: Workplace
let target: string
let sealed: ReadonlySet<string>
beforeAll(async () => {
  place = workplace()
  target = (await ready(place, world)).target
  await ran(place, 'r')
  const seats = ['reliability', 'policy'].flatMap((role) => ['--reviewer', `${role}=${role}@example.com`])
  const { code, err } = await place.at('review', 'r', ...seats, '--no-serve', '--port', '8080')
  expect([code, err]).toEqual([0, ''])
  sealed = await sealedNames(join(place.store, 'vault'))
}, 60_000)
afterAll(() => place.dispose())

const open = (as: 'proposer' | 'reviewer' | 'auditor'): Promise<Client> =>
  mcpClient(as, place.store, as === 'proposer' ? target : undefined)

interface Listed {
  readonly name: string
  readonly inputSchema: { readonly type: string; readonly additionalProperties: boolean }
  readonly outputSchema: { readonly type: string }
  readonly annotations: { readonly readOnlyHint: boolean; readonly destructiveHint: boolean }
}

describe.each([
  ['proposer', PROPOSER_TOOLS, ['propose_patch']],
  ['reviewer', REVIEWER_TOOLS, []],
  ['auditor', AUDITOR_TOOLS, []],
] as const)('%s', (as, contracts, writing) => {
  test('offers its own tools with schemas of their contracts, and says which of them write', async () => {
    const client = await open(as)
    const { tools } = (await client.ask('tools/list')) as { tools: Listed[] }
    expect(tools.map(({ name }) => name)).toEqual(Object.keys(contracts))
    for (const { name, inputSchema, outputSchema, annotations } of tools) {
      expect([name, inputSchema.type, inputSchema.additionalProperties]).toEqual([name, 'object', false])
      expect(outputSchema.type).toBe('object')
      expect(annotations.readOnlyHint).toBe(!writing.includes(name as never))
      expect(annotations.destructiveHint).toBe(false)
      expect(name).not.toMatch(/decide|approve|reject|release|rollout|vault|sealed/)
    }
    await client.close()
  })

  test('answers every hostile call with an error that fits, and writes nothing beyond the inbox', async () => {
    const client = await open(as)
    const outside = () => bytesOf(place.store).filter((file) => !file.includes('/inbox/changes/'))
    const before = outside()
    const sealedId = [...sealed].find((name) => !name.includes('/'))!
    const hostile = [
      '../../vault/heads.key',
      '..',
      '/etc/passwd',
      'r/../../vault',
      'vault/goldens',
      '__proto__',
      '',
      'a\u0000b',
      '%2e%2e%2f',
      sealedId,
      'x'.repeat(1_000_000),
    ]
    for (const [name, { input }] of Object.entries(contracts))
      for (const bad of hostile) {
        const fields = Object.keys(input.shape).filter((field) => field !== 'prediction')
        const asked = Object.fromEntries(fields.map((field) => [field, field === 'patch' ? { [K]: bad } : bad]))
        for (const given of bad.length > 1000 ? [asked] : [asked, { ...asked, more: bad }, bad, [bad], null]) {
          const answer = await client.call(name, given as object).catch((error: Error) => error)
          const said = JSON.stringify(answer instanceof Error ? answer.message : answer)
          // A value that no surface has is an answer: it says so, and is counted.
          const isOut =
            !(answer instanceof Error) &&
            (answer.structuredContent as { answer?: { problems: unknown[] } } | undefined)?.answer?.problems.length
          if (isOut) continue
          if (fields.length > 0 || (typeof given === 'object' && given !== null && 'more' in given))
            expect(answer instanceof Error || answer.isError, `${name} ${JSON.stringify(given).slice(0, 80)}`).toBe(
              true,
            )
          expect(said.length).toBeLessThan(20_000)
          // What was asked for may be said again; nothing else of the sealed side is.
          expect(namesIn(said, new Set([...sealed].filter((one) => one !== bad)))).toEqual([])
        }
      }
    expect(outside()).toEqual(before)
    await client.close()
  }, 60_000)
})

test('a prompt of 1 MB and one of 70,000 characters are refused, uncounted; what lies within is held to its bounds', async () => {
  const client = await open('proposer')
  const before = bytesOf(place.store)
  for (const size of [1_000_000, 70_000]) {
    const { isError, content } = await client.call('propose_patch', {
      patch: { 'prompt.instruction_block': 'x'.repeat(size) },
    })
    expect([isError, content[0]!.text.length < 2000]).toEqual([true, true])
  }
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`evidence.b${i}.top_k`, 1]))
  expect((await client.call('propose_patch', { patch: many })).content[0]!.text).toMatch('It was not counted')
  expect(bytesOf(place.store)).toEqual(before)
  await client.close()
})

test('a loop of proposals ends with a tool error that says what to do', async () => {
  const few = workplace()
  await ready(few, world)
  const client = await mcpClient('proposer', few.store, few.file('few.json', aTarget({ proposal_budget: 2 })))
  const answers = []
  for (let to = 91; to < 96; to++) answers.push(await client.call('propose_patch', { patch: { [K]: to } }))
  expect(answers.map(({ isError }) => isError ?? false)).toEqual([false, false, true, true, true])
  expect(answers[4]!.content[0]!.text).toMatch(`budget of 2 proposals spent: ${INTENT} takes no more in`)
  expect(bytesOf(few.store).filter((file) => file.includes('/inbox/'))).toHaveLength(4)
  await client.close()
  few.dispose()
})

test('history goes on past a proposal that is too long to be told, and comes to an end', async () => {
  const long = workplace()
  const { target: file } = await ready(long, world)
  const client = await mcpClient('proposer', long.store, file)
  await client.call('propose_patch', { patch: { [K]: 91 } })
  await client.call('propose_patch', { patch: { [`evidence.${'x'.repeat(60_000)}.top_k`]: 1 } })
  await client.call('propose_patch', { patch: { [K]: 93 } })
  for (const limit of [1, 2, 25]) {
    const told: object[] = []
    let pages = 0
    for (let skip: number | null = 0; skip !== null; pages++) {
      expect(pages).toBeLessThan(5)
      const page: { tried: object[]; next: number | null } = await client.told('history', { skip, limit })
      told.push(...page.tried)
      skip = page.next
    }
    expect(told).toMatchObject([{ patch: { [K]: 93 } }, { patch: { [K]: 91 } }])
  }
  await client.close()
  long.dispose()
})

test('history of a setting that there is not is a tool error, and not nothing', async () => {
  const client = await open('proposer')
  const { isError, content } = await client.call('history', { path: 'evidence.order.top_k' })
  expect([isError, content[0]!.text]).toEqual([
    true,
    '"evidence.order.top_k" is no surface of ctxpack.support@1.0.0: "list_surfaces" names those that there are',
  ])
  await client.close()
})

test('a reviewer reads what reviewers are shown; nonces and links are told to nobody', async () => {
  const client = await open('reviewer')
  const { reviews } = await client.told<{ reviews: { review_id: string; status: string }[] }>('list_reviews')
  expect(reviews).toMatchObject([{ review_id: 'rv_r_1', run: 'r', status: 'open', decided: 0 }])
  const read = await client.told<{ parts: string[]; proposal: object }>('read_review', { review_id: 'rv_r_1' })
  expect(read).toMatchObject({
    is_as_shown: true,
    proposal: { candidate_change: { patch: { [K]: { from: 4 } } }, certificate: expect.any(Array) },
  })
  for (const part of read.parts) await client.told('evidence', { review_id: 'rv_r_1', part })
  expect(read.parts).toEqual(expect.arrayContaining(['groups', 'examples', 'look_at']))
  expect(client.transcript()).not.toMatch(/nonce|\/review\/|"mac"/)
  expect(namesIn(client.transcript(), sealed)).toEqual([])
  await client.close()
})

test('an auditor sees why a run won, recomputes it with the vault closed, and reads the ledger', async () => {
  const client = await open('auditor')
  expect(await client.told('list_runs')).toMatchObject({ runs: [{ run_id: 'r', verdict: 'certified' }], next: null })
  expect(await client.told('why_won', { run: 'r' })).toMatchObject({
    verdict: 'certified',
    candidate: { fate: 'won' },
    certificate: { certified: true },
    fates: { won: 1 },
  })
  expect(await client.told('verify_run', { run: 'r' })).toMatchObject({
    reproducible: true,
    scope: 'answer',
    differences: [],
  })
  const { versions } = await client.told<{ versions: object[] }>('ledger', { intent: INTENT })
  expect(versions).toMatchObject([
    { families: 100, used: 1, retired: 'passed', history: [{ k: 1, run_id: 'r', answer: true }] },
  ])
  expect(namesIn(client.transcript(), sealed)).toEqual([])
  await client.close()
})

test('no server needs the vault: with everything sealed gone, each tool says the same', async () => {
  const bare = workplace()
  try {
    const { target: file } = await ready(bare, world)
    await ran(bare, 'r')
    const all = async () => {
      const proposer = await mcpClient('proposer', bare.store, file)
      const auditor = await mcpClient('auditor', bare.store)
      const said = [
        await proposer.told('list_surfaces'),
        await proposer.told('list_search_cases'),
        await proposer.told('read_search_case', { case_id: 'x0' }),
        await proposer.told('dead_ends'),
        await proposer.told('history'),
        await auditor.told('why_won', { run: 'r' }),
        await auditor.told('verify_run', { run: 'r' }),
        await auditor.told('ledger', { intent: INTENT }),
      ]
      await proposer.close()
      await auditor.close()
      return said
    }
    const before = await all()
    for (const name of readdirSync(join(bare.store, 'vault')))
      if (!name.endsWith('.key')) rmSync(join(bare.store, 'vault', name), { recursive: true })
    expect(await all()).toEqual(before)
    const proposer = await mcpClient('proposer', bare.store, file)
    expect(await proposer.told('propose_patch', { patch: { [K]: 1 } })).toMatchObject({ how: 'looked' })
    await proposer.close()
  } finally {
    bare.dispose()
  }
})

test('the ports hold no vault, and refuse to write and what is ingest’s own', async () => {
  const { reading, inbox } = agentPorts(place.store)
  await reading(async (side) => {
    expect(Object.keys(side).filter((name) => /vault|releases|heads|decid/.test(name))).toEqual([])
    await expect(side.objects.put('a', 'b')).rejects.toThrow('does not write')
    await expect(side.objects.delete('packs/')).rejects.toThrow('does not write')
    await expect(side.table.create('lock', 'x', {})).rejects.toThrow('does not write')
    await expect(side.table.get('epochkey#x', '0001')).rejects.toThrow('not told to agents')
    expect(() => side.table.query(`family#${INTENT}`)).toThrow('not told to agents')
    await expect(side.objects.get('vault/heads.key')).rejects.toThrow(RangeError)
    await expect(side.objects.get('ingest/journal/x')).rejects.toThrow('not told to agents')
    expect((await Array.fromAsync(side.objects.list(''))).filter((key) => /^(vault|ingest)/.test(key))).toEqual([])
  })
  await expect(inbox.putIfAbsent('packs/x', 'y')).rejects.toThrow('not of the inbox')
  await expect(inbox.putIfAbsent('inbox/changes/../../x', 'y')).rejects.toThrow()
})

test.each([
  ['no store', () => ['--store', join(place.dir, 'none'), '--as', 'auditor'], 'no store in'],
  ['no target', () => ['--store', place.store, '--as', 'proposer'], 'name it with --target FILE'],
  [
    'another role',
    () => ['--store', place.store, '--as', 'approver'],
    'Allowed choices are proposer, reviewer, auditor',
  ],
  [
    'an unanswered target',
    () => ['--store', place.store, '--as', 'proposer', '--target', place.file('empty.json', {})],
    'the contract is not answered',
  ],
])('is not started with %s', async (_, argv, says) => {
  const { code, err } = await (await import('../cli/command-line.ts')).autotune('mcp', ...argv())
  expect([code, err]).toEqual([2, expect.stringContaining(says)])
})

test('what is no message, and a message beyond 4 MiB, is answered with an error and ends nothing', async () => {
  const client = await open('auditor')
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const bad = ['{"jsonrpc": ', '[]', '{"jsonrpc":"2.0","id":901}', 'x'.repeat(5 * 1024 * 1024)]
  for (const line of ['', ...bad]) client.send(line)
  expect(await client.told('list_runs')).toMatchObject({ runs: [{ run_id: 'r' }] })
  const refused = client.transcript().match(/^\{"jsonrpc":"2.0","id":(null|901),"error".*$/gm)
  expect(refused!.map((line) => JSON.parse(line)).map(({ id, error }) => [id, error.code])).toEqual([
    [null, -32700],
    [null, -32600],
    [901, -32600],
    [null, -32600],
  ])
  expect(await client.close()).toBe(0)
  expect(stderr.mock.calls).toHaveLength(bad.length)
  for (const [text] of stderr.mock.calls) expect(text).toMatch(/^autotune mcp: not read: [^\n]+\n$/)
  stderr.mockRestore()
})

test.each([
  ['proposer', 'propose_patch', [91, 92, 93].map((to) => ({ patch: { [K]: to } }))],
  ['auditor', 'verify_run', [{ run: 'r' }]],
] as const)('calls of a %s are answered where the input ends right behind them', async (as, name, inputs) => {
  const client = await open(as)
  const calls = inputs.map((input) => client.call(name, input))
  expect(await client.close()).toBe(0)
  expect((await Promise.all(calls)).map(({ isError = false }) => isError)).toEqual(inputs.map(() => false))
})

test('a call that its client takes back does not keep a server whose input ended', async () => {
  const client = await open('auditor')
  void client.call('verify_run', { run: 'r' })
  const { id } = JSON.parse(client.transcript().split('\n').at(-1)!)
  client.send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } }))
  expect(await client.close()).toBe(0)
})

test('as a program: only JSON-RPC on stdout, and it ends with its client', async () => {
  const program = spawn(
    join('node_modules', '.bin', 'node'),
    ['bin/autotune.mjs', 'mcp', '--as', 'proposer', '--target', target, '--store', place.store],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  let [out, err] = ['', '']
  program.stderr.on('data', (chunk) => (err += chunk))
  const answered = new Promise<void>((done) =>
    program.stdout.on('data', (chunk) => {
      out += chunk
      if (out.includes('"id":2')) done()
    }),
  )
  const say = (message: object) => program.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const clientInfo = { name: 'test', version: '0' }
  say({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } })
  say({ method: 'notifications/initialized' })
  say({ id: 2, method: 'tools/call', params: { name: 'list_search_cases', arguments: {} } })
  await answered
  program.stdin.end()
  const code = await new Promise((done) => program.once('exit', done))
  expect([code, err]).toEqual([0, ''])
  const lines = out.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).id)).toEqual([1, 2])
  expect(JSON.parse(lines[0]!).result.serverInfo.name).toBe('autotune-proposer')
}, 60_000)
