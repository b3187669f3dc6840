/** Small stores in every state that a command can meet one in, made once by the commands themselves. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Routing } from '#schemas/release.ts'
import { productionRuns } from '../../functions/demo/production.ts'
import { aPack, aSuite, aTarget, aWorld, prices } from '../support/builders.ts'
import type { Commands } from './commands.ts'

/** Families of these stores: enough for a certificate under the margins of `aTarget`, and few enough to copy. */
const WORLD = { search: 6, heldout: 100 }
export const RUN = 'r'
export const ROLLOUT = `ro_${RUN}`
const SEATS = ['reliability=ana', 'policy=ben']
const QUICK = fileURLToPath(new URL('../../functions/demo/rollout-quick.json', import.meta.url))

/** Folders of stores, each one step further than the one before. */
export interface Bases {
  /** Documents and runs imported. */
  readonly stocked: string
  /** Run `r` certified, `late` refused because its version is used up, and a review open. */
  readonly opened: string
  readonly approved: string
  /** A rollout in its shadow stage. */
  readonly started: string
  /** Production of that stage recorded. */
  readonly recorded: string
  /** Paths of what commands read. */
  readonly files: {
    readonly target: string
    readonly pack: string
    readonly suite: string
    readonly prices: string
    readonly runs: string
    readonly rollout: string
    readonly production: string
    readonly candidates: string
  }
}

/** Arguments of the import that stocks a store. */
export const importArgs = ({ files }: Pick<Bases, 'files'>): string[] => [
  'import',
  files.runs,
  ...['--pack', files.pack, '--suite', files.suite, '--prices', files.prices],
  ...['--split', 'recorded', '--split-key', 'key-of-the-soak-test'],
]

export async function makeBases(root: string, commands: Commands): Promise<Bases> {
  const at = (name: string) => join(root, name)
  mkdirSync(at('files'), { recursive: true })
  const file = (name: string, content: unknown) => {
    const path = at(join('files', name))
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }
  const lines = (values: Iterable<unknown>) => [...values].map((value) => `${JSON.stringify(value)}\n`).join('')
  const files = {
    target: file('target.json', aTarget()),
    pack: file('pack.json', aPack()),
    suite: file('suite.json', aSuite()),
    prices: file('prices.json', prices()),
    runs: file('runs.jsonl', lines(aWorld(WORLD))),
    candidates: file('candidates.jsonl', lines([{ patch: { 'evidence.orders.top_k': 2 }, rationale: 'cheaper' }])),
    rollout: QUICK,
  }
  const work = at('work')
  const store = ['--store', work]
  const reached = (name: string): string => {
    cpSync(work, at(name), { recursive: true })
    return at(name)
  }
  await commands.must(...importArgs({ files } as Bases), ...store)
  const stocked = reached('stocked')
  await commands.must('run', '--target', files.target, '--run-id', RUN, ...store)
  await commands.run('run', '--target', files.target, '--run-id', 'late', ...store)
  await commands.must('review', RUN, ...SEATS.flatMap((seat) => ['--reviewer', seat]), '--no-serve', ...store)
  const opened = reached('opened')
  for (const [role, reviewer] of SEATS.map((seat) => seat.split('=')))
    await commands.must('decide', RUN, '--role', role!, '--reviewer', reviewer!, '--approve', ...store)
  const approved = reached('approved')
  await commands.must('rollout', 'start', RUN, '--config', files.rollout, ...store)
  const started = reached('started')
  const routing = Routing.parse(JSON.parse(await commands.must('rollout', 'export', ROLLOUT, ...store)))
  const production = file('production.jsonl', lines(productionRuns(routing, { requests: 150 })))
  await commands.must('rollout', 'record', ROLLOUT, production, ...store)
  return { stocked, opened, approved, started, recorded: reached('recorded'), files: { ...files, production } }
}
