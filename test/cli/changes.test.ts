import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changesOf } from '../../functions/cli/changes.ts'
import { UserError } from '../../functions/errors.ts'

const change = fc.record({
  patch: fc.dictionary(
    fc.constantFrom('a.top_k', 'b.top_k', '{', ']'),
    fc.oneof(fc.integer(), fc.string(), fc.boolean()),
  ),
  rationale: fc.oneof(fc.string(), fc.constantFrom('a, [b', '"}', '\\', 'one\ntwo')),
})

describe('changes of a file', () => {
  test('are the same as JSON lines and as a list, each at the line where it begins', () => {
    const indent = fc.constantFrom(undefined, 1, 2, '\t')
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), indent, fc.nat(2), (changes, space, blank) => {
        const values = changes.map((c) => JSON.stringify(c, null, space))
        const begins: number[] = []
        let text = '[\n'
        for (const [i, value] of values.entries()) {
          text += '\n'.repeat(blank)
          begins.push(text.split('\n').length)
          text += `${value}${i < values.length - 1 ? ',' : ''}\n`
        }
        text += ']\n'
        expect(changesOf(text, 'f')).toEqual(changes.map((c, i) => ({ at: `f:${begins[i]}`, change: c })))
        const lines = changes.map((c) => `${JSON.stringify(c)}\n${'\n'.repeat(blank)}`).join('')
        expect(changesOf(lines, 'f')).toEqual(changes.map((c, i) => ({ at: `f:${1 + i * (1 + blank)}`, change: c })))
      }),
      { numRuns: 200 },
    )
  })

  test('of any text are changes, or a refusal that names the file: never another error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((t) => `[${t},`),
        ),
        (text) => {
          try {
            expect(changesOf(text, 'f').length).toBeGreaterThan(0)
          } catch (error) {
            expect(error).toBeInstanceOf(UserError)
            expect((error as Error).message).toMatch('f')
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('that are wrong on many lines name the first twenty and how many follow', () => {
    expect(() => changesOf('x\n'.repeat(30), 'f')).toThrow(/f:1 is no JSON[\s\S]*f:20 is no JSON[\s\S]*and 10 more/)
  })
})
