/** How long does it take to read traces as teams have them, beside `JSON.parse` of every line, and how much memory? */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bench, median } from './bench.ts'
import { FILES, writeConversations, writeDrawn } from './import-source.ts'

const SEED = 13
/** By default 200 MB of drawn spans, 200 MB of conversations, and 2 GB of them in one document. */
const DRAWN = 11_458
const TRACES = Number(process.env.AUTOTUNE_BENCH_IMPORT_TRACES ?? 17_500)
const REPEATS = 10
const RUNS = 3
const READER = fileURLToPath(new URL('./import-reader.ts', import.meta.url))

interface Reading {
  readonly cpu_seconds: number
  readonly bytes: number
  readonly rss_mb: number
}

export async function run(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'autotune-bench-import-'))
  try {
    writeDrawn(folder, SEED, DRAWN)
    writeConversations(folder, TRACES, REPEATS)
    const read = (how: 'parse' | 'rows' | 'group' | 'native', name: keyof typeof FILES) =>
      reading(how, join(folder, FILES[name]))
    const parse = several(() => read('parse', 'drawn'))
    const rows = several(() => read('rows', 'drawn'))
    const group = several(() => read('group', 'lines'))
    const lines = several(() => read('native', 'lines'))
    const hundreds = several(() => read('native', 'hundreds'))
    const scope = several(() => read('native', 'scope'))
    const document = read('native', 'document')
    const rate = ({ bytes, cpu_seconds }: Reading) => bytes / 1e6 / cpu_seconds
    const all = { rows, lines, hundreds, document, scope }
    return {
      name: 'import',
      conditions: {
        seed: SEED,
        traces: TRACES,
        source: `OTLP/JSON. ${mb(rows)} MB of drawn spans, a trace a line, read to rows. Conversations of agents, read to native runs and not stored: ${mb(lines)} MB, one a line; the same, 100 a line; ${mb(scope)} MB with all spans in one scope; and one document of ${mb(document)} MB`,
        measured: `processor seconds in a process of its own on Node ${process.version}; but for the document: median of ${RUNS}`,
      },
      figures: {
        reading_vs_parse_group: lines.cpu_seconds / group.cpu_seconds,
        rows_vs_parse: rows.cpu_seconds / parse.cpu_seconds,
        hundreds_vs_lines: rate(lines) / rate(hundreds),
        document_vs_lines: rate(lines) / rate(document),
        scope_vs_lines: rate(lines) / rate(scope),
        rss_mb: Math.max(...Object.values(all).map(({ rss_mb }) => rss_mb)),
        ...Object.fromEntries(Object.entries(all).map(([name, of]) => [`${name}_mb_a_second`, rate(of)])),
      },
      peers: {
        'JSON.parse of every line, MB a second': rate(parse),
        'JSON.parse and grouping by trace id in memory, MB a second': rate(group),
      },
      bars: [
        { figure: 'reading_vs_parse_group', atMost: 4 },
        { figure: 'rss_mb', atMost: 300 },
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const mb = ({ bytes }: Reading): string => (bytes / 1e6).toFixed(0)

/** The reading with the median of the processor seconds. */
function several(read: () => Reading): Reading {
  const readings = Array.from({ length: RUNS }, read)
  const middle = median(readings.map(({ cpu_seconds }) => cpu_seconds))
  return readings.find(({ cpu_seconds }) => cpu_seconds === middle)!
}

function reading(how: string, file: string): Reading {
  const { status, stdout, stderr } = spawnSync(process.execPath, [READER, how, file], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Reading
}
