/** The arm that a run got: written by the module that assigned it, read back by an import. */
import { describe, expect, test } from 'vitest'
import { assignArm, evaluationOf } from '#core/release/assign-arm.ts'
import { routingOf } from '#core/release/routing.ts'
import { evaluatedArm } from '#core/traces/evaluated-arm.ts'
import { DEFAULT_OPTIONS, pathsOf } from '#core/traces/options.ts'
import { dialectNamed } from '#core/traces/registry.ts'
import { Tally } from '#core/traces/tally.ts'
import { traceOf } from '#core/traces/trace.ts'
import { INTENT, started } from '../release/builders.ts'

const routing = routingOf({ ...started(), stage: '25%_monitored' })
const subject = (n: number) => ({ id: `s${n}`, intent: INTENT, attributes: { internal: false, tier: 'standard' } })
const pairs = (values: object) =>
  Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: String(value) } }))
const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
const GENAI = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'support' }

const span = (more: object, own: object = {}) => ({
  ...ids,
  name: 'invoke_agent support',
  startTimeUnixNano: '1000',
  endTimeUnixNano: '2000',
  attributes: pairs({ ...GENAI, ...own }),
  ...more,
})
const otel = dialectNamed('otel-genai')!

function armIn(...rows: object[]) {
  const asked = { paths: pathsOf(DEFAULT_OPTIONS) }
  const parts = rows.flatMap((row) => [...otel.parts(row, { file: 'f', at: 'line 1' }, asked)])
  const tally = new Tally()
  return evaluatedArm(traceOf(ids.traceId, parts, tally), tally).attributes
}

const found = [...Array(40).keys()].map((n) => assignArm(routing, subject(n)))

describe.each([found.find(({ arm }) => arm === 'baseline')!, found.find(({ arm }) => arm === 'candidate')!])(
  'an assignment to the $arm',
  (assignment) => {
    const written = evaluationOf(assignment)
    const expected = { arm: assignment.arm, rollout: assignment.rollout_id }

    test('is read back from attributes of a span', () => {
      expect(armIn(span({}, written))).toEqual(expected)
    })

    test('is read back from an event of a span', () => {
      expect(armIn(span({ events: [{ name: 'feature_flag.evaluation', attributes: pairs(written) }] }))).toEqual(
        expected,
      )
    })

    test('is read back from a log record of a span', () => {
      const log = {
        ...ids,
        timeUnixNano: '1500',
        eventName: 'feature_flag.evaluation',
        body: {},
        attributes: pairs(written),
      }
      expect(armIn(span({}), { resourceLogs: [{ scopeLogs: [{ logRecords: [log] }] }] })).toEqual(expected)
    })
  },
)

test('flags of another provider, or of two rollouts, are no arm', () => {
  const written = evaluationOf(found[0]!)
  expect(armIn(span({}, { ...written, 'feature_flag.provider.name': 'flagd' }))).toBeUndefined()
  const other = { ...written, 'feature_flag.key': 'ro_other' }
  expect(armIn(span({}, written), span({ spanId: 'c'.repeat(16) }, other))).toBeUndefined()
  expect(armIn(span({}))).toBeUndefined()
})

test.each([
  { 'feature_flag.provider.name': 'flagd', 'feature_flag.key': 'new_ui', 'feature_flag.result.variant': 'on' },
  { 'feature_flag.key': 'new_ui', 'feature_flag.result.variant': 'candidate' },
])('an event of another provider on the same span takes nothing away: %o', (other) => {
  const { arm, rollout_id: rollout } = found[0]!
  const events = [evaluationOf(found[0]!), other].map((values) => ({
    name: 'feature_flag.evaluation',
    attributes: pairs(values),
  }))
  expect(armIn(span({ events }))).toEqual({ arm, rollout })
  expect(armIn(span({ events: events.toReversed() }))).toEqual({ arm, rollout })
})

test('what is written names no subject', () => {
  expect(JSON.stringify(evaluationOf(assignArm(routing, { ...subject(1), id: 'ana@example.com' })))).not.toContain(
    'ana',
  )
})
