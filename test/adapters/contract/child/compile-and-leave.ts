/** Child process: compiles an intent of a store with a worker and closes nothing. Prints the number of lines. */
import { openStore } from '../../../../functions/embedded/open-store.ts'
import { compileIntent } from '../../../../functions/steps/experience/compile.ts'

const [dir, intent] = process.argv.slice(2)
const store = openStore(dir!, { compiling: { workers: 1, runsInPlace: 0 } })
const lines = await Array.fromAsync(compileIntent(store, intent!))
process.stdout.write(`${lines.length}\n`)
