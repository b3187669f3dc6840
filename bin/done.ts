/** `done` and the `audit` verbs: argument parsing only. */
import type { Command } from 'commander'
import { loaded } from './loaded.ts'
import type { AddVerb } from './verb.ts'

export function doneVerbs(program: Command, verb: AddVerb, state: { code: number }): void {
  verb(
    'done',
    'is the loop done for an intent: the seven checks, and the seven failure modes tried on a copy of its configuration',
    'autotune done\nautotune done --intent support.refund --html done.html\nautotune done --json',
  )
    .option('--intent <id>', 'which intent (default: the only one that was run)')
    .option('--verbose', 'what was tried of each failure mode, and what stopped it', false)
    .option('--html <file>', 'write the report as one page, too')
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/done.ts'))).done(o)
    })

  const group = program
    .command('audit')
    .description('the harness audit: 44 controls in eight properties, no total, and what blocks')
    .addHelpText('after', '\nExample:\n  autotune audit --manifest harness.json')
  verb(
    'show',
    'judge every control: of the loop by what its store shows, or of a harness by its manifest and the files that it names',
    'autotune audit show\nautotune audit show --manifest harness.json --html audit.html\nautotune audit show --intent support.refund --json',
    group,
    true,
  )
    .option(
      '--manifest <file>',
      'a harness manifest, in place of the loop; one with "loop": true says what no probe of the loop shows',
    )
    .option('--intent <id>', 'of the loop: which intent (default: the only one that was run)')
    .option(
      '--keys <file>',
      'the file of keys by which names under decisions, and under the words of a manifest, are vouched for',
    )
    .option('--html <file>', 'write the audit as one page, too')
    .action(async (o) => {
      state.code = await (await loaded(import('../functions/cli/audit.ts'))).audit(o)
    })
  verb(
    'sign <manifest> <controls...>',
    "an owner's word under declarations of a harness manifest, until the day on which they expire",
    'autotune audit sign harness.json 1 38 --by ana@example.com --key ~/.autotune/ana.pem\nautotune audit sign harness.json 16 --json',
    group,
  )
    .option('--by <person>', 'whose word it is (default: the user of this terminal)')
    .option(
      '--key <file>',
      'private key of that person, or kms:ID; without one the word makes a control Partial at most',
    )
    .action(async (manifest, controls, o) => {
      state.code = await (await loaded(import('../functions/cli/audit-manifest.ts'))).signAudit(manifest, controls, o)
    })
  const files = (path: string, before: readonly string[]): readonly string[] => [...before, path]
  verb(
    'declare <manifest> <control>',
    'write what you say of one control into a harness manifest, with the digests of its files; a manifest that is not there is begun',
    'autotune audit declare harness.json 16 --says "every call goes through the gateway" --behavioural traces/refused.json --wiring src/gateway.ts --expires 2027-01-31\nautotune audit declare loop.json 38 --loop --harness loop --owner ana@example.com --next-audit 2027-02-28 --says "who is called, and how" --behavioural drill.md --wiring oncall.md --expires 2027-01-31',
    group,
  )
    .requiredOption('--says <words>', 'what is so')
    .requiredOption('--expires <day>', 'last day on which the word holds, a year from now at most')
    .option('--behavioural <file>', 'evidence: seen at work; as often as you like', files, [])
    .option('--wiring <file>', 'evidence: wired in; as often as you like', files, [])
    .option('--definition <file>', 'evidence: defined; as often as you like', files, [])
    .option('--harness <name>', 'of a new manifest: which harness')
    .option('--owner <person>', 'of a new manifest: who answers for repairs')
    .option('--next-audit <day>', 'of a new manifest: when it is audited next')
    .option('--loop', 'of a new manifest: it is of the loop over a store', false)
    .action(async (manifest, control, o) => {
      state.code = await (await loaded(import('../functions/cli/audit-manifest.ts'))).declareAudit(manifest, control, o)
    })
}
