/** The house in words: each file's own first sentence, folder by folder. `npm run map` writes docs/house.md; a test keeps it fresh. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MAP = new URL('../../docs/house.md', import.meta.url)

const folderOf = (file: string): string => file.slice(0, file.lastIndexOf('/') + 1)
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** First sentence of a file's header, or null where it has none. */
export function firstSentence(text: string): string | null {
  const header = /^(?:#![^\n]*\n)?\/\*\*(?<words>[\s\S]*?)\*\//.exec(text)?.groups?.words
  if (header === undefined) return null
  const words = header
    .replace(/\n \* ?/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return /^.*?[.?!](?= [A-Z`"]|$)/.exec(words)?.[0] ?? words
}

/** Source files with what each says of itself, in code-unit order. */
export const rooms = (): { readonly file: string; readonly says: string | null }[] =>
  execFileSync('git', ['ls-files', 'schemas', 'functions', 'lib', 'bin'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => /\.(ts|mjs)$/.test(file))
    .sort((a, b) => (folderOf(a) === folderOf(b) ? order(a, b) : order(folderOf(a), folderOf(b))))
    .map((file) => ({ file, says: firstSentence(readFileSync(`${ROOT}${file}`, 'utf8')) }))

/** The page: a heading a folder, a line a file. */
export function houseMap(): string {
  const lines = ['# The house, file by file', '', 'Written by `npm run map` from the first sentence of each file.']
  let folder = ''
  for (const { file, says } of rooms()) {
    const at = folderOf(file)
    if (at !== folder) lines.push('', `## ${at}`, '')
    folder = at
    lines.push(`- \`${file.slice(at.length)}\`: ${says ?? ''}`)
  }
  return `${lines.join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(MAP, houseMap())
