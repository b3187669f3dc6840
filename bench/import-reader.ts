/**
 * One reading of `import` in a process of its own, so that its peak memory is its own. Arguments: how to read, and the file.
 * One JSON object on stdout.
 */
import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { readRows } from '#adapters/local/carriers/read-rows.ts'

const [how, file] = process.argv.slice(2) as [keyof typeof WAYS, string]

const WAYS = { parse, rows }

/** What nobody can do without: every line through `JSON.parse`. */
async function parse(): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY }))
    JSON.parse(line)
}

async function rows(): Promise<void> {
  for await (const _ of readRows([file]));
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
