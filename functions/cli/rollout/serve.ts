/** `rollout serve`: the page of a rollout on this machine. It shows and moves nothing. */
import { type PageReply, plain, servePages } from '../../embedded/page-server.ts'
import { type RolloutView, rolloutPage, scriptOf } from '../../pages/rollout/page.ts'
import type { Store } from '../../ports.ts'
import { needRollout } from '../../steps/release/rollouts.ts'
import { tellRollout } from '../../steps/release/story.ts'
import { faultOf } from '../system-errors.ts'
import { print, untilSignalled } from '../terminal.ts'
import { type RolloutOptions, withRollouts } from './open.ts'

/** Seconds between two looks of an open page. */
const REFRESH = 5

/** @param stop ends the serving; by default Ctrl-C or a termination signal */
export const serve = (
  id: string,
  o: RolloutOptions & { readonly port: number },
  stop: () => Promise<void> = untilSignalled,
): Promise<number> =>
  withRollouts(o, async (store) => {
    await needRollout(store, id)
    const say = (line: string) => process.stderr.write(`${line}\n`)
    const server = await servePages(
      async ({ method }, { path }): Promise<PageReply> => {
        if (path !== '/') return plain(404, 'There is nothing here. The page of the rollout is /.')
        if (method !== 'GET' && method !== 'HEAD') return { ...plain(405, 'This page only shows.'), allow: 'GET, HEAD' }
        const view = await viewOf(store, id, o.store)
        return { status: 200, location: null, body: rolloutPage(view), script: scriptOf(view) }
      },
      o.port,
      {
        failed: (error) => say(`autotune: ${faultOf(error)}`),
        refused: (note) => say(`refused: ${note}`),
      },
    )
    try {
      print(o.json, { rollout: id, url: `${server.origin}/` }, () => [
        `rollout ${id}: ${server.origin}/`,
        'served on this machine until Ctrl-C; the page looks again every few seconds',
      ])
      await stop()
    } finally {
      await server.close()
    }
    return 0
  })

async function viewOf(store: Store, id: string, dir: string): Promise<RolloutView> {
  const { now, failed_runs, ...story } = await tellRollout(store, id)
  return { story, failed_runs, now, options: dir === './harness' ? '' : `--store ${shellWord(dir)}`, refresh: REFRESH }
}

/** A word as a POSIX shell reads it back. */
const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
