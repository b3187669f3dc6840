/** How long and how much memory does the first success take, and how much is installed for it? */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bench, median } from './bench.ts'
import { treeMb, watched } from './process-tree.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const RUNS = 5
const SAMPLE_MS = 50

export async function run(): Promise<Bench> {
  const runs: { seconds: number; rssMb: number | null }[] = []
  const stores = mkdtempSync(join(tmpdir(), 'autotune-bench-'))
  // Removed at the end, not between the runs: some file systems make new files slowly where many have just been removed.
  try {
    for (let i = 0; i < RUNS; i++) runs.push(await demoRun(stores))
  } finally {
    rmSync(stores, { recursive: true, force: true })
  }
  const packages = runtimePackages()
  const rss = runs.map((r) => r.rssMb)
  return {
    name: 'demo',
    conditions: {
      command: 'npm run -s demo, the whole process, compile cache as it is',
      runs: RUNS,
      all_seconds: runs.map((r) => Number(r.seconds.toFixed(2))),
      memory: `of the whole process tree, npm included, shared pages counted once; largest of samples every ${SAMPLE_MS} ms`,
      runtime_packages: packages.length,
    },
    figures: {
      seconds: median(runs.map((r) => r.seconds)),
      rss_mb: rss.includes(null) ? null : Math.max(...(rss as number[])),
      runtime_dependencies_mb: packages.reduce((sum, folder) => sum + bytesOf(folder), 0) / 1e6,
    },
    peers: {},
    bars: [{ figure: 'seconds', atMost: 3 }],
  }
}

async function demoRun(stores: string): Promise<{ seconds: number; rssMb: number | null }> {
  let rssMb: number | null = null
  const look = (pid: number) => {
    const now = treeMb(pid)
    if (now !== null) rssMb = Math.max(rssMb ?? 0, now)
  }
  const options = { cwd: ROOT, stdio: 'ignore', env: { ...process.env, TMPDIR: stores } } as const
  const seconds = await watched('npm', ['run', '-s', 'demo'], options, look, SAMPLE_MS)
  return { seconds, rssMb }
}

/** Folders of the packages that `dependencies` of package.json bring in, directly and further down. */
function runtimePackages(): string[] {
  const found = new Set<string>()
  const visit = (folder: string) => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    for (const name of Object.keys(dependencies)) {
      const installed = installedFrom(folder, name)
      if (found.has(installed)) continue
      found.add(installed)
      visit(installed)
    }
  }
  visit(ROOT)
  return [...found]
}

/** Where Node would find a package from a folder. */
function installedFrom(folder: string, name: string): string {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
    if (at === dirname(at)) throw new Error(`${name} is not installed: run npm ci`)
  }
}

/** Bytes of the files of a package, without what is installed inside it for itself: that is a package of its own. */
function bytesOf(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += entry.name === 'node_modules' ? 0 : bytesOf(path)
    else if (entry.isFile()) bytes += statSync(path).size
  }
  return bytes
}
