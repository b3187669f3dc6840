/** CLI entry: argument parsing only. Each verb is one file in functions/cli. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import { PROGRAM } from '#adapters/local/program-files.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { awsProblem } from '../functions/cli/aws-errors.ts'
import { isDeployed } from '../functions/cli/store-options.ts'
import { faultOf, systemProblem } from '../functions/cli/system-errors.ts'
import { toldText } from '../functions/cli/terminal.ts'
import { UserError } from '../functions/errors.ts'
import { atLeastOne, exampleKind, expiry, port, repeat, share, wholeNumber } from './arguments.ts'
import { type AddVerb, rolloutVerbs } from './rollout.ts'
import { traceFileOptions, traceOptions } from './traces.ts'

/** Runs the command line; the exit code: 0 proposal or success, 3 ran and proposes nothing, 2 refused or bad input, 1 our defect. */
export async function main(argv: readonly string[]): Promise<number> {
  const state = { code: 0 }
  const program = build(state)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return state.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return told(error, argv)
  }
}

/** Tells a person what went wrong; the exit code. */
export function told(error: unknown, argv: readonly string[]): number {
  const refused = error instanceof UserError || error instanceof TamperError || (error as Error).name === 'ImportError'
  const known = refused ? (error as Error).message : (awsProblem(error) ?? systemProblem(error))
  const message = toldText(known ?? faultOf(error as Error))
  if (argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: message })}\n`)
  process.stderr.write(`autotune: ${message}\n`)
  return known === null ? 1 : 2
}

/** Verbs that work on a deployment too. */
const DEPLOYED: ReadonlySet<string> = new Set([
  'import',
  'doctor',
  'propose',
  'run',
  'list',
  'show',
  'explain',
  'verify',
  'anchor publish',
  'rollout stop',
])

const version = (): string => JSON.parse(readFileSync(join(PROGRAM, 'package.json'), 'utf8')).version

function build(state: { code: number }): Command {
  const program = new Command('autotune')
    .description('Bounded, replay-proved, reviewable tuning of an LLM agent harness')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(add --help for the options and an example)')
  const verb: AddVerb = (name, description, example, parent = program) => {
    const path = `${parent === program ? '' : `${parent.name()} `}${name.split(' ')[0]}`
    const deployed = DEPLOYED.has(path)
    const stack = new Option('--stack <name>', 'a deployment in AWS: what the names of its stacks begin with')
    return parent
      .command(name)
      .description(description)
      .option('--store <dir>', deployed ? 'folder of the store, or s3://BUCKET' : 'folder of the store', './harness')
      .addOption(stack.hideHelp(!deployed))
      .option('--json', 'print one JSON object on one line, the last of stdout', false)
      .addHelpText('after', `\nExample:\n  ${example.replaceAll('\n', '\n  ')}`)
      .hook('preAction', (command) => {
        if (command.opts().store.trim() === '')
          throw new UserError('--store is empty: name a folder, or leave it out for ./harness')
        if (!deployed && isDeployed(command.opts()))
          throw new UserError(`"autotune ${path}" works on a folder, not on a deployment in AWS`)
      })
  }

  verb(
    'demo',
    'the whole loop on a bundled synthetic support-refund harness, in a fresh temporary store',
    'autotune demo\nautotune demo --store ./demo-harness --seed 7',
  )
    .addOption(new Option('--seed <n>', 'seed of the synthetic runs').default(1).argParser(wholeNumber('--seed')))
    .action(async (o, c) => {
      state.code = await (await import('../functions/cli/demo.ts')).demo({
        ...o,
        store: c.getOptionValueSource('store') === 'default' ? null : o.store,
      })
    })

  const starting = verb(
    'init',
    'write a starter pack, suite, price table and target: the example, or what these traces hold',
    'autotune init\nautotune init --dir ./tuning\nautotune init --from traces.otlp.jsonl --score quality>=0.5 --dir ./tuning',
  )
    .option('--dir <dir>', 'where to write them', '.')
    .option('--owner <name>', 'who answers for the surfaces', 'owner')
    .action(async ({ from, dialect, ...o }) => {
      state.code = await (await import('../functions/cli/init.ts')).init({ ...o, traces: from ?? [], from: dialect })
    })
  traceFileOptions(starting)

  const importing = verb(
    'import [files...]',
    'publish packs, suites and prices, and import recorded runs: traces of any known dialect, native records, or others through a map',
    'autotune import traces.otlp.jsonl --score quality>=0.5\nautotune import export/ --from langfuse --family user\nautotune import --list\nautotune import --pack pack.json --suite suite.json --prices prices.json\nautotune import runs.jsonl.gz --map chat-messages\nautotune import runs.jsonl.gz --map chat-messages --stack Autotune\nautotune import log.jsonl --map ./my-map.jsonata\nautotune import sessions/ --map claude-code\nautotune import events.jsonl --map ./my-map.jsonata --group-by trace.id',
  )
    .option(
      '--map <map>',
      'shipped map or a .jsonata file: one foreign record -> one native run; without it the files say what they are',
    )
    .option(
      '--group-by <path>',
      'hand the map the list of the records with one value at this path; @file: those of a file',
    )
    .option('--pack <file>', 'context pack to publish (repeatable)', repeat, [])
    .option('--suite <file>', 'evaluator suite to publish (repeatable)', repeat, [])
    .option('--prices <file>', 'price table to publish (repeatable)', repeat, [])
    .option(
      '--document <ref=file>',
      'policy bundle, tool manifest or another document of a tuple, kept under its ref (repeatable)',
      repeat,
      [],
    )
    .addOption(
      new Option('--split <rule>', 'how families are split into search and held-out')
        .choices(['hash', 'recorded'])
        .default('hash'),
    )
    .option('--split-key <text>', 'key of the split hash (default: a random one, fixed by the first import)')
    .addOption(
      new Option('--heldout-share <share>', 'share of families that is sealed away').default(0.5).argParser(share),
    )
    .addOption(
      new Option(
        '--layout <layout>',
        'how recorded runs lie: a folder of five files each, or packed (the first import fixes it: files up to 1,000 runs in a folder, else packed)',
      ).choices(['files', 'segments']),
    )
    .option('--list', 'the dialects of traces and the maps that are known', false)
    .option(
      '--redact <file>',
      'rules of what is replaced by pseudonyms before anything is stored (schemas/json/redaction-rules.schema.json)',
    )
    .option('--dry-run', 'say what would be stored, and write nothing', false)
    .option('--join-near-copies', 'count runs that say nearly the same as one family, as exact copies are', false)
    .action(async (files, o) => {
      state.code = await (await import('../functions/cli/import.ts')).importVerb(files, o)
    })
  traceOptions(importing)

  verb(
    'example <kind>',
    'a made-up export of traces (otel, openinference) to try the whole way on',
    'autotune example otel',
  )
    .option('--out <file>', 'file to write (default: traces-KIND.otlp.jsonl)')
    .action(async (kind, o) => {
      state.code = await (await import('../functions/cli/example.ts')).example(exampleKind(kind), o)
    })

  const inspecting = verb(
    'inspect [files...]',
    'what traces or records hold, what could be tuned from them and what not; opens no store',
    'autotune inspect traces.otlp.jsonl\nautotune inspect export/ --family user --score quality>=0.5\nautotune inspect log.jsonl --map ./my-map.jsonata',
  )
    .option('--map <map>', 'shipped map or a .jsonata file, as "import" takes it')
    .option(
      '--group-by <path>',
      'hand the map the list of the records with one value at this path; @file: those of a file',
    )
    .action(async (files, o) => {
      state.code = await (await import('../functions/cli/survey.ts')).inspect(files, o)
    })
  traceOptions(inspecting)

  verb(
    'pack',
    'turn the folders of recorded runs into segments: fewer files, and faster; killed, the same command goes on',
    'autotune pack --store ./harness',
  ).action(async (o) => {
    state.code = await (await import('../functions/cli/pack.ts')).packVerb(o)
  })

  verb(
    'erase [runs...]',
    'erase recorded runs from both sides of the store and from all that was computed from them, under a signed tombstone',
    'autotune erase run_2026_05_12_1 --reason "request 4711" --person ana@example.com\nautotune erase --family cust_afad9 --reason "left us" --person ana@example.com --yes\nautotune erase --file ids.txt --reason "request 4711" --person ana@example.com --yes --json\nWithout --yes it says what it would erase. The tombstone keeps reason and person: write nothing there that is to be erased',
  )
    .option('--family <family>', 'all runs of this family, by the name under which it was recorded')
    .option('--file <file>', 'run ids, one a line; "-" is the standard input')
    .requiredOption('--reason <text>', 'why, in 3 to 2000 characters')
    .requiredOption('--person <name>', 'who had it erased')
    .option('--yes', 'erase; without it nothing is changed', false)
    .action(async (runs, o) => {
      state.code = await (await import('../functions/cli/erase.ts')).eraseVerb(runs, o)
    })

  verb(
    'doctor',
    'the seven questions with their answers or what is missing, and what the held-out set can answer',
    'autotune doctor --target target.json\nautotune doctor --target target.json --replayer module:./my-harness.ts',
  )
    .requiredOption('--target <file>', 'tuning target')
    .option('--replayer <replayer>', 'transcript, or module:PATH: does a harness of your own reproduce the baseline?')
    .action(async (o) => {
      state.code = await (await import('../functions/cli/doctor.ts')).doctor(o)
    })

  verb(
    'propose <file>',
    'hand-written changes on the search side: bounds, fate, figures and the limit that failed; spends nothing',
    'autotune propose changes.jsonl --target target.json\nautotune propose changes.jsonl --target target.json --replayer module:./my-harness.ts\nchanges.jsonl holds one change a line, e.g. {"patch": {"evidence.orders.top_k": 7}, "rationale": "cheaper"}\nExit code: 0 a run would keep each change, 3 some not, 2 some are out of bounds or bad input',
  )
    .requiredOption('--target <file>', 'tuning target')
    .option('--replayer <replayer>', 'transcript (trims what was recorded), or module:PATH (a harness of your own)')
    .addOption(
      new Option('--concurrency <n>', 'harness processes at once (default: number of cores)').argParser(
        atLeastOne('--concurrency', 256),
      ),
    )
    .addOption(
      new Option('--limit-ms <ms>', 'longest that one case of a harness may take (default: 10000)').argParser(
        atLeastOne('--limit-ms'),
      ),
    )
    .action(async (file, o) => {
      state.code = await (await import('../functions/cli/propose.ts')).propose(file, o)
    })

  verb(
    'run',
    'search, ask the held-out set once, and write a proposal or the reason why there is none',
    'autotune run --target target.json\nautotune run --target target.json --candidates changes.jsonl\nautotune run --target target.json --replayer module:./my-harness.ts\nautotune run --abandon at_2026_11_23_refund_cents\nautotune run --target target.json --stack Autotune',
  )
    .option('--target <file>', 'tuning target')
    .option(
      '--candidates <file>',
      'hand-written changes (JSON lines of {"patch": {path: value}}) in place of the search',
    )
    .option(
      '--replayer <replayer>',
      'transcript (trims what was recorded), or module:PATH (runs a harness of your own; see schemas/harness.ts)',
    )
    .addOption(
      new Option('--concurrency <n>', 'harness processes at once (default: number of cores)').argParser(
        atLeastOne('--concurrency', 256),
      ),
    )
    .addOption(
      new Option('--limit-ms <ms>', 'longest that one case of a harness may take (default: 10000)').argParser(
        atLeastOne('--limit-ms'),
      ),
    )
    .option('--run-id <id>', 'id of the run (default: at_YYYY_MM_DD_SLUG from the clock)')
    .option('--abandon <id>', 'answer "no" to the open question of a run that will not be resumed, and free its lock')
    .action(async (o) => {
      state.code = await (await import('../functions/cli/run.ts')).runVerb(o)
    })

  verb('list', 'runs of this store with their verdicts', 'autotune list --json\nautotune list --stack Autotune').action(
    async (o) => {
      state.code = await (await import('../functions/cli/inspect.ts')).list(o)
    },
  )
  verb(
    'show <run>',
    'one run: verdict, fates, certificate, files; or the five files of a recorded run',
    'autotune show at_2026_11_23_refund_cents\nautotune show run_2026_05_12_1 --files ./run_2026_05_12_1',
  )
    .option('--files <dir>', 'RUN is a recorded run: write its five files into this folder')
    .action(async (run, o) => {
      state.code =
        o.files === undefined
          ? await (await import('../functions/cli/inspect.ts')).show(run, o)
          : await (await import('../functions/cli/show-files.ts')).showFiles(run, o)
    })
  verb(
    'explain <what>',
    'why a run proposed this or nothing: the fate of every candidate; or why a pack version exists',
    'autotune explain at_2026_11_23_refund_cents\nautotune explain ctxpack.support@5.3.0',
  ).action(async (what: string, o) => {
    state.code = what.includes('@')
      ? await (await import('../functions/cli/explain-version.ts')).explainPack(what, o)
      : await (await import('../functions/cli/inspect.ts')).explain(what, o)
  })
  verb(
    'verify [run]',
    'recompute a run from its pinned inputs and compare bytes; without a run: the whole store against its journal of heads',
    'autotune verify at_2026_11_23_refund_cents\nautotune verify --store ./harness\nautotune verify --anchor /media/usb/heads.jsonl',
  )
    .option('--anchor <place>', 'without a run: heads that "anchor publish" kept, a file or s3://BUCKET/PREFIX')
    .action(async (run: string | undefined, { anchor, ...o }) => {
      if (run !== undefined && anchor !== undefined)
        throw new UserError('--anchor is about the whole store: leave the run out')
      state.code =
        run === undefined
          ? await (await import('../functions/cli/verify-store.ts')).verifyStore({ anchor, ...o })
          : await (await import('../functions/cli/verify.ts')).verify(run, o)
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
      state.code = await (await import('../functions/cli/anchor.ts')).publishAnchor(o)
    })
  verb(
    'review <run>',
    'open the review of a proposal, print one link for each reviewer, and serve their pages on this machine',
    'autotune review at_2026_11_23_refund_cents --reviewer policy=ben@example.com --reviewer reliability=ana@example.com\nautotune review at_2026_11_23_refund_cents --port 8080\nautotune review at_2026_11_23_refund_cents --port 8080 --no-serve --json',
  )
    .option('--reviewer <role=person>', 'who is asked for which role (repeatable; not needed to reopen)', repeat, [])
    .addOption(new Option('--port <n>', 'port on 127.0.0.1; 0: any free one').default(0).argParser(port))
    .addOption(
      new Option('--expires-hours <n>', 'hours until an undecided review ends as expired')
        .default(72)
        .argParser(expiry),
    )
    .option('--no-serve', 'print the links only')
    .action(async (run, o) => {
      state.code = await (await import('../functions/cli/review.ts')).review(run, o)
    })
  verb(
    'decide <run>',
    'decide as one reviewer from this terminal, on an open review',
    'autotune decide at_2026_11_23_refund_cents --role policy --reviewer ben@example.com --approve\nautotune decide at_2026_11_23_refund_cents --role policy --reviewer ben@example.com --reject --reason "hides refunds of older orders"',
  )
    .requiredOption('--role <role>', 'role that is filled')
    .requiredOption('--reviewer <person>', 'who decides, as named when the review was opened')
    .option('--approve', 'approve the proposal')
    .option('--reject', 'reject it, which ends the review')
    .option('--reason <text>', 'why; required for a rejection')
    .option('--shown <digest>', 'decide only if this is still what the page shows (printed by "autotune review")')
    .action(async (run, o) => {
      state.code = await (await import('../functions/cli/decide.ts')).decideVerb(run, o)
    })
  rolloutVerbs(program, verb, state)
  return program
}
