/** `autotune run --live`: a signed document, a caged harness without a network, and a model on loopback that this program asks. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { wallHere } from '#adapters/local/cage/level.ts'
import { modelOf } from '../../functions/embedded/live-run.ts'
import { aPack, aTarget } from '../support/builders.ts'
import { DOCUMENT, liveSuite, liveWorld } from '../support/live-engine.ts'
import { EXAMPLE } from '../support/own-harness.ts'
import {
  type ChatAsked,
  type Scripted,
  type ScriptedModelServer,
  scriptedModelServer,
} from '../support/scripted-model-server.ts'
import { type Printed, placeOfEachTest, type Workplace, workplace } from './command-line.ts'

const HARNESS = `export async function replay(recorded, settings, pinned) {
  const offered = await pinned.retrieve('orders', { hop: 1 })
  const kept = offered.slice(0, settings['evidence.orders.top_k']).map((p) => p.evidence_ref)
  const { content } = await pinned.model({ prompt: recorded.messages[0].content + ': ' + kept.join(' '), model: 'another' })
  return { status: 'DECIDED', outputs: { answer: content }, evidence_refs: kept, usage: null }
}
`

const PYTHON = `#!/usr/bin/env python3
import socket
from autotune_harness import serve

def replay(recorded, settings, pinned):
    offered = pinned.retrieve('orders', hop=1)
    kept = [p['evidence_ref'] for p in offered[: settings['evidence.orders.top_k']]]
    answer = pinned.model(recorded['messages'][0]['content'] + ': ' + ' '.join(kept))
    try:
        socket.create_connection(('127.0.0.1', PORT), timeout=1)
        return {'status': 'REACHED', 'outputs': {'answer': 'no'}, 'evidence_refs': kept, 'usage': None}
    except OSError:
        return {'status': 'DECIDED', 'outputs': {'answer': answer['content']}, 'evidence_refs': kept, 'usage': None}

serve(replay)
`
const hasPython = wallHere() !== null && spawnSync('/usr/bin/env', ['python3', '--version']).status === 0
if (!hasPython) console.log('skipped: a live run over a harness in Python (no python3 here, or no wall)')

const place = placeOfEachTest()
/** A store with the records, which every test has a copy of: with as many sealed families as a certificate needs, and with few. */
const [stored, few] = [workplace(), workplace()]
/** With one process of the harness a pass: so few cases are worth no more. */
const RUN = ['run', '--run-id', 'r', '--concurrency', '1']
const TOO_FEW = /the held-out set is too small to answer/
async function stock(place: Workplace, heldout: number): Promise<void> {
  const documents = ['--pack', place.file('pack.json', aPack()), '--suite', place.file('suite.json', liveSuite())]
  expect((await place.at('import', ...documents)).code).toBe(0)
  const runs = place.runs('runs.jsonl', liveWorld({ search: 8, heldout }))
  expect((await place.at('import', runs, '--split', 'recorded')).code).toBe(0)
}
beforeAll(async () => {
  await stock(stored, 100)
  await stock(few, 12)
})
afterAll(() => {
  for (const place of [stored, few]) place.dispose()
})
let server: ScriptedModelServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

const yesWhereItStands = ({ prompt }: ChatAsked): Scripted => ({
  says: prompt.includes('-e2') ? 'yes' : 'no',
  after: 1,
})

interface Situation {
  readonly live: string
  readonly run: (...more: string[]) => Promise<Printed>
}

/** A harness, a target and a document that names the server, beside a store with records. */
async function situation(
  script: (asked: ChatAsked, n: number) => Scripted = yesWhereItStands,
  over = {},
  from = few,
): Promise<Situation> {
  server = await scriptedModelServer(script)
  cpSync(from.store, place.store, { recursive: true })
  const model = { provider: 'openai', base_url: server.baseUrl, model: 'small' }
  const live = place.file('live.json', { ...DOCUMENT, model, ...over })
  // The server counts a token as four characters.
  const ranges = { economics_tokens_per_decision: { max_rise: 5, max_fall: 5 } }
  const target = place.file('target.json', aTarget({ ranges, scoring: { replayer: 'module' } }))
  const harness = place.file('harness.mjs', HARNESS)
  const words = [...RUN, '--target', target, '--replayer', `module:${harness}`, '--live', live]
  return { live, run: (...more) => place.at(...words, ...more) }
}

const signed = async (...more: Parameters<typeof situation>): Promise<Situation> => {
  const made = await situation(...more)
  expect((await place.at('sign', made.live, '--by', 'ana@example.com')).code).toBe(0)
  return made
}

describe('a live run of the command line', () => {
  test('tells plan and budget, asks the pinned model alone, certifies, and is verified when the model is gone', async () => {
    const { run } = await signed(yesWhereItStands, {}, stored)
    const { code, out, err } = await run()
    expect([code, err]).toEqual([0, expect.stringContaining('in all at most')])
    expect(err).toMatch(/^live {5}small at 127\.0\.0\.1:\d+, signed by ana@example\.com/m)
    expect(out).toContain('asked live, in both arms: small at 127.0.0.1')
    expect(out).toMatch(
      /^models {3}sealed side, replay: 200 answers of small at http:\/\/127\.0\.0\.1:\d+\/v1, \d+ tokens in, \d+ out, cents not measured$/m,
    )
    const { asked } = server!
    expect(new Set(asked.map(({ body }) => body.model))).toEqual(new Set(['small']))
    expect(new Set(asked.map(({ path }) => path))).toEqual(new Set(['/v1/chat/completions']))
    const seats = ['reliability=ben@example.com', 'policy=cleo@example.com']
    const review = await place.at('review', 'r', '--no-serve', ...seats.flatMap((seat) => ['--reviewer', seat]))
    expect([review.code, review.err]).toEqual([0, ''])
    const file = join(place.dir, 'report.html')
    expect((await place.at('report', 'r', '--out', file)).code).toBe(0)
    expect(readFileSync(file, 'utf8')).toMatch(
      /sealed side: small at 127[\s\S]*noise of economics_tokens|noise of economics_tokens[\s\S]*sealed side: small at 127/,
    )
    expect(readFileSync(file, 'utf8')).toContain(`search side, replay: ${asked.length - 200} answers of small`)
    expect(readFileSync(file, 'utf8')).toContain('sealed side, replay: 200 answers of small')
    // One request a prompt and draw: nothing was asked twice.
    expect(new Set(asked.map(({ prompt, body }) => `${prompt} ${body.seed}`)).size).toBe(asked.length)
    await server!.close()
    server = null
    const verified = await place.at('verify', 'r')
    expect([verified.code, verified.out]).toEqual([
      0,
      expect.stringContaining('reproducible: run r, recomputed to the end'),
    ])
    // A look replays what was recorded, which was neither arm.
    const look = await place.at('case', 's0', '--run', 'r')
    expect([look.code, look.out]).toEqual([
      0,
      expect.stringMatching(/no look +under the baseline: the harness of the run/),
    ])
  })

  test.skipIf(!hasPython)(
    'asks for a harness in Python what that asks, and reaches no other model from behind the wall',
    async () => {
      const { live } = await signed()
      place.file('autotune_harness.py', readFileSync(join(EXAMPLE, 'autotune_harness.py')))
      place.file('harness.py.files.json', ['./autotune_harness.py'])
      const harness = place.file('harness.py', PYTHON.replace('PORT', new URL(server!.baseUrl).port))
      chmodSync(harness, 0o700)
      const target = join(place.dir, 'target.json')
      const words = [...RUN, '--target', target, '--replayer', `exec:${harness}`, '--live', live]
      const uncaged = await place.at(...words, '--no-cage')
      expect([uncaged.code, uncaged.err]).toEqual([
        2,
        expect.stringContaining('a live run takes a harness that reaches no network'),
      ])
      expect(server!.asked).toEqual([])
      expect(await place.at(...words)).toMatchObject({ code: 3, out: expect.stringMatching(TOO_FEW) })
      expect(new Set(server!.asked.map(({ path }) => path))).toEqual(new Set(['/v1/chat/completions']))
      expect((await place.at('verify', 'r')).code).toBe(0)
    },
  )

  test('says of an unsigned document who is to sign it, and of a changed one that it was changed', async () => {
    const { live, run } = await situation()
    const before = place.listing()
    const unsigned = await run()
    expect([unsigned.code, unsigned.err]).toEqual([
      2,
      expect.stringMatching(
        /names the model of a live run, and nobody signed it: its owner signs .*autotune sign .*live\.json --by PERSON/,
      ),
    ])
    await place.at('sign', live, '--by', 'ana@example.com')
    writeFileSync(live, readFileSync(live, 'utf8').replace('"small"', '"large"'))
    expect((await run()).err).toMatch(/it is no longer what ana@example\.com signed on \d{4}-\d\d-\d\d/)
    expect(server!.asked).toEqual([])
    expect(place.listing()).toEqual(before)
  })

  test('goes on with what was answered when its owner raises the budget', async () => {
    const { live, run } = await signed(undefined, { budget: { calls: 40, cents: null } })
    const ended = await run()
    expect([ended.code, ended.err]).toEqual([2, expect.stringContaining('the budget of 40 calls is spent')])
    expect(server!.asked).toHaveLength(40)
    writeFileSync(live, readFileSync(live, 'utf8').replace('"calls": 40', '"calls": 2000'))
    expect((await run()).err).toContain('it is no longer what ana@example.com signed')
    await place.at('sign', live, '--by', 'ana@example.com')
    expect(await run()).toMatchObject({ code: 3, out: expect.stringMatching(TOO_FEW) })
    const { asked } = server!
    expect(new Set(asked.map(({ prompt, body }) => `${prompt} ${body.seed}`)).size).toBe(asked.length)
  })

  test('loses no answer that was under way when another one failed', async () => {
    let given = 0
    const failing = ({ prompt }: ChatAsked, n: number): Scripted => {
      if (n === 20) return { status: 404 }
      given++
      return { says: prompt.includes('-e2') ? 'yes' : 'no', after: 100 }
    }
    const { run } = await signed(failing)
    expect((await run('--concurrency', '6')).code).toBe(2)
    expect(place.listing().filter((file) => file.includes('model-cache'))).toHaveLength(given)
  })

  test.each<readonly [string, Scripted, RegExp]>([
    ['a key that is wrong', { status: 401, body: { error: { message: 'bad key' } } }, /401|key/],
    ['a model that is not served', { status: 404, body: { error: { message: 'no such model' } } }, /no such model|404/],
    ['an answer that is none', { status: 200, body: 'hello' }, /no chat completion/],
  ])('ends in words at %s, with no run and no question', async (_, answer, says) => {
    const { run } = await signed(() => answer)
    const { code, err } = await run()
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
    expect((await place.at('list')).out).not.toContain('certified')
    expect(place.listing().filter((file) => /model-cache|replay-results|gate\.json/.test(file))).toEqual([])
  })

  test('says what a run asked that was refused: an endpoint that counts no tokens', async () => {
    const body = {
      model: 'small',
      choices: [{ finish_reason: 'stop', message: { role: 'assistant', content: 'yes' } }],
    }
    const { run } = await signed(() => ({ status: 200, body }))
    const { code, out } = await run()
    expect([code, out]).toEqual([
      2,
      expect.stringMatching(/^models {3}replay: 16 answers of small .*, tokens not told/m),
    ])
  })

  test('at a model that answers nothing says so', async () => {
    const { run } = await signed(() => ({ says: '' }))
    const { code, err } = await run()
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/small at 127\.0\.0\.1:\d+ answered nothing, .*is max_tokens 50 enough/),
    ])
    expect(place.listing().filter((file) => file.includes('model-cache'))).toEqual([])
  })

  test('takes a harness, and a folder', async () => {
    const { live } = await signed()
    const target = place.file('transcript.json', aTarget())
    expect((await place.at('run', '--target', target, '--live', live)).err).toContain(
      'name that harness with --replayer module:PATH',
    )
  })
})

describe('an environment', () => {
  test.each([
    { NODE_USE_ENV_PROXY: '1' },
    { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    { NODE_OPTIONS: '--max-old-space-size=99 --use-env-proxy' },
    // Node takes either.
    { NODE_OPTIONS: '--use_env_proxy' },
  ])('that leads elsewhere is refused: %o', (env) => {
    expect(() => modelOf(DOCUMENT, env)).toThrow(/may send what is asked to another place than the one that was signed/)
  })

  test('with another endpoint for AWS is refused where Bedrock is asked', () => {
    const arn = 'arn:aws:bedrock:eu-central-1::foundation-model/small'
    const document = { ...DOCUMENT, model: { provider: 'bedrock', model_arn: arn } as const }
    expect(() => modelOf(document, { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })).toThrow('AWS_ENDPOINT_URL')
    expect(() => modelOf(document, { AWS_REGION: 'eu-central-1', NODE_USE_ENV_PROXY: '0' })).not.toThrow()
    // The SDK takes it from its files as well, of a profile or of one service.
    const folder = mkdtempSync(join(tmpdir(), 'autotune-aws-'))
    mkdirSync(join(folder, '.aws'))
    for (const [file, text] of [
      ['config', '[services local]\nbedrock_runtime =\n  endpoint_url = http://127.0.0.1:1\n'],
      ['credentials', '[default]\nendpoint_url=http://127.0.0.1:1\n'],
    ] as const) {
      const path = join(folder, '.aws', file)
      writeFileSync(path, text)
      expect(() => modelOf(document, { HOME: folder })).toThrow(`endpoint_url in ${path}`)
      expect(() => modelOf(DOCUMENT, { HOME: folder })).not.toThrow()
      writeFileSync(path, '[default]\nregion = eu-central-1\n')
      expect(() => modelOf(document, { HOME: folder })).not.toThrow()
    }
    rmSync(folder, { recursive: true })
  })
})
