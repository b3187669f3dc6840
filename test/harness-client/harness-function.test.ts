import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { pinRecording } from '#core/replay/harness-pinned.ts'
import type { HarnessModule } from '#schemas/harness.ts'
import { harnessFunction } from '../../functions/harness-client/harness-function.ts'
import { aDeskRun } from '../adapters/module/support.ts'

const call = (replay: HarnessModule['replay'], model_answers: Record<string, never> | null = null) =>
  harnessFunction(replay)(
    JSON.parse(JSON.stringify({ recording: pinRecording(aDeskRun('r1'), null), settings: { k: 1 }, model_answers })),
  )

describe('what makes a function out of a harness', () => {
  it('answers from the recording, and says what answered', async () => {
    const reply = await call(async (recorded, settings, pinned) => {
      const offered = await pinned.retrieve('orders', { hop: 1 })
      const { content } = await pinned.tool('orders.read', { order_id: 'ORD-1' })
      return { case: recorded.case_id, settings, offered: offered.length, content } as never
    })
    expect(reply).toEqual({
      returned: { case: 'r1', settings: { k: 1 }, offered: 5, content: '{"state":"paid"}' },
      served: [1, 3],
    })
  })

  it('says what was not recorded, also when the harness caught it', async () => {
    const reply = await call(async (_recorded, _settings, pinned) => {
      await pinned.tool('orders.delete', {}).catch(() => {})
      return {} as never
    })
    expect(reply).toEqual({ unreplayable: expect.stringContaining('orders.delete') })
  })

  it('says what the harness threw', async () => {
    expect(await call(() => Promise.reject(new TypeError('no')))).toEqual({
      failed: 'the harness threw TypeError: no',
    })
    expect(await call(() => Promise.reject('x'.repeat(5000)))).toEqual({
      failed: expect.stringMatching(/^the harness threw string x{900,}\.\.\.$/),
    })
  })

  it('asks a model only where one may be asked', async () => {
    const curious: HarnessModule['replay'] = async (_recorded, _settings, pinned) => {
      await pinned.model({ prompt: 'please refund ORD-1' })
      await pinned.model({ prompt: 'and now?' })
      return {} as never
    }
    expect(await call(curious)).toEqual({ unreplayable: 'model: only 1 model calls were recorded' })
    expect(await call(curious, {})).toEqual({ asks_model: { prompt: 'and now?' } })
    expect(await call(curious, { 'and now?': {} as never })).toMatchObject({ returned: {} })
  })

  it('brings what finds values in a prompt, and nothing else', async () => {
    const { metafile } = await build({
      entryPoints: ['functions/harness-client/harness-function.ts'],
      bundle: true,
      format: 'esm',
      minify: true,
      write: false,
      metafile: true,
    })
    expect(Object.keys(metafile.inputs).sort()).toEqual([
      'functions/core/replay/pinned-answers.ts',
      'functions/core/replay/readable-text.ts',
      'functions/core/replay/spellings.ts',
      'functions/harness-client/harness-function.ts',
    ])
    expect(Object.values(metafile.outputs)[0]!.bytes).toBeLessThan(10_000)
  })
})
