/** What is published says what it is: every export of `schemas/` and `lib/`, and every prop and public member in `lib/`. */
import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

interface Docstring {
  readonly text: string
  readonly hasDefault: boolean
}

/** The docstring directly above a node; null: none. The first block of a file is the file's own. */
function docstringOf(node: ts.Node, file: ts.SourceFile): Docstring | null {
  const blocks = (ts.getLeadingCommentRanges(file.text, node.pos) ?? [])
    .map(({ pos, end }) => file.text.slice(pos, end))
    .filter((block) => block.startsWith('/**'))
  const text = (node.pos === 0 ? blocks.slice(1) : blocks)
    .at(-1)
    ?.replace(/^\/\*\*|\*\/$|^\s*\*( |$)/gm, ' ')
    .trim()
  return text ? { text, hasDefault: /@default\s+\S/.test(text) } : null
}

const words = (text: string): string[] =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !['a', 'an', 'the', 'of', 'for', 'this'].includes(word))

/** What is wrong with a docstring; null: nothing. */
function fault(name: string, docstring: Docstring | null, isOptional = false): string | null {
  if (!docstring) return 'has no docstring'
  const own = words(name)
  if (words(docstring.text).every((word) => own.includes(word))) return 'has a docstring that repeats its name'
  return isOptional && !docstring.hasDefault ? 'is optional and has no @default' : null
}

const namesOf = (statement: ts.Statement): string[] => {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map((d) => d.name.getText())
  const { name } = statement as ts.DeclarationStatement
  return name ? [name.getText()] : []
}

/** How many names a file exports, and `file:line name: fault` of each that does not say what it is. */
function checked(path: string, text: string): { names: number; faults: string[] } {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const faults: string[] = []
  const say = (node: ts.Node, name: string, what: string | null) => {
    if (what) faults.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${name}: ${what}`)
  }
  const exported = file.statements.filter((s) => flags(s) & ts.ModifierFlags.Export)
  // A zod schema and the type inferred from it share a name and one docstring.
  const names = new Map<string, { statement: ts.Statement; docstring: Docstring | null }>()
  for (const statement of exported) {
    const docstring = docstringOf(statement, file)
    for (const name of namesOf(statement)) if (!names.get(name)?.docstring) names.set(name, { statement, docstring })
  }
  for (const [name, { statement, docstring }] of names) say(statement, name, fault(name, docstring))
  for (const statement of path.startsWith('lib/') ? exported : [])
    for (const member of membersOf(statement)) {
      const name = member.name!.getText()
      const isOptional = ts.isPropertySignature(member) && member.questionToken !== undefined
      say(member, `${namesOf(statement)[0]}.${name}`, fault(name, docstringOf(member, file), isOptional))
    }
  return { names: names.size, faults }
}

const flags = (node: ts.Node): ts.ModifierFlags => ts.getCombinedModifierFlags(node as ts.Declaration)

/** Props of a construct, and what a construct or stack shows of itself. */
function membersOf(statement: ts.Statement): readonly (ts.TypeElement | ts.ClassElement)[] {
  if (ts.isInterfaceDeclaration(statement)) return statement.name.text.endsWith('Props') ? statement.members : []
  if (!ts.isClassDeclaration(statement)) return []
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
  return statement.members.filter((m) => m.name && !(flags(m) & hidden))
}

const files = globSync(['schemas/*.ts', 'lib/**/*.ts']).sort()

describe('docstrings', () => {
  test.each(['schemas', 'lib'])('%s: every export says what it is', (room) => {
    const found = files.filter((f) => f.startsWith(`${room}/`)).map((f) => checked(f, readFileSync(f, 'utf8')))
    expect(found.reduce((sum, { names }) => sum + names, 0)).toBeGreaterThan(50)
    expect(found.flatMap(({ faults }) => faults)).toEqual([])
  })

  const header = '/** Of the file. */\n'
  test.each([
    ['a bare constant', `${header}export const LIMIT = 1`, ['lib/a.ts:2 LIMIT: has no docstring']],
    ['a bare function', `${header}import 'x'\nexport function read() {}`, ['lib/a.ts:3 read: has no docstring']],
    ['a bare type', `${header}import 'x'\nexport type Arm = 'a'`, ['lib/a.ts:3 Arm: has no docstring']],
    [
      'the name again',
      `${header}/** The read limit. */\nexport const READ_LIMIT = 1`,
      ['lib/a.ts:3 READ_LIMIT: has a docstring that repeats its name'],
    ],
    [
      'a bare prop',
      `${header}/** What it is told. */\nexport interface BucketProps { readonly retain: boolean }`,
      ['lib/a.ts:3 BucketProps.retain: has no docstring'],
    ],
    [
      'an optional prop without @default',
      `${header}/** What it is told. */\nexport interface BucketProps {\n/** Days kept. */\nreadonly keep?: number }`,
      ['lib/a.ts:5 BucketProps.keep: is optional and has no @default'],
    ],
    [
      'a bare member',
      `${header}/** Holds runs. */\nexport class Store { readonly bucket = 1; private readonly x = 2 }`,
      ['lib/a.ts:3 Store.bucket: has no docstring'],
    ],
    ['a schema for its type', `${header}/** Day, as text. */\nexport const Day = 1\nexport type Day = string`, []],
  ])('tell of %s', (_, text, faults) => {
    expect(checked('lib/a.ts', text).faults).toEqual(faults)
  })
})
