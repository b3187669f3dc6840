/** The page of access patterns and the keys that the code writes name the same items. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rowKeys } from '../../../functions/steps/store/ledger-keys.ts'

const entity = (pk: string): string => pk.split('#')[0]!

test('every item that is written has its line in docs/access-patterns.md, and no line is of an item that is not', () => {
  const page = readFileSync(new URL('../../../docs/access-patterns.md', import.meta.url), 'utf8').split(/^# /m)[1]!
  const documented = [...page.matchAll(/^\| [^|]+ \| `([^`]+)` \|/gm)].map(([, pk]) => entity(pk!))
  const written = Object.values(rowKeys).map((key) => {
    const parts = (key as (...names: string[]) => string | readonly string[])(...Array<string>(key.length).fill('x@1'))
    return entity(typeof parts === 'string' ? parts : parts[0]!)
  })
  expect(new Set(documented)).toEqual(new Set([...written, 'pk']))
})
