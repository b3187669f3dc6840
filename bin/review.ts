/** The verbs of a review, and the servers for agents and people that only read beside it: argument parsing only. */
import { Option } from 'commander'
import { programVersion } from '#adapters/local/program-files.ts'
import { expiry, noCage, port, repeat } from './arguments.ts'
import { loaded } from './loaded.ts'
import type { AddVerb } from './verb.ts'

export function reviewVerbs(verb: AddVerb, state: { code: number }): void {
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
      state.code = await (await loaded(import('../functions/cli/review.ts'))).review(run, o)
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
      state.code = await (await loaded(import('../functions/cli/decide.ts'))).decideVerb(run, o)
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
      state.code = await (await loaded(import('../functions/cli/mcp.ts'))).mcp({ ...o, version: programVersion() })
    })
  verb(
    'ui',
    'the workbench: intents, runs, candidates, cases, reviews, rollouts and the store as pages on this machine; it only reads',
    'autotune ui\nautotune ui --store ./harness --port 8080',
  )
    .addOption(new Option('--port <n>', 'port on 127.0.0.1; 0: any free one').default(0).argParser(port))
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/ui.ts'))).ui(o)
    })
}
