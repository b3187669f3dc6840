/** `autotune model`: asks a pinned model once, to see that endpoint, key and model are there. Stores nothing. */
import { keyName } from '#adapters/openai/model-key.ts'
import { modelName, modelPlace } from '#core/live/model-name.ts'
import { PROBE } from '#core/model/request.ts'
import { ModelParameters } from '#schemas/model.ts'
import { models } from '../embedded/models.ts'
import { readInput } from '../embedded/read-input.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'
import { print } from './terminal.ts'
import { clip } from './text.ts'

/** Exit code: 0 it answered; 3 it refused or said nothing. Throws UserError where it cannot be asked. */
export async function model(file: string, { json }: { readonly json: boolean }): Promise<number> {
  const pinned = pinnedIn(file)
  const [name, place] = [modelName(pinned.model), modelPlace(pinned.model)]
  const key = pinned.model.provider === 'openai' ? keyName(pinned.model.base_url, process.env) : null
  const reply = await models(process.env).converse({ ...pinned, prompt: PROBE, sample: 0 })
  const refused = 'refused' in reply
  const words = refused ? null : reply.content
  print(json, { model: pinned.model, key, reply }, () => [
    `model    ${name} at ${place}`,
    ...(pinned.model.provider === 'openai' ? [`key      ${key ?? 'none is set, and none was sent'}`] : []),
    refused ? `refused  ${reply.refused}` : `answers  ${words === null ? 'nothing' : `"${clip(words, 100)}"`}`,
    ...(refused ? [] : usageLines(reply)),
    ...(words === null && !refused ? [silence(reply.cut === true)] : []),
  ])
  return words === null ? 3 : 0
}

/** What a document pins of a model, whatever else it says. */
function pinnedIn(file: string): ModelParameters {
  const document = parseJson(readInput(file), file)
  const fields = typeof document === 'object' && document !== null ? document : {}
  const known = Object.keys(ModelParameters.shape)
  return parseAs(ModelParameters, Object.fromEntries(Object.entries(fields).filter(([k]) => known.includes(k))), file)
}

interface Told {
  readonly model: string | null
  readonly prompt_tokens: number | null
  readonly completion_tokens: number | null
  readonly latency_ms: number | null
}

const usageLines = ({ model, prompt_tokens, completion_tokens, latency_ms }: Told): string[] => [
  `served   as ${model ?? 'a name it does not say'}, in ${latency_ms ?? '-'} ms`,
  prompt_tokens === null || completion_tokens === null
    ? 'tokens   not told: what it costs is counted at the most that it may be'
    : `tokens   ${prompt_tokens} in, ${completion_tokens} out`,
]

const silence = (cut: boolean): string =>
  cut
    ? 'next     it used all of max_tokens before the first word: raise it'
    : 'next     is it a model for chat? A run would find every case without an answer'
