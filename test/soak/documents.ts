/** Kind `documents`: every document that a command reads, spoiled. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { theBands } from '../support/bands.ts'
import {
  aFamily,
  approval,
  aRun,
  modelCall,
  offersInOrder,
  retrieval,
  said,
  toolCall,
  toolResult,
} from '../support/builders.ts'
import { README_MAP, README_RECORD } from '../support/readme-map.ts'
import { type Bases, ROLLOUT, RUN } from './bases.ts'
import { type Ran, wrongAnswer } from './commands.ts'
import { someOf, WorkingCopy } from './folder.ts'
import type { Kind } from './kind.ts'
import { type Content, spoil } from './mutate.ts'

interface Input {
  readonly name: string
  readonly file: string
  readonly content: Content
  readonly store: 'stocked' | 'approved' | 'started'
  readonly argv: readonly ((path: string) => readonly string[])[]
}

/** Day of the recorded runs of these stores. */
const DAY = '2026-05-12'

/** A recorded run with everything that one can hold: evidence, actions, approvals, labels. */
const WHOLE = aRun('whole', {
  split: 'search',
  evidence: offersInOrder(3, { text: 'order ORD-1 of the customer' }),
  operator_corrections: [],
  steps: [
    said('user', 'please refund ORD-1', 12),
    retrieval(1, 80),
    modelCall(),
    toolCall('t1', { order_id: 'ORD-1', amount: 12.5, lines: [{ sku: 'a', n: 1 }] }, { writes: true, confirmed: true }),
    toolResult('t1', '{"state":"paid"}', 9),
    approval('t1', 12.5, { asked: true, granted: true }),
  ],
  outcome: { score: 0.5, cost_cents: 0.4 },
})

function inputsOf({ files }: Bases, dir: string): Input[] {
  const value = (path: string): Content => ({ value: JSON.parse(readFileSync(path, 'utf8')) })
  const lines = (path: string): Content => ({
    lines: readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(0, 5)
      .map((line) => JSON.parse(line)),
  })
  const beside = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text)
    return join(dir, name)
  }
  const map = beside('good.jsonata', README_MAP)
  const record = beside('good.jsonl', `${JSON.stringify(README_RECORD)}\n`)
  const split = ['--split', 'recorded']
  const of = (option: string) => (path: string) => ['import', option, path, ...split]
  return [
    {
      ...{ name: 'target', file: 'target.json', content: value(files.target), store: 'stocked' },
      argv: [
        (path) => ['doctor', '--target', path],
        (path) => ['run', '--target', path, '--run-id', 'spoiled'],
        (path) => ['propose', files.candidates, '--target', path],
      ],
    },
    { name: 'pack', file: 'pack.json', content: value(files.pack), store: 'stocked', argv: [of('--pack')] },
    { name: 'suite', file: 'suite.json', content: value(files.suite), store: 'stocked', argv: [of('--suite')] },
    { name: 'prices', file: 'prices.json', content: value(files.prices), store: 'stocked', argv: [of('--prices')] },
    {
      ...{ name: 'policy of a tuple', file: 'policy.json', content: value(files.pack), store: 'stocked' },
      argv: [(path) => ['import', '--document', `policy.returns@1.0.0=${path}`, ...split]],
    },
    {
      ...{ name: 'records', file: 'runs.jsonl', store: 'stocked' },
      content: { lines: [WHOLE, aFamily('second', { side: 'search', required: 1, gold: 2 })] },
      argv: [(path) => ['import', path, ...split]],
    },
    {
      ...{ name: 'foreign records', file: 'log.jsonl', content: { lines: [README_RECORD] }, store: 'stocked' },
      argv: [(path) => ['import', path, '--map', map, ...split]],
    },
    {
      ...{ name: 'map', file: 'map.jsonata', content: { text: README_MAP }, store: 'stocked' },
      argv: [(path) => ['import', record, '--map', path, ...split]],
    },
    {
      ...{ name: 'candidates', file: 'changes.jsonl', content: lines(files.candidates), store: 'stocked' },
      argv: [
        (path) => ['propose', path, '--target', files.target],
        (path) => ['run', '--candidates', path, '--target', files.target, '--run-id', 'spoiled'],
      ],
    },
    {
      ...{ name: 'rollout configuration', file: 'rollout.json', content: value(files.rollout), store: 'approved' },
      argv: [(path) => ['rollout', 'start', RUN, '--config', path]],
    },
    {
      ...{ name: 'bands', file: 'bands.json', content: { value: theBands() }, store: 'stocked' },
      argv: [(path) => ['cadence', 'daily', '--bands', path, '--date', DAY, '--no-runs']],
    },
    {
      ...{ name: 'corrections', file: 'corrections.jsonl', store: 'stocked' },
      content: {
        lines: [{ run_id: 's0', by: 'ana@example.com', at: `${DAY}T12:00:00.000Z`, outcome: { score: 0.5 } }],
      },
      argv: [(path) => ['correct', path]],
    },
    {
      ...{ name: 'production runs', file: 'production.jsonl', content: lines(files.production), store: 'started' },
      argv: [(path) => ['rollout', 'record', ROLLOUT, path]],
    },
  ]
}

/** A refused run leaves one record of what was asked and why not; every other refusal leaves nothing. */
const isRecordOfRefusal = (name: string, { out, err }: Ran): boolean =>
  /REFUSED|the contract is not answered/.test(out + err) && /^autotune\/runs\/spoiled\/|^ledger /.test(name)

export const documents: Kind = {
  name: 'documents',
  holds: 'a spoiled document is taken, or refused in words with nothing written; never a crash or a hang',
  async open({ dir, bases, commands }) {
    const made = await bases()
    const inputs = inputsOf(made, dir)
    const copies = new Map<Input['store'], WorkingCopy>()
    return async (draw) => {
      const { name, file, content, store, argv } = draw.pick(inputs)
      const spoiled = spoil(draw, content)
      const path = join(dir, file)
      writeFileSync(path, spoiled.bytes)
      const copy = copies.get(store) ?? new WorkingCopy(made[store], join(dir, store))
      copies.set(store, copy)
      const words = draw.pick(argv)(path)
      const what = `${name} with ${spoiled.what}, by ${words.slice(0, words[0] === 'rollout' ? 2 : 1).join(' ')}`
      const ran = await commands.run(...words, '--store', copy.dir)
      const changed = copy.changed()
      if (changed.length > 0) copy.restore()
      const wrong = wrongAnswer(ran)
      if (wrong !== null) return { what, found: wrong }
      if (ran.code !== 2) return { what, found: null }
      const written = changed.filter((each) => !isRecordOfRefusal(each, ran))
      if (written.length > 0) return { what, found: `refused, and yet changed ${someOf(written)}: ${ran.err}` }
      return { what, found: null }
    }
  },
}
