/** The verbs that say and make what nobody recorded yet: argument parsing only. */
import { Option } from 'commander'
import { atLeastOne, numberOf } from './arguments.ts'
import { loaded } from './loaded.ts'
import type { AddVerb } from './verb.ts'

export function planVerbs(verb: AddVerb, state: { code: number }): void {
  verb(
    'plan',
    'what would have to be recorded to search what no recording speaks about: settings, cases, price; writes a plan file, spends nothing',
    'autotune plan --target target.json\nautotune plan --target target.json --candidates changes.jsonl --out plan.json',
  )
    .requiredOption('--target <file>', 'tuning target')
    .option('--candidates <file>', 'hand-written changes (as "propose" takes them) that are to be recorded too')
    .option('--out <file>', 'plan to write', 'recording-plan.json')
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/plan.ts'))).planVerb(o)
    })

  verb(
    'record <plan>',
    'record what of a plan is missing with a module of your own (uncaged: it calls what it needs), and import it; killed, the same command goes on',
    'autotune record recording-plan.json --with module:./recorder.ts --calls 400\nautotune record recording-plan.json --with module:./recorder.ts --cents 250 --limit-ms 60000\nrecorder.ts exports: async function record(recorded, settings) { ... return { offers, evidence, steps, outcome } }',
  )
    .requiredOption('--with <recorder>', 'module:PATH, which exports record(recorded, settings)')
    .addOption(new Option('--cents <n>', 'most that this plan may cost in all').argParser(numberOf('--cents')))
    .addOption(
      new Option('--calls <n>', 'most recordings of this plan in all, with those of this command that fail').argParser(
        atLeastOne('--calls'),
      ),
    )
    .option('--out <file>', 'runs that it made, a line each (default: PLAN.runs.jsonl)')
    .addOption(
      new Option('--concurrency <n>', 'recorder processes at once (default: number of cores, at most 4)').argParser(
        atLeastOne('--concurrency', 256),
      ),
    )
    .addOption(
      new Option('--limit-ms <ms>', 'longest that one case may take')
        .default(120_000)
        .argParser(atLeastOne('--limit-ms')),
    )
    .action(async (plan: string, o) => {
      state.code = await (await loaded(import('../functions/cli/record.ts'))).recordVerb(plan, o)
    })
}
