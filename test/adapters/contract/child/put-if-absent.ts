/** Child process: tries to be the first at many keys and prints those that it won. Arguments: root, keys. */
import { fileStore } from '#adapters/local/files/file-store.ts'

const [root, keys] = process.argv.slice(2)
const store = fileStore(root!)
const won: string[] = []
for (let i = 0; i < Number(keys); i++)
  if (await store.putIfAbsent(`locks/${i}`, `${process.pid}`)) won.push(`locks/${i}`)
process.stdout.write(JSON.stringify({ pid: process.pid, won }))
