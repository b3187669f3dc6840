/** `done`: argument parsing only. */
import type { Command } from 'commander'
import type { AddVerb } from './rollout.ts'

export function doneVerbs(_program: Command, verb: AddVerb, state: { code: number }): void {
  verb(
    'done',
    'is the loop done for an intent: the seven checks, and the seven failure modes tried on a copy of its configuration',
    'autotune done\nautotune done --intent support.refund --html done.html\nautotune done --json',
  )
    .option('--intent <id>', 'which intent (default: the only one that was run)')
    .option('--verbose', 'what was tried of each failure mode, and what stopped it', false)
    .option('--html <file>', 'write the report as one page, too')
    .action(async (o) => {
      state.code = await (await import('../functions/cli/done.ts')).done(o)
    })
}
