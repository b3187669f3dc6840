/** Looks at the ledger once an hour and counts what an alarm must tell: old locks, spent budgets. */
import * as z from 'zod/mini'
import { COUNTED } from '#schemas/watch.ts'
import { makeHandler } from '../lambda/make-handler.ts'
import type { Step } from '../lambda/step.ts'
import { type LedgerState, ledgerState as watch } from '../steps/run/ledger-state.ts'

export const watchLedgerFunction: Step<unknown, LedgerState> = {
  name: 'watch-ledger',
  input: z.unknown(),
  about: () => ({}),
  outcome: ({ locks, oldest_run, oldest_hours, spent }) => ({
    says: {
      locks,
      ...(oldest_run ? { run: oldest_run } : {}),
      ...(spent.length > 0 ? { spent: spent.join(', ') } : {}),
    },
    counts: { [COUNTED.oldestLockHours]: oldest_hours, [COUNTED.spentIntents]: spent.length },
  }),
  work: (_event, { store }) => watch(store),
}

export const handler = makeHandler(watchLedgerFunction)
