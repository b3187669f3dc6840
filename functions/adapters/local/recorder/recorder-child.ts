/**
 * The process in which a user's own recorder runs, one case at a time. It has the rights of the user and the network, because
 * a recorder calls retrieval, tools and models live; its time, its memory and what it returns are limited. Cases come in on
 * stdin, what happened leaves on a descriptor of its own, so that nothing which the recorder prints stands between them.
 */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { RecorderModule } from '#schemas/recording-plan.ts'
import type { FromRecorder, ToRecorder } from './recorder-message.ts'
import { MESSAGES, MOST_BYTES } from './recorder-message.ts'

const module = process.argv[2]!

const send = (message: FromRecorder): void => {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`)
  for (let sent = 0; sent < bytes.length; ) sent += writeSync(MESSAGES, bytes, sent)
}

const recorder = await load()
if (recorder)
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    const { id, recorded, settings } = JSON.parse(line) as ToRecorder
    send({ id, ...(await made(() => recorder.record(recorded, settings))) })
  }

async function load(): Promise<RecorderModule | null> {
  try {
    const loaded = (await import(module)) as Partial<RecorderModule> & { default?: Partial<RecorderModule> }
    const found = [loaded, loaded.default].find((m) => typeof m?.record === 'function')
    send({
      loaded: found ? null : 'it exports no function named record: export async function record(recorded, settings)',
    })
    return (found as RecorderModule | undefined) ?? null
  } catch (error) {
    send({ loaded: `it cannot be imported: ${thrown(error)}` })
    return null
  }
}

async function made(record: () => unknown): Promise<{ returned: unknown } | { failed: string }> {
  try {
    const text = JSON.stringify((await record()) ?? null, finite)
    if (Buffer.byteLength(text) > MOST_BYTES) return { failed: `it returned more than ${MOST_BYTES} bytes` }
    return { returned: JSON.parse(text) }
  } catch (error) {
    return { failed: `it threw ${thrown(error)}` }
  }
}

/** JSON would write null for it, which says something else. */
function finite(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${key}: the number ${value}`)
  return value
}

function thrown(error: unknown): string {
  return (error instanceof Error ? String(error.stack ?? error) : String(error)).slice(0, 2000)
}
