/** The verbs of what is recorded, from a file to a store and out of it again: argument parsing only. */
import { Option } from 'commander'
import { exampleKind, repeat, share } from './arguments.ts'
import { loaded } from './loaded.ts'
import { traceFileOptions, traceOptions } from './traces.ts'
import type { AddVerb } from './verb.ts'

export function experienceVerbs(verb: AddVerb, state: { code: number }): void {
  const starting = verb(
    'init',
    'write a starter pack, suite, price table and target: the example, or what these traces hold',
    'autotune init\nautotune init --dir ./tuning\nautotune init --from traces.otlp.jsonl --score quality>=0.5 --dir ./tuning\nautotune init --from sessions/ --map claude-code --dir ./tuning',
  )
    .option('--dir <dir>', 'where to write them', '.')
    .option('--owner <name>', 'who answers for the surfaces', 'owner')
    .action(async ({ from, dialect, ...o }) => {
      state.code = await (await loaded(import('../functions/cli/init.ts'))).init({
        ...o,
        traces: from ?? [],
        from: dialect,
      })
    })
  traceFileOptions(starting)

  const importing = verb(
    'import [files...]',
    'publish packs, suites and prices, and import recorded runs: traces of any known dialect, native records, or others through a map',
    'autotune import traces.otlp.jsonl --score quality>=0.5\nautotune import export/ --from langfuse --family user\nautotune import --list\nautotune import --pack pack.json --suite suite.json --prices prices.json\nautotune import runs.jsonl.gz --map chat-messages\nautotune import runs.jsonl.gz --map chat-messages --stack Autotune\nautotune import log.jsonl --map ./my-map.jsonata\nautotune import sessions/ --map claude-code\nautotune import events.jsonl --map ./my-map.jsonata --group-by trace.id\nautotune import shadow.jsonl --plan recording-plan.json',
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
    .option(
      '--split-key <text>',
      'key of the split hash, 16 bytes or more (default: a random one, fixed by the first import)',
    )
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
    .option('--no-redact', 'store these files as they are in a store whose earlier imports were redacted')
    .option(
      '--plan <file>',
      'the files hold runs that were recorded for this plan: each is held against it, and marked with it',
    )
    .option('--dry-run', 'say what would be stored, and write nothing', false)
    .option('--join-near-copies', 'count runs that say nearly the same as one family, as exact copies are', false)
    .action(async (files, o) => {
      state.code = await (await loaded(import('../functions/cli/import.ts'))).importVerb(files, o)
    })
  traceOptions(importing)

  verb(
    'example <kind>',
    'a made-up export of traces (otel, openinference) to try the whole way on, a shop whose records suggest a rule (rule), or a harness of your own to begin with (python)',
    'autotune example otel\nautotune example openinference --out traces.jsonl\nautotune example rule\nautotune example python --out my-harness.py',
  )
    .option('--out <file>', 'file to write, of rule a folder (default: traces-KIND.otlp.jsonl, rule, my-harness.py)')
    .action(async (kind, o) => {
      state.code = await (await loaded(import('../functions/cli/example.ts'))).example(exampleKind(kind), o)
    })

  const inspecting = verb(
    'inspect [files...]',
    'what traces or records hold, what could be tuned from them and what not; opens no store',
    'autotune inspect traces.otlp.jsonl\nautotune inspect export/ --family user --score quality>=0.5\nautotune inspect log.jsonl --map ./my-map.jsonata',
  ).action(async (files, o) => {
    state.code = await (await loaded(import('../functions/cli/survey.ts'))).inspect(files, o)
  })
  traceOptions(inspecting)

  verb(
    'pack',
    'turn the folders of recorded runs into segments: fewer files, and faster; killed, the same command goes on',
    'autotune pack\nautotune pack --store ./harness',
  ).action(async (o) => {
    state.code = await (await loaded(import('../functions/cli/pack.ts'))).packVerb(o)
  })

  verb(
    'correct <files...>',
    'store what people say of recorded runs later (label, dispute, needed passages, a note): no run is changed, the next search and sealed version count by it',
    'autotune correct corrections.jsonl\nautotune correct - --json\nautotune correct corrections.jsonl --stack Autotune\nA line each, by schemas/json/correction.schema.json: {"run_id": "run_4711", "at": "2026-11-29T10:00:00Z", "by": "ana@example.com", "outcome": {"passed": false}}',
  ).action(async (files, o) => {
    state.code = await (await loaded(import('../functions/cli/correct.ts'))).correctVerb(files, o)
  })

  verb(
    'erase [runs...]',
    'erase recorded runs from both sides of the store and from all that was computed from them, under a signed tombstone',
    'autotune erase run_2026_05_12_1 --reason "request 4711" --person ana@example.com\nautotune erase --family cust_afad9 --reason "left us" --person ana@example.com --yes\nautotune erase --file ids.txt --reason "request 4711" --person ana@example.com --yes --json\nautotune erase --family cust_afad9 --reason "left us" --person ana@example.com --stack Autotune\nWithout --yes it says what it would erase. The tombstone keeps reason and person: write nothing there that is to be erased',
  )
    .option('--family <family>', 'all runs of this family, by the name under which it was recorded')
    .option('--file <file>', 'run ids, one a line; "-" is the standard input')
    .requiredOption('--reason <text>', 'why, in 3 to 2000 characters')
    .requiredOption('--person <name>', 'who had it erased')
    .option('--yes', 'erase; without it nothing is changed', false)
    .action(async (runs, o) => {
      state.code = await (await loaded(import('../functions/cli/erase.ts'))).eraseVerb(runs, o)
    })
}
