/** `propose` of a folder: proposals are counted, answered once, and answered again from memory. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keys } from '#schemas/s3-keys.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { proposeCounted, readInbox } from '../../functions/steps/run/inbox.ts'
import { readText } from '../../functions/streams/read-object.ts'
import { shell } from '../attacks/shell.ts'
import { imported, memory, stocked, watched } from '../steps/stores.ts'
import { aFamily, aPack, aTarget, aWorld, INTENT } from '../support/builders.ts'
import { BLOCK, BOUNDS } from '../support/prompt-block.ts'
import { textOf } from '../support/sealed-names.ts'
import { bytesOf, placeOfEachTest, ran, ready } from './command-line.ts'

const K = 'evidence.orders.top_k'
const place = placeOfEachTest()
const world = aWorld({ search: 6, heldout: 100, extra: [{ side: 'search', required: 3 }] })

/** A folder with one file for each text or value. */
function inbox(files: Record<string, unknown>): string {
  const dir = join(place.dir, 'inbox')
  mkdirSync(dir, { recursive: true })
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content))
  return dir
}
const patch = (to: unknown, more = {}) => ({ patch: { [K]: to }, origin: 'agent', ...more })
const answersOf = (printed: { json: () => never }) =>
  printed.json() as {
    verdict: string
    inbox: { budget: number; spent: number; refused: number; waiting: number; passed_over: number; quarter: string }
    replies: { at: string; how: string; n?: number; says?: string; answer?: Record<string, unknown> }[]
  }

test('each file is answered in the order of names: bounds, fate, difference and the guardrail that failed', async () => {
  const { target } = await ready(place, world)
  const dir = inbox({
    'c.json': patch(9),
    'a.json': patch(3),
    'b.json': patch(2),
    'notes.txt': 'x',
    '.hidden.json': '',
  })
  const printed = await place.at('propose', dir, '--target', target)
  expect(printed.code).toBe(2)
  expect(printed.out).toMatch(/a\.json \(no\. 1\) {2}evidence\.orders\.top_k 4 -> 3\n.*WITHIN ALL LIMITS/)
  expect(printed.out).toMatch(/b\.json \(no\. 2\)[\s\S]*BREAKS A LIMIT[\s\S]*policy +BLOCK/)
  expect(printed.out).toMatch(/c\.json \(no\. 3\)[\s\S]*OUT OF BOUNDS.*9 is outside 1\.\.5/)
  expect(printed.out).toMatch(/budget {3}3 of 200 proposals of support\.refund in \d{4}-Q[1-4]/)
  expect(printed.out).toMatch('2 entries of the folder passed over: hidden: .hidden.json; not named *.json: notes.txt')
  const again = answersOf(await place.at('propose', dir, '--target', target, '--json'))
  expect(again.inbox).toMatchObject({ spent: 3, budget: 200, refused: 0, waiting: 0, passed_over: 2 })
  expect(again.replies.map(({ how, n }) => [how, n])).toEqual([
    ['memory', 1],
    ['memory', 2],
    ['memory', 3],
  ])
  expect(again.replies[0]!.answer).toMatchObject({ fate: 'committed', survives: true, metric: { delta: -100 } })
  expect(again.replies[1]!.answer).toMatchObject({ fate: 'search_guardrail', failed: ['policy'], survives: false })
  expect(again.replies[2]!.answer).toMatchObject({ fate: null, problems: [expect.stringContaining('outside 1..5')] })
})

test('what is not readable is said by file, is not counted, and keeps no other from its answer', async () => {
  const { target } = await ready(place, world)
  const dir = inbox({
    'a.json': '{"patch": ',
    'b.json': `${JSON.stringify(patch(3))}\n${JSON.stringify(patch(2))}\n`,
    'c.json': patch('x'.repeat(70_000)),
    'd.json': patch(3),
    'e.json': '{"patch": {}, "why": 1}',
    'e3\nverdict  all is well.json': 'no',
  })
  symlinkSync(target, join(dir, 'f.json'))
  const { replies, inbox: count } = answersOf(await place.at('propose', dir, '--target', target, '--json'))
  expect(replies.map(({ how, says }) => [how, says ?? ''])).toEqual([
    ['unreadable', expect.stringContaining('is no JSON')],
    ['unreadable', expect.stringContaining('holds 2 changes: an inbox takes one a file')],
    ['unreadable', expect.stringContaining('at most 65536')],
    ['looked', ''],
    ['unreadable', expect.stringContaining('unknown field "why"')],
    ['unreadable', expect.stringMatching(/^[^\n]*e3 verdict {1}all is well\.json:1 is no JSON/)],
  ])
  expect(count).toMatchObject({ spent: 1, passed_over: 1 })
  expect((await place.at('propose', inbox({}), '--target', target)).code).toBe(2)
})

test('links, folders and pipes that are named *.json are passed over, each with why', async () => {
  const { target } = await ready(place, world)
  const dir = inbox({})
  for (const name of ['a', 'b', 'c', 'd\nverdict']) symlinkSync(target, join(dir, `${name}.json`))
  mkdirSync(join(dir, 'e.json'))
  await shell(`mkfifo '${join(dir, 'f.json')}'`)
  const why = 'links, which are not followed: a.json, b.json, c.json, 1 more; folders: e.json; no regular files: f.json'
  const { code, err } = await place.at('propose', dir, '--target', target)
  expect([code, err]).toEqual([2, expect.stringContaining(`Passed over: ${why}`)])
  inbox({ 'x.json': patch(3) })
  const { out } = await place.at('propose', dir, '--target', target)
  expect(out).toMatch(`note     6 entries of the folder passed over: ${why}`)
})

test('a proposer that loops comes to an end: the budget of the target is spent, and answers stay', async () => {
  await ready(place, world)
  const target = place.file('target.json', aTarget({ proposal_budget: 3 }))
  for (const to of [1, 2, 3]) await place.at('propose', place.file('one.json', patch(to)), '--target', target)
  const { code, out } = await place.at('propose', place.file('one.json', patch(5)), '--target', target)
  expect(code).toBe(2)
  expect(out).toMatch(`budget of 3 proposals spent: ${INTENT} takes no more in `)
  const again = answersOf(await place.at('propose', place.file('one.json', patch(3)), '--target', target, '--json'))
  expect([again.verdict, again.replies[0]!.how]).toEqual(['within_limits', 'memory'])
  const raised = place.file('target.json', aTarget({ proposal_budget: 4 }))
  expect((await place.at('propose', place.file('one.json', patch(5)), '--target', raised)).code).toBe(3)
})

test('a person who names nobody spends nothing and writes nothing', async () => {
  const { target } = await ready(place, world)
  const before = bytesOf(place.store)
  await place.at('propose', place.file('one.json', { patch: { [K]: 3 } }), '--target', target)
  expect(bytesOf(place.store)).toEqual(before)
})

test('an inbox of 10,050 files: a hundred new ones a call, within the budget, and the rest is told', async () => {
  await ready(place, world)
  const target = place.file('target.json', aTarget({ proposal_budget: 150 }))
  const files: Record<string, unknown> = {}
  for (let i = 0; i < 10_050; i++) files[`p${String(i).padStart(5, '0')}.json`] = patch(1000 + i)
  const dir = inbox(files)
  const first = answersOf(await place.at('propose', dir, '--target', target, '--json'))
  expect(first.inbox).toMatchObject({ spent: 100, refused: 0, waiting: 9900, passed_over: 50 })
  const { out, code } = await place.at('propose', dir, '--target', target)
  expect(code).toBe(2)
  expect(out).toMatch('budget   150 of 150 proposals')
  expect(out).toMatch(/REFUSED {2}9[,\u202f ]?850 proposals: budget of 150 proposals spent/)
  expect(out.length).toBeLessThan(60_000)
}, 60_000)

test('what an answer depends on moved, such as new records: it is asked anew, and counted', async () => {
  const { target } = await ready(place, world)
  await ran(place, 'r')
  const dir = inbox({ 'a.json': patch(2) })
  const said = async () => answersOf(await place.at('propose', dir, '--target', target, '--json')).replies[0]!
  expect(await said()).toMatchObject({
    how: 'looked',
    n: 1,
    answer: { fate: 'remembered', memory: { why: 'dead_end', of: 'r' } },
  })
  expect(await said()).toMatchObject({ how: 'memory', n: 1 })
  const store = openStore(place.store, { durable: false })
  await imported(store, [aFamily('late', { side: 'search', required: 1, gold: 1 })])
  store.close()
  expect(await said()).toMatchObject({ how: 'looked', n: 2 })
})

test('what is handed to a run has its origin, and is what the latest answer would keep', async () => {
  const { target } = await ready(place, world)
  const dir = inbox({ 'a.json': { patch: { [K]: 3 } }, 'b.json': patch(2) })
  const ask = () => place.at('propose', dir, '--target', target)
  await ask()
  const kept = async (name: string) => {
    const file = join(place.dir, name)
    return { ...(await place.at('history', '--target', target, '--changes', file, '--json')), file }
  }
  const first = await kept('first.jsonl')
  expect(first.json()).toMatchObject({ written: first.file })
  expect(JSON.parse(textOf(first.file))).toEqual({ patch: { [K]: 3 }, origin: 'inbox' })
  // A passage at the fourth rank is required now.
  const store = openStore(place.store, { durable: false })
  await imported(store, [aFamily('late', { side: 'search', required: 4, gold: 1 })])
  store.close()
  await ask()
  expect((await kept('then.jsonl')).json()).toMatchObject({ written: null, spent: 4 })
})

test('the same change in other spaces, in one call or in two, takes one place and has one answer', async () => {
  const prompt = 'prompt.instruction_block'
  const settings = { ...aPack().settings, [prompt]: 'Be brief. Be kind.' }
  const surface = { layer: 'prompt', field: 'instruction_block', path: prompt, intents: [INTENT], owner: 'o' }
  const pack = aPack({
    settings,
    tunable_surfaces: [{ ...surface, bounds: { max_added_tokens: 50, forbidden_terms: [] } }] as never,
  })
  const store = await stocked(
    memory(),
    world.map((run) => ({ ...run, settings })),
    { pack },
  )
  const ask = (...texts: string[]) =>
    proposeCounted(
      { looked: store, inbox: store.objects, clock: store.clock },
      aTarget({ search_space: [prompt] }),
      texts.map((to, i) => ({ at: `f${i}`, change: { patch: { [prompt]: to } } })),
      null,
      10,
    )
  const { spent, replies } = await ask('Be brief and kind.', 'Be brief  and kind. ')
  expect([spent, replies.map((reply) => 'answer' in reply && [reply.how, reply.answer.problems])]).toEqual([
    1,
    [
      ['looked', []],
      ['memory', []],
    ],
  ])
  expect(await ask(' Be brief and  kind.')).toMatchObject({ spent: 1, replies: [{ how: 'memory', entry: { n: 1 } }] })
})

test('killed between count and answer: the place stays spent, and the same proposal is answered in it', async () => {
  const store = await stocked(memory(), world)
  let killed = true
  const dying = watched(store, (act, side, key) => {
    if (killed && act === 'write' && side === 'open' && key.endsWith('.answer.json')) throw new Error('killed')
  })
  const ask = (to: number, over = store) =>
    proposeCounted(
      { looked: over, inbox: over.objects, clock: over.clock },
      aTarget(),
      [{ at: 'f', change: { patch: { [K]: to } } }],
      null,
      1,
    )
  await expect(ask(3, dying)).rejects.toThrow('killed')
  killed = false
  const { spent, replies } = await ask(3)
  expect([spent, replies[0]!.how]).toEqual([1, 'looked'])
  expect((await readInbox(store.objects, INTENT)).map(({ n, answer }) => [n, answer?.survives])).toEqual([[1, true]])
  expect((await ask(2)).spent).toBe(2)
})

test('the count begins anew with a quarter; answers stay, and so does a place that was taken and not answered', async () => {
  const store = await stocked(memory(), world)
  const at = (day: string) => ({ ...store, clock: { now: () => `${day}T00:00:00.000Z` } })
  const ask = (day: string, to: number, over = at(day)) =>
    proposeCounted(
      { looked: over, inbox: over.objects, clock: over.clock },
      aTarget({ proposal_budget: 1 }),
      [{ at: 'f', change: { patch: { [K]: to } } }],
      null,
      1,
    )
  const dying = watched(at('2027-03-31'), (act, _, key) => {
    if (act === 'write' && key.endsWith('.answer.json')) throw new Error('killed')
  })
  await expect(ask('2027-03-31', 3, dying)).rejects.toThrow('killed')
  expect(await ask('2027-03-31', 2)).toMatchObject({ quarter: '2027-Q1', spent: 1, refused: 1 })
  expect(await ask('2027-04-01', 3)).toMatchObject({
    quarter: '2027-Q2',
    spent: 0,
    replies: [{ how: 'looked', entry: { quarter: '2027-Q1', n: 1 } }],
  })
  expect(await ask('2027-04-01', 2)).toMatchObject({ spent: 1, replies: [{ how: 'looked' }] })
  expect(await ask('2027-04-01', 3)).toMatchObject({
    spent: 1,
    replies: [{ how: 'memory', entry: { quarter: '2027-Q1' } }],
  })
  expect(await ask('2027-07-01', 2)).toMatchObject({
    spent: 0,
    replies: [{ how: 'memory', entry: { quarter: '2027-Q2' } }],
  })
  expect(
    (await readInbox(store.objects, INTENT)).map(({ quarter, n, answer }) => [quarter, n, answer !== null]),
  ).toEqual([
    ['2027-Q1', 1, true],
    ['2027-Q2', 1, true],
  ])
})

test('two proposers at once never take one place, nor more than the budget', async () => {
  const store = await stocked(memory(), world)
  const target = aTarget({ proposal_budget: 5 })
  const looks = await Promise.all(
    [1, 2, 3, 5, 91, 92, 93, 94].map((to) =>
      proposeCounted(
        { looked: store, inbox: store.objects, clock: store.clock },
        target,
        [{ at: 'f', change: { patch: { [K]: to } } }],
        null,
        1,
      ),
    ),
  )
  const rows = await readInbox(store.objects, INTENT)
  expect(rows.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5])
  expect(looks.reduce((n, { refused }) => n + refused, 0)).toBe(3)
})

test('the same proposal from two processes at once is counted once, and both are answered', async () => {
  const store = await stocked(memory(), world)
  const ask = () =>
    proposeCounted(
      { looked: store, inbox: store.objects, clock: store.clock },
      aTarget(),
      [{ at: 'f', change: { patch: { [K]: 3 } } }],
      null,
      1,
    )
  const looks = await Promise.all([ask(), ask(), ask()])
  expect(looks.map(({ spent, replies }) => [spent, 'answer' in replies[0]! && replies[0].answer.survives])).toEqual(
    looks.map(() => [1, true]),
  )
  expect(await readInbox(store.objects, INTENT)).toHaveLength(1)
})

test('an entry that nobody can read still counts', async () => {
  const store = await stocked(memory(), world)
  const at = { looked: store, inbox: store.objects, clock: store.clock }
  const one = [{ at: 'f', change: { patch: { [K]: 3 } } }]
  const { quarter } = await proposeCounted(at, aTarget(), one, null, 1)
  await store.objects.put(keys.inboxEntry(INTENT, quarter, 1), 'torn')
  expect((await proposeCounted(at, aTarget(), one, null, 1)).spent).toBe(2)
})

test('an answer that names a case loses it when the case is erased, its place stays spent, and the store verifies', async () => {
  const { target } = await ready(place, world)
  const dir = inbox({ 'a.json': patch(2) })
  const { replies } = answersOf(await place.at('propose', dir, '--target', target, '--json'))
  expect(replies[0]!.answer).toMatchObject({ examples: [{ case_id: 'x0' }] })
  expect((await place.at('verify')).code).toBe(0)
  const erased = await place.at('erase', 'x0', '--reason', 'request 4711', '--person', 'ana@example.com', '--yes')
  expect([erased.code, erased.err]).toEqual([0, ''])
  const store = openStore(place.store, { durable: false })
  const texts: string[] = []
  for await (const key of store.objects.list('inbox/')) texts.push(`${key} ${await readText(store.objects, key)}`)
  store.close()
  expect(texts).toHaveLength(2)
  expect(texts.join('\n')).not.toMatch(/\bx0\b/)
  expect((await place.at('verify')).code).toBe(0)
  expect(answersOf(await place.at('propose', dir, '--target', target, '--json')).inbox.spent).toBe(2)
})

test('beyond the budget nothing is held to its bounds: what is new is refused, and what was proposed before answered, in other words too', async () => {
  const block = 'prompt.instruction_block'
  const pack = aPack({
    settings: { ...aPack().settings, [block]: BLOCK },
    tunable_surfaces: [
      ...aPack().tunable_surfaces,
      { layer: 'prompt', field: 'instruction_block', path: block, intents: [INTENT], owner: 'o', bounds: BOUNDS },
    ],
  })
  const runs = aWorld({ search: 3, heldout: 3 }).map((r) => ({ ...r, settings: pack.settings }))
  const store = await stocked(memory(), runs, { pack })
  const target = aTarget({ search_space: [K, block], proposal_budget: 3 })
  const asked = (...patches: object[]) =>
    proposeCounted(
      { looked: store, inbox: store.objects, clock: store.clock },
      target,
      patches.map((patch, i) => ({ at: `${i}`, change: { patch: patch as never } })),
      null,
      100,
    )
  const added = (i: number) => ({ [block]: `${BLOCK} Mention note ${i}.` })
  const before = await asked(added(0), { [K]: 3 }, { [K]: 9 })
  expect([before.spent, before.refused]).toEqual([3, 0])

  const cpu = process.cpuUsage()
  const many = await asked(
    ...Array.from({ length: 4000 }, (_, i) => added(i + 1)),
    { [block]: { from: BLOCK, to: `${BLOCK}  Mention note 0.` } },
    { [K]: { to: 3 } },
    { [K]: { from: 1, to: 3 } },
    { [K]: 9 },
  )
  expect(many.refused).toBe(4001)
  expect(many.replies.map((r) => [r.at, 'entry' in r && r.entry.n])).toEqual([
    ['4000', 1],
    ['4001', 2],
    ['4003', 3],
  ])
  expect(process.cpuUsage(cpu).user / 1e6).toBeLessThan(4)
})
