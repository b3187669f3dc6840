/** Says which production logs of an intent hold no sealed run. The sealer's work: nobody else lists the vault. Writes nothing. */
import { ClearLogsInput } from '#schemas/cadence-payloads.ts'
import { sealedOver } from '../lambda/make-handler.ts'
import type { SealedStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { clearedLogs } from '../steps/cadence/cleared-logs.ts'

export const clearLogsFunction: SealedStep<ClearLogsInput, string[], StoreWorld> = {
  name: 'clear-logs',
  sealed: 'sealer',
  input: ClearLogsInput,
  work: ({ intent }, { store }) => clearedLogs(store, intent),
}

export const handler = sealedOver(clearLogsFunction, openStoreWorld)
