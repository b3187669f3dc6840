/**
 * What does a deployed run cost, and what binds first? The synthesized definitions are run offline with the real handlers:
 * states, calls and requests are counted, seconds are measured here and scaled to Lambda by declared factors.
 */
import '../test/support/workflow/quiet.ts'
import { synthesize } from '../test/support/infra/deployment.ts'
import { type Bench, readable } from './bench.ts'
import { DECLARED, PRICES, QUOTAS } from './cost-prices.ts'
import { type Measured, measuredRun, type Use } from './cost-run.ts'

const CANDIDATES = 12
/** Functions that a map calls once an item; the others are called once or a few times a run. */
const BY_ITEM: ReadonlySet<string> = new Set(['LayOutSearch', 'LayOutSealed', 'ReplayShard', 'ScoreShard'])
const BILLED_AT = 2000
/** Both well beyond a piece of the set and beyond what stays at hand: frames that are read at once are bounded, and no slope. */
const MEASURED_AT = [8000, 16_000] as const

export async function run(): Promise<Bench> {
  const memory = memoryOf()
  const small = await measuredRun(Math.ceil(200 / CANDIDATES))
  const billed = await measuredRun(BILLED_AT)
  const [first, second] = [await measuredRun(MEASURED_AT[0]), await measuredRun(MEASURED_AT[1])]
  const at = (replays: number) => scaled(first, second, replays / CANDIDATES)
  const sizes = {
    usd_200: small,
    usd_20000: at(20_000),
    usd_2000000: at(2_000_000),
    usd_12x2000: billed,
  }
  const bills = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, billOf(size, memory)]))
  const usd = (name: keyof typeof sizes) => round(Object.values(bills[name]!).reduce((a, b) => a + b))
  const quotas = quotasOf(sizes.usd_2000000, memory)
  const binding = quotas[0]!
  return {
    name: 'cost',
    conditions: {
      run: `${CANDIDATES} hand-written candidates on the synthetic refund harness, transcript replayer, as many sealed cases as search cases, a fresh seal, one question`,
      seconds:
        'of the processor, not of the clock: a busy machine counts no more; the first quota to one digit, since it lies far beyond what was measured',
      measured: `the synthesized definitions offline, real handlers, at ${small.cases}, ${BILLED_AT}, ${MEASURED_AT.join(' and ')} search cases; others on the straight line through the last two, as if no quota bound`,
      prices: 'us-east-1 list prices, November 2026, no free tier: bench/cost-prices.ts is a table to edit',
      declared: DECLARED,
      verdicts: `${small.cases} cases: ${small.verdict}; ${second.cases} cases: ${second.verdict}`,
    },
    figures: {
      usd_200: usd('usd_200'),
      usd_20000: usd('usd_20000'),
      usd_2000000: usd('usd_2000000'),
      usd_12x2000: usd('usd_12x2000'),
      import_puts_per_1000_runs: putsPerThousand(second),
      usd_import_1000000_runs: round(importUsd(second) * (1_000_000 / (2 * second.cases))),
      first_quota: binding.name,
      first_quota_at_replays: binding.atReplays,
    },
    peers: {},
    table: [
      ['US dollars a run', '200 replays', '20,000', '2,000,000', '12 x 2,000'],
      ...Object.keys(bills.usd_200!).map((part) => [
        part,
        ...Object.values(bills).map((bill) => bill[part as keyof Bill].toFixed(5)),
      ]),
      ['import of its runs, once', ...Object.values(sizes).map((s) => importUsd(second, s.cases).toFixed(5))],
      ['all but the import', ...Object.keys(sizes).map((name) => usd(name as keyof typeof sizes).toFixed(5))],
      ['state transitions', ...Object.values(sizes).map((s) => readable(Math.round(s.transitions)))],
      ['S3 requests of the run', ...Object.values(sizes).map((s) => readable(Math.round(requestsOf(s))))],
      [`import of 2 x ${second.cases} runs: ${putsPerThousand(second)} writes and lists to S3 for 1,000 runs`],
      [''],
      ['function, at 2,000,000 replays', 'calls', 'seconds', 'longest call', 'US dollars', 'MB alive'],
      ...Object.entries(sizes.usd_2000000.functions)
        .map(([name, use]) => ({ name, use, usd: lambdaUsd(use, memory[name]!) }))
        .toSorted((a, b) => b.usd - a.usd)
        .map(({ name, use, usd: dollars }) => [
          name,
          readable(Math.round(use.calls)),
          secondsOf(use, memory[name]!).toFixed(0),
          BY_ITEM.has(name) ? '' : longestCall(name, use, memory[name]!).toFixed(1),
          dollars.toFixed(5),
          (use.peak / 2 ** 20).toFixed(0),
        ]),
      [''],
      ['quota, by where it binds', 'replays', 'at 2,000,000', '', ''],
      ...quotas.map(({ name, atReplays, share }) => [
        name,
        readable(atReplays),
        `${(100 * share).toFixed(1)} %`,
        '',
        '',
      ]),
      [`then: ${binding.then}`],
    ],
    bars: [
      { figure: 'usd_12x2000', atMost: 0.006 },
      { figure: 'usd_2000000', atMost: 0.3 },
      { figure: 'usd_import_1000000_runs', atMost: 3 },
      // Above 10,000,000, to one digit.
      { figure: 'first_quota_at_replays', atLeast: 20_000_000 },
    ],
  }
}

interface Bill {
  readonly 'Step Functions': number
  readonly Lambda: number
  readonly S3: number
  readonly DynamoDB: number
  readonly KMS: number
}

function billOf({ transitions, functions }: Measured, memory: Memory): Bill {
  const uses = Object.entries(functions)
  const sum = (of: (use: Use, name: string) => number) => uses.reduce((all, [name, use]) => all + of(use, name), 0)
  return {
    // Two executions and every child of a map have a start of their own.
    'Step Functions': (transitions + 2 + sum((use, name) => (BY_ITEM.has(name) ? use.calls : 0))) * PRICES.transition,
    Lambda: sum((use, name) => lambdaUsd(use, memory[name]!)),
    S3: sum(s3Usd),
    DynamoDB: sum(dynamoUsd),
    KMS: sum((use) => Math.min(use.calls, use.vault) * PRICES.kmsRequest),
  }
}

/** Functions from 3,008 MB on have a disk of 10 GB. */
const diskGb = (mb: number): number => (mb >= 3008 ? 9.5 : 0)

const lambdaUsd = (use: Use, mb: number): number =>
  use.calls * PRICES.lambdaRequest +
  secondsOf(use, mb) * ((mb / 1024) * PRICES.lambdaGbSecond + diskGb(mb) * PRICES.lambdaDiskGbSecond)

const s3Usd = ({ gets, puts }: Use): number => gets * PRICES.s3Get + puts * PRICES.s3Put

const dynamoUsd = ({ itemReads, itemWrites }: Use): number =>
  itemReads * PRICES.dynamoRead + itemWrites * PRICES.dynamoWrite

/** Seconds of the longest call: its own work, and its share of what all calls waited for. */
function longestOf(use: Use, mb: number): number {
  const core = Math.min(1, mb / DECLARED.coreMb)
  const share = use.ms === 0 ? 1 : use.longest / use.ms
  const waits = secondsOf(use, mb) - (use.ms * DECLARED.slower) / core / 1000
  return (use.longest * DECLARED.slower) / core / 1000 + waits * share
}

/** It rests at a candidate when it has worked for so many seconds (`AT_WORK_MS` in functions/lambda/pausing-ports.ts), and is called again. */
const [RESTING, AT_WORK_SECONDS] = ['AdvanceRun', 300]

/**
 * The longest call of one that rests, as a share of the same quota: all in one call, or the cases of a call with one candidate
 * in what is left after it was to rest, whichever is less.
 */
function restingOf(use: Use, mb: number): number {
  const whole = longestOf(use, mb)
  const cases = (whole * use.first) / use.longest
  const least = cases + (whole - cases) / CANDIDATES
  return Math.min(whole, (least * QUOTAS.lambdaSeconds) / (QUOTAS.lambdaSeconds - AT_WORK_SECONDS))
}

const longestCall = (name: string, use: Use, mb: number): number =>
  name === RESTING ? restingOf(use, mb) : longestOf(use, mb)

/** Billed seconds of all calls: work, waiting for requests, and a cold start each. */
function secondsOf(use: Use, mb: number): number {
  const core = Math.min(1, mb / DECLARED.coreMb)
  const waits = use.gets / DECLARED.readsAtOnce + use.puts + use.itemWaits
  // What a partition or a table takes a second is a second's wait for whoever writes more.
  const waited = Math.max(
    (waits * DECLARED.requestMs) / 1000,
    use.busiest / QUOTAS.partitionWrites,
    use.itemWrites / QUOTAS.tableWrites,
  )
  return ((use.ms * DECLARED.slower) / core + use.calls * DECLARED.coldMs) / 1000 + waited
}

const requestsOf = ({ functions }: Measured): number =>
  Object.values(functions).reduce((sum, { gets, puts }) => sum + gets + puts, 0)

/** What the import of both sides asks of AWS, for a number of cases a side: it runs on the machine of whoever imports. */
const importUsd = ({ cases, imported }: Measured, of = cases): number =>
  (of / cases) * (s3Usd(imported) + dynamoUsd(imported) + imported.vault * PRICES.kmsRequest)

/** Writes and lists of an import, for a thousand of the runs on both sides. */
const putsPerThousand = ({ cases, imported }: Measured): number => round((1000 * imported.puts) / (2 * cases))

type Memory = Readonly<Record<string, number>>

/** Megabytes of each function, as it is synthesized. */
function memoryOf(): Memory {
  const resources = Object.entries(synthesize().templates.AutotuneWorkflow!.Resources!)
  return Object.fromEntries(
    resources.flatMap(([id, { Type, Properties }]) => {
      const name = /^AutotuneFunctions(\w+?)Function/.exec(id)?.[1]
      return Type === 'AWS::Lambda::Function' && name ? [[name, Properties!.MemorySize as number]] : []
    }),
  )
}

/** A run of another size, on the straight line through two measured ones. */
function scaled(a: Measured, b: Measured, cases: number): Measured {
  const share = (cases - a.cases) / (b.cases - a.cases)
  const line = (from: number, to: number) => Math.max(0, from + share * (to - from))
  const functions = Object.fromEntries(
    Object.entries(b.functions).map(([name, use]) => {
      const before = a.functions[name]!
      const whole = Object.fromEntries(
        (Object.keys(use) as (keyof Use)[]).map((key) => [key, line(before[key], use[key])]),
      ) as unknown as Use
      return [name, BY_ITEM.has(name) ? { ...whole, peak: use.peak } : whole]
    }),
  )
  return {
    cases,
    verdict: b.verdict,
    imported: b.imported,
    transitions: line(a.transitions, b.transitions),
    functions,
    gateItems: line(a.gateItems, b.gateItems),
  }
}

interface Quota {
  readonly name: string
  /** Share of it that the run uses. */
  readonly share: number
  readonly atReplays: number
  readonly then: string
}

/** What a run of a size uses of each quota, the one that binds first on top. */
function quotasOf(size: Measured, memory: Memory): Quota[] {
  const replays = size.cases * CANDIDATES
  const quota = (name: string, share: number, then: string): Quota => ({
    name,
    share,
    atReplays: oneDigit(replays / share),
    then,
  })
  const perCall = Object.entries(size.functions).filter(([name]) => !BY_ITEM.has(name))
  const slowest = perCall
    .map(([name, use]) => ({ name, seconds: longestCall(name, use, memory[name]!) }))
    .toSorted((a, b) => b.seconds - a.seconds)[0]!
  const largest = perCall
    .map(([name, use]) => ({
      name,
      share:
        ((use.peak / 2 ** 20) * DECLARED.garbage) /
        (memory[name]! - DECLARED.baseMb - DECLARED.boundedMb * DECLARED.garbage),
    }))
    .toSorted((a, b) => b.share - a.share)[0]!
  const failed =
    'the run is recorded as failed with this reason, its lock is free, no question is spent: tune on fewer cases'
  return [
    quota(
      `Lambda timeout 15 min: ${slowest.name}`,
      slowest.seconds / QUOTAS.lambdaSeconds,
      `${slowest.name} times out and ${failed}`,
    ),
    quota(
      `Lambda memory ${memory[largest.name]} MB: ${largest.name}`,
      largest.share,
      `${largest.name} runs out of memory and ${failed}`,
    ),
    quota(
      'Step Functions payload 256 KiB: items of the gate',
      size.gateItems / QUOTAS.payloadBytes,
      'the gate cannot start its map and the question is answered "no": raise shardCases',
    ),
    // Five events a state at most; children have histories of their own.
    quota(
      'Step Functions history 25,000 events',
      (5 * 40) / QUOTAS.historyEvents,
      'the execution fails: it has as many states as rounds, not as cases',
    ),
    quota(
      'Map concurrency 100: an hour until the answer is due',
      answerHours(size, memory),
      'shards that are not scored in time make the answer a "no": raise answerAfter or maxConcurrency',
    ),
  ].toSorted((a, b) => a.atReplays - b.atReplays)
}

/** Hours that the gate works, of the one that it has: scoring at the declared concurrency, then the answer. */
function answerHours({ functions }: Measured, memory: Memory): number {
  const of = (name: string) => secondsOf(functions[name]!, memory[name]!)
  return (of('ReserveQuestion') + of('ScoreShard') / 100 + of('SealAnswer')) / 3600
}

/** A quota lies far beyond what was measured: more digits would say another number each time. */
const oneDigit = (n: number): number => Number(n.toPrecision(1))

const round = (usd: number): number => Number(usd.toPrecision(3))
