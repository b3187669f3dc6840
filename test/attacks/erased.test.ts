/** Wall: a tombstone excuses what a person had erased, and nothing else; who has not the journal's key makes none and changes none. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canonical, digestOf } from '#core/canonical.ts'
import type { Store } from '#ports'
import type { HeadLine } from '#schemas/head-line.ts'
import { transcriptEngine } from '../../functions/steps/replay/transcript-engine.ts'
import { verifyRun } from '../../functions/steps/run/verify.ts'
import { aMarkedWorld, erased, filesWith, madeOnce, markOf, problemsOf, runs } from '../steps/erase/support.ts'
import { run, stocked } from '../steps/stores.ts'

const certified = async (store: Store) => {
  await stocked(store, aMarkedWorld(), { layout: 'files' })
  expect((await run(store, { runId: 'r' })).verdict).toBe('certified')
}
const made = madeOnce({
  whole: certified,
  async erased(store: Store) {
    await certified(store)
    await erased(store, runs('s3', 'h7'))
  },
})

const heads = (dir: string): string[] => readdirSync(join(dir, 'heads')).sort()
const lineAt = (dir: string, name: string): HeadLine => JSON.parse(readFileSync(join(dir, 'heads', name), 'utf8'))
const buried = (dir: string): string => heads(dir).find((name) => lineAt(dir, name).head.kind === 'erased')!
const write = (dir: string, name: string, line: unknown): void =>
  writeFileSync(join(dir, 'heads', name), `${canonical(line)}\n`)

/** Puts back from the store of before what lies under some names. */
const putBack = (dir: string, whole: string, ...names: readonly string[]): void => {
  for (const name of names) {
    rmSync(join(dir, name), { recursive: true, force: true })
    cpSync(join(whole, name), join(dir, name), { recursive: true })
  }
}

const ATTACKS: readonly (readonly [what: string, act: (dir: string, whole: string) => void, noticed: RegExp])[] = [
  [
    'the reason of a tombstone is written anew',
    (dir) => {
      const line = lineAt(dir, buried(dir))
      write(dir, buried(dir), { ...line, head: { ...line.head, reason: 'somebody else asked' } })
    },
    /line \d+ of the journal does not follow|was not written by this store/,
  ],
  [
    'a tombstone is removed',
    (dir) => rmSync(join(dir, 'heads', buried(dir))),
    /runs that were imported are in no index/,
  ],
  [
    'a tombstone is forged for a run that was taken away',
    (dir) => {
      const last = lineAt(dir, heads(dir).at(-1)!)
      const { head } = lineAt(dir, buried(dir))
      write(dir, `${String(last.n + 1).padStart(8, '0')}.json`, {
        ...last,
        n: last.n + 1,
        previous: digestOf(last),
        head,
      })
    },
    /was not written by this store/,
  ],
  [
    'a run is taken away that nobody had erased',
    (dir) => rmSync(join(dir, 'experience/runs/2026-05-12/run-MARKs4z'), { recursive: true }),
    /1 of \d+ recorded runs .* are not as they were imported/,
  ],
  [
    'a file that an erasure rewrote is edited',
    (dir) => {
      const path = join(dir, 'autotune/runs/r/replay-results.jsonl')
      writeFileSync(path, readFileSync(path, 'utf8').replace('"replayed"', '"failed"'))
    },
    /run r: replay-results.jsonl is not the one in its manifest/,
  ],
  [
    'a file that an erasure rewrote is removed',
    (dir) => rmSync(join(dir, 'autotune/runs/r/replay-results.jsonl')),
    /run r: replay-results.jsonl is missing/,
  ],
  [
    'erased files of a past run are put back',
    (dir, whole) => putBack(dir, whole, 'autotune/runs/r/replay-results.jsonl'),
    /run r: replay-results.jsonl was erased, and stands there/,
  ],
  [
    'an erased search set is put back',
    (dir, whole) => putBack(dir, whole, 'goldens'),
    /run r: its search set was erased, and stands there/,
  ],
  [
    'an erased sealed set is put back',
    (dir, whole) => putBack(dir, whole, 'vault/goldens'),
    /sealed version .* was erased, and stands there/,
  ],
  [
    'erased runs are put back with their index',
    (dir, whole) => putBack(dir, whole, 'experience'),
    /1 recorded runs were to be erased, and are not yet/,
  ],
]

test.each(ATTACKS)('%s: noticed', async (_, act, noticed) => {
  const [store, whole] = [made.copied('erased'), made.copied('whole')]
  expect(await problemsOf(store)).toEqual([])
  act(store.dir, whole.dir)
  expect((await problemsOf(made.reopened(store))).join('\n')).toMatch(noticed)
})

describe('verify of a past run', () => {
  test.each(['goldens', 'autotune/runs/r/replay-results.jsonl'])('says that %s was put back', async (name) => {
    const [store, whole] = [made.copied('erased'), made.copied('whole')]
    putBack(store.dir, whole.dir, name)
    const verified = await verifyRun(made.reopened(store), 'r', transcriptEngine())
    expect(verified.reproducible).toBe(false)
    expect(verified.differences.map(({ why }) => why).join()).toMatch(/was erased, and stands there/)
  })

  test('takes no tombstone of a journal that somebody changed for an excuse', async () => {
    const store = made.copied('erased')
    const line = lineAt(store.dir, buried(store.dir))
    write(store.dir, buried(store.dir), { ...line, at: '2026-01-01T00:00:00.000Z' })
    const verified = await verifyRun(made.reopened(store), 'r', transcriptEngine())
    expect(verified).toMatchObject({ reproducible: false, scope: 'none' })
    expect(verified.erased).toBeUndefined()
  })
})

test('without the key of the journal nothing is erased', async () => {
  const store = made.copied('whole')
  rmSync(join(store.dir, 'vault/heads.key'))
  const again = made.reopened(store)
  const before = filesWith(again.dir, markOf('s3'))
  await expect(erased(again, runs('s3'))).rejects.toThrow(/was not written by this store/)
  expect(filesWith(again.dir, markOf('s3'))).toEqual(before)
})
