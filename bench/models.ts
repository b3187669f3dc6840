/**
 * Models behind an OpenAI-compatible endpoint on loopback that answers at once: what the way there and back costs beside the
 * bare request, 64 at once, and what a killed run asks again.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileStore } from '#adapters/local/files/file-store.ts'
import { answerCache } from '#adapters/model-cache.ts'
import { openAiModel } from '#adapters/openai/openai-model.ts'
import type { ModelRequest } from '#core/model/request.ts'
import { modelMeter } from '../functions/steps/model/metered-model.ts'
import { inParallel } from '../functions/streams/groups.ts'
import { type ScriptedModelServer, scriptedModelServer } from '../test/support/scripted-model-server.ts'
import { type Bench, median } from './bench.ts'

const CALLS = 1001
const AT_ONCE = 64
const ROUNDS = 16
const SLOW_MS = 100
const KILLED_CALLS = 600
const CHILD = fileURLToPath(new URL('../test/adapters/contract/child/ask-model.ts', import.meta.url))

const request = (server: ScriptedModelServer, i: number): ModelRequest => ({
  model: { provider: 'openai', base_url: server.baseUrl, model: 'small' },
  prompt: `${i} ${'a sentence of a prompt. '.repeat(100)}`,
  max_tokens: 100,
  temperature: 0,
  seed: 1,
  sample: 0,
})

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** Milliseconds of each call, one after the other. */
async function each(work: (i: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < CALLS; i++) times.push(await timed(() => work(i)))
  return times
}

export async function run(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'autotune-bench-models-'))
  const server = await scriptedModelServer(() => ({ says: 'an answer of some words' }))
  const slow = await scriptedModelServer(() => ({ says: 'an answer', after: SLOW_MS }))
  try {
    const cacheIn = (name: string) =>
      answerCache(fileStore(join(folder, name)), { now: () => new Date().toISOString() }, 'bench')
    const through = (name: string) => {
      const prices = { price_table: 'none@1.0.0', models: {} }
      const meter = modelMeter(openAiModel({ env: {}, atOnce: AT_ONCE }), { calls: 1e9, cents: null }, prices)
      return meter.through(cacheIn(name), 'replay')
    }
    const bare = (i: number) =>
      fetch(`${server.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'small', messages: [{ role: 'user', content: request(server, i).prompt }] }),
      }).then((response) => response.text())
    const one = through('one')
    for (let i = 0; i < 50; i++) await bare(i)
    const bareMs = median(await each(bare))
    const askedMs = median(await each((i) => one.converse(request(server, i))))
    const disk = fileStore(join(folder, 'disk'))
    const text = request(server, 0).prompt
    const writeMs = median(await each((i) => disk.putIfAbsent(`written/${i}`, text)))
    const keptMs = median(await each((i) => one.converse(request(server, i))))
    const many = through('many')
    const numbers = Array.from({ length: AT_ONCE * ROUNDS }, (_, i) => i)
    const manyMs = await timed(() => inParallel(numbers, AT_ONCE, (i) => many.converse(request(slow, i))))
    // Each of them answers after SLOW_MS, 64 of them at once: the rest is ours, a call.
    const manyOverhead = (manyMs - ROUNDS * SLOW_MS) / numbers.length
    const again = await askedAgain(join(folder, 'killed'))
    return {
      name: 'models',
      conditions: {
        calls: CALLS,
        prompt: '2,400 characters',
        store: 'files, durable',
        endpoint: 'loopback, answers at once',
      },
      figures: {
        overhead_ms: askedMs - bareMs,
        asked_ms: askedMs,
        kept_ms: keptMs,
        at_once: slow.most(),
        overhead_ms_at_64: manyOverhead,
        answered_and_asked_again: again,
      },
      peers: { bare_request_ms: bareMs, durable_write_of_its_size_ms: writeMs },
      bars: [
        { figure: 'overhead_ms', atMost: 5 },
        { figure: 'overhead_ms_at_64', atMost: 5 },
        { figure: 'at_once', atLeast: AT_ONCE },
        { figure: 'answered_and_asked_again', atMost: 0 },
      ],
    }
  } finally {
    await server.close()
    await slow.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Answers that were kept when a run was killed, and that the run asked for once more when it was begun again. */
async function askedAgain(folder: string): Promise<number> {
  const server = await scriptedModelServer(() => ({ says: 'an answer', after: 3 }))
  const start = () =>
    spawn(process.execPath, [CHILD, folder, server.baseUrl, `${KILLED_CALLS}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  const first = start()
  const gone = once(first, 'close')
  await once(first.stdout!, 'data')
  await new Promise((resolve) => setTimeout(resolve, 60))
  first.kill('SIGKILL')
  await gone
  const kept = new Set<string>()
  const store = fileStore(folder)
  for await (const key of store.list('model-cache/')) {
    const found = JSON.parse(Buffer.from((await store.get(key))!).toString()) as { request: { prompt: string } }
    kept.add(found.request.prompt)
  }
  const before = server.asked.length
  await once(start(), 'close')
  await server.close()
  return server.asked.slice(before).filter(({ prompt }) => kept.has(prompt)).length
}
