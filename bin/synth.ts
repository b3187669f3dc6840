/** Synthesizes without the CDK command line: the context of cdk.json, `NAME=VALUE` arguments over it, into cdk.out/. */
import { readFileSync } from 'node:fs'
import { makeApp } from '../lib/make-app.ts'

const { context } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as {
  context: Record<string, unknown>
}
const given = Object.fromEntries(process.argv.slice(2).map((text) => text.split('=', 2)))
try {
  const assembly = makeApp({ outdir: 'cdk.out', context: { ...context, ...given } }).app.synth()
  process.stdout.write(`${assembly.stacks.map((s) => s.stackName).join(', ')} -> cdk.out/\n`)
} catch (error) {
  // A context value that is missing or wrong: the message says which, and what is allowed.
  if (!(error instanceof RangeError)) throw error
  process.stderr.write(`synth: ${error.message}\n`)
  process.exitCode = 2
}
