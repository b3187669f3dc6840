/** The small model on loopback, or a plain line why it is not there and its tests are skipped. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe } from 'vitest'
import type { ModelRequest } from '#core/model/request.ts'
import { install } from './install.ts'

export interface SmallModel {
  readonly baseUrl: string
  readonly close: () => Promise<void>
}

const installed = await install()
if ('skip' in installed) console.log(`no small model on this machine (${installed.skip}): its tests are skipped`)

export const describeModel: ReturnType<typeof describe.skipIf> = describe.skipIf('skip' in installed)

export async function startSmallModel(): Promise<SmallModel> {
  if ('skip' in installed) throw new Error(installed.skip)
  const script = fileURLToPath(new URL('serve.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, installed.runner, installed.weights], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const said = await Promise.race([once(child.stdout!, 'data'), closed])
  const baseUrl = String(said[0]).trim()
  if (!baseUrl.startsWith('http://')) throw new Error(`the small model did not start: ${baseUrl}`)
  return {
    baseUrl,
    close: async () => {
      child.stdin!.end()
      await closed
    },
  }
}

/** A question to it: at temperature 0 and with room for a few words, unless it is said otherwise. */
export const question = ({ baseUrl }: SmallModel, prompt: string, over: Partial<ModelRequest> = {}): ModelRequest => ({
  model: { provider: 'openai', base_url: baseUrl, model: 'gemma-3-270m' },
  prompt,
  max_tokens: 4,
  temperature: 0,
  seed: 1,
  sample: 0,
  ...over,
})
