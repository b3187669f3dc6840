/** `autotune anchor publish`, and reading what it left: heads of the journal, kept where the store's writer cannot reach. */
import { appendFileSync, closeSync, fsyncSync, openSync, statSync } from 'node:fs'
import { isFileThere } from '#adapters/local/files/regular-file.ts'
import { canonical } from '#core/canonical.ts'
import { anchorOf, anchorProblem } from '#core/heads/head-line.ts'
import { Anchor, type HeadLine } from '#schemas/head-line.ts'
import { readInput } from '../embedded/read-input.ts'
import { UserError } from '../errors.ts'
import { jsonOf } from '../streams/read-object.ts'
import { openForAudit } from './open.ts'
import { S3, type StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'

interface Options extends StoreOptions {
  readonly json: boolean
  readonly to?: string
}

/** Prints the head of a store's journal, and adds it to a file or to a prefix of a bucket. */
export async function publishAnchor({ json, to, ...o }: Options): Promise<number> {
  const store = await openForAudit(o)
  try {
    const { lines, problem } = await store.heads!.journal.read()
    if (problem !== null)
      throw new UserError(`${problem}. Nothing is published: "autotune verify" looks at the whole store`)
    const end = lines.at(-1)
    if (!end) throw new UserError('this store has no journal of heads yet: import or run something first')
    const anchor = anchorOf(end)
    const place = to === undefined ? null : await keep(to, lines, store.clock.now())
    print(json, { ...anchor, kept: place }, () => [
      canonical(anchor),
      ...(place === null ? [] : [`kept in ${place}; check with "autotune verify --anchor ${to}"`]),
    ])
    return 0
  } finally {
    store.close()
  }
}

/** How long nobody may remove an anchor from a bucket: by then many newer ones say all that it says. */
const LOCKED_DAYS = 400

async function keep(to: string, lines: readonly HeadLine[], now: string): Promise<string> {
  const anchor = anchorOf(lines.at(-1)!)
  const line = `${canonical(anchor)}\n`
  if (!to.startsWith(S3)) {
    await needGoingOn(to, lines)
    const file = openSync(to, 'a', 0o644)
    try {
      appendFileSync(file, line)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    return to
  }
  const { bucket, prefix } = await bucketOf(to)
  const key = `${prefix}${String(anchor.n).padStart(8, '0')}-${anchor.digest.slice(7, 23)}.json`
  await bucket.keep(key, line, new Date(Date.parse(now) + LOCKED_DAYS * 86_400_000))
  return `${to.replace(/\/?$/, '/')}${key.slice(prefix.length)}`
}

/** Throws UserError where a file holds something else than whole anchors of this journal: what is added to that says nothing to anybody. */
async function needGoingOn(file: string, lines: readonly HeadLine[]): Promise<void> {
  if (!isFileThere(file) || statSync(file).size === 0) return
  for (const anchor of await readAnchors(file)) {
    const why = anchorProblem(lines, anchor)
    if (why !== null)
      throw new UserError(
        `${file} has an anchor of line ${anchor.n}: ${why}. Nothing is published; "autotune verify --anchor ${file}" looks at the store`,
      )
  }
  if (!readInput(file).endsWith('\n'))
    throw new UserError(`${file} ends in the middle of a line: end it with a newline, or name another file`)
}

/** Anchors of a file, one a line, or of the objects below a prefix of a bucket. Throws UserError for anything else. */
export async function readAnchors(from: string): Promise<Anchor[]> {
  const texts: string[] = []
  if (from.startsWith(S3)) {
    const { bucket, prefix } = await bucketOf(from)
    for await (const text of bucket.all(prefix)) texts.push(text)
  } else texts.push(readInput(from))
  const anchors = texts
    .flatMap((text) => text.split('\n').filter((line) => line.trim() !== ''))
    .map((line, i) => {
      const parsed = Anchor.safeParse(jsonOf(line))
      if (!parsed.success)
        throw new UserError(
          `${from}, line ${i + 1}: no anchor. "autotune anchor publish" writes {"at", "digest", "n"}, one a line`,
        )
      return parsed.data
    })
  if (anchors.length === 0)
    throw new UserError(`${from} holds no anchor: "autotune anchor publish --to ${from}" writes one`)
  return anchors
}

/** `s3://BUCKET/PREFIX` as a bucket and the prefix in it. */
async function bucketOf(place: string) {
  const [name, ...prefix] = place.slice(S3.length).split('/')
  const { anchorBucket } = await import('#adapters/aws/anchor-bucket.ts')
  const path = prefix.filter((part) => part !== '').join('/')
  return { bucket: anchorBucket(name!), prefix: path === '' ? '' : `${path}/` }
}
