/** Child process: asks a model for so many answers, eight at once, kept in a store. Arguments: root, base URL, calls. */
import { fileStore } from '#adapters/local/files/file-store.ts'
import { answerCache } from '#adapters/model-cache.ts'
import { openAiModel } from '#adapters/openai/openai-model.ts'
import { modelMeter } from '../../../../functions/steps/model/metered-model.ts'
import { inParallel } from '../../../../functions/streams/groups.ts'

const [root, base_url, calls] = process.argv.slice(2)
const cache = answerCache(fileStore(root!), { now: () => new Date().toISOString() }, 'one run')
const prices = { price_table: 'none@1.0.0', models: {} }
const meter = modelMeter(openAiModel({ env: {} }), { calls: Number(calls), cents: null }, prices)
const model = meter.through(cache, 'replay')
const numbers = Array.from({ length: Number(calls) }, (_, i) => i)
await inParallel(numbers, 8, async (i) => {
  const named = { provider: 'openai', base_url: base_url!, model: 'small' } as const
  await model.converse({ model: named, prompt: `${i}`, max_tokens: 8, temperature: 0, seed: 1, sample: 0 })
  if (i === 8) process.stdout.write('asking\n')
})
const [usage] = [...meter.tally().values()]
process.stdout.write(`${usage!.answers} answers, ${usage!.paid} paid\n`)
