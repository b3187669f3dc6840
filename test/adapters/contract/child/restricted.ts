/** Child process under `node --permission`: uses a store it may use and one it may not. Arguments: both roots. */
import { fileStore } from '#adapters/local/files/file-store.ts'

const [allowed, forbidden] = process.argv.slice(2)
const store = fileStore(allowed!)
await store.put('a/b', 'x')
await store.putIfAbsent('a/c', 'x')
await store.put('a/d', 'x')
await store.delete('a/d')
const vault = fileStore(forbidden!)
const refused: string[] = []
for (const [name, attempt] of Object.entries({
  get: () => vault.get('secret'),
  list: () => Array.fromAsync(vault.list('')),
  put: () => vault.put('x', 'x'),
  putIfAbsent: () => vault.putIfAbsent('x', 'x'),
  delete: () => vault.delete('secret'),
}))
  await (attempt() as Promise<unknown>).catch((error) => refused.push(`${name} ${error.code}`))
const read = Buffer.from((await store.get('a/b'))!).toString()
process.stdout.write(JSON.stringify({ listed: await Array.fromAsync(store.list('')), read, refused }))
