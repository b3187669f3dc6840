/** What a caged process tries, to see whether it is held: each try says what stopped it, or that nothing did. Told what to try as JSON on its command line. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'

/** What it is told: files that it may not read, a place that it may not write, a port of this machine. */
interface Told {
  readonly secrets: readonly string[]
  readonly place: string
  readonly port: number
}

const { secrets, place, port } = JSON.parse(process.argv[2]!) as Told

/** Milliseconds after which a connection that neither stands nor is refused counts as stopped. */
const PATIENCE_MS = 2000

const stopped = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}

function tried(work: () => unknown): string | null {
  try {
    work()
    return null
  } catch (error) {
    return stopped(error)
  }
}

function connected(): Promise<string | null> {
  return new Promise((resolve) => {
    try {
      const socket = connect({ host: '127.0.0.1', port })
      socket.once('connect', () => resolve(null))
      socket.once('error', (error) => resolve(stopped(error)))
      socket.setTimeout(PATIENCE_MS, () => resolve('no answer'))
    } catch (error) {
      resolve(stopped(error))
    }
  })
}

const found = Object.keys(process.env).filter((name) => name !== 'TZ' && name !== 'PWD')
const results = {
  read: secrets.map((path) => tried(() => readFileSync(path))),
  write: tried(() => writeFileSync(place, 'x')),
  start: tried(() => {
    const { error } = spawnSync(process.execPath, ['--version'])
    if (error) throw error
  }),
  connect: await connected(),
  environment: found.length === 0 ? 'it is empty' : null,
}
process.stdout.write(JSON.stringify(results))
process.exit()
