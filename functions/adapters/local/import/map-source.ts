/** Finds an import map and refuses one that cannot be trusted to say the same twice. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import jsonata from 'jsonata'
import { NotAFile, readInputBytes } from '../files/open-input.ts'
import { ImportError } from './import-error.ts'

/** A JSONata expression from one foreign record to one native run, with the name under which errors cite it. */
export interface MapSource {
  readonly name: string
  readonly text: string
  /** By what the records are grouped whose list it takes; absent: it takes one record. `--group-by` overrules it. */
  readonly groupBy?: string
}

/** A shipped map, as `import --list` tells of it. */
export interface ShippedMap {
  readonly name: string
  /** First sentence of its comment. */
  readonly about: string
  readonly group_by: string | null
}

const SHIPPED = new URL('../../../maps/', import.meta.url)
const EXTENSION = '.jsonata'
/** A map is read and thought over by people. */
const MOST_BYTES = 1024 * 1024

/**
 * Functions whose result depends on anything but the record. `$toMillis` with a picture fills missing parts from the
 * clock too; the child process holds that clock still instead (`map-child.ts`).
 */
const REFUSED = new Set(['now', 'millis', 'random', 'shuffle', 'eval'])

/** Names of the maps that ship with the project, sorted. */
export function shippedMaps(): string[] {
  return readdirSync(SHIPPED)
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => file.slice(0, -EXTENSION.length))
    .sort()
}

export const describedMaps = (): ShippedMap[] =>
  shippedMaps().map((name) => {
    const { text, groupBy } = loadMap(name)
    const about = /^\/\*\s*([\s\S]*?)(?:\.\s|\*\/)/.exec(text)?.[1] ?? ''
    return { name, about: about.replace(/\s+/g, ' '), group_by: groupBy ?? null }
  })

/** A line `Group   PATH ...` of the comment at the head of a map. */
function groupOf(text: string): string | null {
  const head = /^\s*\/\*[\s\S]*?\*\//.exec(text)?.[0] ?? ''
  return /^\s*Group\s+(\S+)/m.exec(head)?.[1] ?? null
}

/**
 * The map of that shipped name (`chat-messages`), or else the map in that file.
 *
 * @throws ImportError when there is neither, or when `checkMap` refuses it
 */
export function loadMap(nameOrPath: string): MapSource {
  const shipped = shippedMaps()
  const path = shipped.includes(nameOrPath) ? fileURLToPath(new URL(`${nameOrPath}${EXTENSION}`, SHIPPED)) : nameOrPath
  let text: string
  try {
    text = readInputBytes(path, MOST_BYTES)
      .toString()
      .replace(/^\ufeff/, '')
  } catch (error) {
    throw new ImportError({
      file: nameOrPath,
      line: null,
      field: null,
      problem:
        error instanceof NotAFile ? `it ${error.message}` : `no such map (${(error as NodeJS.ErrnoException).code})`,
      todo: `Name a file with a JSONata expression, or one of: ${shipped.join(', ')}`,
    })
  }
  const groupBy = groupOf(text)
  const map = { name: nameOrPath, text, ...(groupBy === null ? {} : { groupBy }) }
  checkMap(map)
  return map
}

/**
 * Parses the map, without running it.
 *
 * @throws ImportError at the line of the map: it is no JSONata expression, or it names `$now`, `$millis`, `$random`,
 *   `$shuffle` or `$eval` (the same records must give the same runs)
 */
export function checkMap({ name, text }: MapSource): void {
  const refuse = (position: number, problem: string, todo: string) => {
    const line = text.slice(0, position).split('\n').length
    return new ImportError({ file: name, line, field: null, problem, todo })
  }
  let ast: unknown
  try {
    ast = jsonata(text).ast()
  } catch (error) {
    const { position = 0, message } = error as jsonata.JsonataError
    throw refuse(position, `not a JSONata expression: ${message}`, 'Correct it; try.jsonata.org shows what it returns')
  }
  const found = findRefused(ast)
  if (found)
    throw refuse(found.position, `a map may not use $${found.name}`, 'The same records must always give the same runs')
}

/** First mention of a refused function, called or passed on: naming it is enough. */
function findRefused(ast: unknown): { name: string; position: number } | null {
  const seen = new Set<object>()
  const waiting: unknown[] = [ast]
  while (waiting.length > 0) {
    const node = waiting.pop()
    if (typeof node !== 'object' || node === null || seen.has(node)) continue
    seen.add(node)
    const { type, value, position } = node as jsonata.ExprNode
    if (type === 'variable' && REFUSED.has(value)) return { name: value, position: position ?? 0 }
    waiting.push(...Object.values(node))
  }
  return null
}
