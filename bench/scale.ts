/** What does a whole run cost at scale, beside the least work over the same file: time, memory of every process, bytes on disk? */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { refundTarget } from '../functions/demo/documents.ts'
import { refundRuns } from '../functions/demo/generate.ts'
import { type Bench, readable } from './bench.ts'
import { leastSeconds } from './least-work.ts'
import { writeLines } from './lines.ts'
import { tree, type Usage, usageOf, watched } from './process-tree.ts'

const CLI = fileURLToPath(new URL('../bin/autotune.mjs', import.meta.url))
const document = (name: string): string => fileURLToPath(new URL(`../functions/demo/${name}`, import.meta.url))
const SIZES = [5_000, 20_000]
const SIZES_VARIABLE = 'AUTOTUNE_BENCH_TRACES'
const SAMPLE_MS = 100
/** Success, and a run that proposes nothing: few runs can carry no proposal. */
const CODES = [0, 3]
/** Script of the processes that replay: the search's first, the gate's, then further ones of the search. */
const REPLAYER = 'replay-child.ts'

/** More than a process takes that only waits for another one. */
const WAITING_MB = 20

/** Whose memory is told. */
const PROCESSES = ['import', 'program', 'search', 'gate'] as const

interface Measured {
  readonly traces: number
  readonly megabytes: number
  readonly importSeconds: number
  readonly runSeconds: number
  readonly leastSeconds: number
  /** Blocks on disk after the import, as a share of the input. */
  readonly diskShare: number
  readonly files: number
  readonly importCpuSeconds: number | null
  readonly runCpuSeconds: number | null
  readonly peakMb: Readonly<Record<(typeof PROCESSES)[number], number | null>>
  /** Largest of any process of either command. */
  readonly largestMb: number | null
}

export async function run(): Promise<Bench> {
  const sizes = wantedSizes()
  const work = mkdtempSync(join(tmpdir(), 'autotune-bench-'))
  const measured: Measured[] = []
  // Removed at the end, not between the sizes: some file systems make new files slowly where many have just been removed.
  try {
    for (const traces of sizes) measured.push(await measure(work, traces))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  const [least, most] = [measured[0]!, measured.at(-1)!]
  const growth = Object.fromEntries(PROCESSES.map((name) => [name, bytesPerTrace(least, most, name)]))
  return {
    name: 'scale',
    conditions: {
      traces: `${sizes.map(readable).join(' and ')} generated refund runs (${readable((1000 * most.megabytes) / most.traces)} KB each as native JSON), half of them held out; ${SIZES_VARIABLE}=60000,200000 measures others`,
      commands:
        'autotune import, then autotune run, each a fresh process on a fresh store, disk writes awaited as always',
      memory: `peak resident memory of each process (VmHWM), asked every ${SAMPLE_MS} ms; program, search and gate are the processes of autotune run`,
      least:
        'read, JSON.parse, canonical JSON, SHA-256 and zstd level 1 of the same file in one thread; import_vs_least and run_vs_least are wall-clock ratios, at the largest size',
      disk: 'allocated after the import, before a run',
      cpu: 'user and system seconds of all processes',
      cores: availableParallelism(),
      peers: 'none runs a loop like this here',
    },
    figures: {
      import_vs_least: most.importSeconds / most.leastSeconds,
      run_vs_least: most.runSeconds / most.leastSeconds,
      rss_mb: most.largestMb,
      disk_share: most.diskShare,
      ...Object.assign({}, ...measured.map(figuresOf)),
      ...Object.fromEntries(PROCESSES.map((name) => [`${name}_bytes_per_trace`, growth[name]!])),
    },
    peers: {},
    table: [
      ['', ...measured.map((m) => `${readable(m.traces)} runs`), 'bytes a run'],
      row('least work: seconds', (m) => m.leastSeconds),
      row('import: seconds', (m) => m.importSeconds),
      row('import: user and system seconds', (m) => m.importCpuSeconds),
      row('run: seconds', (m) => m.runSeconds),
      row('run: user and system seconds', (m) => m.runCpuSeconds),
      row('import, of the least work', (m) => m.importSeconds / m.leastSeconds),
      row('run, of the least work', (m) => m.runSeconds / m.leastSeconds),
      row('bytes on disk, % of the input', (m) => 100 * m.diskShare),
      row('files', (m) => m.files),
      ...PROCESSES.map((name) => [
        `peak memory of ${name}, MB`,
        ...measured.map((m) => cell(m.peakMb[name])),
        cell(growth[name]!),
      ]),
    ],
  }

  function row(name: string, of: (m: Measured) => number | null): string[] {
    return [name, ...measured.map((m) => cell(of(m))), '']
  }
}

const cell = (value: number | null): string => (value === null ? '-' : readable(Number(value.toFixed(1))))

function wantedSizes(): readonly number[] {
  const wanted = process.env[SIZES_VARIABLE]
  if (!wanted) return SIZES
  const sizes = wanted.split(',').map(Number)
  if (!sizes.every((size) => Number.isSafeInteger(size) && size > 0))
    throw new Error(`${SIZES_VARIABLE}=${wanted}: give whole numbers of runs, such as 60000,200000`)
  return sizes.sort((a, b) => a - b)
}

async function measure(work: string, traces: number): Promise<Measured> {
  const folder = join(work, String(traces))
  mkdirSync(folder)
  const [runs, target, store] = ['runs.jsonl', 'target.json', 'store'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeLines(runs, refundRuns({ families: traces }))
  writeFileSync(target, JSON.stringify(refundTarget()))
  const documents = ['pack', 'suite', 'prices'].flatMap((kind) => [`--${kind}`, document(`${kind}.json`)])
  const imported = await autotune([
    'import',
    runs,
    ...documents,
    '--split-key',
    'key-of-these-benches',
    '--store',
    store,
  ])
  const { bytes, files } = onDisk(store)
  const ran = await autotune(['run', '--target', target, '--store', store])
  // Behind a wall of namespaces two processes have that command line: the one that waits is small.
  const replayers = ran.usages.filter((usage) => usage.command.includes(REPLAYER) && usage.peakMb > WAITING_MB)
  return {
    traces,
    leastSeconds: await leastSeconds(runs),
    diskShare: bytes / statSync(runs).size,
    files,
    megabytes: statSync(runs).size / 1e6,
    importSeconds: imported.seconds,
    runSeconds: ran.seconds,
    importCpuSeconds: cpuSeconds(imported.usages),
    runCpuSeconds: cpuSeconds(ran.usages),
    largestMb: largestOf([...imported.usages, ...ran.usages]),
    peakMb: {
      import: imported.usages[0]?.peakMb ?? null,
      program: ran.usages[0]?.peakMb ?? null,
      search: replayers.length === 0 ? null : largestOf(replayers.filter((_, at) => at !== 1)),
      gate: replayers[1]?.peakMb ?? null,
    },
  }
}

/** Runs a verb in a process of its own; what each process of its tree had used when it was last seen, the first one first. */
async function autotune(args: readonly string[]): Promise<{ seconds: number; usages: Usage[] }> {
  const last = new Map<number, Usage>()
  const look = (root: number) => {
    for (const pid of tree(root)) {
      const usage = usageOf(pid)
      if (usage) last.set(pid, usage)
    }
  }
  const stdio = ['ignore', 'ignore', 'inherit'] as const
  const command = ['--disable-sigusr1', CLI, ...args]
  const seconds = await watched(process.execPath, command, { stdio: [...stdio] }, look, SAMPLE_MS, CODES)
  return { seconds, usages: [...last.values()] }
}

/** What the files of a folder take. */
function onDisk(folder: string): { readonly bytes: number; readonly files: number } {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const bytes = files.reduce((sum, { parentPath, name }) => sum + 512 * statSync(join(parentPath, name)).blocks, 0)
  return { bytes, files: files.length }
}

const largestOf = (usages: readonly Usage[]): number | null =>
  usages.length === 0 ? null : Math.max(...usages.map(({ peakMb }) => peakMb))

const cpuSeconds = (usages: readonly Usage[]): number | null =>
  usages.length === 0 ? null : usages.reduce((sum, u) => sum + u.userSeconds + u.systemSeconds, 0)

/** What a process grew by for each further trace; `null` for one size, or without a figure. */
function bytesPerTrace(least: Measured, most: Measured, name: (typeof PROCESSES)[number]): number | null {
  const [from, to] = [least.peakMb[name], most.peakMb[name]]
  return least === most || from === null || to === null ? null : ((to - from) * 2 ** 20) / (most.traces - least.traces)
}

const figuresOf = (m: Measured): Record<string, number | null> => ({
  [`least_seconds_${m.traces}`]: m.leastSeconds,
  ...Object.fromEntries(PROCESSES.map((name) => [`${name}_rss_mb_${m.traces}`, m.peakMb[name]])),
  [`import_seconds_${m.traces}`]: m.importSeconds,
  [`import_cpu_seconds_${m.traces}`]: m.importCpuSeconds,
  [`run_seconds_${m.traces}`]: m.runSeconds,
  [`run_cpu_seconds_${m.traces}`]: m.runCpuSeconds,
})
