/** The page's server against clients that keep it waiting, and against floods of requests that are refused. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { keys } from '#schemas/s3-keys.ts'
import { type PageServer, plain, servePages } from '../../functions/embedded/page-server.ts'
import { recordRefused } from '../../functions/steps/review/answer.ts'
import { memory } from '../steps/stores.ts'

const sockets: Socket[] = []
let server: PageServer
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server.close()
})

const serve = async () => {
  server = await servePages(async () => plain(200, 'here'), 0, { failed: () => {}, refused: () => {} })
  return Number(new URL(server.origin).port)
}

/** A client that says something and then nothing. */
async function client(port: number, says: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => {})
  await once(socket, 'connect')
  if (says !== '') socket.write(says)
  return socket
}

const HALF = {
  'says nothing': () => '',
  'stops in its headers': (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `,
  'stops in its body': (host: string) => `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000\r\n\r\nhalf`,
  'reads no answer': (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
}

describe.each(Object.entries(HALF))('three hundred clients of which each %s', (_, says) => {
  test('keep nobody out, and the oldest lose their place', async () => {
    const port = await serve()
    const slow: Socket[] = []
    for (let i = 0; i < 300; i++) slow.push(await client(port, says(new URL(server.origin).host)))
    const answered = await fetch(`${server.origin}/`)
    expect({ status: answered.status, text: await answered.text() }).toEqual({
      status: 200,
      text: expect.stringContaining('here'),
    })
    for (const socket of slow.slice(0, 150)) if (!socket.closed) await once(socket.resume(), 'close')
    expect(slow.slice(0, 150).every((socket) => socket.closed)).toBe(true)
  })
})

test('a client that stops in its headers or its body is sent away by itself', async () => {
  const port = await serve()
  const { host } = new URL(server.origin)
  const heardBy = async (says: string) => {
    const socket = await client(port, says)
    let heard = ''
    socket.on('data', (bytes) => {
      heard += String(bytes)
    })
    await once(socket, 'close')
    return heard
  }
  const sentAway = expect.stringMatching(/^HTTP\/1\.1 408 Request Timeout/)
  expect(
    await Promise.all([heardBy(HALF['stops in its headers'](host)), heardBy(HALF['stops in its body'](host))]),
  ).toEqual([sentAway, sentAway])
})

test('a flood of refused requests leaves a hundred records an hour, and the oldest stay', async () => {
  server = { origin: '', close: async () => {} }
  const store = memory()
  let now = '2026-11-28T10:00:00.000Z'
  const flooded = { ...store, clock: { now: () => now } }
  for (let i = 0; i < 450; i++) await recordRefused(flooded, `attempt ${i}`)
  const kept = () => Array.fromAsync(store.objects.list(keys.reviewAttempts(null)))
  expect(await kept()).toHaveLength(100)
  const first = await store.objects.get((await kept())[0]!)
  expect(JSON.parse(Buffer.from(first!).toString())).toMatchObject({ note: 'attempt 0' })
  await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      recordRefused({ ...flooded, clock: { now: () => '2026-11-28T11:59:59.000Z' } }, `${i}`),
    ),
  )
  expect(await kept()).toHaveLength(130)
  now = '2026-11-28T12:30:00.000Z'
  await recordRefused(flooded, 'the next hour')
  expect(await kept()).toHaveLength(131)
})
