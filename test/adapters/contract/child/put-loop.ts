/** Child process: writes and rewrites objects of one repeated byte until it is killed. Arguments: root, durable. */
import { fileStore } from '#adapters/local/files/file-store.ts'

const [root, durable] = process.argv.slice(2)
const store = fileStore(root!, { durable: durable === 'durable' })
for (let i = 0; ; i++) {
  const bytes = new Uint8Array(200_000 + (i % 256)).fill(i % 256)
  await Promise.all([store.put(`runs/${i % 5}/object`, bytes), store.putIfAbsent(`once/${i % 40}`, bytes)])
  if (i === 3) process.stdout.write('writing\n')
}
