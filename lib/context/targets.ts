/** Registered targets: the context value `targets` names a folder of target files, each started every day. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Node } from 'constructs'
import { TuningTarget } from '#schemas/target.ts'

/** Targets by the name of their file. Throws RangeError naming the file and field that is wrong; none without a folder. */
export function targetsOf(node: Node): Record<string, TuningTarget> {
  const folder = node.tryGetContext('targets') as unknown
  if (folder === undefined) return {}
  if (typeof folder !== 'string' || !existsSync(folder))
    throw new RangeError(`context value "targets" is ${JSON.stringify(folder)}; it names a folder of target files`)
  const files = readdirSync(folder)
    .filter((f) => f.endsWith('.json'))
    .sort()
  if (files.length === 0) throw new RangeError(`context value "targets": ${folder} holds no .json file`)
  return Object.fromEntries(files.map((file) => [nameOf(file), read(join(folder, file))]))
}

/** Construct ids are letters and digits: `refund-cents.json` is `RefundCents`. */
const nameOf = (file: string): string =>
  file
    .replace(/\.json$/, '')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

function read(path: string): TuningTarget {
  const parsed = TuningTarget.safeParse(jsonOf(path))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new RangeError(`${path}: ${issue.path.join('.') || 'document'}: ${issue.message}`)
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new RangeError(`${path} is no JSON: ${(error as Error).message}`)
  }
}
