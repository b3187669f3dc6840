/** `npm run -s real -- NAME`: one real case from recorded data to its verdict. Argument parsing and printing only. */
import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import { TamperError } from '#core/experience/run-files.ts'
import type { Verdict } from '#schemas/run.ts'
import { terminalProgress } from '../../functions/cli/progress.ts'
import { print } from '../../functions/cli/terminal.ts'
import { runLines } from '../../functions/cli/text.ts'
import { UserError } from '../../functions/errors.ts'
import { CASES } from './cases.ts'
import type { RealCase } from './real-case.ts'
import { type FinishedCase, type FinishedRun, type RecordedCents, runCase } from './run-case.ts'

/** Where the recorded data is mounted: beside the clone. */
const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url))

interface Options {
  readonly data?: string
  readonly store?: string
  readonly json: boolean
}

/** Runs the command line; the exit code is that of `autotune run`: 0 certified, 3 nothing proposed, 2 refused or bad input. */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0
  const program = new Command('real')
    .description(
      'The main job on recorded agent runs: import, search, gate, and a proposal or the reason why there is none',
    )
    .argument('[name]', 'case to run; without it the cases are listed')
    .option('--data <dir>', 'folder of the recorded data (default: ../shared/data beside this clone)')
    .option('--store <dir>', 'folder of the store (default: a fresh temporary one)')
    .option('--json', 'print one JSON object on one line, the last of stdout', false)
    .addHelpText('after', () => `\nCases:\n${caseLines().join('\n')}\n\nExamples:\n${EXAMPLES}`)
    .exitOverride()
    .showHelpAfterError('(add --help for the cases and an example)')
    .action(async (name: string | undefined, options: Options) => {
      code = name === undefined ? list(options) : await run(caseOf(name), options)
    })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const known = error instanceof UserError || error instanceof TamperError || (error as Error).name === 'ImportError'
    const message = known ? (error as Error).message : `a defect of ours: ${(error as Error).stack}`
    if (argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: message })}\n`)
    process.stderr.write(`real: ${message}\n`)
    return known ? 2 : 1
  }
}

const EXAMPLES = [
  '  npm run -s real -- news-retrieval',
  '  npm run -s real -- order-history --json',
  '  npm run -s real -- planner-arms --data /mnt/recorded --store ./planner-store',
].join('\n')

const caseLines = (): string[] => CASES.map(({ name, about }) => `  ${name.padEnd(20)} ${about}`)

function list({ json }: Options): number {
  print(json, { cases: CASES.map(({ name, about }) => ({ case: name, about })) }, caseLines)
  return 0
}

function caseOf(name: string): RealCase {
  const found = CASES.find((c) => c.name === name)
  if (!found) throw new UserError(`no case "${name}"; there are ${CASES.map((c) => c.name).join(', ')}`)
  return found
}

/** One run prints the object of `autotune run --json`; several print `{"case","verdict","runs":[...]}`. */
async function run(realCase: RealCase, { data = DATA, store, json }: Options): Promise<number> {
  if (!statSync(data, { throwIfNoEntry: false })?.isDirectory())
    throw new UserError(`no recorded data in ${data}: name its folder with --data DIR`)
  const storeDir = store ?? mkdtempSync(join(tmpdir(), 'autotune-real-'))
  const finished = await runCase(realCase, data, storeDir, terminalProgress())
  const summaries = finished.runs.map((r) => r.summary)
  const several = { case: realCase.name, verdict: finished.verdict, runs: summaries }
  print(json, realCase.runs.length === 1 ? summaries[0] : several, () => [
    `${realCase.name}: ${realCase.about}`,
    ...finished.runs.flatMap(storyOf),
    ...closing(finished),
  ])
  // A machine that named no store still learns where the runs are.
  if (json)
    for (const { summary, storeDir: dir } of finished.runs) process.stderr.write(`${summary.run} is in ${dir}\n`)
  return EXIT[finished.verdict]
}

const EXIT: Readonly<Record<Verdict, number>> = {
  certified: 0,
  inconclusive: 3,
  no_candidate: 3,
  not_certified: 3,
  refused: 2,
}

const storyOf = ({ summary, proposal, storeDir, cents }: FinishedRun): string[] => [
  '',
  ...runLines(summary, proposal, summary.proposal),
  ...(cents ? [centsLine(cents)] : []),
  `store    ${storeDir}`,
  `next     npm run -s autotune -- explain ${summary.run} --store ${storeDir}`,
  `         npm run -s autotune -- verify ${summary.run} --store ${storeDir}`,
]

const centsLine = ({ cases, priced, mean }: RecordedCents): string =>
  `cents    ${priced} of ${cases} search cases carry usage and a price${mean === null ? '' : `: ${mean.toFixed(2)} cents a decision under the baseline`}; the others are not measured`

const closing = ({ runs, verdict }: FinishedCase): string[] =>
  runs.length === 1
    ? []
    : ['', `the case: ${verdict} (${runs.map((r) => `${r.summary.run} ${r.summary.verdict}`).join(', ')})`]

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
