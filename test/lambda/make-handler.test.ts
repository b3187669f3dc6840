import type { Context } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { UserError } from '../../functions/errors.ts'
import { makeHandler } from '../../functions/lambda/make-handler.ts'
import type { Step } from '../../functions/lambda/step.ts'
import { readText } from '../../functions/streams/read-object.ts'
import { memory } from '../steps/stores.ts'
import { NO_HARNESS } from '../support/workflow/no-harness.ts'

const SECRET = 'the customer asked about order 4711'
const context = { awsRequestId: 'request-1', functionName: 'f' } as Context
const Input = z.strictObject({ run: z.string(), intent: z.string(), candidate: z.string(), text: z.string() })
const event = { run: 'at_run', intent: 'order.refund', candidate: 'sha256:1', text: SECRET }
type Input = z.infer<typeof Input>
const fails = (name: string) => async (): Promise<never> => {
  throw name === 'UserError' ? new UserError(SECRET) : Object.assign(new Error(SECRET), { name })
}

/** Everything that a call writes to its output, as Lambda would take it into its log. */
function listen(): () => string {
  const written: string[] = []
  const take = (bytes: unknown) => {
    written.push(String(bytes))
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(take)
  vi.spyOn(process.stderr, 'write').mockImplementation(take)
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((...args) => {
      written.push(args.join(' '))
    })
  return () => written.join('')
}

let output: () => string
let store: ReturnType<typeof memory>
beforeEach(() => {
  output = listen()
  store = memory()
})
afterEach(() => {
  vi.restoreAllMocks()
})
const world = () => ({ store, shardCases: 1, ...NO_HARNESS })

describe('the log of an open function', () => {
  const step = (work: Step<Input, unknown>['work']): Step<Input, unknown> => ({
    name: 'a-step',
    input: Input,
    about: ({ run, intent, candidate }) => ({ run, intent, candidate }),
    work,
  })
  const lines = () =>
    output()
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))

  it('carries run, intent and candidate, and nothing of the input beside them', async () => {
    await makeHandler(
      step(async () => ({ text: SECRET })),
      world,
    )(event, context)
    const [line] = lines().filter((l) => l.message === 'done')
    expect(line).toMatchObject({ service: 'a-step', run: 'at_run', intent: 'order.refund', candidate: 'sha256:1' })
    expect(output()).not.toContain('4711')
  })

  it('names an error and leaves its text out', async () => {
    await expect(makeHandler(step(fails('SyntaxError')), world)(event, context)).rejects.toThrow(SECRET)
    expect(lines().filter((l) => l.message === 'failed')).toMatchObject([{ reason: 'SyntaxError', run: 'at_run' }])
    expect(output()).not.toContain('4711')
  })
})

describe('a sealed function', () => {
  const call = (sealed: 'gate' | 'sealer', work: Step<Input, unknown>['work']) =>
    makeHandler({ name: 'a-step', sealed, input: Input, work }, world)(event, context).catch((e: Error) => e)

  it.each(['gate', 'sealer'] as const)('of the %s writes nothing, whether it works or fails', async (sealed) => {
    expect(await call(sealed, async () => 'done')).toBe('done')
    await call(sealed, fails('SyntaxError'))
    expect(output()).toBe('')
  })

  it.each([
    ['gate', 'SyntaxError', 'SealedFailure', ''],
    ['gate', 'UserError', 'SealedFailure', ''],
    ['gate', 'ThrottlingException', 'ThrottlingException', ''],
    ['sealer', 'SyntaxError', 'SealedFailure', ''],
    ['sealer', 'SlowDown', 'SlowDown', ''],
    // What the sealer refuses is for people, and speaks of versions and counts.
    ['sealer', 'UserError', 'UserError', SECRET],
  ] as const)('of the %s that fails with %s throws %s and says "%s"', async (sealed, name, thrown, message) => {
    const error = (await call(sealed, fails(name))) as Error
    expect([error.name, error.message]).toEqual([thrown, message])
    expect(String(error.cause ?? '')).toBe('')
  })

  it('keeps what it failed on in the vault, and fails the same when the vault does not take it', async () => {
    await call('gate', fails('SyntaxError'))
    const kept = JSON.parse((await readText(store.vault, 'log/a-step/request-1.json'))!)
    expect(kept).toMatchObject({ step: 'a-step', error: { name: 'SyntaxError', message: SECRET } })
    store = { ...store, vault: { ...store.vault, put: fails('AccessDenied') } }
    expect(await call('gate', fails('SyntaxError'))).toMatchObject({ name: 'SealedFailure', message: '' })
  })
})
