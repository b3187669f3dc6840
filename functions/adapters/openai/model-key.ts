/**
 * The key of an endpoint, from the environment alone: a document that names an endpoint must not say which secret is sent
 * there. The key goes into one header and nowhere else.
 */
import { UserError } from '../../errors.ts'

/** The variable that holds the key of every endpoint that has none of its own. */
export const MODEL_KEY = 'AUTOTUNE_MODEL_KEY'
const OPENAI_KEY = 'OPENAI_API_KEY'
const OPENAI_HOST = 'api.openai.com'

/** The variable of one endpoint, e.g. `AUTOTUNE_MODEL_KEY_API_MISTRAL_AI`: where a run asks two that must not see each other's. */
export const keyVariableOf = (baseUrl: string): string =>
  `${MODEL_KEY}_${new URL(baseUrl).hostname.replace(/[^a-z0-9]+/gi, '_').toUpperCase()}`

/**
 * The key for an endpoint; null: none is set, and none is sent. OPENAI_API_KEY goes to OpenAI and to nobody else. Throws
 * UserError naming the variable, never what is in it.
 */
export function modelKey(baseUrl: string, env: Readonly<Record<string, string | undefined>>): string | null {
  const { hostname, protocol } = new URL(baseUrl)
  const name = [keyVariableOf(baseUrl), MODEL_KEY, ...(hostname === OPENAI_HOST ? [OPENAI_KEY] : [])].find(
    (n) => env[n],
  )
  if (name === undefined) return null
  const key = env[name]!
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UserError(`the key in ${name} holds spaces, line ends or other characters that no key has: set it anew`)
  if (protocol === 'http:' && !isLoopback(hostname))
    throw new UserError(
      `the key in ${name} would go to ${hostname} in the clear: name the endpoint by https, or unset ${name}`,
    )
  return key
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
