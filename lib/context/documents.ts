/**
 * Context values that name documents: `-c targets=FOLDER`, `-c rollouts=FOLDER`, `-c reviewers=FILE`, `-c bands=FILE` and `-c live=FILE`. They
 * are parsed at synthesis, so that no deployment starts with one that is wrong.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Node } from 'constructs'
import type * as z from 'zod'
import { type Bands, withTargets } from '#schemas/bands.ts'
import { LiveModel } from '#schemas/live-model.ts'
import type { RolloutConfig } from '#schemas/release.ts'
import { ReviewDeskConfig } from '#schemas/reviewers.ts'
import { TuningTarget } from '#schemas/target.ts'
import { held, heldBands, heldConfigs, heldTarget, needConfigs, needReviewers, type Targets } from '../contracts.ts'
import { contextOf } from './known.ts'

/**
 * Registered targets, each started every day, by the name of their file: `refund-cents.json` is `RefundCents`. None without
 * the context value `targets`.
 * @throws RangeError for a folder that is missing or empty, naming the file and field that is wrong, and for two files of one name
 */
export function targetsOf(node: Node): Record<string, TuningTarget> {
  const folder = pathOf(node, 'targets', 'a folder of target files')
  if (folder === null) return {}
  const named = Object.entries(Object.groupBy(jsonFiles(folder, 'targets'), nameOf))
  return Object.fromEntries(
    named.map(([name, files]) => {
      const [file, another] = files!
      if (another) throw new RangeError(`${folder}: ${file} and ${another} are both called ${name}: rename one of them`)
      const path = join(folder, file!)
      return [name, heldTarget(path, jsonOf(path))]
    }),
  )
}

/** Construct ids are letters and digits. */
const nameOf = (file: string): string =>
  file
    .replace(/\.json$/, '')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

/**
 * How intents are rolled out: one configuration an intent, `INTENT.json`, by intent. Null without the context value
 * `rollouts`: nothing is rolled out.
 * @throws RangeError for a folder that is missing or empty, naming the file and field that is wrong, and for a registered
 *   target whose intent has no configuration
 */
export function rolloutConfigsOf(node: Node, targets: Targets): Record<string, RolloutConfig> | null {
  const folder = pathOf(node, 'rollouts', 'a folder of rollout configurations, INTENT.json')
  if (folder === null) return null
  const file = (intent: string) => join(folder, `${intent}.json`)
  const intents = jsonFiles(folder, 'rollouts').map((name) => name.slice(0, -5))
  const configs = heldConfigs(Object.fromEntries(intents.map((intent) => [intent, jsonOf(file(intent))])), file)
  needConfigs(configs, targets, file)
  return configs
}

/**
 * Who reviews: roles, addresses and the sender. Null without the context value `reviewers`: there is no desk.
 * @throws RangeError for a file that is missing or wrong, naming the field, and for a registered target that requires a role
 *   for which nobody but its owner is named
 */
export function reviewersOf(node: Node, targets: Targets): ReviewDeskConfig | null {
  const file = pathOf(node, 'reviewers', 'a file of reviewers by role')
  if (file === null) return null
  const config = parsed(file, ReviewDeskConfig)
  needReviewers(file, config, targets)
  return config
}

/**
 * The model that runs may ask live, as its owner signed it. Null without the context value `live`.
 * @throws RangeError for a file that is missing or wrong, naming the field
 */
export function liveModelOf(node: Node): LiveModel | null {
  const file = pathOf(node, 'live', 'the document of a model that is asked live')
  return file === null ? null : parsed(file, LiveModel)
}

/**
 * What the routine watches, with the targets that it names by path. Null without the context value `bands`: there is no
 * routine.
 * @throws RangeError for a file that is missing or wrong, the bands or a target of theirs, naming file and field
 */
export function bandsOf(node: Node): Bands | null {
  const file = pathOf(node, 'bands', 'a file of bands')
  if (file === null) return null
  const load = (path: string) => parsed(join(dirname(file), path), TuningTarget)
  const bands = heldBands(file, jsonOf(file))
  return heldBands(
    file,
    withTargets(bands, load, (why) => new RangeError(`${file}: ${why}`)),
  )
}

/** The path that a context value holds, of a folder or of a file; null without it. */
function pathOf(
  node: Node,
  name: 'targets' | 'rollouts' | 'reviewers' | 'live' | 'bands',
  what: string,
): string | null {
  const path = contextOf(node, name)
  if (path === undefined) return null
  const stat = typeof path === 'string' ? statSync(path, { throwIfNoEntry: false }) : undefined
  if (!stat || stat.isDirectory() !== what.startsWith('a folder'))
    throw new RangeError(`context value "${name}" is ${JSON.stringify(path)}; it names ${what}`)
  return path as string
}

/** Names of the .json files of a folder, sorted: the order of the template must not depend on the disk. */
function jsonFiles(folder: string, name: string): string[] {
  const files = readdirSync(folder)
    .filter((f) => f.endsWith('.json'))
    .sort()
  if (files.length === 0) throw new RangeError(`context value "${name}": ${folder} holds no .json file`)
  return files
}

/** What a file holds. */
function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new RangeError(`${path} is no JSON: ${(error as Error).message}`)
  }
}

/** The document of a file under its contract. */
const parsed = <T>(path: string, contract: z.ZodType<T>): T => held(path, contract, jsonOf(path))
