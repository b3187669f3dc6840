import { beforeAll, describe, expect, test, vi } from 'vitest'
import { HarnessHost } from '#adapters/local/module/harness-host.ts'
import { aheadOf } from '#adapters/local/module/other-clock.ts'
import { sealedLine } from '#core/baseline/reproduce.ts'
import type { ReproducedLine } from '#ports'
import type { AutotuneRun } from '#schemas/run.ts'
import { gather, recordedLines } from '../../functions/steps/replay/reproduce.ts'
import { judgingWith } from '../../functions/steps/replay/verdicts.ts'
import { aDesk, aDeskRun, baselinePins, harnessSource, linesOf } from '../adapters/module/support.ts'
import { aPack, aSuite, aTarget, prices } from '../support/builders.ts'

const reproduce = async (source: string, ids: readonly string[], limitMs = 5000) => {
  using desk = aDesk()
  const runs = ids.map((id) => aDeskRun(id))
  const engine = await desk.engine(desk.harness(source), runs, { limitMs, concurrency: 1 })
  return await gather(engine.reproduce(linesOf(runs), baselinePins(), 'search'), undefined)
}

test('a harness that looks at the date gives two answers, however it asks for it; durations and given dates stay', async () => {
  const now = new Date()
  const soon = now.getTime() + 1_800_000
  // Right as long as this test takes, and an hour more: the first look finds nothing.
  const hours = [0, 1].map((h) => (now.getUTCHours() + h) % 24)
  const hoursAhead = (id: string) => (aheadOf(id) / 3_600_000) % 24
  const later = Array.from({ length: 50 }, (_, i) => `h${i}`).find((id) => hoursAhead(id) > 6 && hoursAhead(id) < 18)!
  const wrong = {
    [later]: `![${hours}].includes(new Date().getUTCHours())`,
    day: `Date.now() > ${soon}`,
    temporal: `Temporal.Now.instant().epochMilliseconds > ${soon}`,
    format: `Date.parse(new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'long' }).format().replace(' at ', ' ')) > ${soon}`,
    text: `Date.parse(Date()) > ${soon}`,
    pure: `new Date(0).getTime() !== 0 || !(new Date() instanceof Date) || Date.now() - Date.now() < -4000`,
  }
  const tests = Object.entries(wrong).map(([id, is]) => `recorded.case_id === '${id}' && (${is})`)
  using desk = aDesk()
  const runs = Object.keys(wrong).map((id) => aDeskRun(id))
  const code = `if (${tests.join(' || ')}) throw new Error('no more')`
  const engine = await desk.engine(desk.harness(harnessSource(code)), runs, { limitMs: 5000, concurrency: 1 })
  const { excluded, twice } = await gather(engine.reproduce(linesOf(runs), baselinePins(), 'search'), undefined)
  expect(excluded).toEqual({})
  expect(twice).toMatchObject({ cases: 6, flips: 5 })
})

describe('a harness that behaves', () => {
  test('reproduces the recorded decision, with what it sent in place of what was recorded', async () => {
    const { panel, excluded } = await reproduce(harnessSource(), ['a', 'b'])

    expect(excluded).toEqual({})
    expect(Array.from(panel.cases, (c) => c.case_id)).toEqual(['a', 'b'])
    expect(panel.baseline.at(0)).toMatchObject({
      policy_violation: false,
      safety_violation: false,
      utility_passed: true,
      economics_tokens: 400,
      // 400 prompt tokens at 1000 and the recorded 50 completion tokens at 4000 cents a million.
      economics_cents: 0.6,
      latency_ms: 2000,
    })
  })

  test('is shown no label, no gold and no outcome', async () => {
    const seen = `throw new Error(JSON.stringify([recorded, await pinned.retrieve('orders'), await pinned.model({ prompt: 'ord-1' })]))`
    const message = await reproduce(harnessSource(seen), ['a']).then(
      () => '',
      (error: Error) => error.message,
    )

    expect(message).toContain('please refund ORD-1')
    expect(message).not.toMatch(/gold|required|passed|correct|outcome|DECIDED/)
  })
})

/** What a harness does in one case: its name, its code, and what is told of it. */
type Deed = readonly [name: string, code: string, reason: RegExp]

const HANGS: readonly Deed[] = [
  ['hangs while it waits', `await new Promise((resolve) => setTimeout(resolve, 60_000))`, /no answer within 1500 ms/],
  ['hangs in a loop', `for (;;) {}`, /no answer within 1500 ms/],
]
const FAILS: readonly Deed[] = [
  [
    'throws',
    `throw new TypeError('no such shelf')`,
    /the harness threw TypeError: no such shelf\n\s+at Module\.replay \(harness\.mjs:3:\d+\)/,
  ],
  ['throws no error', `throw { code: 7 }`, /the harness threw object/],
  ['ends its process', `process.exit(7)`, /ended its process \(exit code 7\)/],
  ['is killed', `process.abort()`, /ended its process \(signal SIG(ABRT|SEGV)\)/],
  ['closes its channel', `(await import('node:fs')).closeSync(3)`, /ended its process/],
  ['returns nothing', `return`, /another shape: the result: .*expected object/],
  [
    'returns another shape',
    `return { status: 'DECIDED', outputs: null, evidence_refs: [7], usage: null }`,
    /another shape: evidence_refs\.0: /,
  ],
  [
    'returns a field that does not exist',
    `return { status: null, outputs: null, evidence_refs: [], usage: null, score: 1 }`,
    /another shape: .*score/,
  ],
  [
    'returns NaN',
    `return { status: null, outputs: null, evidence_refs: [], usage: null, latency_ms: NaN }`,
    /what is no JSON: latency_ms: the number NaN/,
  ],
  [
    'returns a class',
    `return { status: null, outputs: new Date(), evidence_refs: [], usage: null }`,
    /what is no JSON: outputs: an object of class Date/,
  ],
  [
    'returns a value that holds itself',
    `const a = []; a.push(a); return { status: null, outputs: a, evidence_refs: [], usage: null }`,
    /what is no JSON: outputs\.0\.0.*more than 50 levels/,
  ],
  [
    'returns a function',
    `return { status: null, outputs: () => 1, evidence_refs: [], usage: null }`,
    /returned what is no JSON: outputs: a function/,
  ],
  [
    'returns too much',
    `return { status: null, outputs: 'x'.repeat(2_000_000), evidence_refs: [], usage: null }`,
    /returned 20000\d+ bytes, at most 1000000 are taken/,
  ],
  [
    'names a passage that was not offered',
    `return { status: 'DECIDED', outputs: {}, evidence_refs: ['ref9'], usage: null }`,
    /evidence_refs\.0: "ref9" was not offered/,
  ],
  [
    'names a passage twice',
    `return { status: 'DECIDED', outputs: {}, evidence_refs: ['ref1', 'ref1'], usage: null }`,
    /"ref1" stands there twice/,
  ],
  [
    'hides a call',
    `await pinned.tool('orders.read', { order_id: 'ORD-1' }); return { status: null, outputs: null, evidence_refs: [], actions: [], usage: null }`,
    /the call of orders\.read through pinned\.tool is not listed/,
  ],
  ['rejects where nobody waits', `void Promise.reject(new Error('forgotten'))`, /the harness threw Error: forgotten/],
  ['changes its input', `recorded.messages.push('x')`, /not extensible/],
  [
    'reads the store',
    `(await import('node:fs')).readFileSync('../store/vault/secret')`,
    /Access to this API has been restricted/,
  ],
  [
    'starts a process',
    `(await import('node:child_process')).execSync('true')`,
    /Access to this API has been restricted/,
  ],
]
const ASKS: readonly Deed[] = [
  [
    'a tool that was never called',
    `await pinned.tool('orders.delete', {})`,
    /tool orders\.delete\(\{\}\): no result of this tool was recorded/,
  ],
  ['other arguments', `await pinned.tool('orders.read', { order_id: 'ORD-2' })`, /not with these arguments/],
  [
    'the same call twice',
    `for (const _ of [1, 2]) await pinned.tool('orders.read', { order_id: 'ORD-1' })`,
    /recorded once, asked once more/,
  ],
  ['another bucket', `await pinned.retrieve('policy')`, /retrieve policy: no such bucket was recorded/],
  [
    'more than was offered',
    `await pinned.retrieve('orders', { top_k: 6 })`,
    /top_k 6 is beyond the 5 that were offered/,
  ],
  [
    'one more model call',
    `for (const _ of [1, 2]) await pinned.model({ prompt: 'ORD-1' })`,
    /only 1 model calls were recorded/,
  ],
  [
    'a prompt without what the answer used',
    `await pinned.model({ prompt: 'refund please' })`,
    /the recorded answer used "ord-1", which the prompt does not hold/,
  ],
  [
    'an unknown tool, and catches the error',
    `await pinned.tool('x', {}).catch(() => {})`,
    /no result of this tool was recorded/,
  ],
  ['an unknown tool, without waiting', `pinned.tool('x', {})`, /no result of this tool was recorded/],
]
/** Reason, and what does it. */
const DECIDES_OTHERWISE = [
  ['evidence', `settings = { 'evidence.orders.top_k': 3 }`],
  [
    'scorecard',
    `return { status: 'ESCALATED', outputs: { refund: true }, evidence_refs: ['ref1', 'ref2', 'ref3', 'ref4'], usage: null }`,
  ],
  [
    'scorecard',
    `return { status: 'DECIDED', outputs: { refund: false }, evidence_refs: ['ref1', 'ref2', 'ref3', 'ref4'], usage: null }`,
  ],
  [
    'tool transcript',
    `return { status: 'DECIDED', outputs: { refund: true }, evidence_refs: ['ref4', 'ref3', 'ref2', 'ref1'], usage: null }`,
  ],
] as const

type Result = ReproducedLine['result']

/** What came of each deed, by its code: one harness does each in a case of its own, and behaves in the case behind it. */
async function outcomes(codes: readonly string[], limitMs: number): Promise<(code: string) => readonly Result[]> {
  using desk = aDesk()
  const runs = codes.flatMap((_, i) => [aDeskRun(`bad-${i}`), aDeskRun(`good-${i}`)])
  const does = codes.map((code, i) => `case 'bad-${i}': { ${code}; break }`).join(' ')
  const path = desk.harness(harnessSource(`switch (recorded.case_id) { ${does} }`))
  const engine = await desk.engine(path, runs, { limitMs, concurrency: 1 })
  const lines = await Array.fromAsync(engine.reproduce(linesOf(runs), baselinePins(), 'search'))
  const results = new Map(lines.map((line) => [line.case.case_id, line.result]))
  return (code) => [results.get(`bad-${codes.indexOf(code)}`)!, results.get(`good-${codes.indexOf(code)}`)!]
}

describe('a harness that misbehaves in one case of many', () => {
  let of: (code: string) => readonly Result[]
  beforeAll(async () => {
    of = await outcomes(
      [...FAILS, ...ASKS, ...DECIDES_OTHERWISE].map(([, code]) => code),
      5000,
    )
  })
  const reproduced = { measures: expect.anything() }

  test.each(FAILS)('and %s: that case failed, the others go on', (_, code, reason) => {
    expect(of(code)).toMatchObject([{ excluded: 'failed', detail: expect.stringMatching(reason) }, reproduced])
  })

  test.each(ASKS)('and asks for %s: that case is unreplayable', (_, code, reason) => {
    expect(of(code)).toMatchObject([{ excluded: 'unreplayable', detail: expect.stringMatching(reason) }, reproduced])
  })

  test.each(DECIDES_OTHERWISE)('and decides otherwise than recorded is left out by that reason: %s', (reason, code) => {
    expect(of(code)).toMatchObject([{ excluded: reason }, reproduced])
  })
})

describe('a harness that misbehaves', () => {
  test('and hangs in one case: that case failed, the others go on', async () => {
    const of = await outcomes(
      HANGS.map(([, code]) => code),
      1500,
    )
    for (const [, code, reason] of HANGS)
      expect(of(code)).toMatchObject([
        { excluded: 'failed', detail: expect.stringMatching(reason) },
        { measures: expect.anything() },
      ])
  })

  test('prints: nothing reaches our own output, and a failure keeps the first lines', async () => {
    const noisy = `console.log('looking', recorded.case_id); console.error('x'.repeat(50_000)); process.stdout.write('{"id":0}\\n'); (await import('node:fs')).writeSync(1, 'raw\\n'); if (recorded.case_id === 'b') throw new Error('lost')`
    const written: string[] = []
    const write = process.stdout.write
    process.stdout.write = ((text: string) => written.push(text) > 0) as typeof write
    const { panel, examples } = await reproduce(harnessSource(noisy), ['a', 'b', 'c']).finally(() => {
      process.stdout.write = write
    })

    expect(Array.from(panel.cases, (c) => c.case_id)).toEqual(['a', 'c'])
    expect(examples!.failed).toMatch(/Error: lost[\s\S]*printed: looking b\nprinted: x{197}\.\.\./)
    expect(written.join('')).toBe('')
  })

  test('leaves a timer behind that throws later: no other case is blamed', async () => {
    const ids = Array.from({ length: 12 }, (_, i) => `c${10 + i}`)
    const { panel, excluded } = await reproduce(
      harnessSource(
        `if (recorded.case_id === 'c12') setTimeout(() => { throw new Error('late') }, 5)\n await new Promise((r) => setTimeout(r, 10))`,
      ),
      ids,
    )

    expect(panel.cases.length + (excluded.failed ?? 0)).toBe(12)
    expect(Array.from(panel.cases, (c) => c.case_id)).toEqual(expect.arrayContaining(ids.filter((id) => id !== 'c12')))
  })
})

describe('the gate with a harness', () => {
  test('has no process of the search beside its own', async () => {
    using desk = aDesk()
    const runs = ['a', 'b', 'c', 'd'].map((id) => aDeskRun(id))
    const hosts: HarnessHost[] = []
    const start = HarnessHost.start.bind(HarnessHost)
    const started = vi.spyOn(HarnessHost, 'start').mockImplementation(async (...given) => {
      const host = await start(...given)
      hosts.push(host as never)
      return host
    })
    try {
      const engine = await desk.engine(desk.harness(harnessSource()), runs, { concurrency: 2 })
      await gather(engine.reproduce(linesOf(runs), baselinePins(), 'search'), undefined)
      const alive = () => hosts.filter(({ isAlive }) => isAlive).length
      expect(alive()).toBe(4)
      const run = { target: aTarget(), pack: aPack(), price_table: prices(), evaluator_suite: aSuite() } as AutotuneRun
      const recorded = await Array.fromAsync(
        recordedLines(linesOf(runs), baselinePins(), judgingWith(undefined, 'vault')),
      )
      const sealed = recorded.flatMap(({ line, result }) => ('measures' in result ? [sealedLine(line, result)] : []))
      for (const pass of ['first', 'second'] as const) {
        expect(await Array.fromAsync(engine.score(sealed, run, null, pass))).toHaveLength(4)
        expect(alive()).toBe(2)
      }
    } finally {
      started.mockRestore()
    }
  })

  test('scores every sealed case, and tells nothing of a failure', async () => {
    using desk = aDesk()
    const runs = ['a', 'b', 'c', 'd'].map((id) => aDeskRun(id))
    const source = harnessSource(`
      if (settings['evidence.orders.top_k'] === 3 && recorded.case_id === 'b') throw new Error('secret')
      if (settings['evidence.orders.top_k'] === 3 && recorded.case_id === 'c') settings = { 'evidence.orders.top_k': 4 }`)
    const engine = await desk.engine(desk.harness(source), runs)
    const reproduced = await Array.fromAsync(
      recordedLines(linesOf(runs), baselinePins(), judgingWith(undefined, 'vault')),
    )
    const sealed = reproduced.flatMap(({ line, result }) => ('measures' in result ? [sealedLine(line, result)] : []))
    const run = { target: aTarget(), pack: aPack(), price_table: prices(), evaluator_suite: aSuite() } as AutotuneRun
    const patch = { 'evidence.orders.top_k': { from: 4, to: 3 } }
    const change = { candidate_id: 'x', layer: 'retrieval', patch, rationale: '' } as const
    const scores = await Array.fromAsync(engine.score(sealed, run, change, 'first'))

    expect(sealed).toHaveLength(4)
    expect(scores.map((s) => s.status)).toEqual(['replayed', 'failed', 'unchanged', 'replayed'])
    expect(await Array.fromAsync(engine.score(sealed, run, change, 'second'))).toEqual(scores)
    const baseline = await Array.fromAsync(engine.score(sealed, run, null, 'first'))
    expect(baseline.map((s) => s.status)).toEqual(['replayed', 'replayed', 'replayed', 'replayed'])
    expect(scores[1]!.measures).toMatchObject({ policy_violation: true, utility_passed: false })
    expect(JSON.stringify(scores)).not.toContain('secret')
  })
})
