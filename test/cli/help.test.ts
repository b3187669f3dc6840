/** What a command says of itself: help, the reference, shell completion, and options that stand in a file. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { build } from '../../bin/autotune.ts'
import { cliReference, REFERENCE } from '../../bin/cli-reference.ts'
import { CONFIG_FILE, CONFIGURABLE } from '../../bin/config-file.ts'
import { described } from '../../bin/reference.ts'
import { autotune, placeOfEachTest, ready } from './command-line.ts'

const COMMANDS = described(build({ code: 0 }))
const VERBS = COMMANDS.filter(({ below }) => below.length === 0)

describe('help', () => {
  test.each(VERBS.map(({ path }) => [path]))('of %s has usage, options, two examples and exit codes', async (path) => {
    const { code, out } = await autotune('help', ...path.split(' '))
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^Usage: autotune ${path} `))
    expect(out.match(/^ {2}(?:autotune |source )/gm)!.length).toBeGreaterThanOrEqual(2)
    expect(out).toMatch(/^Exit codes: 0 .*2 /m)
    expect((await autotune(...path.split(' '), '--help')).out).toBe(out)
  })

  test.each(VERBS.flatMap(({ path, examples }) => examples.map((line) => [line, path])))(
    'shows examples that the parser takes: %s',
    (line, path) => {
      const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!)
      const known = COMMANDS.find((c) => c.path === path)!.options.flatMap((o) => [o.long, o.negate ? o.long : null])
      expect(words.slice(1, 1 + path.split(' ').length).join(' ')).toBe(path)
      for (const word of words.filter((w) => w.startsWith('--'))) expect([...known, '--stack']).toContain(word)
    },
  )

  test.each([
    ['rolout', 'near it: rollout'],
    ['lsit', 'near it: init, list'],
    ['zzzzzz', 'there is no "autotune zzzzzz". "autotune --help"'],
  ])('of "%s", which is no verb, says so', async (word, says) => {
    expect(await autotune('help', word)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(says) })
  })
})

test('docs/cli.md is what the table of commands says: "npm run reference" writes it', () => {
  expect(readFileSync(REFERENCE, 'utf8')).toBe(cliReference())
})

/** What a shell runs to say what it offers: its arguments are the words before the cursor, the last one perhaps empty. */
const ASKS = {
  bash: `COMP_WORDS=(autotune "$@"); COMP_CWORD=$#; _autotune; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Outside of a line that is typed, zsh has nowhere to add to: its own words for it are put in their place.
  zsh: `words=(autotune "$@"); CURRENT=$#words; _autotune`,
  fish: `complete -C "autotune $argv"`,
} as const
const BEFORE: Partial<Record<keyof typeof ASKS, string>> = {
  zsh: 'compdef() { :; }; _files() { :; }; compadd() { shift; print -l -- "$@"; }',
}
const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

describe.each(Object.keys(ASKS) as (keyof typeof ASKS)[])('completion in %s', (shell) => {
  /** What it offers for a command line that ends where the next word begins. */
  const offered = async (...words: string[]): Promise<string[]> => {
    const { out } = await autotune('completion', shell)
    const script = [BEFORE[shell] ?? '', out, ASKS[shell]].join('\n')
    const own =
      shell === 'fish' ? ['--no-config', '-c', script] : [...(shell === 'zsh' ? ['-f'] : []), '-c', script, shell]
    const told = execFileSync(shell, [...own, ...words], { encoding: 'utf8' })
    // fish describes what it offers; zsh picks what begins as typed by itself.
    const all = told.trim().split('\n')
    return all.map((line) => line.split('\t')[0]!).filter((word) => word.startsWith(words.at(-1)!))
  }

  test.skipIf(!has(shell)).each<readonly [readonly string[], readonly string[]]>([
    [['ver'], ['verify']],
    [['rollout', 'sta'], ['start']],
    [['rollout', 'start', '--con'], ['--config']],
    [['run', '--targ'], ['--target']],
    [['run', '--he'], ['--help']],
    [['rollout', 'export', 'x', '--as', 'js'], ['json']],
    [
      ['import', '--layout', ''],
      ['files', 'segments'],
    ],
    [['completion', 'z'], ['zsh']],
    [['help', 'ver'], ['verify']],
    [['help', 'rollout', 'ad'], ['advance']],
    // A word that names a verb elsewhere, and a verb whose group was named already.
    [['show', 'rollout', '--fil'], ['--files']],
    [['rollout', 'start', 'sta'], []],
  ])('%j goes on with %j', async (typed, goesOn) => {
    expect(await offered(...typed)).toEqual(goesOn)
  })

  test.skipIf(!has(shell))('offers every verb', async () => {
    expect(await offered('')).toEqual(
      expect.arrayContaining(COMMANDS.filter((c) => !c.path.includes(' ')).map((c) => c.path)),
    )
  })

  test('names every option of every verb', async () => {
    const { code, out } = await autotune('completion', shell)
    expect(code).toBe(0)
    for (const { options } of COMMANDS)
      for (const { long } of options) expect(out).toContain(shell === 'fish' ? `-l '${long!.slice(2)}'` : long)
  })
})

describe('options in autotune.config.json', () => {
  const place = placeOfEachTest()
  const before = process.cwd()
  beforeEach(() => process.chdir(place.dir))
  afterEach(() => {
    process.chdir(before)
    delete process.env.AUTOTUNE_STORE
  })
  const config = (value: unknown) =>
    writeFileSync(join(place.dir, CONFIG_FILE), typeof value === 'string' ? value : JSON.stringify(value, null, 2))

  test('are taken where nothing was typed: the store and a target that a verb cannot do without', async () => {
    const { target } = await ready(place)
    config({ store: place.store, target })
    expect(await autotune('doctor')).toMatchObject({ code: 0, out: expect.stringMatching(/^verdict {2}READY/m) })
  })

  test('give way to AUTOTUNE_STORE, and that to a flag', async () => {
    await ready(place)
    config({ store: 'of-the-file' })
    const refused = async (...argv: string[]) => (await autotune('list', ...argv)).err
    expect(await refused()).toMatch('no store in of-the-file')
    process.env.AUTOTUNE_STORE = 'of-the-variable'
    expect(await refused()).toMatch('no store in of-the-variable')
    expect(await refused('--store', 'typed')).toMatch('no store in typed')
    expect((await autotune('list', '--store', place.store)).code).toBe(0)
  })

  test('name another place than the one that was typed: a stack of the file is not meant then', async () => {
    await ready(place)
    config({ stack: 'Nobody' })
    expect((await autotune('list', '--store', place.store)).code).toBe(0)
    process.env.AUTOTUNE_STORE = place.store
    expect((await autotune('list')).code).toBe(0)
  })

  test('are replaced by a list that is typed, not added to it', async () => {
    config({ reviewer: ['policy=file@example.com'] })
    const { err } = await autotune('review', 'r', '--store', place.store, '--reviewer', 'nonsense')
    expect(err).not.toMatch('file@example.com')
  })

  test.each<readonly [unknown, RegExp]>([
    ['{\n  "store": "x",\n  "storre": "y"\n}', /autotune\.config\.json:3: "storre" is no option.*near it: store/],
    [{ yes: true }, /autotune\.config\.json:2: "yes" is no option that may stand there/],
    [{ store: 7 }, /autotune\.config\.json:2: "store" takes a text, got 7/],
    [{ store: '' }, /:2: "store" takes a text, got ""/],
    [{ port: '80' }, /:2: "port" takes a number, got "80"/],
    [{ port: 99_999 }, /:2: --port takes a number from 0 to 65535/],
    [{ layout: 'neither' }, /:2: --layout is one of files, segments, got "neither"/],
    [{ reviewer: 'policy=ana' }, /:2: "reviewer" takes a list of texts/],
    [[], /:1 holds no options/],
    ['{"store":', /autotune\.config\.json/],
  ])('that are wrong are refused with their line: %j', async (value, says) => {
    config(value)
    expect(await autotune('list')).toMatchObject({ code: 2, out: '', err: expect.stringMatching(says) })
    expect((await autotune('list', '--help')).code).toBe(0)
  })

  test('are real options, each of them', () => {
    const real = new Set(COMMANDS.flatMap((c) => c.options.map((o) => o.long)))
    for (const key of Object.keys(CONFIGURABLE)) expect([...real, '--stack']).toContain(`--${key}`)
  })

  test('an empty AUTOTUNE_STORE is named', async () => {
    process.env.AUTOTUNE_STORE = ''
    expect((await autotune('list')).err).toMatch('AUTOTUNE_STORE is empty')
  })
})
