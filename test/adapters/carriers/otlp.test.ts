/**
 * OTLP in protobuf becomes OTLP/JSON. The bytes were made by the official definitions (`opentelemetry-proto` 1.45.2 of
 * PyPI, `SerializeToString`), not by what reads them here.
 */

import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { rowsIn, toldOf, valuesIn } from './support.ts'

const SPANS = Buffer.from(
  '0adb020a180a160a0c736572766963652e6e616d6512060a0473686f7012be020a0c0a056167656e741203312e3212ad020a105b8efff798038103d269b633813fc60c1208eee19b7ec3c1b1742208eee19b7ec3c1b1732a046368617430033901eb3af5faeb6f15410212f41efbeb6f154a110a047465787412090a074772c3b6c39f654a130a06746f6b656e7312091881808080808080104a130a046c657373120b18ffffffffffffffffff014a110a0474656d70120921000000000000e03f4a0a0a047a65726f120218004a0c0a0673747265616d120210004a0f0a0473746f7012072a050a030a01784a120a036d6170120b32090a070a0161120210014a0b0a0372617712043a0201025a1f090331fe18fbeb6f151209657863657074696f6e1a090a016d12040a026e6f6a1c0a1000112233445566778899aabbccddeeff120800112233445566777a0a12066661696c65641802850101010000',
  'hex',
)
const LOGS = Buffer.from(
  '0a67126512630901eb3af5faeb6f1510091a04494e464f2a1632140a120a07636f6e74656e7412070a0548656c6c6f4a105b8efff798038103d269b633813fc60c5208eee19b7ec3c1b1745909eb3af5faeb6f15621367656e5f61692e757365722e6d657373616765',
  'hex',
)
const METRICS = Buffer.from('0a1b121912170a11612e6d65747269632e6f662e73697874651a026d73', 'hex')

const SPANS_JSON = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 'agent', version: '1.2' },
          spans: [
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              parentSpanId: 'eee19b7ec3c1b173',
              name: 'chat',
              kind: 3,
              startTimeUnixNano: '1544712660300000001',
              endTimeUnixNano: '1544712661000000002',
              attributes: [
                { key: 'text', value: { stringValue: 'Größe' } },
                { key: 'tokens', value: { intValue: '9007199254740993' } },
                { key: 'less', value: { intValue: '-1' } },
                { key: 'temp', value: { doubleValue: 0.5 } },
                { key: 'zero', value: { intValue: '0' } },
                { key: 'stream', value: { boolValue: false } },
                { key: 'stop', value: { arrayValue: { values: [{ stringValue: 'x' }] } } },
                { key: 'map', value: { kvlistValue: { values: [{ key: 'a', value: { boolValue: true } }] } } },
                { key: 'raw', value: { bytesValue: 'AQI=' } },
              ],
              events: [
                {
                  timeUnixNano: '1544712660900000003',
                  name: 'exception',
                  attributes: [{ key: 'm', value: { stringValue: 'no' } }],
                },
              ],
              links: [{ traceId: '00112233445566778899aabbccddeeff', spanId: '0011223344556677' }],
              status: { message: 'failed', code: 2 },
              flags: 257,
            },
          ],
        },
      ],
    },
  ],
}

const LOGS_JSON = {
  resourceLogs: [
    {
      scopeLogs: [
        {
          logRecords: [
            {
              timeUnixNano: '1544712660300000001',
              severityNumber: 9,
              severityText: 'INFO',
              body: { kvlistValue: { values: [{ key: 'content', value: { stringValue: 'Hello' } }] } },
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              observedTimeUnixNano: '1544712660300000009',
              eventName: 'gen_ai.user.message',
            },
          ],
        },
      ],
    },
  ],
}

/** What a collector's file exporter writes with `format: proto`: each message behind its length. */
function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([length, message])
}

describe('OTLP in protobuf', () => {
  test.each([
    ['spans', SPANS, [SPANS_JSON]],
    ['logs', LOGS, [LOGS_JSON]],
    ['requests one behind the other', Buffer.concat([SPANS, LOGS, SPANS]), [SPANS_JSON, LOGS_JSON, SPANS_JSON]],
    ['requests behind their lengths', Buffer.concat([SPANS, LOGS].map(withLength)), [SPANS_JSON, LOGS_JSON]],
    [
      'an empty request among them',
      Buffer.concat([LOGS, Buffer.alloc(0), SPANS].map(withLength)),
      [LOGS_JSON, SPANS_JSON],
    ],
    ['compressed', gzipSync(SPANS), [SPANS_JSON]],
  ])('%s', async (_, bytes, values) => {
    expect(await valuesIn(bytes)).toEqual(values)
  })

  test('counts resources over all requests of a file', async () => {
    const rows = await rowsIn(Buffer.concat([SPANS, LOGS, SPANS]))
    expect(rows.map(({ at }) => at)).toEqual([
      'item 1 of resourceSpans',
      'item 1 of resourceLogs',
      'item 2 of resourceSpans',
    ])
  })

  test.each([
    [
      'cut in a request',
      SPANS.subarray(0, -20),
      'FILE: resource 1: the protobuf data is cut or damaged (it ends in the middle of a message). Fetch or export the file again',
    ],
    [
      'cut in the second of two',
      Buffer.concat([SPANS, LOGS.subarray(0, 40)]),
      'FILE: resource 2: the protobuf data is cut or damaged (it ends in the middle of a message)',
    ],
    [
      'cut in a length',
      Buffer.concat([withLength(SPANS), Buffer.from([0, 0])]),
      'FILE: resource 2: the protobuf data is cut or damaged (it ends in the middle of a message)',
    ],
    [
      'cut behind a length',
      withLength(SPANS).subarray(0, 300),
      'FILE: resource 1: the protobuf data is cut or damaged',
    ],
    [
      'metrics',
      Buffer.concat([SPANS, METRICS]),
      'FILE: resource 2: it holds neither spans nor log records. Export traces and logs; metrics are not read',
    ],
    [
      'another field',
      Buffer.concat([SPANS, Buffer.from([0x12, 0])]),
      'FILE: resource 2: the protobuf data is cut or damaged (it is no request of OTLP)',
    ],
  ])('%s is refused with the resource that it stands in', async (_, bytes, told) => {
    expect(await toldOf(bytes)).toContain(told)
  })

  test('cut anywhere is refused, but between two requests', async () => {
    const two = Buffer.concat([SPANS, LOGS])
    const places = [...Array.from({ length: 60 }, (_, i) => 1 + i * 7), SPANS.length]
    for (const at of places) {
      const told = await toldOf(two.subarray(0, at))
      const way = /^FILE: .*\. (Fetch|Give|Name) /
      expect(told, `cut at ${at}`).toMatch(at === SPANS.length ? /^no error, but 1 rows/ : way)
    }
  })

  test('with a resource that is too long is refused as soon as its length is seen', async () => {
    const [tag, ...length] = [0x0a, 0xff, 0xff, 0xff, 0x7f]
    const bytes = Buffer.concat([SPANS, Buffer.from([tag!, ...length]), SPANS])
    expect(await toldOf(bytes)).toContain('a resource is longer than 8388608 bytes. Export with smaller batches')
  })
})
