/** Wall: processes that append to a journal of heads at once lose no line, and leave one chain. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../functions/embedded/open-store.ts'

test('eight processes append twenty lines each', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'autotune-heads-'))
  const script = join(import.meta.dirname, 'child/append-heads.ts')
  try {
    const children = Array.from({ length: 8 }, (_, i) => spawn(process.execPath, [script, dir, `w${i}`, '20']))
    expect(await Promise.all(children.map(async (child) => (await once(child, 'close'))[0]))).toEqual(Array(8).fill(0))
    const store = openStore(dir, { durable: false })
    const { lines, problem } = await store.heads!.journal.read()
    store.close()
    expect(problem).toBeNull()
    const digests = lines.flatMap(({ head }) => (head.kind === 'import' ? [head.digest] : []))
    expect(new Set(digests).size).toBe(160)
    expect(lines).toHaveLength(161)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
