import { describe, expect, test } from 'vitest'
import { canonical } from '#core/canonical.ts'
import type { HarnessReply } from '#core/replay/harness.ts'
import { writable } from '#core/replay/harness-reply.ts'

const HALF = '\u{1F600}'.slice(0, 1)
const result = (over: object): HarnessReply => ({
  result: { status: 'X', outputs: null, evidence_refs: [], usage: null, ...over } as never,
  served: [],
})

describe('a reply that cuts a character in half', () => {
  test.each([
    ['in its outputs', result({ outputs: { note: `a${HALF}` } })],
    ['in a key', result({ outputs: { [HALF]: 1 } })],
    ['in a reference', result({ evidence_refs: [HALF] })],
    ['in what it threw', { failed: `the harness threw ${HALF}` }],
    ['in a call that was not recorded', { unreplayable: `tool ${HALF}` }],
  ] as [string, HarnessReply][])('%s can stand on record, as no pass', (_, reply) => {
    const kept = writable(reply)
    expect(() => canonical(kept)).not.toThrow()
    expect('result' in kept).toBe(false)
  })

  test('leaves a whole reply as it is, and a long reason short', () => {
    const whole = result({ outputs: '\u{1F600}' })
    expect(writable(whole)).toBe(whole)
    expect(writable({ failed: 'x'.repeat(1e6) })).toEqual({ failed: 'x'.repeat(20_000) })
  })
})
