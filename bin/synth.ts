/** Synthesizes without the CDK command line: the context of cdk.json, `NAME=VALUE` arguments over it, into cdk.out/. */
import { readFileSync } from 'node:fs'
import { CONTEXT_NAMES } from '../lib/context/known.ts'
import { inWords, makeApp } from '../lib/make-app.ts'

/** Context values as arguments: `NAME=VALUE`, also behind `-c`, as the CDK command line takes them. @throws RangeError for anything else */
function given(args: readonly string[]): Record<string, string> {
  // A `-c` alone says nothing: what stands behind it does.
  const pairs = args.filter((text, i) => !CONTEXT.includes(text) || i === args.length - 1)
  return Object.fromEntries(
    pairs.map((text) => {
      const at = text.indexOf('=')
      if (at < 1 || text.startsWith('-'))
        throw new RangeError(
          `"${text}" is no context value: write NAME=VALUE, such as stage=throwaway; names are ${CONTEXT_NAMES.join(', ')}`,
        )
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

const CONTEXT = ['-c', '--context']

inWords(() => {
  const { context } = JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')) as {
    context: Record<string, unknown>
  }
  const { app } = makeApp({ outdir: 'cdk.out', context: { ...context, ...given(process.argv.slice(2)) } })
  const names = app.synth().stacks.map((s) => s.stackName)
  process.stdout.write(`${names.join(', ')} -> cdk.out/\n`)
})
