/** What every command is: the one table that help, docs/cli.md and shell completion are made from. */
import type { Command, Option } from 'commander'

/** Beside what the parser knows of a command. */
interface Told {
  readonly example: string
  readonly exit: string
}

const TOLD = new WeakMap<Command, Told>()

/** Exit codes of a command that has none of its own. */
const USUAL = '0 done; 2 refused or bad input, and nothing was written'
const MOVED =
  '0 moved, or goes on by itself; 3 paused, rolled back, stopped or retired (the reason is printed); 2 refused, nothing written'

/** Exit codes by command, where they say more. 1 is a defect of ours, 130 Ctrl-C, everywhere. */
const EXIT_CODES: Readonly<Record<string, string>> = {
  demo: '0 certified; 3 not certified; 2 refused or bad input',
  import:
    '0 imported; 3 imported, but for traces that are stored otherwise and were refused by name; 2 refused or bad input (what was stored before is whole, and found by the next import)',
  doctor: '0 READY; 3 INCONCLUSIVE; 2 UNANSWERED or REFUSED, or bad input',
  model: '0 it answered; 3 it refused or said nothing; 2 it cannot be asked (and what to mend), or bad input',
  propose:
    '0 a run would keep each change, or the proposal of another producer is filed; 3 some not; 2 some are out of bounds, unreadable, beyond the budget of proposals, refused or bad input',
  plan: '0 written, or nothing is to be recorded; 2 refused or bad input, and nothing was written',
  record:
    '0 the plan is recorded; 3 a part of it (failed, at the limit, or cases that are gone); 2 refused or bad input; 130 ended by Ctrl-C (what was made is in the file)',
  run: '0 a proposal; 3 ran and proposes nothing (and why); 2 refused or bad input; 130 ended by Ctrl-C (what was written is whole)',
  verify: '0 reproducible, or the store holds; 2 it differs (each file is named), or bad input',
  done: '0 every check and every failure mode answers yes; 3 not yet (each with its repair); 2 bad input',
  'attest verify':
    '0 all of it holds; 3 something is not signed by enough people (expired, revoked, wrong role, too few); 2 something was changed, or bad input',
  'audit show': '0 no P0 control is Fail or Partial; 3 BLOCKED; 2 bad input',
  'cadence show': '0 shown; with --exit-code 3 where something moved; 2 bad input',
  'cadence daily': '0 judged; with --exit-code 3 where something moved; 2 refused or bad input, nothing written',
  'cadence weekly': '0 looked at, or shown; 2 refused or bad input, nothing written',
  'rollout start': MOVED,
  'rollout advance': MOVED,
  'rollout stop': MOVED,
  'rollout resume': '0 resumed; 3 there was no pause; 2 refused, nothing written',
  'rollout verify': '0 all of it holds; 2 something differs (and is named), or bad input',
}

/** Gives a command its examples and its exit codes, which `--help` shows. */
export function tell(command: Command, path: string, example: string): Command {
  const exit = EXIT_CODES[path] ?? USUAL
  TOLD.set(command, { example, exit })
  return command.addHelpText('after', `\nExample:\n  ${example.replaceAll('\n', '\n  ')}\n\nExit codes: ${exit}.`)
}

export interface Described {
  /** `rollout start` */
  readonly path: string
  /** `rollout start [options] <run>` */
  readonly usage: string
  readonly description: string
  readonly options: readonly Option[]
  readonly examples: readonly string[]
  /** Lines of the examples that are no command. */
  readonly notes: readonly string[]
  readonly exit: string
  /** Verbs below it; what has some does nothing itself. */
  readonly below: readonly string[]
  /** Values that its arguments may have, where they are known. */
  readonly values: readonly string[]
}

/** Every command below a program, groups before what they hold. */
export const allCommands = (program: Command): Command[] =>
  program.commands.flatMap((command) => [command, ...allCommands(command)])

/** A program's commands as the parser has them: a new option is in all three places at once. */
export const described = (program: Command): Described[] =>
  allCommands(program).map((command) => {
    const path = pathOf(command)
    const told = TOLD.get(command)
    const lines = told?.example.split('\n') ?? []
    return {
      path,
      usage: `${path} ${command.usage()}`,
      description: command.description(),
      options: command.options.filter((option) => !option.hidden),
      examples: lines.filter((line) => line.startsWith('autotune ')),
      notes: lines.filter((line) => !line.startsWith('autotune ')),
      exit: told?.exit ?? USUAL,
      below: command.commands.map((c) => c.name()),
      values: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    }
  })

/** Its name with those of the groups it stands in. */
const pathOf = (command: Command): string =>
  command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
