/** Kind `shapes`: documents of a store that are JSON as before, and another kind of it: every kind of key, every wrong shape, every verb that reads. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Draw } from '../../functions/demo/draw.ts'
import { serveWorkbench } from '../../functions/embedded/ui-server.ts'
import { type Bases, ROLLOUT, RUN } from './bases.ts'
import { type Ran, wrongAnswer } from './commands.ts'
import { type EveryKey, everyKey, kindsIn, type Runner } from './every-key.ts'
import type { Kind } from './kind.ts'

/** One wrong shape of a document: what it is called, and what stands in its place. `other`: text of another document. */
export type Shape = readonly [name: string, spoil: (text: string, other: string, draw: Draw) => string]

/** Does something to the first value of a document, or of its first line. */
const inFirst =
  (act: (value: unknown, draw: Draw) => unknown) =>
  (text: string, _other: string, draw: Draw): string => {
    const at = text.trimEnd().indexOf('\n')
    const first = at < 0 ? text : text.slice(0, at)
    const rest = at < 0 ? '\n' : text.slice(at)
    try {
      return `${act(JSON.parse(first), draw) as string}${rest}`
    } catch {
      return '{}\n'
    }
  }

type Place = readonly [parent: Record<string, unknown>, key: string]

/** Every place in a value that holds a value of some form. */
const places = (value: unknown, isOne: (value: unknown) => boolean): Place[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [
        ...(isOne(inner) ? [[value as Record<string, unknown>, key] as const] : []),
        ...places(inner, isOne),
      ])

const replaced = (isOne: (value: unknown) => boolean, by: unknown) =>
  inFirst((value, draw) => {
    const all = places(value, isOne)
    if (all.length === 0) return '7'
    const [parent, key] = draw.pick(all)
    parent[key] = by
    return JSON.stringify(value)
  })

const whole = (text: string) => () => `${text}\n`

export const SHAPES: readonly Shape[] = [
  ['{}', whole('{}')],
  ['[]', whole('[]')],
  ['null', whole('null')],
  ['a text', whole('"x"')],
  ['a number', whole('42')],
  ['the bytes of another document', (_, other) => other],
  ['a number where a list or an object stands', replaced((value) => typeof value === 'object' && value !== null, 7)],
  ['null where a text stands', replaced((value) => typeof value === 'string', null)],
  ['another id', replaced((value) => typeof value === 'string' && /^[a-z]+_?\w*$/.test(value), 'somebody_else')],
  [
    'a key __proto__',
    inFirst((value) => JSON.stringify(value).replace(/\{/, '{"__proto__":{"x":1},').replace(',}', '}')),
  ],
]

/** Verbs that look at a store. */
export const looks = (
  { bands, attestationKeys, filed }: EveryKey,
  { target }: Bases['files'],
  out: string,
): readonly (readonly string[])[] => [
  ['verify'],
  ['verify', RUN],
  ['verify', filed],
  ['rollout', 'verify', ROLLOUT],
  ['verify', '--cadence', '2026-05-12'],
  ['list'],
  ['show', RUN],
  ['show', 'late'],
  ['show', 'refused'],
  ['show', filed],
  ['explain', RUN],
  ['explain', 'ctxpack.support@1.1.0'],
  ['case', 's0', '--run', RUN],
  ['report', RUN, '--out', join(out, 'run.html')],
  ['report', ROLLOUT, '--out', join(out, 'rollout.html')],
  ['report', '--intent', 'support.refund'],
  ['rollout', 'show', ROLLOUT],
  ['rollout', 'list'],
  ['rollout', 'export', ROLLOUT],
  ['cadence', 'show'],
  ['cadence', 'weekly', '--bands', bands],
  ['cadence', 'quarterly', '--bands', bands],
  ['done'],
  ['export', '--jsonl', join(out, 'tables')],
  ['anchor', 'publish'],
  ['attest', 'verify', RUN, '--keys', attestationKeys],
  ['doctor', '--target', target],
  ['history', '--target', target],
  ['brief', '--target', target, '--out', join(out, 'brief')],
]

/** What they write. */
const OUT = ['run.html', 'rollout.html', 'tables', 'brief']

const PAGES = [
  ...['/', '/runs', `/runs/${RUN}`, `/runs/${RUN}/report`, '/runs/late', '/runs/refused', `/compare?a=${RUN}&b=late`],
  ...['/reviews', '/reviews/rv_r_1', '/rollouts', `/rollouts/${ROLLOUT}`, '/store', '/intents/support.refund'],
  `/cases/support.refund/s0?run=${RUN}`,
]

/** Who answers for a document, where that is not `verify` of the whole store: it may not say "good" of one that was spoiled. */
const ANSWERS: readonly (readonly [file: RegExp, argv: string])[] = [
  [/^attestations\//, 'attest verify'],
  [/^cadence\/rows\//, 'verify --cadence'],
  [/^goldens\/[^/]+\/\w{16}\//, 'verify r'],
  // Made anew by every run, and nothing decides by it.
  [/^goldens\/[^/]+\/search/, 'nobody'],
]
/** Nothing is vouched for by more than its shape: copies for lists, notes, what may be asked again. */
const BY_SHAPE =
  /^(vault\/)?(autotune\/newest|cadence\/opened|inbox|experience\/(index-days|layout)|ingest\/(trace-rule|redaction-key)|gate|goldens)/
/** Shapes by which a document may stay one of its contract: a text of it may be null, another document be of the same kind. */
const SAME_SHAPE = ['another id', 'a key __proto__', 'the bytes of another document', 'null where a text stands']

/** What is wrong with what a look says of a store in which one file was spoiled; null: nothing. */
export function wrongWords(
  argv: readonly string[],
  ran: Ran,
  before: Ran,
  [file, shape]: readonly [file: string, shape: string],
): string | null {
  const wrong = wrongAnswer(ran)
  if (wrong !== null) return wrong
  const news = ran.out + ran.err
  if (/\bundefined\b|\bNaN\b/.test(news) && !/\bundefined\b|\bNaN\b/.test(before.out + before.err))
    return `no words for people: ${/.*\b(undefined|NaN)\b.*/.exec(news)![0]}`
  const isLike = BY_SHAPE.test(file) && SAME_SHAPE.includes(shape)
  if (ran.code === 0 && argv.slice(0, 2).join(' ') === answerer(file) && !isLike)
    return `says that all is well: ${ran.out.slice(0, 100)}`
  if (/Cannot (read|destructure|convert)|is not (iterable|a function)/.test(news)) return `words of the engine: ${news}`
  if (ran.code === 2 && before.code !== 2 && !names(news, file)) return `names no key: ${news.slice(0, 300)}`
  return null
}

const answerer = (file: string): string => ANSWERS.find(([of]) => of.test(file))?.[1] ?? 'verify'

/** Parts of a key that name nothing. */
const COMMON = ['experience', 'vault', 'autotune', 'runs', 'cadence', 'releases', 'production', 'journal']

/** Does a message name a file: by its key, by what it is of, of the journal by its line, of a sealed run by count alone? */
function names(said: string, file: string): boolean {
  const plain = said.replace(/\s+/g, '')
  // It names the statements that no longer hold.
  if (/^CHANGED: r$/m.test(said)) return true
  if (file.startsWith('heads/') && /line\d+ofthejournal/.test(plain)) return true
  if (file.startsWith('vault/experience/') && plain.includes('held-outruns')) return true
  return file
    .split('/')
    .filter((part) => !COMMON.includes(part))
    .some(
      (part) =>
        new RegExp(`(^|\\W)${RegExp.escape(part.replace(/\.jsonl?$/, ''))}`).test(said) ||
        (part.length > 3 && plain.includes(part)),
    )
}

export const shapes: Kind = {
  name: 'shapes',
  holds: 'a document of another shape is told of in words that name it, by every verb that reads it',
  async open({ dir, bases, commands, atEnd }) {
    const made = await bases()
    const every = await everyKey(dir, made, commands as Runner)
    const argvs = looks(every, made.files, dir)
    const failures: string[] = []
    const pages = await serveWorkbench(every.dir, '', 0, {
      failed: (error) => void failures.push(String(error.stack)),
      refused: () => {},
    })
    atEnd(() => pages.close())
    const before = new Map<string, Ran>()
    for (const argv of argvs) {
      before.set(argv.join(' '), await commands.run(...argv, '--store', every.dir))
      for (const left of OUT) rmSync(join(dir, left), { recursive: true, force: true })
    }
    const kinds = kindsIn(every.dir)
    const all = kinds.flatMap((file) => SHAPES.map((shape) => [file, shape] as const))
    // A stride that is prime to how many there are: few trials are of many kinds, and all trials are each of them once.
    let stride = 37
    while (gcd(stride, all.length) !== 1) stride++
    return async (draw, number) => {
      const [file, [name, spoil]] = all[(number * stride) % all.length]!
      const path = join(every.dir, file)
      const text = readFileSync(path, 'utf8')
      const now = spoil(text, readFileSync(join(every.dir, draw.pick(kinds)), 'utf8'), draw)
      const found: string[] = []
      if (now === text) return { what: `${file}: ${name} changes nothing`, found: null }
      writeFileSync(path, now)
      try {
        for (const argv of argvs) {
          const ran = await commands.run(...argv, '--store', every.dir)
          const wrong = wrongWords(argv, ran, before.get(argv.join(' '))!, [file, name])
          if (wrong !== null) found.push(`${argv.slice(0, 2).join(' ')}: ${wrong}`)
          for (const left of OUT) rmSync(join(dir, left), { recursive: true, force: true })
        }
        for (const page of PAGES) {
          failures.length = 0
          await (await fetch(`${pages.origin}${page}`)).text()
          for (const failure of failures) found.push(`page ${page}: ${failure.slice(0, 300)}`)
        }
      } finally {
        writeFileSync(path, text)
      }
      return { what: `${file}: ${name}`, found: found.length === 0 ? null : found.join('\n   ') }
    }
  },
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
