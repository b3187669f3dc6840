/** `npm run bench [-- NAME...] [--json]`: runs benches and prints ours beside the peers and the bar. Asserts nothing. */
import { existsSync } from 'node:fs'
import { type Bench, readable } from './bench.ts'

const NAMES = [
  'gate-null',
  'gate-power',
  'validity',
  'bounds',
  'search-large',
  'search-lattice',
  'rollout',
  'bands',
  'year',
  'replay',
  'models',
  'cost',
  'cold-import',
  'import',
  'demo',
  'scale',
  'ui',
]
const fileOf = (name: string): URL => new URL(`./${name}.ts`, import.meta.url)

async function main(args: readonly string[]): Promise<number> {
  const known = NAMES.filter((name) => existsSync(fileOf(name)))
  const json = args.includes('--json')
  const wanted = args.filter((arg) => arg !== '--json')
  const unknown = wanted.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    process.stderr.write(`no bench ${unknown.map((n) => `"${n}"`).join(', ')}; there are: ${known.join(', ')}\n`)
    return 2
  }
  for (const name of wanted.length > 0 ? known.filter((n) => wanted.includes(n)) : known) {
    if (process.stderr.isTTY) process.stderr.write(`${name} ...\n`)
    const started = performance.now()
    const { run } = (await import(fileOf(name).href)) as { run: () => Promise<Bench> }
    const bench = await run()
    process.stdout.write(json ? `${objectLine(bench)}\n` : `${tableText(bench, performance.now() - started)}\n`)
  }
  return 0
}

const objectLine = ({ name, conditions, figures, peers }: Bench): string =>
  JSON.stringify({ name, conditions, figures, peers })

function tableText(bench: Bench, ms: number): string {
  const { name, conditions, figures, bars = [] } = bench
  const lines = [`== ${name}  (${(ms / 1000).toFixed(1)} s)`]
  for (const [what, value] of Object.entries(conditions)) lines.push(`   ${what}: ${valueText(value)}`)
  lines.push('', ...aligned(bench.table ?? plainTable(bench)))
  for (const { figure, atMost, atLeast } of bars) {
    const found = figures[figure] ?? null
    const value = typeof found === 'number' ? found : null
    const holds = value !== null && (atMost === undefined ? value >= atLeast! : value <= atMost)
    const limit = atMost === undefined ? `>= ${readable(atLeast!)}` : `<= ${readable(atMost)}`
    lines.push(`   bar ${holds ? 'held' : 'NOT HELD'}: ${figure} ${value === null ? '-' : readable(value)} ${limit}`)
  }
  return `${lines.join('\n')}\n`
}

function plainTable({ figures, peers }: Bench): string[][] {
  const text = (value: unknown) => (typeof value === 'number' ? readable(value) : valueText(value))
  return [
    ['', 'figure'],
    ...Object.entries(figures).map(([figure, value]) => [`ours: ${figure}`, text(value)]),
    ...Object.entries(peers).map(([peer, value]) => [peer, text(value)]),
  ]
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(', ')
  if (typeof value !== 'object' || value === null) return String(value ?? '-')
  return Object.entries(value)
    .map(([key, inner]) => `${key} ${valueText(inner)}`)
    .join('; ')
}

/** Columns as wide as their widest cell; the first one to the left, figures to the right. A row of one cell is a remark. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const columns = rows.filter((row) => row.length > 1)
  const widths = rows[0]!.map((_, column) => Math.max(...columns.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    `   ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')}`.trimEnd(),
  )
}

process.exitCode = await main(process.argv.slice(2))
