/** Child process: adds to one counter of a ledger, each time until it succeeds. Arguments: file, times (0: for ever). */
import { sqliteTable } from '#adapters/local/sqlite/sqlite-table.ts'

const [file, times] = process.argv.slice(2)
const table = sqliteTable(file!)
await table.create('p', 'counter', { count: 0, log: [] })
for (let done = 0; done < Number(times) || times === '0'; ) {
  const { revision, body } = (await table.get<{ count: number; log: number[] }>('p', 'counter'))!
  const log = [...body.log.slice(-20), body.count]
  if (!(await table.update('p', 'counter', revision, { count: body.count + 1, log }))) continue
  if (++done === 3) process.stdout.write('writing\n')
}
table.close()
