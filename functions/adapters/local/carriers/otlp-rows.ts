/** Rows of OTLP in protobuf, as OTLP/JSON: `{"resourceSpans":[…]}` or `{"resourceLogs":[…]}`, one resource a row. */
import type { Type } from 'protobufjs/light.js'
import { ImportError } from '../import/import-error.ts'
import type { Bytes } from './bytes.ts'
import { OTLP } from './otlp-definitions.ts'
import { firstRecord, LENGTH_DELIMITED, WireReader } from './protobuf-wire.ts'
import { AGAIN, type Row, type Source } from './source.ts'

/** Tag of the one field that a request for the export of spans, logs or metrics has: its resources. */
export const RESOURCES = (1 << 3) | LENGTH_DELIMITED

const KINDS = {
  resourceSpans: { type: 'ResourceSpans', children: ['scopeSpans', 'spans'] },
  resourceLogs: { type: 'ResourceLogs', children: ['scopeLogs', 'logRecords'] },
} as const

/**
 * Requests one after the other, each alone or behind its length in four bytes, the highest first: what a collector's file
 * exporter writes. A request is never in memory as a whole.
 *
 * @param lengths whether lengths stand between the requests
 * @throws ImportError: a message that is cut or damaged, a resource over `maxBytes`, metrics
 */
export async function* otlpRows(
  source: Source,
  bytes: Bytes,
  lengths: boolean,
  maxBytes: number,
): AsyncGenerator<readonly Row[], void, undefined> {
  const { default: protobuf } = await import('protobufjs/light.js') // only who imports protobuf pays for its reader
  const root = protobuf.Root.fromJSON(OTLP)
  const reader = new WireReader(bytes)
  const resources = { resourceSpans: 0, resourceLogs: 0 }
  let read = 0
  source.at = 'resource 1'
  try {
    while (await reader.more()) {
      if (lengths) reader.limit(await reader.length())
      while (await reader.within()) {
        if ((await reader.varint()) !== RESOURCES) throw new Error('it is no request of OTLP')
        const size = await reader.varint()
        if (size > maxBytes)
          throw source.refuse(`a resource is longer than ${maxBytes} bytes`, 'Export with smaller batches')
        const message = await reader.take(size)
        const kind = kindOf(source, message)
        source.at = `resource ${++read + 1}`
        yield [
          source.row(
            `item ${++resources[kind]} of ${kind}`,
            { [kind]: [asJson(root.lookupType(KINDS[kind].type), message, kind)] },
            size,
          ),
        ]
      }
    }
  } catch (error) {
    if (error instanceof ImportError || 'code' in (error as object)) throw error
    throw source.refuse(`the protobuf data is cut or damaged (${(error as Error).message})`, AGAIN)
  }
}

/** Whether a resource carries spans or log records: the first record in it says so by the fields that only one of both has. */
function kindOf(source: Source, message: Buffer): keyof typeof KINDS {
  const record = firstRecord(message)
  const holds = (number: number, length: number) =>
    record?.some(({ field, bytes }) => field === number && bytes === length) ?? true
  if (record === null || (holds(1, 16) && holds(2, 8))) return 'resourceSpans'
  const isLog = record.every(({ field, wire }) => LOG_WIRES.get(field) === wire)
  if (isLog) return 'resourceLogs'
  throw source.refuse('it holds neither spans nor log records', 'Export traces and logs; metrics are not read')
}

/** Wire types of numbers, as far as a log record has them; everything else in it is length-delimited. */
const NUMBERS: Readonly<Record<string, number>> = { int32: 0, uint32: 0, fixed64: 1, fixed32: 5 }

/** Wire types of the fields of a log record, by number. */
const LOG_WIRES = new Map(
  Object.values(OTLP.nested.LogRecord.fields).map(({ id, type }) => [id, NUMBERS[type] ?? LENGTH_DELIMITED]),
)

function asJson(type: Type, message: Buffer, kind: keyof typeof KINDS): unknown {
  const json = type.toObject(type.decode(message), { longs: String, bytes: String }) as Json
  const [scopes, records] = KINDS[kind].children
  for (const scope of (json[scopes] ?? []) as Json[])
    for (const record of (scope[records] ?? []) as Json[]) {
      hexIds(record)
      for (const link of (record.links ?? []) as Json[]) hexIds(link)
    }
  return json
}

type Json = Record<string, unknown>

function hexIds(record: Json): void {
  for (const key of ['traceId', 'spanId', 'parentSpanId'])
    if (typeof record[key] === 'string') record[key] = Buffer.from(record[key], 'base64').toString('hex')
}
