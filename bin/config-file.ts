/** `autotune.config.json` of the folder where a command is given: options that need not be typed. A flag and the environment win over it. */
import { existsSync } from 'node:fs'
import type { Command, Option } from 'commander'
import { nearText } from '../functions/cli/near.ts'
import { readInput } from '../functions/embedded/read-input.ts'
import { UserError } from '../functions/errors.ts'
import { parseJson } from '../functions/steps/experience/parse.ts'
import { allCommands } from './reference.ts'

export const CONFIG_FILE = 'autotune.config.json'

/** Options that may stand in the file. What a single act is about (a reason, a person, a run) is typed each time. */
export const CONFIGURABLE = {
  store: 'text',
  stack: 'text',
  target: 'text',
  replayer: 'text',
  concurrency: 'number',
  'limit-ms': 'number',
  reviewer: 'list',
  reviewers: 'text',
  port: 'number',
  'expires-hours': 'number',
  'heldout-share': 'number',
  layout: 'text',
  unit: 'text',
  score: 'list',
  writes: 'list',
  correction: 'list',
  tag: 'list',
  'max-dropped': 'number',
  redact: 'text',
  settle: 'text',
  deliver: 'list',
  'next-audit': 'text',
} as const satisfies Readonly<Record<string, Kind>>

type Kind = 'text' | 'number' | 'list'
type Key = keyof typeof CONFIGURABLE

const WORDS: Readonly<Record<Kind, string>> = { text: 'a text', number: 'a number', list: 'a list of texts' }

const isOf: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string' && value.trim() !== '',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  list: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
}

/** Gives every command the options of the file in this folder, where there is one. Throws UserError with file and line. */
export function applyConfig(program: Command, file = CONFIG_FILE): void {
  if (!existsSync(file)) return
  const text = readInput(file)
  const config = parseJson(text, file)
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new UserError(`${file}:1 holds no options: it is one object, e.g. {"store": "./harness"}`)
  for (const [key, value] of Object.entries(config)) {
    if (key === '$schema') continue
    const at = `${file}:${lineOf(text, key)}`
    if (!Object.hasOwn(CONFIGURABLE, key))
      throw new UserError(
        `${at}: "${key}" is no option that may stand there${nearText(key, Object.keys(CONFIGURABLE))}. There may be: ${Object.keys(CONFIGURABLE).join(', ')}`,
      )
    const kind = CONFIGURABLE[key as Key]
    if (!isOf[kind](value)) throw new UserError(`${at}: "${key}" takes ${WORDS[kind]}, got ${JSON.stringify(value)}`)
    for (const command of allCommands(program)) give(command, key as Key, value as string | number | string[], at)
  }
}

function give(command: Command, key: Key, value: string | number | string[], at: string): void {
  const option = command.options.find((o) => o.long === `--${key}`)
  if (!option) return
  const name = option.attributeName()
  // Another place that was typed is another place: what the file says of places is then about none.
  const isElsewhere = () =>
    (key === 'stack' && isGiven(command, 'store')) || (key === 'store' && isGiven(command, 'stack'))
  if (Array.isArray(value))
    // A list that is typed takes the place of this one, and is not added to it.
    command.hook('preAction', (acting) => {
      if (acting === command && !isGiven(command, name)) command.setOptionValueWithSource(name, value, 'config')
    })
  else {
    command.setOptionValueWithSource(name, parsed(option, String(value), at), 'config')
    command.hook('preAction', (acting) => {
      if (acting === command && isElsewhere() && !isGiven(command, name))
        command.setOptionValueWithSource(name, option.defaultValue, 'default')
    })
  }
}

const isGiven = (command: Command, name: string): boolean =>
  ['cli', 'env'].includes(command.getOptionValueSource(name) ?? '')

/** The value as the option itself reads it. */
function parsed(option: Option, text: string, at: string): unknown {
  if (option.argChoices && !option.argChoices.includes(text))
    throw new UserError(`${at}: ${option.long} is one of ${option.argChoices.join(', ')}, got "${text}"`)
  try {
    return option.argChoices || !option.parseArg ? text : option.parseArg(text, undefined)
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${at}: ${error.message}`)
    throw error
  }
}

/** Line on which a key of the document stands. */
function lineOf(text: string, key: string): number {
  const at = text.search(new RegExp(`"${key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"\\s*:`))
  return text.slice(0, Math.max(at, 0)).split('\n').length
}
