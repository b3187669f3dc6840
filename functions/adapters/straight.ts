/** Does what is asked reach the host that a document names? What of an environment leads it elsewhere, or through another. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { PinnedModel } from '#schemas/model.ts'
import { UserError } from '../errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

const PROXY_VARIABLE = 'NODE_USE_ENV_PROXY'
const PROXY_FLAG = '--use-env-proxy'

/** What tells Node to take proxies from an environment; null: nothing does. The flag may stand with either dash. */
export function proxyTold(env: Environment): string | null {
  if (env[PROXY_VARIABLE] === '1') return PROXY_VARIABLE
  const options = `${env.NODE_OPTIONS ?? ''} ${process.execArgv.join(' ')}`
  return options.replaceAll('_', '-').includes(PROXY_FLAG) ? PROXY_FLAG : null
}

/** Variables by which the SDK of AWS asks another host. */
const OTHER_HOST = ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME']

/** Files of AWS that say so too, as the SDK finds them. */
function filesOfOtherHost(env: Environment): string[] {
  const folder = join(env.HOME ?? homedir(), '.aws')
  const files = [
    env.AWS_CONFIG_FILE ?? join(folder, 'config'),
    env.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, 'credentials'),
  ]
  return files.filter((file) => /^\s*endpoint_url\s*=/m.test(textOf(file))).map((file) => `endpoint_url in ${file}`)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // What cannot be read says nothing to the SDK either.
    return ''
  }
}

/** Throws UserError where a model that decides would be asked through a proxy, at another host, or over TLS that nobody checks. */
export function needStraight({ provider }: PinnedModel, env: Environment): void {
  const proxy = proxyTold(env)
  const found = [
    ...(proxy === null ? [] : [proxy]),
    // Node checks certificates unless this says 0.
    ...(env.NODE_TLS_REJECT_UNAUTHORIZED === '0' ? ['NODE_TLS_REJECT_UNAUTHORIZED'] : []),
    ...(provider === 'bedrock' ? [...OTHER_HOST.filter((name) => env[name]), ...filesOfOtherHost(env)] : []),
  ]
  if (found.length > 0)
    throw new UserError(
      `${found.join(', ')} of this environment may send what is asked to another place than the one that was signed: unset it, or name other files in AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, for a model that decides`,
    )
}
