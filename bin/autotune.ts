/** CLI entry: argument parsing only. Each verb is one file in functions/cli. */
import { Argument, Command, CommanderError, Option } from 'commander'
import { programVersion } from '#adapters/local/program-files.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { awsProblem } from '../functions/cli/aws-errors.ts'
import { nearText } from '../functions/cli/near.ts'
import { endProgress } from '../functions/cli/progress.ts'
import { faultOf, systemProblem } from '../functions/cli/system-errors.ts'
import { printableMessage } from '../functions/cli/terminal.ts'
import { UserError } from '../functions/errors.ts'
import { wholeNumber } from './arguments.ts'
import { attestVerbs } from './attest.ts'
import { cadenceVerbs } from './cadence.ts'
import { completionScript, SHELLS, type Shell } from './completion.ts'
import { applyConfig, CONFIG_FILE } from './config-file.ts'
import { doneVerbs } from './done.ts'
import { experienceVerbs } from './experience.ts'
import { answered, loaded } from './loaded.ts'
import { lookVerbs } from './look.ts'
import { described, tell } from './reference.ts'
import { reviewVerbs } from './review.ts'
import { rolloutVerbs } from './rollout.ts'
import { searchVerbs } from './search.ts'
import { addVerbTo } from './verb.ts'

/** Runs the command line; the exit code: 0 proposal or success, 3 ran and proposes nothing, 2 refused or bad input, 1 our defect. */
export async function main(argv: readonly string[]): Promise<number> {
  const state = { code: 0 }
  await answered()
  try {
    const program = build(state)
    const words = argv[0] === 'help' ? helpOf(program, argv.slice(1)) : argv
    if (!isAboutItself(words)) applyConfig(program)
    await program.parseAsync(words, { from: 'user' })
    return state.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return reportError(error, argv)
  } finally {
    endProgress()
  }
}

/** Tells a person what went wrong; the exit code. */
export function reportError(error: unknown, argv: readonly string[]): number {
  endProgress()
  const refused = error instanceof UserError || error instanceof TamperError || (error as Error).name === 'ImportError'
  const known = refused ? (error as Error).message : (awsProblem(error) ?? systemProblem(error))
  const message = printableMessage(known ?? faultOf(error as Error))
  if (argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: message })}\n`)
  process.stderr.write(`autotune: ${message}\n`)
  return known === null ? 1 : 2
}

/** `help rollout start` is `rollout start --help`. */
function helpOf(program: Command, words: readonly string[]): string[] {
  let at = program
  for (const word of words) {
    const below = at.commands.find((command) => command.name() === word)
    if (!below)
      throw new UserError(
        `there is no "autotune ${words.join(' ')}"${nearText(
          word,
          at.commands.map((c) => c.name()),
        )}. "autotune --help" lists the verbs`,
      )
    at = below
  }
  return [...words, '--help']
}

/** What tells of the program itself needs no options, and a config file that is wrong is no reason to be silent. */
const isAboutItself = (words: readonly string[]): boolean =>
  words[0] === 'completion' || words.some((word) => ['--help', '-h', '--version', '-V'].includes(word))

/** The program as its parser. */
export function build(state: { code: number }): Command {
  const program = new Command('autotune')
    .description('Bounded, replay-proved, reviewable tuning of an LLM agent harness')
    .version(programVersion())
    .helpCommand('help [verb...]', 'usage, options, examples and exit codes of a verb')
    .addHelpText(
      'after',
      `\nOptions may stand in ${CONFIG_FILE} here; AUTOTUNE_STORE names the store. A flag wins over\nthe variable, and that over the file.`,
    )
    .exitOverride()
    .showHelpAfterError('(add --help for the options and an example)')
  const verb = addVerbTo(program)

  verb(
    'demo',
    'the whole loop on a bundled synthetic support-refund harness, in a fresh temporary store',
    'autotune demo\nautotune demo --store ./demo-harness --seed 7',
  )
    .addOption(new Option('--seed <n>', 'seed of the synthetic runs').default(1).argParser(wholeNumber('--seed')))
    .action(async (o, c) => {
      state.code = await (await loaded(import('../functions/cli/demo.ts'))).demo({
        ...o,
        // A place that is meant for every command is not meant for this one.
        store: c.getOptionValueSource('store') === 'cli' ? o.store : null,
      })
    })

  experienceVerbs(verb, state)
  searchVerbs(verb, state)
  lookVerbs(verb, state)

  verb(
    'forget <rejection>',
    'lift a rejection that memory holds, so that the next run may propose the change again; both stay on record',
    'autotune forget 3fa9c1d20b7e --reason "the sixth order is archived now"\nautotune forget 3fa9c1d20b7e --reason "the evaluator was wrong" --by fay@example.com --json\nautotune forget 3fa9c1d20b7e --reason "archived now" --stack Autotune\n"autotune list" and "autotune explain RUN CANDIDATE" show the ids, and what was lifted',
  )
    .requiredOption('--reason <text>', 'why; it is recorded')
    .option('--by <person>', 'who has it forgotten (default: the user of this terminal)')
    .action(async (id, o) => {
      state.code = await (await loaded(import('../functions/cli/forget.ts'))).forgetVerb(id, o)
    })
  const anchor = program
    .command('anchor')
    .description("keep the head of the journal where this store's writer cannot reach")
  verb(
    'publish',
    'print the head of the journal of heads, and keep it in a file or below a prefix of a bucket (Object Lock), where it only grows',
    'autotune anchor publish\nautotune anchor publish --to /media/usb/heads.jsonl\nautotune anchor publish --to s3://audit-bucket/harness',
    anchor,
  )
    .option('--to <place>', 'file to add a line to, or s3://BUCKET/PREFIX')
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/anchor.ts'))).publishAnchor(o)
    })

  attestVerbs(program, verb, state)
  reviewVerbs(verb, state)
  rolloutVerbs(program, verb, state)
  doneVerbs(program, verb, state)
  cadenceVerbs(program, verb, state)

  tell(
    program
      .command('completion')
      .description('print a script that completes verbs and options in your shell')
      .addArgument(new Argument('<shell>').choices(SHELLS)),
    'completion',
    'source <(autotune completion bash)\nsource <(autotune completion zsh)\nautotune completion fish | source',
  ).action((shell: Shell) => {
    process.stdout.write(completionScript(shell, described(program)))
  })
  return program
}
