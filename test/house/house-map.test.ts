import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { firstSentence, houseMap, rooms } from './house-map.ts'

test('every file says in its first sentence what it is', () => {
  expect(rooms().flatMap(({ file, says }) => (says === null || says.length < 15 ? [file] : []))).toEqual([])
  expect(firstSentence('/** One thing. Another. */\nexport {}')).toBe('One thing.')
  expect(firstSentence('export {}')).toBeNull()
})

test('docs/house.md is fresh', () => {
  expect(readFileSync(new URL('../../docs/house.md', import.meta.url), 'utf8'), 'run `npm run map`').toBe(houseMap())
})
