/** Brings the tables for SQL up to date, beside the store: after a run, a review, a rollout or a day ended, and once a day. */
import * as z from 'zod/mini'
import { AUDIT_TABLES } from '#schemas/s3-keys.ts'
import { handlerOver } from '../lambda/make-handler.ts'
import { signed } from '../lambda/signed-store.ts'
import type { OpenStep } from '../lambda/step.ts'
import { openStoreWorld, type StoreWorld } from '../lambda/world.ts'
import { type ExportReport, exportTables } from '../steps/export/export.ts'
import { needHeads } from '../steps/heads/check.ts'
import { under } from '../streams/under.ts'

export const exportTablesFunction: OpenStep<unknown, ExportReport, StoreWorld> = {
  name: 'export-tables',
  // Whatever ended: the store says what is to be told.
  input: z.unknown(),
  about: () => ({}),
  outcome: ({ files, written, removed }) => ({ says: { files, written, removed } }),
  // Tables are read as what was decided: of a store that somebody changed the older ones stay, and an alarm rings.
  work: async (_event, { store }) => {
    await needHeads(store)
    return await exportTables(store, under(store.objects, AUDIT_TABLES), {})
  },
}

export const handler = handlerOver(exportTablesFunction, () => openStoreWorld(process.env, signed))
