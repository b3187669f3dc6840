/**
 * Serves the small model as an OpenAI-compatible endpoint on loopback, one request after the other, and prints its base URL.
 * A process of its own: a native library that fails takes no test with it. Arguments: runner, weights.
 */
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

const [runner, modelPath] = process.argv.slice(2)
const { getLlama, LlamaCompletion } = await import(pathToFileURL(runner).href)
const llama = await getLlama({ build: 'never', gpu: false, logLevel: 'error' })
const model = await llama.loadModel({ modelPath })
// One thread: several wait for each other in a loop, which takes minutes where others want the cores too.
const context = await model.createContext({ contextSize: 2048, threads: 1 })
const contextSequence = context.getSequence()
const completion = new LlamaCompletion({ contextSequence })

/** The model is a base model: it goes on with the words of the user. */
async function answer({ messages, max_tokens, temperature, seed }) {
  const prompt = messages.map(({ content }) => content).join('\n')
  // What was computed for an earlier prompt would change the last bits of this one.
  await contextSequence.clearHistory()
  const { response, metadata } = await completion.generateCompletionWithMeta(prompt, {
    maxTokens: max_tokens,
    temperature,
    ...(seed === undefined ? {} : { seed }),
  })
  const [prompt_tokens, completion_tokens] = [model.tokenize(prompt).length, model.tokenize(response).length]
  return {
    object: 'chat.completion',
    model: 'gemma-3-270m',
    choices: [
      {
        index: 0,
        finish_reason: metadata.stopReason === 'maxTokens' ? 'length' : 'stop',
        message: { role: 'assistant', content: response },
      },
    ],
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  }
}

let turn = Promise.resolve()
const server = createServer(async (request, response) => {
  const body = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString())
  turn = turn
    .then(() => answer(body))
    .then(
      (said) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said)),
      (error) => response.writeHead(500).end(JSON.stringify({ error: { message: String(error) } })),
    )
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}/v1\n`))
// Whoever started it is gone.
process.stdin.on('end', () => process.exit()).resume()
