/** How long does the first byte of each page of the workbench take, and how many objects does it open, in a store that is small and in one that is large? */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '../functions/adapters/local/files/file-store.ts'
import { openStore } from '../functions/embedded/open-store.ts'
import { serveWorkbench } from '../functions/embedded/ui-server.ts'
import { type Bench, readable } from './bench.ts'
import { caseId, INTENT, writeRecorded, writeRunLines } from './ui-store.ts'

/** Recorded runs, and as many runs of the loop as `LOOP_SHARE` of them. */
const SIZES = [2_500, 250_000]
const SIZES_VARIABLE = 'AUTOTUNE_BENCH_RUNS'
const LOOP_SHARE = Number(process.env.AUTOTUNE_BENCH_LOOP_SHARE ?? 0.1)
const LOOKS = 7
const BAR_MS = 200

export async function run(): Promise<Bench> {
  const asked = process.env[SIZES_VARIABLE]
  const sizes = asked === undefined ? SIZES : asked.split(',').map(Number)
  const table: string[][] = [['page', ...sizes.map((n) => `${readable(n)} runs`), 'bytes']]
  const figures: Record<string, number> = {}
  let worst = 0
  for (const [nth, runs] of sizes.entries()) {
    const dir = mkdtempSync(join(tmpdir(), 'autotune-bench-ui-'))
    try {
      await write(dir, runs)
      for (const { page, ms, bytes } of await looked(dir, runs)) {
        if (nth === 0) table.push([page])
        const row = table.find(([name]) => name === page)!
        row.push(`${ms.toFixed(1)} ms`)
        if (nth === sizes.length - 1) {
          row.push(readable(bytes))
          figures[`${page}_first_byte_ms`] = Number(ms.toFixed(1))
          worst = Math.max(worst, ms)
        }
      }
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  }
  figures.worst_first_byte_ms = Number(worst.toFixed(1))
  return {
    name: 'ui',
    conditions: {
      store: `${sizes.map(readable).join(' and ')} recorded runs in as many cases, ${readable(LOOP_SHARE)} of that many runs of the loop, generated; ${SIZES_VARIABLE}=2500,60000 measures others`,
      first_byte: `median of ${LOOKS} GETs over HTTP on this machine, at the largest size; the store is opened anew for each`,
      load: readFileSync('/proc/loadavg', 'utf8').split(' ')[0],
      cores: availableParallelism(),
    },
    figures,
    peers: {},
    table,
    bars: [{ figure: 'worst_first_byte_ms', atMost: BAR_MS }],
  }
}

async function write(dir: string, runs: number): Promise<void> {
  mkdirSync(dir, { recursive: true })
  openStore(dir, { durable: false }).close()
  const objects = fileStore(dir, { durable: false })
  await writeRecorded(objects, runs)
  await writeRunLines(objects, Math.round(runs * LOOP_SHARE))
}

async function looked(dir: string, runs: number) {
  const server = await serveWorkbench(dir, '', 0, {
    failed: (error) => process.stderr.write(`${error.stack}\n`),
    refused: () => {},
  })
  const pages = {
    intents: '/',
    runs: '/runs',
    runs_filtered: '/runs?verdict=certified',
    store: '/store',
    case: `/cases/${INTENT}/${caseId(Math.floor(runs * 0.77))}`,
    reviews: '/reviews',
  }
  try {
    const found: { readonly page: string; readonly ms: number; readonly bytes: number }[] = []
    for (const [page, path] of Object.entries(pages)) {
      const times: number[] = []
      let bytes = 0
      for (let i = 0; i < LOOKS; i++) {
        const began = performance.now()
        const reply = await fetch(`${server.origin}${path}`)
        times.push(performance.now() - began)
        bytes = (await reply.arrayBuffer()).byteLength
        if (reply.status !== 200) throw new Error(`${path} is ${reply.status}`)
      }
      found.push({ page, ms: times.sort((a, b) => a - b)[Math.floor(LOOKS / 2)]!, bytes })
    }
    return found
  } finally {
    await server.close()
  }
}
