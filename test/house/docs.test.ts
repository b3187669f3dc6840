/** What README and docs show exists: commands, scripts, links, messages; and what they print is current. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { CASE_VIEW } from '#schemas/case-view.ts'
import { OPERATOR_NAMES } from '#schemas/expression.ts'
import { Evaluator } from '#schemas/suite.ts'
import { build } from '../../bin/autotune.ts'
import { exportReference } from '../../bin/export-reference.ts'
import { described } from '../../bin/reference.ts'
import { theDemo } from '../support/demo.ts'
import { README_MAP, README_RECORD } from '../support/readme-map.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const pagesOf = (folder: string): string[] =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
const PAGES = ['README.md', 'CONTRIBUTING.md', ...pagesOf('docs')]

/** Every command line of a page, in fences, indented, in tables and in sentences, without its comment. */
function commandsOf(page: string): string[] {
  const code = [...page.matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`|^ {4}(\S.*)$/gm)]
  const lines = code.flatMap(([, fenced, inline, indented]) => (fenced ?? inline ?? indented)!.split('\n'))
  return lines.flatMap((line) => {
    const found = /^\s*(?:\$ )?(?:npm run -s autotune --|npx autotune|autotune) ([a-z].*)$/.exec(line)
    return found ? [found[1]!.replace(/\s+#.*$/, '').trim()] : []
  })
}

const COMMANDS = described(build({ code: 0 }))

/** What is wrong with a command line, as far as the parser's own table tells; null: nothing. */
function wrongWith(line: string): string | null {
  const words = line.replace(/^help /, '').split(/\s+/)
  const command = COMMANDS.toSorted((a, b) => b.path.length - a.path.length).find(
    ({ path }) => words.slice(0, path.split(' ').length).join(' ') === path,
  )
  if (line.startsWith('help VERB')) return null
  if (!command) return `there is no "${words[0]}"`
  const known = new Set([
    '--help',
    '--stack',
    ...command.options.flatMap((o) => [o.long, o.long?.replace(/^--no-/, '--')]),
  ])
  const unknown = words.filter((word) => word.startsWith('--') && word.length > 2 && !known.has(word.split('=')[0]!))
  return unknown.length > 0 ? `"${command.path}" has no ${unknown.join(', ')}` : null
}

describe('commands', () => {
  test('are found in fences, tables and sentences, and a wrong one is told', () => {
    expect(
      commandsOf('```sh\nautotune run --target t.json   # so\n```\n`autotune list` and\n\n    autotune verify X\n'),
    ).toEqual(['run --target t.json', 'list', 'verify X'])
    expect(wrongWith('run --target t.json')).toBeNull()
    expect(wrongWith('rollout start RUN --config r.json')).toBeNull()
    expect(wrongWith('run --traget t.json')).toBe('"run" has no --traget')
    expect(wrongWith('rnu')).toBe('there is no "rnu"')
  })

  test.each(PAGES)('of %s exist, with their options', (page) => {
    const wrong = commandsOf(text(page)).flatMap((line) => {
      const what = wrongWith(line)
      return what === null ? [] : [`${line}: ${what}`]
    })
    expect(wrong).toEqual([])
  })

  test.each(PAGES)('npm scripts of %s exist', (page) => {
    const scripts = Object.keys(JSON.parse(text('package.json')).scripts)
    const named = [...text(page).matchAll(/npm run (?:-s )?([a-z][\w:]*)/g)].map(([, name]) => name!)
    expect(named.filter((name) => !scripts.includes(name))).toEqual([])
  })
})

describe('links', () => {
  /** As GitHub makes them of headings. */
  const anchors = (page: string): string[] =>
    [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )

  test.each(PAGES)('of %s lead somewhere', (page) => {
    const links = [...text(page).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(([, a, b]) => (a ?? b)!)
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false
      const [file, anchor] = link.split('#') as [string, string?]
      const to = file === '' ? page : join(dirname(page), file)
      if (!existsSync(join(ROOT, to))) return true
      return anchor !== undefined && to.endsWith('.md') && !anchors(text(to)).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  test('every page of docs/ is in its index', () => {
    const index = text('docs/README.md')
    const missing = pagesOf('docs').filter((page) => page !== 'docs/README.md' && !index.includes(`(${page.slice(5)})`))
    expect(missing).toEqual([])
  })
})

describe('printed', () => {
  test('what README shows of the demo is what the demo prints, in its order', async () => {
    const { out } = await theDemo()
    const [, shown] = /## What you then see\n\n```\n([\s\S]*?)```/.exec(text('README.md'))!
    let at = 0
    for (const part of shown!.split(/^\.\.\.\n/m)) {
      const found = out.indexOf(part, at)
      expect(found, `the demo prints no more:\n${part}`).toBeGreaterThanOrEqual(at)
      at = found + part.length
    }
  }, 180_000)
})

describe('references', () => {
  test('every check has its row among the evaluators, with its kind', () => {
    const rows = text('docs/evaluators.md')
      .split('\n## ')[0]!
      .match(/^\| `(?!check`).*$/gm)!
      .map((row) => row.split('|').slice(1, 3))
    const said = rows.map(([check, kind]) => `${check!.trim().replaceAll('`', '')} ${kind!.trim()}`)
    const real = Evaluator.options.map(
      ({ shape: { check, kind } }) => `${check.value} ${'options' in kind ? kind.options.join(', ') : kind.value}`,
    )
    expect(said.sort()).toEqual(real.sort())
  })

  test('every message of the troubleshooting page is one that the program says', () => {
    const sources = ['functions', 'bin'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => text(join(folder, name))),
    )
    const messages = text('docs/troubleshooting.md')
      .match(/^\| `[^`]+`/gm)!
      .map((cell) => cell.slice(3, -1))
    expect(messages.length).toBeGreaterThan(10)
    expect(messages.filter((message) => !sources.some((source) => source.includes(message)))).toEqual([])
  })

  test('the map of the recipes is the one that tests import with', () => {
    const page = text('docs/recipes.md')
    expect(page).toContain(README_MAP)
    const record = /^\{"id":"q-17".*$/m.exec(page)![0]
    expect(JSON.parse(record)).toEqual(README_RECORD)
  })
})

test('docs/export-tables.md is current, and docs/access-patterns.md lists every query', () => {
  expect(text('docs/export-tables.md')).toBe(exportReference())
  const page = text('docs/access-patterns.md')
  const files = readdirSync(join(ROOT, 'functions/audit-sql'))
  expect(files.filter((file) => !page.includes(`(../functions/audit-sql/${file})`))).toEqual([])
})

test('docs/evaluators.md names every value that an expression may read, and every operator', () => {
  const page = text('docs/evaluators.md')
  const lists = Object.entries(CASE_VIEW).flatMap(([name, { shape }]): string[] => {
    if (typeof shape === 'string') return [name]
    if ('list' in shape) return [name, ...Object.keys(shape.list)]
    if ('names' in shape) return [`${name}.`]
    return [name, ...Object.keys(shape.fields)]
  })
  expect(lists.filter((name) => !page.includes(name))).toEqual([])
  expect(OPERATOR_NAMES.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  const [first] = page.match(/\{\n {2}"evaluator_id": "large[^`]+/)!
  expect(Evaluator.safeParse(JSON.parse(first)).error).toBe(undefined)
})
