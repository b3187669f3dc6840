/** How intents are rolled out: the context value `rollouts` names a folder with one configuration an intent, `INTENT.json`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Node } from 'constructs'
import { RolloutConfig } from '#schemas/release.ts'
import type { TuningTarget } from '#schemas/target.ts'

/**
 * Configurations by intent; null without the context value. Throws RangeError naming the file and field that is wrong, and
 * a registered target whose intent has none.
 */
export function rolloutConfigsOf(
  node: Node,
  targets: Readonly<Record<string, TuningTarget>>,
): Record<string, RolloutConfig> | null {
  const folder = node.tryGetContext('rollouts') as unknown
  if (folder === undefined) return null
  if (typeof folder !== 'string' || !existsSync(folder))
    throw new RangeError(
      `context value "rollouts" is ${JSON.stringify(folder)}; it names a folder of rollout configurations, INTENT.json`,
    )
  const files = readdirSync(folder)
    .filter((f) => f.endsWith('.json'))
    .sort()
  if (files.length === 0) throw new RangeError(`context value "rollouts": ${folder} holds no .json file`)
  const configs = Object.fromEntries(files.map((file) => [file.slice(0, -5), read(join(folder, file))]))
  for (const [name, { intent }] of Object.entries(targets))
    if (intent !== undefined && !configs[intent])
      throw new RangeError(`${folder}: target ${name} is of intent "${intent}", and there is no ${intent}.json`)
  return configs
}

function read(path: string): RolloutConfig {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new RangeError(`${path} is no JSON: ${(error as Error).message}`)
  }
  const parsed = RolloutConfig.safeParse(value)
  if (parsed.success) {
    const { $schema: _, ...config } = parsed.data
    return config
  }
  const issue = parsed.error.issues[0]!
  throw new RangeError(`${path}: ${issue.path.join('.') || 'document'}: ${issue.message}`)
}
