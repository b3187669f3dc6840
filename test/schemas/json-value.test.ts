/** Any JSON value in a contract: what zod's own schema takes and refuses, without the notes that it keeps of each object. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { Json } from '#schemas/common.ts'
import { ExperienceRun } from '#schemas/experience-run.ts'

const [ours, theirs] = [Json, z.json()].map((value) => z.strictObject({ value, after: z.number() }))

const said = (contract: z.ZodType, value: unknown): unknown => {
  const { success, data, error } = contract.safeParse(value)
  return success ? data : error.issues.map(({ path, message }) => [path, message])
}

test('what JSON carries is taken as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!JSON.stringify(value).includes('__proto__'))
      expect(said(ours!, { value, after: 1 })).toEqual({ value, after: 1 })
    }),
  )
})

test.each([
  ['nothing', undefined],
  ['no number', Number.NaN],
  ['a number without end, deep inside', { a: [{ b: Number.POSITIVE_INFINITY }] }],
  ['a field of undefined', { a: undefined }],
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is asked about.
  ['a hole in a list', [1, , 2]],
  ['a big integer', 1n],
  ['a date', new Date(0)],
  ['a map', new Map()],
  ['an object of a class', new (class Odd {})()],
  ['a function', () => {}],
])('%s is refused in the same words as by zod', (_, value) => {
  const [found, expected] = [ours, theirs].map((contract) => said(contract!, { value, after: 'no number' }))
  expect(found).toEqual(expected)
  expect(found).toContainEqual([['value'], 'Invalid input'])
})

test('a key "__proto__" is refused, where zod drops it in silence; so is a value without end', () => {
  const around: unknown[] = []
  around.push(around)
  for (const value of [JSON.parse('{"__proto__":1}'), around])
    expect(said(ours!, { value, after: 1 })).toEqual([[['value'], 'Invalid input']])
})

test('the contract of a run holds no recursion', () => {
  expect(JSON.stringify(z.toJSONSchema(ExperienceRun, { io: 'input' }))).not.toContain('$ref')
})
