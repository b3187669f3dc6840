/** Prints synthetic production runs for a routing document, as JSON lines: `npm run -s production -- routing.json`. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Routing } from '#schemas/release.ts'
import { productionRuns } from './production.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    world: { type: 'string', default: 'good' },
    requests: { type: 'string', default: '2400' },
    seed: { type: 'string', default: '1' },
  },
})
const { world } = values
const [requests, seed] = [Number(values.requests), Number(values.seed)]
if (positionals.length !== 1 || (world !== 'good' && world !== 'harm') || !(requests > 0) || !Number.isInteger(seed)) {
  process.stderr.write('usage: npm run -s production -- ROUTING.json [--world good|harm] [--requests N] [--seed N]\n')
  process.exit(2)
}
const routing = Routing.parse(JSON.parse(readFileSync(positionals[0]!, 'utf8')))
if (routing.period === null) {
  process.stderr.write(`${routing.rollout_id} has ended: the baseline serves everyone, and nothing is compared\n`)
  process.exit(3)
}
for (const run of productionRuns(routing, { world, requests, seed })) process.stdout.write(`${JSON.stringify(run)}\n`)
