/** How long does each Lambda handler take to be imported by a fresh process, and how many bytes is it? */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Metafile } from 'esbuild'
import { bundleHandler, handlerNames, ROOT } from '../lib/bundling.ts'
import { type Bench, median } from './bench.ts'

const RUNS = 5
/** What every function loads whatever we do. */
const SDK_ALONE = 'await import("@aws-sdk/client-s3"); await import("@aws-sdk/lib-dynamodb")'

export async function run(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'autotune-bundles-'))
  try {
    // The runtime brings the SDK; here it is the installed one.
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const rows = handlerNames().map((name) => {
      const outdir = join(folder, name)
      const { metafile } = bundleHandler(name, outdir)
      return {
        name,
        bytes: bytesAtStart(metafile),
        ms: importMs(folder, `await import(${JSON.stringify(pathToFileURL(join(outdir, 'index.mjs')))})`),
      }
    })
    const sdk = importMs(folder, SDK_ALONE)
    const slowest = Math.max(...rows.map((r) => r.ms))
    const largest = Math.max(...rows.map((r) => r.bytes))
    return {
      name: 'cold-import',
      conditions: {
        bundle: 'minified, SDK external, source map beside it; bytes that are read before the first call',
        measured: `import() in a fresh process on Node ${process.version}, median of ${RUNS}; not Lambda's own start of a container`,
        handlers: rows.length,
      },
      figures: {
        slowest_ms: slowest,
        sdk_alone_ms: sdk,
        largest_bytes: largest,
        ...Object.fromEntries(
          rows.flatMap(({ name, ms, bytes }) => [
            [`${name}_ms`, ms],
            [`${name}_bytes`, bytes],
          ]),
        ),
      },
      peers: {},
      table: [
        ['handler', 'ms', 'bytes'],
        ...rows.map((r) => [r.name, r.ms.toFixed(0), r.bytes.toLocaleString('en')]),
        ['the SDK clients alone', sdk.toFixed(0), '-'],
      ],
      bars: [{ figure: 'largest_bytes', atMost: 200_000 }],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Bytes of all files that importing the handler reads: those that it asks for later are left out. */
function bytesAtStart({ outputs }: Metafile): number {
  const read = new Set(Object.keys(outputs).filter((file) => file.endsWith('/index.mjs')))
  for (const file of read)
    for (const { path, kind } of outputs[file]!.imports)
      if (kind === 'import-statement' && path in outputs) read.add(path)
  return [...read].reduce((sum, file) => sum + outputs[file]!.bytes, 0)
}

/** Median milliseconds of a statement in a fresh process, its own start left out. */
function importMs(cwd: string, statement: string): number {
  const script = `const t = performance.now(); ${statement}; process.stdout.write(String(performance.now() - t))`
  return median(
    Array.from({ length: RUNS }, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, POWERTOOLS_METRICS_DISABLED: 'true' },
      })
      if (status !== 0) throw new Error(stderr)
      return Number(stdout)
    }),
  )
}
