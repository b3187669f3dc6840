/** Modules that misbehave in the function that is deployed around them: they learn nothing of it, and nothing is left in it. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgeHost } from '../support/workflow/judge-hosts.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-deployed-judge-')))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let modules = 0
/** What so many calls of a module with this body of `judge(view)` say of so many views. */
async function ask(body: string, views = 3, limit_ms = 10_000, calls = 1) {
  const path = join(root, `judge${++modules}.mjs`)
  writeFileSync(path, `export async function judge(view) { ${body} }`)
  const { call } = await judgeHost(path)
  const asked = Array.from({ length: views }, (_, i) => JSON.stringify({ tokens: i + 1 }))
  const replies: unknown[] = []
  for (let i = 0; i < calls; i++) {
    const reply = await call({ views: asked, limit_ms })
    replies.push('answers' in reply ? reply.answers : reply)
  }
  return calls === 1 ? replies[0] : replies
}

const DEEDS: readonly (readonly [name: string, body: string])[] = [
  [
    'reads the variables of its function',
    'return Object.keys(process.env).some((name) => name.startsWith("AWS") || name === "PATH" || name.startsWith("LAMBDA"))',
  ],
  [
    'looks for what the host holds',
    'try { (await import("node:fs")).readFileSync("/proc/self/environ"); return true } catch { return false }',
  ],
  [
    'reads the process that started it',
    'try { (await import("node:fs")).readFileSync("/proc/" + process.ppid + "/environ"); return true } catch { return false }',
  ],
  [
    'writes a file for later',
    'try { (await import("node:fs")).writeFileSync("/tmp/left", "x"); return true } catch { return false }',
  ],
  [
    'starts a process',
    'try { (await import("node:child_process")).execFileSync("/bin/true"); return true } catch { return false }',
  ],
  [
    'starts a thread',
    'try { new (await import("node:worker_threads")).Worker("0", { eval: true }); return true } catch { return false }',
  ],
]

describe('a module that tries each of these in one call is held:', () => {
  let answers: unknown
  beforeAll(async () => {
    const does = DEEDS.map(([, body], i) => `case ${i + 1}: { ${body} }`).join('\n')
    answers = await ask(`switch (view.tokens) { ${does} }`, DEEDS.length)
  })

  test.each(DEEDS.map(([name], i) => [name, i] as const))('it %s', (_, i) => {
    expect((answers as unknown[])[i]).toEqual({ returned: false })
  })
})

test('a call finds nothing that an earlier one left in the process', async () => {
  const body = 'globalThis.n = (globalThis.n ?? 0) + 1; return globalThis.n'
  const [first, second] = (await ask(body, 3, 10_000, 2)) as unknown[]
  expect(first).toEqual([{ returned: 1 }, { returned: 2 }, { returned: 3 }])
  expect(second).toEqual(first)
})

test('a view that ends or hangs the process costs its own verdict alone', async () => {
  const ended = await ask('if (view.tokens === 2) process.exit(0); return true')
  expect(ended).toEqual([
    { returned: true },
    { failed: expect.stringMatching(/ended its process/) },
    { returned: true },
  ])
  const hung = await ask('if (view.tokens === 2) for (;;); return true', 3, 100)
  expect(hung).toEqual([
    { returned: true },
    { failed: 'the module gave no answer within 1000 ms and was cut' },
    { returned: true },
  ])
})

test('a module whose judge is no function says so, and the function stays whole', async () => {
  const path = join(root, 'none.mjs')
  writeFileSync(path, 'export const judge = 1')
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
