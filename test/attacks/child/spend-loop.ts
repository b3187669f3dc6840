/** Child process: spends from one item for ever. Argument: the ledger's file. */
import { sqliteTable } from '#adapters/local/sqlite/sqlite-table.ts'

const table = sqliteTable(process.argv[2]!)
await table.create('heldout#i', 'v', { used: 0 })
for (let done = 0; ; ) {
  const { revision, body } = (await table.get<{ used: number }>('heldout#i', 'v'))!
  if (!(await table.spend('heldout#i', 'v', revision, { used: body.used + 1 }, `question ${body.used + 1}`))) continue
  if (++done === 2) process.stdout.write('spending\n')
}
