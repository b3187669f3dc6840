/** The client that a harness in Python is written with. Skipped with a line where there is no Python. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXAMPLE } from '../../support/own-harness.ts'
import { aHost, aProgram } from './exec-support.ts'
import { aDesk, aJob } from './support.ts'

const hasPython =
  spawnSync('/usr/bin/env', ['python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status === 0
if (!hasPython) console.log('skipped: the client in Python (no python3 here)')

const GOOD = `
offered = pinned.retrieve("orders", hop=1)
kept = offered[: settings["evidence.orders.top_k"]]
choice = pinned.model(" ".join([recorded["messages"][0]["content"]] + [p["text"] for p in kept]))
call = choice["tool_calls"][0]
pinned.tool(call["name"], call["arguments"])
return {"status": "DECIDED", "outputs": {"refund": True}, "evidence_refs": [p["evidence_ref"] for p in kept],
        "usage": [{"model": "large", "prompt_tokens": 100 * len(kept), "completion_tokens": choice["completion_tokens"]}]}
`

/** Replies of a harness whose function is this text. */
async function replies(body: string, { before = '', times = 1 } = {}) {
  using desk = aDesk()
  copyFileSync(join(EXAMPLE, 'autotune_harness.py'), join(desk.folder, 'autotune_harness.py'))
  const lines = body
    .trim()
    .split('\n')
    .map((line) => `    ${line}`)
  const source = [
    '#!/usr/bin/env python3',
    'from autotune_harness import serve, UnpinnedCall',
    before,
    'def replay(recorded, settings, pinned):',
    ...lines,
    'serve(replay)',
    '',
  ].join('\n')
  const path = aProgram(desk, source, 'harness.py')
  writeFileSync(`${path}.files.json`, '["./autotune_harness.py"]')
  const host = await aHost(desk, path)
  const all: unknown[] = []
  for (let i = 0; i < times && host.isAlive; i++) all.push(await host.run(aJob(), 20_000))
  host.close()
  return all
}
const reply = async (body: string) => (await replies(body))[0]

describe.runIf(hasPython)('a harness in Python', () => {
  test('decides case after case; what it prints and reads is not the protocol', async () => {
    const [one, two] = await replies(`print("debug")\nimport sys\nassert sys.stdin.read() == ""\n${GOOD}`, { times: 2 })
    expect(one).toMatchObject({ result: { status: 'DECIDED', outputs: { refund: true } } })
    expect(two).toEqual(one)
  })

  test.each([
    [
      'raises',
      `raise ValueError("no such shelf")`,
      /^the harness failed: ValueError: no such shelf\n {4}at harness\.py:5 in replay$/,
    ],
    ['returns nothing', `pass`, /another shape: the result/],
    ['returns NaN', `return {"latency_ms": float("nan")}`, /TypeError: latency_ms: the number nan/],
    ['returns a number beyond 2^53', `return {"outputs": {"n": 2**60}}`, /outputs\.n: the number \d+ is beyond 2\^53/],
    ['returns a set', `return {"outputs": [{1}]}`, /outputs\.0: a set/],
    ['returns a key that is no text', `return {"outputs": {1: 2}}`, /outputs: a key that is no text, 1/],
    ['returns what holds itself', `a = []\na.append(a)\nreturn {"outputs": a}`, /more than 50 levels/],
    ['asks with what is no JSON', `pinned.tool("x", {"at": object()})`, /args\.at: a object/],
    ['recurses without end', `f = lambda n: f(n + 1)\nf(0)`, /RecursionError/],
    ['ends its process', `import sys\nsys.exit(3)`, /ended its process \(exit code 3\)/],
    ['imports what it did not declare', `import beside`, /ModuleNotFoundError: No module named 'beside'/],
  ])('that %s has failed, and says where', async (_, body, reason) => {
    expect(await reply(body)).toMatchObject({ failed: expect.stringMatching(reason) })
  })

  test('that swallows a call which was not recorded is unreplayable', async () => {
    const swallow = `try:\n    pinned.tool("orders.read", {"order_id": "ORD-9"})\nexcept UnpinnedCall:\n    pass\n${GOOD}`
    expect(await reply(swallow)).toMatchObject({ unreplayable: expect.stringMatching(/orders\.read/) })
  })

  test('that cannot be imported cannot be run, in the words of Python', async () => {
    await expect(replies(GOOD, { before: 'import no_such_package' })).rejects.toThrow(
      /cannot be run: .*exit code 1[\s\S]*No module named 'no_such_package'/,
    )
  })
})
