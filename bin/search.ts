/** The verbs that look for a change and certify it: argument parsing only. */
import { Option } from 'commander'
import { PROPOSERS } from '#schemas/proposers.ts'
import { atLeastOne, noCage } from './arguments.ts'
import { loaded } from './loaded.ts'
import { planVerbs } from './plan.ts'
import type { AddVerb } from './verb.ts'

/** Of every verb that replays with a harness of the user's own. */
const concurrency = () =>
  new Option(
    '--concurrency <n>',
    'harness processes at once (default: number of cores; 8 at least with --live)',
  ).argParser(atLeastOne('--concurrency', 256))

/** The same. */
const limitMs = () =>
  new Option('--limit-ms <ms>', 'longest that one case of a harness may take (default: 10000)').argParser(
    atLeastOne('--limit-ms'),
  )

export function searchVerbs(verb: AddVerb, state: { code: number }): void {
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
    .addOption(concurrency())
    .addOption(limitMs())
    .option(
      '--verbose',
      'every table: the questions in words, rules, surfaces, guardrails, what could be certified',
      false,
    )
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/doctor/doctor.ts'))).doctor(o)
    })

  verb(
    'model <file>',
    'asks the model that a document pins once: are endpoint, key and model there?',
    'autotune model live.json\nautotune model live.json --json\nThe document says {"model": {"provider": "openai", "base_url": "http://127.0.0.1:8080/v1", "model": "NAME"}, "max_tokens": 200, "temperature": 0, "seed": 1}\nThe key is that of AUTOTUNE_MODEL_KEY; for OpenAI also of OPENAI_API_KEY',
  ).action(async (file, o) => {
    state.code = await (await loaded(import('../functions/cli/model.ts'))).model(file, o)
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
    .addOption(concurrency())
    .addOption(limitMs())
    .action(async (file, o) => {
      state.code = await (await loaded(import('../functions/cli/propose.ts'))).propose(file, o)
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
      state.code = await (await loaded(import('../functions/cli/brief.ts'))).brief(o)
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
      state.code = await (await loaded(import('../functions/cli/history.ts'))).history(path, o)
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
    .addOption(concurrency())
    .addOption(limitMs())
    .option(
      '--live <file>',
      'a signed live_model document: what the harness asks a model is asked of that one, in both arms (docs/live.md)',
    )
    .option('--run-id <id>', 'id of the run (default: at_YYYY_MM_DD_SLUG from the clock)')
    .option('--abandon <id>', 'answer "no" to the open question of a run that will not be resumed, and free its lock')
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/run.ts'))).runVerb(o)
    })

  verb(
    'sign <file>',
    "an owner's word under a live_model document, over all that stands in it: no live run starts without it",
    'autotune sign live.json --by ana@example.com\nautotune sign live.json --by ana@example.com --json',
  )
    .option('--by <person>', 'whose word it is (default: the user of this terminal)')
    .action(async (file, o) => {
      state.code = await (await loaded(import('../functions/cli/sign.ts'))).sign(file, o)
    })
}
