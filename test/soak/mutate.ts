/** Spoils a document: values of another type, keys that are none, numbers and texts that no reader expects, torn bytes. */
import type { Draw } from '../../functions/demo/draw.ts'

/** Raw JSON (or what passes for it) in place of a value. */
const RAW: readonly string[] = [
  ...['null', 'true', 'false', '{}', '[]', '""', '[[]]', '[null]', '{"a":1}', '" "', '"\\n"', '"0"', '"1e3"'],
  ...['NaN', 'Infinity', '-Infinity', 'undefined', '0x10', '1.', '.5', '+1', '01', "'x'", '// x', ''],
  ...[
    '0',
    '-0',
    '-1',
    '0.5',
    '1e308',
    '-1e308',
    '1e309',
    '-1e999',
    '5e-324',
    '9007199254740993',
    '1e-400',
    '4294967296',
  ],
  ...['"__proto__"', '"constructor"', '"toString"', '"../../etc/passwd"', '"/dev/zero"', '"C:\\\\x"', '"."', '".."'],
  ...[
    '"\\ud800"',
    '"\\udc00x"',
    '"\\u0000"',
    '"\\u0007\\u001b[31m"',
    '"\\u202e\\u2066"',
    '"\\u2028"',
    '"\ufeff"',
    '"\u0007"',
  ],
  ...['"2026-02-30"', '"9999-99-99"', '"NAME@1"', '"a@1.0.0"', '"support.refund"', '"evidence.orders.top_k"'],
  ...['{"__proto__":{"x":1}}', '{"constructor":{"prototype":{"x":1}}}', '{"a":1,"a":2}', '{"":0}', '{"length":-1}'],
  '['.repeat(5000) + ']'.repeat(5000),
  `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`,
  '9'.repeat(400),
  `"${'x'.repeat(200_000)}"`,
  `"${'\\u00e9'.repeat(3000)}"`,
  `[${'0,'.repeat(20_000)}0]`,
  `{${Array.from({ length: 3000 }, (_, i) => `"k${i}":${i}`).join(',')}}`,
]
const KEYS = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '',
  ' ',
  '\u0000',
  'x'.repeat(10_000),
  'toString',
  '$schema',
  '0',
]

/** Stands where raw text goes: JSON itself can hold no NaN. */
const SPOT = '@@soak-spot@@'

type Path = readonly (string | number)[]

/** Paths of every value in a value, itself included. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at]
  const inner = Object.keys(value).flatMap((key) =>
    pathsOf((value as Record<string, unknown>)[key], [...at, Array.isArray(value) ? Number(key) : key]),
  )
  return [at, ...inner]
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}... (${text.length})` : text)
const shown = (text: string): string => JSON.stringify(short(text))

/** A value with one place spoiled, as JSON text. */
function spoilValue(draw: Draw, value: unknown): { text: string; what: string } {
  const copy = structuredClone(value)
  const path = draw.pick(pathsOf(copy))
  const raw = draw.pick(RAW)
  const where = path.length === 0 ? 'document' : path.join('.')
  if (path.length === 0) return { text: raw, what: `document = ${shown(raw)}` }
  const key = path.at(-1)!
  const parent = path.slice(0, -1).reduce((at, step) => (at as never)[step], copy as unknown) as Record<string, unknown>
  const named = !Array.isArray(parent)
  const act = draw.pick(['replace', 'replace', 'replace', 'delete', 'repeat', 'rename', 'add'] as const)
  if (act === 'delete') {
    if (named) delete parent[key]
    else (parent as unknown as unknown[]).splice(Number(key), 1)
    return { text: JSON.stringify(copy), what: `no ${where}` }
  }
  if (act === 'replace' || !named) {
    parent[key] = SPOT
    return { text: JSON.stringify(copy).replace(`"${SPOT}"`, () => raw), what: `${where} = ${shown(raw)}` }
  }
  const own = JSON.stringify(parent[key])
  const name = act === 'repeat' ? String(key) : draw.pick(KEYS)
  const second = `${JSON.stringify(name)}:${act === 'rename' ? own : raw}`
  if (act === 'rename') parent[key] = SPOT
  const marked = `${JSON.stringify(key)}:${act === 'rename' ? `"${SPOT}"` : own}`
  const text = JSON.stringify(copy)
  const spoiled =
    act === 'rename' ? text.replace(marked, () => second) : text.replace(marked, () => `${marked},${second}`)
  return { text: spoiled, what: `${act} ${where}: ${shown(second)}` }
}

/** Bytes with one thing done to them that no JSON knows. */
function spoilBytes(draw: Draw, bytes: Buffer): { bytes: Buffer; what: string } {
  const at = draw.int(0, bytes.length)
  const put = (what: string, ...insert: number[]) => ({
    bytes: Buffer.concat([bytes.subarray(0, at), Buffer.from(insert), bytes.subarray(at)]),
    what: `${what} at byte ${at}`,
  })
  switch (draw.int(0, 9)) {
    case 0:
      return { bytes: bytes.subarray(0, at), what: `cut at byte ${at}` }
    case 1:
      return { bytes: Buffer.concat([Buffer.from('\ufeff'), bytes]), what: 'a byte order mark' }
    case 2:
      return { bytes: Buffer.from(bytes.toString('utf8'), 'utf16le'), what: 'UTF-16' }
    case 3:
      return put('a NUL', 0)
    case 4:
      return put('no UTF-8', 0xff, 0xfe)
    case 5:
      return put('a control character', draw.int(1, 31))
    case 6:
      return { bytes: Buffer.concat([bytes, bytes]), what: 'twice' }
    case 7: {
      const flipped = Buffer.from(bytes)
      if (flipped.length > 0) flipped[at % flipped.length]! ^= 1 << draw.int(0, 7)
      return { bytes: flipped, what: `a bit at byte ${at}` }
    }
    case 8:
      return { bytes: Buffer.from(bytes.toString('utf8').replaceAll('\n', '\r\n')), what: 'lines of Windows' }
    default:
      return put('half of a surrogate pair', 0xed, 0xa0, 0x80)
  }
}

/** Lines of JSON, or one document: what a spoiler gets to see, and how it becomes bytes. */
export type Content = { readonly lines: readonly unknown[] } | { readonly value: unknown } | { readonly text: string }

export interface Spoiled {
  readonly bytes: Buffer
  readonly what: string
}

/** One to three things wrong with a content. */
export function spoil(draw: Draw, content: Content): Spoiled {
  const what: string[] = []
  let text: string
  if ('text' in content) text = content.text
  else if ('value' in content) {
    const spoiled = draw.chance(0.85) ? spoilValue(draw, content.value) : null
    text = spoiled?.text ?? JSON.stringify(content.value)
    if (spoiled) what.push(spoiled.what)
  } else {
    const at = draw.int(0, content.lines.length - 1)
    const spoiled = draw.chance(0.85) ? spoilValue(draw, content.lines[at]) : null
    if (spoiled) what.push(`line ${at + 1}: ${spoiled.what}`)
    text = content.lines.map((line, i) => `${i === at && spoiled ? spoiled.text : JSON.stringify(line)}\n`).join('')
  }
  let bytes = Buffer.from(text)
  const torn = what.length === 0 ? draw.int(1, 2) : draw.chance(0.15) ? 1 : 0
  for (let i = 0; i < torn; i++) {
    const next = spoilBytes(draw, bytes)
    bytes = next.bytes as Buffer<ArrayBuffer>
    what.push(next.what)
  }
  return { bytes, what: what.join('; ') }
}
