/** The `rollout` verbs: argument parsing only. Each group of verbs is one file in functions/cli/rollout. */
import { type Command, Option } from 'commander'
import { FORMS } from '#adapters/delivery/forms.ts'
import { noCage, port, repeat } from './arguments.ts'
import { loaded } from './loaded.ts'
import type { AddVerb } from './verb.ts'

const formsText = Object.entries(FORMS)
  .map(([name, { is }]) => `${name}: ${is}`)
  .join('; ')

/** Of every verb that moves a rollout. */
const deliver = () =>
  new Option(
    '--deliver <form=folder>',
    `also publish routing there, a file an intent (repeatable; give it to every verb that moves a rollout, or once in autotune.config.json). FORM: ${Object.keys(FORMS).join(', ')}`,
  )
    .argParser(repeat)
    .default([], 'nowhere else')

const acts = () => loaded(import('../functions/cli/rollout/acts.ts'))
const look = () => loaded(import('../functions/cli/rollout/show.ts'))

export function rolloutVerbs(program: Command, verb: AddVerb, state: { code: number }): void {
  const group = program
    .command('rollout')
    .description('the way of an approved proposal into production, in five stages, and back')
    .addHelpText('after', '\nExample:\n  autotune rollout start at_2026_11_23_refund_cents --config rollout.json')
  const add = (name: string, description: string, example: string): Command => verb(name, description, example, group)

  add(
    'start <run>',
    'build the next pack version of an approved proposal and enter 0%_shadow',
    'autotune rollout start at_2026_11_23_refund_cents --config rollout.json\nautotune rollout start at_2026_11_23_refund_cents --config rollout.json --json',
  )
    .requiredOption('--config <file>', 'stages, gates and window; "autotune init" writes one to start from')
    .addOption(noCage())
    .addOption(deliver())
    .action(async (run, o) => {
      state.code = await (await acts()).start(run, o)
    })
  add(
    'record <id> <files...>',
    'append scored production runs (JSONL, also .gz) to the log of a rollout; known ones are left alone',
    'autotune rollout record ro_at_2026_11_23_refund_cents runs.jsonl.gz\nautotune rollout record ro_at_2026_11_23_refund_cents monday.jsonl tuesday.jsonl',
  ).action(async (id, files, o) => {
    state.code = await (await loaded(import('../functions/cli/rollout/record.ts'))).record(id, files, o)
  })
  add(
    'advance <id>',
    'evaluate the stage on the recorded runs: forward, wait, pause, or back; safe to run every minute',
    'autotune rollout advance ro_at_2026_11_23_refund_cents\nautotune rollout advance ro_at_2026_11_23_refund_cents --json',
  )
    .addOption(deliver())
    .action(async (id, o) => {
      state.code = await (await acts()).advance(id, o)
    })
  add(
    'stop <id>',
    'the kill switch: the whole prior tuple serves everyone again',
    'autotune rollout stop ro_at_2026_11_23_refund_cents --reason "customers report missing refunds"\nautotune rollout stop ro_at_2026_11_23_refund_cents --reason "missing refunds" --stack Autotune',
  )
    .requiredOption('--reason <text>', 'why; it is recorded, and remembered by the next run')
    .option('--by <person>', 'who stops it (default: the user of this terminal)')
    .addOption(deliver())
    .action(async (id, o) => {
      state.code = await (await acts()).stop(id, o)
    })
  add(
    'resume <id>',
    'give a paused stage a new deadline',
    'autotune rollout resume ro_at_2026_11_23_refund_cents --reason "the log exporter is repaired" --by fay@example.com\nautotune rollout resume ro_at_2026_11_23_refund_cents --reason "exporter repaired" --json',
  )
    .requiredOption('--reason <text>', 'why; it is recorded')
    .option('--by <person>', 'who resumes it (default: the user of this terminal)')
    .addOption(deliver())
    .action(async (id, o) => {
      state.code = await (await acts()).resume(id, o)
    })
  add('list', 'rollouts of this store', 'autotune rollout list\nautotune rollout list --json').action(async (o) => {
    state.code = await (await look()).list(o)
  })
  add(
    'show <id>',
    'where a rollout stands, its records, and what the data says now; moves nothing',
    'autotune rollout show ro_at_2026_11_23_refund_cents\nautotune rollout show ro_at_2026_11_23_refund_cents --json',
  ).action(async (id, o) => {
    state.code = await (await look()).show(id, o)
  })
  add(
    'serve <id>',
    'the page of a rollout on this machine: track, gates, both arms, records, way back; moves nothing',
    'autotune rollout serve ro_at_2026_11_23_refund_cents\nautotune rollout serve ro_at_2026_11_23_refund_cents --port 8081',
  )
    .addOption(new Option('--port <n>', 'port on 127.0.0.1; 0: any free one').default(0).argParser(port))
    .action(async (id, o) => {
      state.code = await (await loaded(import('../functions/cli/rollout/serve.ts'))).serve(id, o)
    })
  add(
    'export <what>',
    'what a runtime routes by, of a rollout or of the one that an intent follows now: routing document, signed artifact, AWS AppConfig hosted configuration, flag document of flagd (OpenFeature), environment file',
    'autotune rollout export support.refund --as json --out routing.json\nautotune rollout export ro_at_2026_11_23_refund_cents --as appconfig\nautotune rollout export support.refund --as flagd --out flags/support.refund.flagd.json',
  )
    .addOption(
      new Option('--as <form>', `artifact: signed whole; ${formsText}`)
        .choices([...Object.keys(FORMS), 'artifact'])
        .default('json'),
    )
    .option('--out <file>', 'write it there (default: stdout)')
    .action(async (what, o) => {
      state.code = await (await look()).exportVerb(what, o)
    })
  add(
    'verify <id>',
    'recompute records, routing, artifacts and tuples, check every signature, and name what differs',
    'autotune rollout verify ro_at_2026_11_23_refund_cents\nautotune rollout verify ro_at_2026_11_23_refund_cents --json',
  ).action(async (id, o) => {
    state.code = await (await look()).verify(id, o)
  })
  add(
    'assign <id>',
    'which arm a subject gets, and why: to check a line of a log',
    'autotune rollout assign ro_at_2026_11_23_refund_cents --subject customer-17\nautotune rollout assign ro_at_2026_11_23_refund_cents --subject customer-17 --attribute internal=true',
  )
    .requiredOption('--subject <id>', 'stable id of the subject')
    .option('--intent <intent>', 'intent of the request (default: that of the rollout)')
    .option('--attribute <key=value>', 'attribute of the subject (repeatable)', repeat, [])
    .action(async (id, o) => {
      state.code = await (await look()).assign(id, o)
    })
}
