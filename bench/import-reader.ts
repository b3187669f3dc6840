/**
 * One reading of `import` in a process of its own, so that its peak memory is its own. Arguments: how to read, and the file.
 * One JSON object on stdout.
 */
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setFlagsFromString } from 'node:v8'
import { readRows } from '#adapters/local/carriers/read-rows.ts'
import { fileScratch } from '#adapters/local/files/file-scratch.ts'
import { DEFAULT_OPTIONS } from '#core/traces/options.ts'
import type { Scratch } from '#ports'
import { traceRuns } from '../functions/embedded/trace-runs.ts'

// As the program starts itself (bin/autotune.mjs).
for (const flag of ['--heap-growing-percent=100', '--no-allocation-site-pretenuring']) setFlagsFromString(flag)

const [how, file] = process.argv.slice(2) as [keyof typeof WAYS, string]

const WAYS = { parse, rows, group, native }

/** What nobody can do without: every line through `JSON.parse`. */
async function parse(): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY }))
    JSON.parse(line)
}

async function rows(): Promise<void> {
  for await (const _ of readRows([file]));
}

interface Request {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Grouped[] }[] }[]
}
interface Grouped {
  readonly traceId: string
}

/** The same, and spans put together by the id of their trace, in memory. */
async function group(): Promise<void> {
  const traces = new Map<string, Grouped[]>()
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY }))
    for (const { scopeSpans } of (JSON.parse(line) as Request).resourceSpans)
      for (const { spans } of scopeSpans)
        for (const span of spans) {
          const known = traces.get(span.traceId)
          if (known) known.push(span)
          else traces.set(span.traceId, [span])
        }
}

/** Files to native runs, as an import reads them; storing is another matter. */
async function native(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'autotune-bench-'))
  const opened: Scratch[] = []
  const scratch = () => {
    opened.push(fileScratch(folder))
    return opened.at(-1)!
  }
  const how = { from: null, options: DEFAULT_OPTIONS, maxDropped: 0, allowCut: false }
  const settling = { now: new Date().toISOString(), waited: [], keep: () => {} }
  let runs = 0
  try {
    for await (const run of traceRuns([file], how, scratch, () => {}, settling)) {
      if (run instanceof Error) throw run
      runs++
    }
  } finally {
    for (const aside of opened) aside.close()
    rmSync(folder, { recursive: true, force: true })
  }
  if (runs === 0) throw new Error('no trace became a run')
}

const before = process.cpuUsage()
await WAYS[how]()
const { user, system } = process.cpuUsage(before)
const measured = {
  cpu_seconds: (user + system) / 1e6,
  bytes: statSync(file).size,
  rss_mb: process.resourceUsage().maxRSS / 1024,
}
process.stdout.write(JSON.stringify(measured))
