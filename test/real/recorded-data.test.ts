/** Says once whether the recorded data is there: without it the tests beside this one are skipped. */
import { expect, test } from 'vitest'
import { DATA, isMounted } from './support.ts'

test('the recorded data is mounted', ({ skip }) => {
  if (!isMounted) {
    console.log(`no recorded data in ${DATA}: the real-data tests are skipped`)
    skip()
  }
  expect(isMounted).toBe(true)
})
