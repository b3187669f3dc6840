/** Modules that misbehave in the function that is deployed around them: they learn nothing of it, and nothing is left in it. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { judgeHost } from '../support/workflow/judge-hosts.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-deployed-judge-')))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let modules = 0
async function ask(body: string, views = 3, limit_ms = 10_000) {
  const path = join(root, `judge${++modules}.mjs`)
  writeFileSync(path, `export async function judge(view) { ${body} }`)
  const { call } = await judgeHost(path)
  const asked = Array.from({ length: views }, (_, i) => JSON.stringify({ tokens: i + 1 }))
  const once = async () => {
    const reply = await call({ views: asked, limit_ms })
    return 'answers' in reply ? reply.answers : reply
  }
  return { first: await once(), second: await once() }
}

test.each<[string, string, unknown]>([
  [
    'reads the variables of its function',
    'return Object.keys(process.env).some((name) => name.startsWith("AWS") || name === "PATH" || name.startsWith("LAMBDA"))',
    false,
  ],
  [
    'looks for what the host holds',
    'try { (await import("node:fs")).readFileSync("/proc/self/environ"); return true } catch { return false }',
    false,
  ],
  [
    'reads the process that started it',
    'try { (await import("node:fs")).readFileSync("/proc/" + process.ppid + "/environ"); return true } catch { return false }',
    false,
  ],
  [
    'writes a file for later',
    'try { (await import("node:fs")).writeFileSync("/tmp/left", "x"); return true } catch { return false }',
    false,
  ],
  [
    'starts a process',
    'try { (await import("node:child_process")).execFileSync("/bin/true"); return true } catch { return false }',
    false,
  ],
  [
    'starts a thread',
    'try { new (await import("node:worker_threads")).Worker("0", { eval: true }); return true } catch { return false }',
    false,
  ],
])('a module that %s is held', async (_, body, wanted) => {
  const { first } = await ask(body)
  expect(first).toEqual([1, 2, 3].map(() => ({ returned: wanted })))
})

test('a call finds nothing that an earlier one left in the process', async () => {
  const { first, second } = await ask('globalThis.n = (globalThis.n ?? 0) + 1; return globalThis.n')
  expect(first).toEqual([{ returned: 1 }, { returned: 2 }, { returned: 3 }])
  expect(second).toEqual(first)
})

test('a view that ends or hangs the process costs its own verdict alone', async () => {
  const ended = await ask('if (view.tokens === 2) process.exit(0); return true')
  expect(ended.first).toEqual([
    { returned: true },
    { failed: expect.stringMatching(/ended its process/) },
    { returned: true },
  ])
  const hung = await ask('if (view.tokens === 2) for (;;); return true', 3, 300)
  expect(hung.first).toEqual([
    { returned: true },
    { failed: 'the module gave no answer within 3000 ms and was cut' },
    { returned: true },
  ])
})

test('a module that exports no judge says so, and the function stays whole', async () => {
  const path = join(root, 'none.mjs')
  writeFileSync(path, 'export const other = 1')
  const { call, digest } = await judgeHost(path)
  for (let i = 0; i < 2; i++)
    expect(await call({ views: ['{}'], limit_ms: 1000 })).toEqual({
      digest,
      unloadable: expect.stringMatching(/exports no function named judge/),
    })
})

test('bytes that change in the function are told by its digest', async () => {
  const path = join(root, 'changed.mjs')
  writeFileSync(path, 'export const judge = () => true')
  const { call, digest, folder } = await judgeHost(path)
  writeFileSync(join(folder, 'own/changed.mjs'), 'export const judge = () => false')
  const reply = await call({ views: ['{}'], limit_ms: 10_000 })
  expect(reply.digest).not.toBe(digest)
})
