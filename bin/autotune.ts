/** CLI entry: argument parsing only. Each verb is one file in functions/cli. */
import { Argument, Command, CommanderError, Option } from 'commander'
import { programVersion } from '#adapters/local/program-files.ts'
import { TamperError } from '#core/experience/run-files.ts'
import { PROPOSERS } from '#schemas/proposers.ts'
import { awsProblem } from '../functions/cli/aws-errors.ts'
import { nearText } from '../functions/cli/near.ts'
import { endProgress } from '../functions/cli/progress.ts'
import { isDeployed, STORE_FOLDER } from '../functions/cli/store-options.ts'
import { faultOf, systemProblem } from '../functions/cli/system-errors.ts'
import { toldText } from '../functions/cli/terminal.ts'
import { UserError } from '../functions/errors.ts'
import { atLeastOne, expiry, noCage, port, repeat, wholeNumber } from './arguments.ts'
import { attestVerbs } from './attest.ts'
import { cadenceVerbs } from './cadence.ts'
import { completionScript, SHELLS, type Shell } from './completion.ts'
import { applyConfig, CONFIG_FILE } from './config-file.ts'
import { doneVerbs } from './done.ts'
import { experienceVerbs } from './experience.ts'
import { planVerbs } from './plan.ts'
import { described, tell } from './reference.ts'
import { type AddVerb, rolloutVerbs } from './rollout.ts'

/** Runs the command line; the exit code: 0 proposal or success, 3 ran and proposes nothing, 2 refused or bad input, 1 our defect. */
export async function main(argv: readonly string[]): Promise<number> {
  const state = { code: 0 }
  try {
    const program = build(state)
    const words = argv[0] === 'help' ? helpOf(program, argv.slice(1)) : argv
    if (!isAboutItself(words)) applyConfig(program)
    await program.parseAsync(words, { from: 'user' })
    return state.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return told(error, argv)
  } finally {
    endProgress()
  }
}

/** Tells a person what went wrong; the exit code. */
export function told(error: unknown, argv: readonly string[]): number {
  endProgress()
  const refused = error instanceof UserError || error instanceof TamperError || (error as Error).name === 'ImportError'
  const known = refused ? (error as Error).message : (awsProblem(error) ?? systemProblem(error))
  const message = toldText(known ?? faultOf(error as Error))
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

/** Verbs that work on a deployment too. */
const DEPLOYED: ReadonlySet<string> = new Set([
  'import',
  'correct',
  'doctor',
  'propose',
  'run',
  'list',
  'show',
  'explain',
  'case',
  'verify',
  'forget',
  'anchor publish',
  'cadence show',
  'report',
  'export',
  'rollout stop',
])

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
  const verb: AddVerb = (name, description, example, parent = program, isDefault = false) => {
    const path = `${parent === program ? '' : `${parent.name()} `}${name.split(' ')[0]}`
    const deployed = DEPLOYED.has(path)
    const stack = new Option('--stack <name>', 'a deployment in AWS: what the names of its stacks begin with')
    const store = new Option('--store <dir>', deployed ? 'folder of the store, or s3://BUCKET' : 'folder of the store')
    return tell(parent.command(name, { isDefault }), path, example)
      .description(description)
      .addOption(store.default(STORE_FOLDER).env('AUTOTUNE_STORE'))
      .addOption(stack.hideHelp(!deployed))
      .option('--json', 'print one JSON object on one line, the last of stdout', false)
      .hook('preAction', (command) => {
        if (command.opts().store.trim() === '')
          throw new UserError(
            command.getOptionValueSource('store') === 'env'
              ? 'AUTOTUNE_STORE is empty: let it name a folder, or unset it'
              : '--store is empty: name a folder, or leave it out for ./harness',
          )
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
        // A place that is meant for every command is not meant for this one.
        store: c.getOptionValueSource('store') === 'cli' ? o.store : null,
      })
    })

  experienceVerbs(verb, state)

  verb(
    'doctor',
    'the seven questions with their answers or what is missing, and what the held-out set can answer',
    'autotune doctor --target target.json\nautotune doctor --target target.json --replayer module:./my-harness.ts',
  )
    .requiredOption('--target <file>', 'tuning target')
    .option(
      '--replayer <replayer>',
      'transcript, or module:PATH or exec:PATH: does a harness of your own reproduce the baseline?',
    )
    .addOption(noCage())
    .option(
      '--verbose',
      'every table: the questions in words, rules, surfaces, guardrails, what could be certified',
      false,
    )
    .action(async (o) => {
      state.code = await (await import('../functions/cli/doctor.ts')).doctor(o)
    })

  verb(
    'model <file>',
    'asks the model that a document pins once: are endpoint, key and model there?',
    'autotune model live.json\nautotune model live.json --json\nThe document says {"model": {"provider": "openai", "base_url": "http://127.0.0.1:8080/v1", "model": "NAME"}, "max_tokens": 200, "temperature": 0, "seed": 1}\nThe key is that of AUTOTUNE_MODEL_KEY; for OpenAI also of OPENAI_API_KEY',
  ).action(async (file, o) => {
    state.code = await (await import('../functions/cli/model.ts')).model(file, o)
  })

  verb(
    'propose <file>',
    'hand-written changes on the search side (bounds, fate, figures; spends nothing), those of a program outside (an inbox; counted), or files the proposal of another producer for review',
    'autotune propose changes.jsonl --target target.json\nautotune propose ./inbox --target target.json\nautotune propose changes.jsonl --target target.json --replayer module:./my-harness.ts\nautotune propose policy-proposal.json\nchanges.jsonl holds one change a line, e.g. {"patch": {"evidence.orders.top_k": 7}, "rationale": "cheaper"}\nA StrategyRule has "kind": "strategy_rule", and is a change as well (docs/concepts.md)\nA folder is an inbox: one change a file, in the order of names. It is counted, as is a file in which a change names its "origin": 200 proposals an intent and quarter, or "proposal_budget" of the target. What was proposed before is answered from memory (docs/agents.md)\nA proposal of another producer is one object with a "kind": part_release (policy, tools, evaluators, surfaces to retire)',
  )
    .option('--target <file>', 'tuning target; of hand-written changes')
    .option('--again', 'replay also what memory answers: stale changes, dead ends, and what an earlier run looked at')
    .option(
      '--replayer <replayer>',
      'transcript (trims what was recorded), or module:PATH or exec:PATH (a harness of your own)',
    )
    .addOption(noCage())
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

  planVerbs(verb, state)

  verb(
    'brief',
    'a folder for a coding agent that is to propose changes: surfaces and bounds, recorded cases of the search side, what was tried before and how; nothing sealed',
    'autotune brief --target target.json --out ./brief\nautotune brief --target target.json --out ./brief --cases 1000 --json',
  )
    .requiredOption('--target <file>', 'tuning target')
    .requiredOption('--out <dir>', 'folder to write; an earlier brief there is replaced, anything else is not')
    .addOption(
      new Option('--cases <n>', 'recorded cases that are told, those that failed or were corrected first')
        .default(200)
        .argParser(atLeastOne('--cases', 10_000)),
    )
    .action(async (o) => {
      state.code = await (await import('../functions/cli/brief.ts')).brief(o)
    })

  verb(
    'history [path]',
    'what was tried before on the intent of a target, or on one setting of it: changes of the inbox and of the latest runs, with their fates',
    'autotune history --target target.json\nautotune history evidence.orders.top_k --target target.json --json\nautotune history --target target.json --changes changes.jsonl',
  )
    .requiredOption('--target <file>', 'tuning target')
    .option('--changes <file>', 'write the changes of the inbox that the search side would keep, for run --candidates')
    .addOption(new Option('--limit <n>', 'changes that are shown').default(20).argParser(atLeastOne('--limit', 10_000)))
    .action(async (path, o) => {
      state.code = await (await import('../functions/cli/history.ts')).history(path, o)
    })

  verb(
    'run',
    'search, ask the held-out set once, and write a proposal or the reason why there is none',
    'autotune run --target target.json\nautotune run --target target.json --candidates changes.jsonl\nautotune run --target target.json --proposers neighbours,corrections\nautotune run --target target.json --proposers blocks --blocks blocks.json\nautotune run --target target.json --reflect proposer.json\nautotune run --target target.json --replayer module:./my-harness.ts\nautotune run --target target.json --replayer exec:./my-harness.py\nautotune run --target target.json --replayer module:./my-harness.ts --live live.json\nautotune run --abandon at_2026_11_23_refund_cents\nautotune run --target target.json --stack Autotune',
  )
    .option('--target <file>', 'tuning target')
    .option(
      '--candidates <file>',
      'hand-written changes (JSON lines of {"patch": {path: value}}) in place of the search',
    )
    .option('--proposers <names>', `who else proposes changes: ${PROPOSERS.join(', ')}; several with commas`)
    .option('--blocks <file>', 'reviewed library of prompt blocks, for the proposer "blocks"')
    .option(
      '--reflect <file>',
      'a model that is shown failed search cases once and proposes edits (kind: proposer_model)',
    )
    .option(
      '--replayer <replayer>',
      'transcript (trims what was recorded), or module:PATH or exec:PATH (runs a harness of your own, a module or a program; see docs/own-harness.md)',
    )
    .addOption(noCage())
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
    .option(
      '--live <file>',
      'a signed live_model document: what the harness asks a model is asked of that one, in both arms (docs/live.md)',
    )
    .option('--run-id <id>', 'id of the run (default: at_YYYY_MM_DD_SLUG from the clock)')
    .option('--abandon <id>', 'answer "no" to the open question of a run that will not be resumed, and free its lock')
    .action(async (o) => {
      state.code = await (await import('../functions/cli/run.ts')).runVerb(o)
    })

  verb(
    'sign <file>',
    "an owner's word under a live_model document, over all that stands in it: no live run starts without it",
    'autotune sign live.json --by ana@example.com\nautotune sign live.json --by ana@example.com --json',
  )
    .option('--by <person>', 'whose word it is (default: the user of this terminal)')
    .action(async (file, o) => {
      state.code = (await import('../functions/cli/sign.ts')).sign(file, o)
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
    'explain <what> [candidate]',
    'why a run proposed this or nothing: what became of its candidates, or of one of them; or why a pack version exists',
    'autotune explain at_2026_11_23_refund_cents\nautotune explain at_2026_11_23_refund_cents c_b3026bc1e191\nautotune explain ctxpack.support@5.3.0',
  )
    .option('--all', 'every candidate, and not only the best of those that share a fate', false)
    .action(async (what: string, candidate: string | undefined, { all, ...o }) => {
      state.code = what.includes('@')
        ? await (await import('../functions/cli/explain-version.ts')).explainPack(what, o)
        : await (await import('../functions/cli/explain.ts')).explain(what, candidate, { all, ...o })
    })
  verb(
    'case <id>',
    'one recorded case of the search side: request, context, steps, outcome; with --run also what a candidate makes of it',
    'autotune case refund-000057\nautotune case refund-000057 --run at_2026_11_23_refund_cents --candidate c_14e0c8841848',
  )
    .option('--run <run>', 'its context and verdicts before and after the change that this run found')
    .option('--candidate <id>', 'with --run: another candidate of that run (default: the winner)')
    .option(
      '--by <person>',
      'who looks; it is noted, and the family is never sealed (default: the user of this terminal)',
    )
    .action(async (id, o) => {
      state.code = await (await import('../functions/cli/case.ts')).caseVerb(id, o)
    })
  verb(
    'verify [run]',
    'recompute a run from its pinned inputs and compare bytes; without a run: the whole store against its journal of heads',
    'autotune verify at_2026_11_23_refund_cents\nautotune verify --store ./harness\nautotune verify --anchor /media/usb/heads.jsonl\nautotune verify --cadence 2026-11-28 --bands bands.json',
  )
    .option('--anchor <place>', 'without a run: heads that "anchor publish" kept, a file or s3://BUCKET/PREFIX')
    .option('--cadence <day>', 'the judged day and the week of that date in place of a run')
    .option('--bands <file>', 'with --cadence: the bands it was judged by, to recompute it from what is on record')
    .addOption(noCage())
    .action(async (run: string | undefined, { anchor, cadence, bands, ...o }) => {
      if (run !== undefined && anchor !== undefined)
        throw new UserError('--anchor is about the whole store: leave the run out')
      if (cadence !== undefined) {
        if (run !== undefined || anchor !== undefined)
          throw new UserError('--cadence is about a judged day: leave the run and --anchor out')
        state.code = await (await import('../functions/cli/cadence/verify.ts')).verifyCadence(cadence, { bands, ...o })
        return
      }
      if (bands !== undefined) throw new UserError('--bands is of --cadence DATE')
      state.code =
        run === undefined
          ? await (await import('../functions/cli/verify-store.ts')).verifyStore({ anchor, ...o })
          : await (await import('../functions/cli/verify.ts')).verify(run, o)
    })
  verb(
    'export',
    'the store as tables for SQL: one document a line by day and intent, with views for DuckDB and the queries that auditors ask; nothing sealed',
    'autotune export --jsonl ./audit\nautotune export --jsonl ./audit --intent support.refund --since 2026-11-01\nautotune export --jsonl ./audit --stack Autotune\nThe same command again writes what changed; docs/access-patterns.md has tables and queries',
  )
    .requiredOption('--jsonl <dir>', 'folder to write; an earlier export there is brought up to date')
    .option('--intent <id>', 'of this intent alone, and what is of no single one')
    .option('--since <day>', 'leave earlier days of runs, candidates and production as they stand in the folder')
    .action(async (o) => {
      state.code = await (await import('../functions/cli/export.ts')).exportVerb(o)
    })
  verb(
    'report [what]',
    'one self-contained HTML file of a run (change, cases, search, proof, provenance) or of a rollout, to mail and to keep; with --intent a month of control charts',
    'autotune report at_2026_11_23_refund_cents\nautotune report ro_at_2026_11_23_refund_cents\nautotune report at_2026_11_23_refund_cents --out refunds.html --redact\nautotune report at_2026_11_23_refund_cents --json\nautotune report --intent support.refund --month 2026-11 --html november.html\nautotune report --intent support.refund --stack Autotune',
  )
    .option('--out <file>', 'file to write (default: ID.html; with --json and without --out the facts are printed)')
    .option('--redact', 'leave out every recorded text; ids and figures stay', false)
    .option('--intent <id>', 'a month of this intent in place of a run: what moved, and what was done about it')
    .option('--month <month>', 'which one, as 2026-11 (default: that of the newest judged day)')
    .option('--html <file>', 'file to write its control charts to (default: the month is printed)')
    .action(async (what, o) => {
      const month = await import('../functions/cli/report-month.ts')
      month.needMonthOptions({ what, ...o })
      if (what !== undefined && isDeployed(o))
        throw new UserError(
          `"autotune report ${what}" works on a folder, not on a deployment in AWS: only --intent does`,
        )
      state.code =
        what === undefined
          ? await month.reportMonth(o)
          : await (await import('../functions/cli/write-report.ts')).writeReport(what, o)
    })
  verb(
    'forget <rejection>',
    'lift a rejection that memory holds, so that the next run may propose the change again; both stay on record',
    'autotune forget 3fa9c1d20b7e --reason "the sixth order is archived now"\nautotune forget 3fa9c1d20b7e --reason "the evaluator was wrong" --by fay@example.com --json\nautotune forget 3fa9c1d20b7e --reason "archived now" --stack Autotune\n"autotune list" and "autotune explain RUN CANDIDATE" show the ids, and what was lifted',
  )
    .requiredOption('--reason <text>', 'why; it is recorded')
    .option('--by <person>', 'who has it forgotten (default: the user of this terminal)')
    .action(async (id, o) => {
      state.code = await (await import('../functions/cli/forget.ts')).forgetVerb(id, o)
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
  attestVerbs(program, verb, state)

  verb(
    'review <run>',
    'open the review of a proposal, print one link for each reviewer, and serve their pages on this machine',
    'autotune review at_2026_11_23_refund_cents --reviewer policy=ben@example.com --reviewer reliability=ana@example.com\nautotune review at_2026_11_23_refund_cents --reviewers people.json\nautotune review at_2026_11_23_refund_cents --port 8080\nautotune review at_2026_11_23_refund_cents --port 8080 --no-serve --json',
  )
    .option('--reviewer <role=person>', 'who is asked for which role (repeatable; not needed to reopen)', repeat, [])
    .option(
      '--reviewers <file>',
      'the only people who are taken, with their roles and other ids (default: reviewers.json in the store, if it stands)',
    )
    .addOption(new Option('--port <n>', 'port on 127.0.0.1; 0: any free one').default(0).argParser(port))
    .addOption(
      new Option('--expires-hours <n>', 'hours until an undecided review ends as expired')
        .default(72)
        .argParser(expiry),
    )
    .option('--no-serve', 'print the links only')
    .addOption(noCage())
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
  verb(
    'mcp',
    'a server for agents over stdin and stdout (MCP), with the tools of one role: nothing decides, nothing reads the sealed side, and only a proposer may write, into the inbox',
    'autotune mcp --as proposer --target target.json\nautotune mcp --as reviewer --store ./harness\nautotune mcp --as auditor\nAn MCP client starts it, e.g. with {"command": "autotune", "args": ["mcp", "--as", "proposer", "--target", "target.json"]} (docs/agents.md)',
  )
    .addOption(
      new Option('--as <role>', 'whose tools').choices(['proposer', 'reviewer', 'auditor']).makeOptionMandatory(),
    )
    .option('--target <file>', 'tuning target; of a proposer')
    .action(async (o) => {
      state.code = await (await import('../functions/cli/mcp.ts')).mcp({ ...o, version: programVersion() })
    })
  verb(
    'ui',
    'the workbench: intents, runs, candidates, cases, reviews, rollouts and the store as pages on this machine; it only reads',
    'autotune ui\nautotune ui --store ./harness --port 8080',
  )
    .addOption(new Option('--port <n>', 'port on 127.0.0.1; 0: any free one').default(0).argParser(port))
    .action(async (o) => {
      state.code = await (await import('../functions/cli/ui.ts')).ui(o)
    })
  rolloutVerbs(program, verb, state)
  doneVerbs(program, verb, state)
  cadenceVerbs(program, verb, state)
  tell(
    program
      .command('completion')
      .description('print a script that completes verbs and options in your shell')
      .addArgument(new Argument('<shell>').choices(SHELLS)),
    'completion',
    'source <(autotune completion bash)\nautotune completion bash\nautotune completion fish',
  ).action((shell: Shell) => {
    process.stdout.write(completionScript(shell, described(program)))
  })
  return program
}
