/** `autotune example`: a made-up export of traces to try the whole way on, from files to a verdict. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Example, exampleLines } from '../demo/traces/export.ts'
import { writeNew } from './new-file.ts'
import { COMMAND, print } from './terminal.ts'

/** A score by somebody who is no model; OpenTelemetry's conventions do not say who gave one. */
const SCORE: Readonly<Record<Example, string>> = {
  otel: '--score human:resolved=yes',
  openinference: '--score resolved=yes',
}

export async function example(
  kind: Example,
  { out, json }: { readonly out?: string; readonly json: boolean },
): Promise<number> {
  const file = out ?? `traces-${kind}.otlp.jsonl`
  mkdirSync(dirname(file), { recursive: true })
  writeNew(file, [...exampleLines(kind)].map((line) => `${line}\n`).join(''))
  const how = `${file} ${SCORE[kind]} --writes refund`
  const commands = [
    `${COMMAND} inspect ${how}`,
    `${COMMAND} init --from ${how} --dir tuning`,
    `${COMMAND} import ${how} --pack tuning/pack.json --suite tuning/suite.json --prices tuning/prices.json`,
    `${COMMAND} doctor --target tuning/target.json`,
    `${COMMAND} run --target tuning/target.json`,
  ]
  print(json, { file, commands }, () => [
    `wrote ${file}: a made-up shop, for trying out`,
    'next',
    ...commands.map((command) => `   ${command}`),
  ])
  return 0
}
