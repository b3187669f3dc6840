/** A store that a disk or somebody damaged: every verb names the object in one line, and none takes it for a defect of ours. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { printable, printableMessage } from '../../functions/cli/terminal.ts'
import { autotune, ran, ready, type Workplace, workplace } from '../cli/command-line.ts'

let place: Workplace
let target: string
beforeAll(async () => {
  place = workplace()
  target = (await ready(place)).target
  await ran(place, 'r')
})
afterAll(() => place.dispose())

const PACK = 'packs/ctxpack.support@1.0.0/pack.json'
const SUITE = 'packs/evals.refund@1.0.0/suite.json'
/** A file below a folder whose name nobody knows. */
const within = (folder: string): string => `${folder}/${readdirSync(join(place.store, folder))[0]}`

/** Says something on a store whose file holds other bytes for as long. */
async function damaged(file: string, change: (text: string) => string, ...argv: string[]) {
  const path = join(place.store, file)
  const before = readFileSync(path, 'utf8')
  writeFileSync(path, change(before))
  try {
    return await autotune(...argv, '--store', place.store)
  } finally {
    writeFileSync(path, before)
  }
}

const CHANGES: [string, (text: string) => string][] = [
  ['cut', (text) => text.slice(0, -9)],
  ['empty', () => ''],
  ['put twice', (text) => text + text],
  ['of another file', () => '{"run_id":"x"}\n'],
]

describe.each(CHANGES)('%s', (_, change) => {
  test.each([
    ['a pack', () => PACK, 'doctor'],
    ['a pack', () => PACK, 'run'],
    ['a pack', () => PACK, 'list'],
    ['a suite', () => SUITE, 'doctor'],
    ['a suite', () => SUITE, 'run'],
    ['the journal of imports', () => within('ingest/journal'), 'doctor'],
    ['the index of runs', () => within('experience/index/support.refund'), 'doctor'],
    ['the index of runs', () => within('experience/index/support.refund'), 'run'],
  ])('%s: one line with its name', async (_what, file, verb) => {
    const argv = verb === 'list' ? [] : ['--target', target]
    const { code, out, err } = await damaged(file(), change, verb, ...argv)
    expect(out + err).not.toMatch(/defect of ours/)
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(
        /^autotune: \S+ of this store is damaged: .*\. Restore it from a copy of the store(, or remove it and import the same runs again, which writes it anew)?\n$/,
      ),
    })
    expect(err).toContain(file())
  })
})

test('a pack whose words were changed into others is held to its contract', async () => {
  const { code, err } = await damaged(PACK, (t) => t.replace('"bounds"', '"bouncs"'), 'doctor', '--target', target)
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringMatching(/pack\.json of this store is damaged: tunable_s/),
  })
})

describe('what a terminal is told', () => {
  test.each([
    ['an escape sequence', '\u001b[2Jgone', '\\u001b[2Jgone'],
    ['a bell and a NUL', 'a\u0007\u0000', 'a\\u0007\\u0000'],
    ['a control character of eight bits', '\u009b31m', '\\u009b31m'],
    ['a turn of the line', 'abc\u202efdp.exe', 'abc\\u202efdp.exe'],
    ['lines and tabs stay', 'a\n\tb é 漢', 'a\n\tb é 漢'],
  ])('%s', (_, text, shown) => expect(printable(text)).toBe(shown))

  test('a line of a message is cut where nobody reads on, and the way out at its end stays', () => {
    const told = printableMessage(`first\nunknown field "${'x'.repeat(10_000)}": remove it`)
    expect(told.length).toBeLessThan(2100)
    expect(told).toMatch(/^first\nunknown field "x+ \.\.\. x+": remove it$/)
  })

  test('a document whose keys would steer the terminal is refused without doing so', async () => {
    const file = place.file('pack.json', `{"\u001b[2J": 1, "pack": "\u001b[2J"}`.replaceAll('\u001b', '\\u001b'))
    const { code, err } = await autotune('import', '--pack', file, '--store', place.store)
    expect(code).toBe(2)
    expect(err).toContain('unknown field "\\u001b[2J"')
    expect(err).not.toContain('\u001b')
  })
})

test('folders whose name no key of ours has are no defect of ours', async () => {
  // A damaged pack would be told before the others are met.
  const strange = ['proposals/%zz/x.json', 'autotune/runs/%zz/refusal.json']
  for (const key of strange) {
    mkdirSync(join(place.store, key, '..'), { recursive: true })
    writeFileSync(join(place.store, key), '{}\n')
  }
  try {
    for (const argv of [['list'], ['verify'], ['export', '--jsonl', join(place.dir, 'sql')]]) {
      const { out, err } = await autotune(...argv, '--store', place.store)
      expect([argv[0], `${out}${err}`.includes('defect of ours')]).toEqual([argv[0], false])
    }
  } finally {
    for (const key of strange) rmSync(join(place.store, key, '..'), { recursive: true })
  }
})
