/** `autotune example`: a made-up export of traces to try the whole way on, from files to a verdict; or a harness to begin with. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PROGRAM } from '#adapters/local/program-files.ts'
import { type Example, exampleLines } from '../demo/traces/export.ts'
import { writeNew } from './new-file.ts'
import { COMMAND, print } from './terminal.ts'

/** A score by somebody who is no model; OpenTelemetry's conventions do not say who gave one. */
const SCORE: Readonly<Record<Example, string>> = {
  otel: '--score human:resolved=yes',
  openinference: '--score resolved=yes',
}

interface Options {
  readonly out?: string
  readonly json: boolean
}

export async function example(kind: Example | 'python', { out, json }: Options): Promise<number> {
  if (kind === 'python') return pythonHarness({ out: out ?? 'my-harness.py', json })
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

const CLIENT = 'autotune_harness.py'
const PYTHON = `#!/usr/bin/env python3
from autotune_harness import serve


def replay(recorded, settings, pinned):
    question = "\\n".join(m["content"] for m in recorded["messages"])
    offered = pinned.retrieve("orders", hop=1)
    kept = offered[: settings["evidence.orders.top_k"]]
    choice = pinned.model("\\n".join([question, *(p["text"] or "" for p in kept)]))
    return {
        "status": "DECIDED",
        "outputs": {"answer": choice["content"]},
        "evidence_refs": [p["evidence_ref"] for p in kept],
        "usage": None,
    }


serve(replay)
`

/** A harness in Python to edit, the client that it imports, and the declaration that names it. */
function pythonHarness({ out, json }: { readonly out: string; readonly json: boolean }): number {
  const folder = dirname(out)
  mkdirSync(folder, { recursive: true })
  const client = join(folder, CLIENT)
  writeNew(out, PYTHON, 0o755)
  writeNew(`${out}.files.json`, `["./${CLIENT}"]\n`)
  // Another harness in this folder may have brought it.
  if (!existsSync(client)) writeNew(client, readFileSync(join(PROGRAM, 'functions/harness-client', CLIENT), 'utf8'))
  const commands = [`${COMMAND} doctor --target target.json --replayer exec:${out}`]
  print(json, { file: out, commands }, () => [
    `wrote ${out}, ${out}.files.json and ${client}: edit the first, and name in the second whatever else it reads`,
    'next',
    ...commands.map((command) => `   ${command}`),
  ])
  return 0
}
