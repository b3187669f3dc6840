/**
 * The key of an endpoint, from the environment alone: a document that names an endpoint must not say which secret is sent
 * there. The key goes into one header and nowhere else.
 */
import { UserError } from '../../errors.ts'
import { proxyTold } from '../straight.ts'

/** The variable that holds the key of every endpoint that has none of its own. */
export const MODEL_KEY = 'AUTOTUNE_MODEL_KEY'
const OPENAI_KEY = 'OPENAI_API_KEY'
const OPENAI_HOST = 'api.openai.com'

type Environment = Readonly<Record<string, string | undefined>>

/** Names of hosts that have a variable of their own. */
const HOST = /^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$/

/**
 * The variable of one host, e.g. `AUTOTUNE_MODEL_KEY_API_MISTRAL_AI`: where a run asks two that must not see each other's key.
 * "." is "_" and "-" is "__", so no two hosts share one: whoever owns `api-mistral.ai` would get the key of `api.mistral.ai`.
 * Null: a name beyond letters, digits, "-" and ".".
 */
export function keyVariableOf(baseUrl: string): string | null {
  const { hostname } = new URL(baseUrl)
  if (!HOST.test(hostname)) return null
  return `${MODEL_KEY}_${hostname.replaceAll('-', '__').replaceAll('.', '_').toUpperCase()}`
}

/** The variable whose key goes to an endpoint; null: none is set, and no key is sent. OPENAI_API_KEY goes to OpenAI alone. */
export function keyName(baseUrl: string, env: Environment): string | null {
  const own = new URL(baseUrl).hostname === OPENAI_HOST ? [OPENAI_KEY] : []
  return [keyVariableOf(baseUrl), MODEL_KEY, ...own].find((name) => name !== null && env[name]) ?? null
}

/** The key for an endpoint; null: none is sent. Throws UserError naming the variable, never what is in it. */
export function modelKey(baseUrl: string, env: Environment): string | null {
  const { hostname, protocol } = new URL(baseUrl)
  const name = keyName(baseUrl, env)
  if (name === null) return null
  const key = env[name]!
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UserError(`the key in ${name} holds spaces, line ends or other characters that no key has: set it anew`)
  if (protocol === 'http:' && !isLoopback(hostname))
    throw new UserError(
      `the key in ${name} would go to ${hostname} in the clear: name the endpoint by https, or unset ${name}`,
    )
  if (protocol === 'http:' && hasProxy(hostname, env))
    throw new UserError(
      `the key in ${name} would go in the clear to the proxy of this environment, and not to ${hostname}: put ${hostname} into NO_PROXY`,
    )
  return key
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)

/** Would a request by http go through a proxy? Node makes no exception for this machine. */
function hasProxy(hostname: string, env: Environment): boolean {
  if (proxyTold(env) === null || !(env.http_proxy || env.HTTP_PROXY)) return false
  const spared = (env.no_proxy || env.NO_PROXY || '').split(/[\s,]+/)
  return !spared.includes('*') && !spared.includes(hostname)
}
