import { expect, test } from 'vitest'
import { Pages } from '#core/traces/pages.ts'

type Page = readonly [value: object, where: { readonly file: string; readonly at: string }]
const around = (file: string, value: object): Page => [value, { file, at: 'around data' }]
const line = (number: number, value: object): Page => [value, { file: 'a', at: `line ${number}` }]

test.each<[string, Page[], string | null]>([
  ['has_more', [around('a', { has_more: true })], 'has_more'],
  ['a last page behind it in the file', [around('a', { has_more: true }), around('a', { has_more: false })], null],
  ['a last page of another file', [around('a', { has_more: true }), around('b', { has_more: false })], 'has_more'],
  ['a cursor', [around('a', { meta: { cursor: 'x' } })], 'meta.cursor'],
  ['a cursor of nothing', [around('a', { next_cursor: null, nextPageToken: '' })], null],
  ['the first of two numbered pages', [around('a', { meta: { page: 1, totalPages: 2 } })], 'meta.totalPages'],
  [
    'both numbered pages, in two files',
    [around('a', { meta: { page: 2, totalPages: 2 } }), around('b', { meta: { page: 1, totalPages: 2 } })],
    null,
  ],
  ['a cursor of a page on a line', [line(1, { data: [{}], meta: { cursor: 'x' } })], 'meta.cursor'],
  [
    'pages on lines, the last of which names none',
    [line(1, { data: [{}], meta: { cursor: 'x' } }), line(2, { data: [], meta: {} })],
    null,
  ],
  ['a record that has such a field of its own', [[{ next_cursor: 'x' }, { file: 'a', at: 'line 1' }]], null],
])('%s', (_, rows, name) => {
  const pages = new Pages()
  for (const row of rows) pages.add(...row)
  expect(pages.open()?.name ?? null).toBe(name)
})
