/** How fast and in how much memory are compiled cases replayed, alone and with evaluators and artifacts? */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bench, readable } from './bench.ts'
import { writeSource } from './replay-source.ts'

const WORKER = fileURLToPath(new URL('replay-worker.ts', import.meta.url))
/** Cases on disk; a longer stream reads them again under further ids. */
const ON_DISK = 100_000
const IN_MEMORY = 743
const WITH_ARTIFACTS = 10_000
const STREAMS = [10_000, 100_000, 1_000_000]

interface Measured {
  readonly rss_mb: number
  readonly seconds: number
  readonly compile_per_s: number
  readonly replays_per_s: number
  readonly full_per_s: number
  readonly bytes: number
  readonly lines: number
}

export async function run(): Promise<Bench> {
  const work = mkdtempSync(join(tmpdir(), 'autotune-bench-'))
  const measure = (what: string, traces: number): Measured =>
    JSON.parse(execFileSync(process.execPath, [WORKER, what, work, String(traces)], { encoding: 'utf8' }))
  try {
    const source = await writeSource(work)
    const compiled = measure('compile', ON_DISK)
    const hot = measure('hot', IN_MEMORY)
    const full = measure('full', WITH_ARTIFACTS)
    const streams = STREAMS.map((traces) => measure('stream', traces))
    const [at10k, at100k, at1m] = streams as [Measured, Measured, Measured]
    const bytesPerTrace = compiled.bytes / ON_DISK
    return {
      name: 'replay',
      conditions: {
        traces: `${source}, repeated under new ids`,
        candidates: 12,
        rates: 'per second of processor time of one process; median of 15 rounds (compile 5)',
        full: `${WITH_ARTIFACTS} traces read from disk, replayed, evaluated, one line a replay written`,
        streams: `read from disk, parsed, prepared and replayed; ${ON_DISK} traces on disk, read again under new ids for more`,
        bytes_per_trace: Math.round(bytesPerTrace),
        bytes_per_result: Math.round(full.bytes / full.lines),
        stream_seconds: streams.map((s) => Number(s.seconds.toFixed(1))),
      },
      figures: {
        compile_per_s: compiled.compile_per_s,
        replays_per_s_core: hot.replays_per_s,
        full_per_s_core: full.full_per_s,
        rss_mb_10k: at10k.rss_mb,
        rss_mb_100k: at100k.rss_mb,
        rss_mb_1m: at1m.rss_mb,
      },
      peers: {
        'promptfoo, echo provider, contains assertion, no cache (reported)': {
          full_per_s_core: 450,
          rss_mb_at_5000: 609,
        },
      },
      table: [
        ['', 'ours', 'promptfoo (reported)'],
        ['traces compiled a second', readable(compiled.compile_per_s), '-'],
        ['replays a second and core', readable(hot.replays_per_s), '-'],
        ['... with evaluators and artifacts', readable(full.full_per_s), '450'],
        ...STREAMS.map((traces, i) => [
          `peak memory at ${readable(traces)} traces`,
          `${streams[i]!.rss_mb.toFixed(0)} MB`,
          i === 0 ? '609 MB at 5,000' : '-',
        ]),
        ['on disk at 1,000,000 traces', `${((bytesPerTrace * 1_000_000) / 1e9).toFixed(2)} GB`, '-'],
      ],
      bars: [
        { figure: 'replays_per_s_core', atLeast: 300_000 },
        { figure: 'full_per_s_core', atLeast: 20_000 },
        { figure: 'rss_mb_1m', atMost: 200 },
      ],
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
