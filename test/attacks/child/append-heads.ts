/** Child process: appends lines to a store's journal of heads. Arguments: the store's folder, a name, how many. */
import { digestOf } from '#core/canonical.ts'
import { openStore } from '../../../functions/embedded/open-store.ts'

const [dir, name, count] = process.argv.slice(2)
const store = openStore(dir!, { durable: false })
for (let i = 0; i < Number(count); i++)
  await store.heads!.journal.append({ kind: 'import', digest: digestOf(`${name} ${i}`) })
store.close()
