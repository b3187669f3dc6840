/** Prints synthetic production runs for a routing document, as JSON lines: `npm run -s production -- routing.json`. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Routing } from '#schemas/release.ts'
import { UserError } from '../errors.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'
import { productionRuns, WORLDS } from './production.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    world: { type: 'string', default: 'good' },
    requests: { type: 'string', default: '2400' },
    seed: { type: 'string', default: '1' },
  },
})
const world = WORLDS.find((known) => known === values.world)
const [requests, seed] = [Number(values.requests), Number(values.seed)]
if (positionals.length !== 1 || world === undefined || !(requests > 0) || !Number.isInteger(seed)) {
  process.stderr.write(
    `usage: npm run -s production -- ROUTING.json [--world ${WORLDS.join('|')}] [--requests N] [--seed N]\n`,
  )
  process.exit(2)
}
const routing = routingIn(positionals[0]!)
if (routing.period === null) {
  process.stderr.write(`${routing.rollout_id} has ended: the baseline serves everyone, and nothing is compared\n`)
  process.exit(3)
}
for (const run of productionRuns(routing, { world, requests, seed })) process.stdout.write(`${JSON.stringify(run)}\n`)

/** The routing document of a file; what is wrong with it is told, and ends the program. */
function routingIn(file: string): Routing {
  try {
    return parseAs(Routing, parseJson(readFileSync(file, 'utf8'), file), file)
  } catch (error) {
    const isOfFile = typeof (error as NodeJS.ErrnoException).code === 'string'
    if (!isOfFile && !(error instanceof UserError)) throw error
    const { message } = error as Error
    process.stderr.write(isOfFile ? `${file} cannot be read: ${message}. Check the path\n` : `${message}\n`)
    process.exit(2)
  }
}
