/** Kind `web`: requests that nobody's browser sends, to the pages of a review and of a rollout. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Draw } from '../../functions/demo/draw.ts'
import { ROLLOUT, RUN } from './bases.ts'
import { someOf, WorkingCopy } from './folder.ts'
import type { Kind } from './kind.ts'
import { honest, type Page, type Sent, unwanted } from './requests.ts'

const BIN = fileURLToPath(new URL('../../bin/autotune.mjs', import.meta.url))
/** Longest that a request may be left without an answer; the pages send slow clients away after 6 s. */
const PATIENCE_MS = 20_000
const STACK = /defect of ours|\n +at .*[:(]/

interface Server {
  readonly child: ChildProcess
  readonly told: Record<string, unknown>
  /** What it wrote to stderr so far. */
  readonly said: () => string
}

/** Starts a command that serves pages, and waits for the line that says where. */
async function serve(...argv: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, ['--disable-sigusr1', BIN, ...argv, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let err = ''
  child.stderr.on('data', (chunk) => {
    err = `${err}${chunk}`.slice(-20_000)
  })
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(() => [null]),
  ])) as [string | null]
  if (line === null) throw new Error(`autotune ${argv.join(' ')} serves nothing: ${err}`)
  return { child, told: JSON.parse(line) as Record<string, unknown>, said: () => err }
}

/** Sends bytes; what came back, and null when nothing ended the connection in time. */
async function answerTo({ origin }: Page, { bytes, leaves }: Sent): Promise<string | null> {
  const { hostname, port } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port) })
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  socket.write(bytes, 'latin1', () => {
    if (leaves) socket.destroy()
  })
  const timer = new Promise<null>((done) => setTimeout(done, PATIENCE_MS, null).unref())
  const ended = await Promise.race([closed, timer])
  socket.destroy()
  return ended === null ? null : text
}

const statusOf = (answer: string | null): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer ?? '')?.[1] ?? 0)

function wrongReply(answer: string | null, { leaves }: Sent): string | null {
  if (answer === null) return `no end within ${PATIENCE_MS / 1000} s`
  if (leaves) return null
  const status = statusOf(answer)
  if (status >= 500 || status === 0 || status === 303) return `status ${status}: ${answer.slice(0, 400)}`
  return STACK.test(answer) ? `a stack: ${answer.slice(0, 600)}` : null
}

export const web: Kind = {
  name: 'web',
  holds: 'no request but an honest form of a valid link decides anything, shows a stack or takes a page down',
  async open({ dir, bases, atEnd }) {
    const { opened, started } = await bases()
    const stores = {
      review: new WorkingCopy(opened, `${dir}/review`),
      rollout: new WorkingCopy(started, `${dir}/rollout`),
    }
    const review = await serve('review', RUN, '--store', stores.review.dir)
    atEnd(() => void review.child.kill('SIGKILL'))
    const rollout = await serve('rollout', 'serve', ROLLOUT, '--store', stores.rollout.dir)
    atEnd(() => void rollout.child.kill('SIGKILL'))
    const links = review.told.links as { role: string; url: string }[]
    const pathOf = (role: string) => new URL(links.find((link) => link.role === role)!.url).pathname
    const { origin, shown_digest } = review.told as { origin: string; shown_digest: string }
    const pages: Record<keyof typeof stores, Page> = {
      review: { origin, path: pathOf('reliability'), shown: shown_digest },
      rollout: { origin: new URL(rollout.told.url as string).origin, path: '/', shown: shown_digest },
    }
    // An honest form decides, so that what follows means something.
    const decided = statusOf(await answerTo(pages.review, honest({ ...pages.review, path: pathOf('policy') })))
    if (decided !== 303) throw new Error(`an honest form was answered with ${decided}`)
    for (const copy of Object.values(stores)) copy.taken()
    return async (draw: Draw) => {
      const name = draw.chance(0.75) ? 'review' : 'rollout'
      const [page, copy, server] = [pages[name], stores[name], name === 'review' ? review : rollout]
      const requests = Array.from({ length: draw.int(1, 4) }, () => unwanted(draw, page, name === 'review'))
      const what = `${name}: ${requests.map((request) => request.what).join('; ')}`
      const replies = await Promise.all(requests.map((request) => answerTo(page, request)))
      for (const [i, reply] of replies.entries()) {
        const wrong = wrongReply(reply, requests[i]!)
        if (wrong !== null) return { what, found: `${requests[i]!.what}: ${wrong}` }
      }
      // Attempts are kept, some of them being written still, and nothing else.
      const changed = copy.changed().filter((each) => !/^reviews\/[^/]+\/attempts\/|^\.tmp-/.test(each))
      if (changed.length > 0) return { what, found: `changed ${someOf(changed)}` }
      if (STACK.test(server.said())) return { what, found: `its process wrote ${server.said().slice(-600)}` }
      const after = statusOf(await answerTo(page, honest(page, 'GET')))
      return { what, found: after === 200 ? null : `the page answers with ${after} afterwards` }
    }
  },
}
