/** Programs written for one test as harnesses: scripts of the Node that runs the test, so that no other language is needed. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wallHere } from '#adapters/local/cage/level.ts'
import { type ExecFiles, execFiles, shownTo } from '#adapters/local/module/exec-files.ts'
import { HarnessHost } from '#adapters/local/module/harness-host.ts'
import { execWay } from '#adapters/local/module/way.ts'
import type { Desk } from './support.ts'

/**
 * A program that speaks the protocol as `harnessSource` answers: `before` runs first in each case, with `say` for a message
 * and `raw` for bytes, `ask` for a question; `first` before the greeting is read.
 */
export const programSource = (before = '', first = ''): string => `#!${process.execPath}
const fs = require('node:fs')
const raw = (bytes) => fs.writeSync(1, bytes)
const say = (message) => raw(JSON.stringify(message) + '\\n')
let pending = Buffer.alloc(0)
const read = () => {
  for (;;) {
    const end = pending.indexOf(10)
    if (end >= 0) {
      const line = pending.subarray(0, end).toString()
      pending = pending.subarray(end + 1)
      return JSON.parse(line)
    }
    const block = Buffer.alloc(65536)
    const n = fs.readSync(0, block)
    if (n === 0) process.exit(0)
    pending = Buffer.concat([pending, block.subarray(0, n)])
  }
}
${first}
read()
say({ hello: 'autotune-harness', protocol: 1 })
for (;;) {
  const { id, recorded, settings } = read()
  let call = 0
  const ask = (question) => {
    say({ id, call: call++, question })
    return read().answer
  }
  ${before}
  const offered = ask({ method: 'retrieve', bucket: 'orders', hop: 1 })
  const kept = offered.slice(0, settings['evidence.orders.top_k'])
  const choice = ask({ method: 'model', prompt: [recorded.messages[0].content, ...kept.map((p) => p.text)].join(' ') })
  ask({ method: 'tool', name: choice.tool_calls[0].name, args: choice.tool_calls[0].arguments })
  const returned = {
    status: 'DECIDED',
    outputs: { refund: true },
    evidence_refs: kept.map((p) => p.evidence_ref),
    usage: [{ model: 'large', prompt_tokens: 100 * kept.length, completion_tokens: choice.completion_tokens }],
  }
  say({ id, returned })
}
`

/** Path of an executable with this source. */
export function aProgram(desk: Desk, source: string, name = 'harness.cjs'): string {
  const path = join(desk.folder, name)
  writeFileSync(path, source)
  chmodSync(path, 0o755)
  return path
}

/** A running host of a program, behind the wall of this machine unless told otherwise. */
export const aHost = (desk: Desk, path: string, how?: Parameters<typeof hostOf>[2]) =>
  hostOf(desk, execFiles(path, desk.store), how)

/** The same, of files that were looked at before. */
export async function hostOf(desk: Desk, files: ExecFiles, { wall = wallHere(), loadMs = 20_000 } = {}) {
  return await HarnessHost.start(execWay(files, shownTo(files, join(desk.store, 'vault')), wall), 'replay', loadMs)
}
