/** The `cadence` verbs: argument parsing only. */
import { type Command, Option } from 'commander'
import { atLeastOne, noCage, numberOf } from './arguments.ts'
import { loaded } from './loaded.ts'
import type { AddVerb } from './verb.ts'

export function cadenceVerbs(program: Command, verb: AddVerb, state: { code: number }): void {
  const group = program
    .command('cadence')
    .description('the routine: what moved on a day, which runs it starts, and why every other one does not')
    .addHelpText('after', '\nExample:\n  autotune cadence daily')
  const add = (name: string, description: string, example: string, isDefault = false): Command =>
    verb(name, description, example, group, isDefault).option(
      '--bands <file>',
      'what is watched, and where its edges lie',
      'bands.json',
    )

  add(
    'show [date]',
    'a judged day on one screen; the newest where none is named',
    'autotune cadence show\nautotune cadence show 2026-11-28 --json\nautotune cadence show --stack Autotune',
    true,
  )
    .option('--exit-code', 'exit 3 where something moved', false)
    .action(async (date, o) => {
      state.code = await (await loaded(import('../functions/cli/cadence/show.ts'))).show(date, o)
    })
  add(
    'daily',
    'judge every day that is ready and was missed, in order, and start the runs that broken bands queue',
    'autotune cadence daily\nautotune cadence daily --date 2026-11-28 --exit-code --json',
  )
    .option('--date <day>', 'the last day to judge (default: the newest that is ready)')
    .option(
      '--replayer <how>',
      'how the runs replay: transcript, or module:PATH or exec:PATH for a harness of your own',
    )
    .addOption(noCage())
    .option('--no-runs', 'judge only; the next "cadence daily" starts what was queued')
    .option('--exit-code', 'exit 3 where something moved', false)
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/cadence/daily.ts'))).daily(o)
    })
  add(
    'weekly',
    'look back on the week that is over: what became of every proposal, what waits, what to retire and to seal anew; corrected failures become scars',
    'autotune cadence weekly\nautotune cadence weekly --date 2026-11-29 --json',
  )
    .option(
      '--date <day>',
      'the last day of the week (default: the last day that is over, seven days after the week before)',
    )
    .option('--promote <config>', 'start the rollouts of approved changes that wait, with this configuration')
    .option('--retire <folder>', 'write a proposal for the surfaces that are to be retired, for "autotune propose"')
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/cadence/weekly.ts'))).weekly(o)
    })
  add(
    'quarterly',
    "the year's error budget over all questions, limits with what they caught and who answers for them, stale generators",
    'autotune cadence quarterly\nautotune cadence quarterly --suite evals.refund@2.5.0 --date 2026-12-31 --json\nautotune cadence quarterly --resplit support.refund --by ana@example.com',
  )
    .option('--date <day>', 'the last day of the quarter (default: the last day that is over)')
    .option('--suite <ref>', 'an imported suite to put beside the one in use, on the same recorded runs')
    .option(
      '--resplit <intent>',
      'split an intent anew: sealed versions that stand end, some sealed families become search, never the other way round; once a quarter, never taken back',
    )
    .option('--by <person>', 'who asks for that (default: the user of this terminal)')
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/cadence/quarterly.ts'))).quarterly(o)
    })
  add(
    'sign <what> [of...]',
    "an owner's word in the bands: that a limit still fits, for a quarter, or that the error budget of a year may be higher",
    'autotune cadence sign limit support.refund policy --by ana@example.com\nautotune cadence sign budget 0.1 --by ana@example.com',
  )
    .option('--by <person>', 'whose word it is (default: the user of this terminal)')
    .action(async (what, of, o) => {
      state.code = await (await loaded(import('../functions/cli/cadence/sign.ts'))).sign(what, of, o)
    })
  add(
    'learn <intent> <metric>',
    'the median of a period as an edge for the bands; writes nothing',
    'autotune cadence learn support.refund economics_cents_per_decision --from 2026-10-01 --to 2026-10-31 --tolerance 0.5\nautotune cadence learn support.refund utility --from 2026-10-01 --to 2026-10-31 --tolerance 0.03 --bands tuning/bands.json',
  )
    .requiredOption('--from <day>', 'first day of the period')
    .requiredOption('--to <day>', 'its last day; at least 14 days must have runs')
    .requiredOption(
      '--tolerance <number>',
      'how far from the median is still inside, in the unit of the metric',
      numberOf('--tolerance'),
    )
    .action(async (intent, metric, o) => {
      state.code = await (await loaded(import('../functions/cli/cadence/learn.ts'))).learn(intent, metric, o)
    })
  verb(
    'insights',
    'what recurs in recorded runs: failures of one pattern, corrections, needed passages that are not read',
    'autotune insights --bands bands.json\nautotune insights --bands bands.json --changes changes.jsonl\nautotune insights --bands bands.json --rules rules.jsonl\nautotune insights --bands bands.json --stack Autotune',
  )
    .option('--bands <file>', 'names intents, and by which suite they are measured', 'bands.json')
    .option('--intent <id>', 'one intent of the bands (default: all)')
    .addOption(
      new Option('--least <n>', 'families in which a pattern recurs').default(5).argParser(atLeastOne('--least')),
    )
    .option('--changes <file>', 'write the changes that they suggest, for propose and run --candidates')
    .option('--rules <file>', 'the same as StrategyRules: each with its insight, its runs, and the cases that share it')
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/insights.ts'))).insights(o)
    })
}
