/** Options that say how traces are read: of `import`, and of whatever looks at traces before they are imported. */
import { type Command, Option } from 'commander'
import { UserError } from '../functions/errors.ts'
import { repeat } from './arguments.ts'

/** What a trace does not say itself stands in one of these, or is not known. */
export function traceOptions(command: Command): Command {
  return described(
    command.option(
      '--from <dialect>',
      'dialect of the traces ("autotune import --list"); without it each file says itself',
    ),
  )
}

/** The same where `--from` names the files: the dialect bears its own name. */
export function traceFileOptions(command: Command): Command {
  return described(
    command
      .option('--from <files...>', 'traces to begin with: files or folders')
      .option('--dialect <dialect>', 'dialect of the traces; without it each file says itself'),
  )
}

function described(command: Command): Command {
  return command
    .option(
      '--map <map>',
      'shipped map or a .jsonata file: one foreign record -> one native run; without it the files say what they are',
    )
    .option(
      '--group-by <path>',
      'hand the map the list of the records with one value at this path; @file: those of a file',
    )
    .addOption(
      new Option('--unit <unit>', 'what becomes a run: a trace, or all traces of a session')
        .choices(['trace', 'session'])
        .default('trace'),
    )
    .option('--family <rule>', 'what a family is: session, user, trace, or the path of a field', 'session')
    .option('--intent <name>', 'intent of all runs, or the path of the field that says it (a path holds a dot)')
    .option(
      '--score <rule>',
      'a recorded score that is the label: NAME, NAME>=0.5, NAME=LABEL; human:NAME says who gave it (repeatable)',
      repeat,
      [],
    )
    .option('--writes <tool>', 'a tool that changes something outside the run (repeatable)', repeat, [])
    .option('--correction <name>', 'human annotations of this name are corrections (repeatable)', repeat, [])
    .option(
      '--tag <field=path>',
      'a version or id of the run from a field, e.g. pack_version=app.pack (repeatable)',
      repeat,
      [],
    )
    .addOption(
      new Option('--max-dropped <share>', 'share of traces that may become no run')
        .default(0.05)
        .argParser(droppedShare),
    )
    .addOption(
      new Option(
        '--settle <time>',
        'a trace that ended less than this ago waits for the next import, e.g. 90s, 15m, 3h',
      )
        .default(3_600_000, '1h')
        .argParser(milliseconds),
    )
    .option('--allow-cut', 'take an export that says that there is more', false)
}

function droppedShare(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 1) || text.trim() === '')
    throw new UserError(`--max-dropped takes a share from 0 to 1, got "${text}"`)
  return value
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function milliseconds(text: string): number {
  const [, n, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? []
  const value = text === '0' ? 0 : Number(n) * (UNITS[unit ?? ''] ?? Number.NaN)
  if (!Number.isFinite(value)) throw new UserError(`--settle takes a time such as 90s, 15m, 3h or 0, got "${text}"`)
  return value
}
