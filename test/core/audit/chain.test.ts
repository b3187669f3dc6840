/** The audit chain of a run: every artifact with its digest, every line bound to the one before. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { auditLines } from '#core/audit/chain.ts'
import { digestOf, digestOfBytes } from '#core/canonical.ts'
import { AuditLine } from '#schemas/run.ts'

const artifacts = fc.array(
  fc.record({ artifact: fc.string({ minLength: 1 }).filter((s) => /^\w+$/.test(s)), text: fc.string() }),
  { maxLength: 6 },
)

test('has a line per artifact, in order, each carrying the digest of the line before', () => {
  fc.assert(
    fc.property(artifacts, (list) => {
      const lines = auditLines(
        list.map(({ artifact, text }) => ({ artifact, digest: digestOfBytes(text), computed_from: {} })),
      )
      lines.forEach((line, i) => {
        expect(line).toEqual({
          seq: i,
          artifact: list[i]!.artifact,
          digest: digestOfBytes(list[i]!.text),
          computed_from: {},
          previous: i === 0 ? null : digestOf(lines[i - 1]),
        })
      })
      expect(lines).toHaveLength(list.length)
    }),
  )
})

test('changes from the changed artifact on', () => {
  const chain = (middle: string) =>
    auditLines(
      ['a', middle, 'c'].map((text, i) => ({
        artifact: `f${i}`,
        digest: digestOfBytes(text),
        computed_from: { set: digestOf(1) },
      })),
    )
  const [before, after] = [chain('b'), chain('B')]
  expect(before.map((l) => AuditLine.parse(l))).toEqual(before)
  expect(before.map((line, i) => digestOf(line) === digestOf(after[i]))).toEqual([true, false, false])
})
