/** `autotune example`: a made-up export of traces to try the whole way on, from files to a verdict; a shop whose records suggest a rule; or a harness to begin with. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PROGRAM } from '#adapters/local/program-files.ts'
import { ruleDocuments, ruleRuns } from '../demo/rule-example.ts'
import { type Example, exampleLines } from '../demo/traces/export.ts'
import { UserError } from '../errors.ts'
import { put, withSchema, writeNew } from './new-file.ts'
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

export async function example(kind: Example | 'python' | 'rule', { out, json }: Options): Promise<number> {
  if (kind === 'python') return pythonHarness({ out: out ?? 'my-harness.py', json })
  if (kind === 'rule') return ruleShop({ out: out ?? 'rule', json })
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

/** A folder with all that the walk from an insight to a released rule takes. */
function ruleShop({ out, json }: { readonly out: string; readonly json: boolean }): number {
  if (existsSync(out)) throw new UserError(`${out} is there already: nothing was written. Choose another --out`)
  mkdirSync(out, { recursive: true })
  const files = Object.entries(ruleDocuments()).map(([name, document]) =>
    put(out, name, withSchema(`${JSON.stringify(document, null, 2)}\n`, out)),
  )
  files.push(put(out, 'runs.jsonl', [...ruleRuns()].map((run) => `${JSON.stringify(run)}\n`).join('')))
  const at = (file: string) => join(out, file)
  const commands = [
    `${COMMAND} import ${at('runs.jsonl')} --pack ${at('pack.json')} --suite ${at('suite.json')} --prices ${at('prices.json')}`,
    `${COMMAND} insights --bands ${at('bands.json')} --rules ${at('rules.jsonl')}`,
    `${COMMAND} propose ${at('rules.jsonl')} --target ${at('target.json')}`,
    `${COMMAND} run --target ${at('target.json')} --candidates ${at('rules.jsonl')} --run-id rule`,
    `${COMMAND} review rule --reviewer reliability=ana --reviewer policy=ben --reviewer domain_owner=cleo`,
    `${COMMAND} rollout start rule --config ${at('rollout.json')}`,
  ]
  print(json, { files, commands }, () => [
    `wrote ${out}: ${files.length} files of a made-up shop, which reads six orders and needs a seventh for some customers`,
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
