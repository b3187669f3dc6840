/** `autotune ui`: the workbench of a store, served on this machine. It only reads. */
import { serveWorkbench } from '../embedded/ui-server.ts'
import { needStore } from './open.ts'
import { placeWords, shellWord } from './store-options.ts'
import { faultOf } from './system-errors.ts'
import { print, untilSignalled } from './terminal.ts'

interface Options {
  readonly store: string
  readonly json: boolean
  readonly port: number
}

/** @param stop ends the serving; by default Ctrl-C or a termination signal */
export async function ui({ store, json, port }: Options, stop: () => Promise<void> = untilSignalled): Promise<number> {
  needStore(store)
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const place = placeWords({ store })
    .map((word) => ` ${shellWord(word)}`)
    .join('')
  const server = await serveWorkbench(store, place, port, {
    failed: (error) => say(`autotune: ${faultOf(error)}`),
    refused: (note) => say(`refused: ${note}`),
  })
  try {
    print(json, { store, url: `${server.origin}/` }, () => [
      `workbench of ${store}: ${server.origin}/`,
      'it only shows: nothing is written, signed or sent. Served on this machine until Ctrl-C',
    ])
    await stop()
  } finally {
    await server.close()
  }
  return 0
}
