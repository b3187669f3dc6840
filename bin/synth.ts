/** Synthesizes without the CDK command line: the context of cdk.json, `NAME=VALUE` arguments over it, into cdk.out/. */
import { readFileSync } from 'node:fs'
import { CONTEXT_NAMES } from '../lib/context/known.ts'
import { inWords, makeApp } from '../lib/make-app.ts'

const USAGE = `write NAME=VALUE, such as stage=throwaway; names are ${CONTEXT_NAMES.join(', ')}`

/** Context values as arguments: `NAME=VALUE`, also behind `-c`, as the CDK command line takes them. @throws RangeError for anything else */
function given(args: readonly string[]): Record<string, string> {
  // A `-c` alone says nothing: what stands behind it does.
  const pairs = args.filter((text, i) => !CONTEXT.includes(text) || i === args.length - 1)
  const given = pairs.map((text) => {
    const at = text.indexOf('=')
    if (at < 1 || text.startsWith('-')) throw new RangeError(`"${text}" is no context value: ${USAGE}`)
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  const names = given.map(([name]) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw new RangeError(`context value "${twice}" is given twice: give it once`)
  return Object.fromEntries(given)
}

const CONTEXT = ['-c', '--context']

function synthesize(args: readonly string[]): void {
  const { context } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as {
    context: Record<string, unknown>
  }
  const { app } = makeApp({ outdir: 'cdk.out', context: { ...context, ...given(args) } })
  const names = app.synth().stacks.map((s) => s.stackName)
  process.stdout.write(`${names.join(', ')} -> cdk.out/\n`)
}

const args = process.argv.slice(2)
if (args.some((text) => text === '--help' || text === '-h'))
  process.stdout.write(`Synthesizes the stacks of a stage into cdk.out/ (docs/deploy.md): ${USAGE}\n`)
else inWords(() => synthesize(args))
