/** Modules that judge and misbehave: each is named, none passes, and nothing of it reaches another case. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AskedEvaluator } from '#core/evaluate/asked.ts'
import type { VerdictSide } from '#ports'
import { harnessFiles } from '../../functions/adapters/local/module/harness-files.ts'
import { type LocalVerdicts, localVerdicts } from '../../functions/embedded/local-verdicts.ts'
import { anEvaluator } from '../support/builders.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'autotune-verdicts-')))
const store = join(root, 'store')
const home = process.cwd()
let source: LocalVerdicts
beforeAll(() => {
  mkdirSync(join(store, 'vault'), { recursive: true })
  process.chdir(root)
})
afterAll(() => {
  process.chdir(home)
  rmSync(root, { recursive: true, force: true })
})
afterEach(() => source.close())

const NO_MODEL = {
  through: () => {
    throw new Error('no model is asked here')
  },
  asked: async () => ({ search: [], sealed: [] }),
  payNothing: () => () => {},
}

let modules = 0
/** An evaluator over a module with this body of `judge(view)`; `$VIEWS` views are asked. */
function module(body: string, limit_ms = 20_000): AskedEvaluator {
  const name = `./judge${++modules}.mjs`
  writeFileSync(join(root, name), `export async function judge(view) { ${body} }`)
  source = localVerdicts({ store, vault: join(store, 'vault') }, NO_MODEL)
  const { digest } = harnessFiles(name, store)
  return anEvaluator({ check: 'module', module: name, digest, reads: ['tokens'], limit_ms } as never) as AskedEvaluator
}
const VIEWS = [1, 2, 3].map((tokens) => JSON.stringify({ tokens }))
const ask = (evaluator: AskedEvaluator, side: VerdictSide = 'search', views = VIEWS) =>
  source.judge({ evaluator, views }, side)

/** What a module does with three views, of which `n` is 1 to 3, and what is heard of each. */
const DEEDS: readonly (readonly [name: string, body: string, wanted: readonly (boolean | number | null | RegExp)[]])[] =
  [
    ['judges each view', 'return n < 3', [true, true, false]],
    ['gives numbers, and nothing', 'return n < 3 ? n / 4 : null', [0.25, 0.5, null]],
    ['prints', 'console.log("{}"); process.stdout.write("x"); return true', [true, true, true]],
    ['throws for one', 'if (n === 2) throw new Error("two"); return true', [true, /threw Error: two/, true]],
    ['changes its view', 'view.tokens = 0; return true', [/threw/, /threw/, /threw/]],
    ['returns NaN', 'return NaN', [/NaN/, /NaN/, /NaN/]],
    ['returns a text', 'return "true"', [/a text/, /a text/, /a text/]],
    ['returns 10 MB', 'return "x".repeat(10_000_000)', [/at most 1000000/, /at most 1000000/, /at most 1000000/]],
    ['ends its process for one', 'if (n === 2) process.exit(0); return true', [true, /ended its process/, true]],
    [
      'reads the store',
      `return (await import('node:fs')).readdirSync(${JSON.stringify(store)}).length > 0`,
      [/./, /./, /./],
    ],
    ['asks the network', 'return (await fetch("http://127.0.0.1:9")).ok', [/threw/, /threw/, /threw/]],
  ]

describe('a module', () => {
  describe('in one process with others', () => {
    let answers: Awaited<ReturnType<typeof ask>>
    beforeAll(async () => {
      const does = DEEDS.map(([, body], i) => `case ${i}: { ${body} }`).join('\n')
      const views = DEEDS.flatMap((_, i) => [1, 2, 3].map((n) => JSON.stringify({ tokens: 10 * i + n })))
      const evaluator = module(`const n = view.tokens % 10; switch (Math.floor(view.tokens / 10)) { ${does} }`)
      answers = await ask(evaluator, 'search', views)
      source.close()
    })

    test.each(DEEDS.map(([name, , wanted], i) => [name, wanted, i] as const))('%s', (_, wanted, i) => {
      expect(answers.slice(3 * i, 3 * i + 3)).toEqual(
        wanted.map((w) => (w instanceof RegExp ? { failed: expect.stringMatching(w) } : { returned: w })),
      )
    })
  })

  test('that plays with prototypes answers as it says', async () => {
    const body = 'Object.prototype.returned = true; Array.prototype.map = () => []; return view.tokens === 1'
    expect(await ask(module(body))).toEqual([true, false, false].map((returned) => ({ returned })))
  })

  test('that never settles is cut for that view alone', async () => {
    const answers = await ask(module('if (view.tokens === 2) await new Promise(() => {}); return true', 200))
    expect(answers[1]).toEqual({ failed: 'the module gave no answer within 2000 ms and was cut' })
    expect([answers[0], answers[2]]).toEqual([{ returned: true }, { returned: true }])
  })

  test('that reads clock or chance is told so, on whatever day', async () => {
    const reads: readonly (readonly [what: string, read: string])[] = [
      ['Math.random', 'Math.random()'],
      ['the present date', 'new Date().getUTCDate() % 2'],
      ['the present date', 'Date().length'],
      ['the present date', 'new (new Date(0).constructor)()'],
      ['Date.now', 'Date.now()'],
      ['process.hrtime.bigint', 'process.hrtime.bigint()'],
      ['process.hrtime', 'process.hrtime()[0]'],
      ['performance.now', 'performance.now()'],
      ['performance.now', '(await import("node:perf_hooks")).performance.now()'],
      ['Temporal.Now.instant', 'Temporal.Now.instant().epochMilliseconds'],
      ['Intl.DateTimeFormat.format', 'new Intl.DateTimeFormat("en").format().length'],
      ['crypto.randomUUID', 'crypto.randomUUID()'],
      ['crypto.getRandomValues', '(await import("node:crypto")).getRandomValues(new Uint8Array(1))[0]'],
      ['crypto.randomInt', '(await import("node:crypto")).randomInt(2)'],
      ['vm.runInNewContext', '(await import("node:vm")).runInNewContext("Date.now()")'],
    ]
    const body = `return (await [${reads.map(([, read]) => `async () => ${read}`)}][view.tokens]()) > 0`
    const views = reads.map((_, tokens) => JSON.stringify({ tokens }))
    expect(await ask(module(body), 'vault', views)).toEqual(
      reads.map(([what]) => ({
        failed: expect.stringContaining(`threw Error: ${what}: a verdict is a pure function`),
      })),
    )
  })

  test('reads dates of what it is shown', async () => {
    const body =
      'return new Date(2020, 0, view.tokens) instanceof Date && Date.parse("2020-01-01") === Date.UTC(2020, 0) && new Intl.DateTimeFormat("en").format(0) === "1/1/1970"'
    expect(await ask(module(body))).toEqual(VIEWS.map(() => ({ returned: true })))
  })

  test('that is asked by two at once answers both', async () => {
    const evaluator = module('await new Promise((go) => setTimeout(go, 50)); return view.tokens === 1')
    const all = await Promise.all([ask(evaluator), ask(evaluator, 'search', VIEWS.toReversed())])
    const wanted = [true, false, false].map((returned) => ({ returned }))
    expect(all).toEqual([wanted, wanted.toReversed()])
  })

  test('that a busy machine cuts is waited for once more', async () => {
    const body = 'await new Promise((go) => setTimeout(go, view.tokens === 2 ? 600 : 0)); return true'
    expect(await ask(module(body, 200))).toEqual(VIEWS.map(() => ({ returned: true })))
  })

  test('that counts what it was asked is told by its second pass, also where each view is asked alone', async () => {
    const evaluator = module('globalThis.n = (globalThis.n ?? 0) + 1; return globalThis.n > 200')
    const views = Array.from({ length: 700 }, (_, tokens) => JSON.stringify({ tokens }))
    const one = async () => {
      for (const view of views) await ask(evaluator, 'search', [view])
    }
    await expect(one()).rejects.toThrow(/gave two answers to one view: true, then false/)
  })

  test('that counts gives two answers: the search ends, a sealed case has no verdict', async () => {
    const evaluator = module('globalThis.n = (globalThis.n ?? 0) + 1; return globalThis.n / 100 + view.tokens / 1000')
    await expect(ask(evaluator)).rejects.toThrow(/gave two answers to one view: .*nothing was spent/)
    const sealed = await ask(evaluator, 'vault')
    expect(sealed).toContainEqual({ failed: 'the module gave two answers' })
  })

  test('that answers none of eight views ends the search with what it said', async () => {
    const views = Array.from({ length: 8 }, (_, tokens) => JSON.stringify({ tokens }))
    const evaluator = module('throw new Error("not today")')
    await expect(ask(evaluator, 'search', views)).rejects.toThrow(/no verdict on any of 8 cases: .*not today/)
    expect(await ask(evaluator, 'vault', views)).toHaveLength(8)
  })

  test('that was changed, or exports no judge, is refused with what to do', async () => {
    const evaluator = module('return true') as AskedEvaluator & { module: string }
    expect(await source.problem(evaluator)).toBeNull()
    writeFileSync(join(root, evaluator.module), 'export const judge = () => false')
    expect(await source.problem(evaluator)).toMatch(/its digest is sha256:[0-9a-f]{64}, pinned is .*new version/)
    await expect(ask(evaluator)).rejects.toThrow(/not the one that the suite pins/)
    rmSync(join(root, evaluator.module))
    await expect(source.problem(evaluator)).rejects.toThrow(/does not exist \(looked for /)
    const other = module('') as AskedEvaluator & { module: string }
    writeFileSync(join(root, other.module), 'export const other = 1')
    const { digest } = harnessFiles(other.module, store)
    await expect(ask({ ...other, digest } as AskedEvaluator)).rejects.toThrow(/exports no function named judge/)
  })
})
