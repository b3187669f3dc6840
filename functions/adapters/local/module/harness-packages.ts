/** The packages that a harness imports, and those that they need: whole folders, as a package manager put them there. */
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { basename, dirname, join, relative, sep } from 'node:path'
import { byCodeUnit, digestOf, digestOfBytes } from '#core/canonical.ts'
import { UserError } from '../../../errors.ts'

/** A package: where Node finds it, and where that leads. */
export interface HarnessPackage {
  readonly name: string
  readonly found: string
  readonly real: string
}

const MOST_FILES = 20_000
const NAME = /^(?:@[\w.~-]+\/)?[\w.~-]+/

/** Name of the package that an import names; null: a file, a builtin module, or a name of the importer's own. */
export function packageNamed(specifier: string): string | null {
  if (/^(?:[./#]|[a-z]+:)/.test(specifier) || builtinModules.includes(specifier.split('/')[0]!)) return null
  return NAME.exec(specifier)?.[0] ?? null
}

/**
 * Packages by name as they are found from a folder, and from there whatever they depend on. What is not installed is left
 * out: the import says so itself.
 */
export function packagesFrom(folder: string, names: Iterable<string>): HarnessPackage[] {
  const found = new Map<string, HarnessPackage>()
  const add = (from: string, name: string): void => {
    const path = packageFolder(from, name)
    if (path === null) return
    const real = realpathSync(path)
    if (found.has(path)) return
    found.set(path, { name, found: path, real })
    for (const dependency of dependenciesOf(real)) add(real, dependency)
  }
  for (const name of names) add(folder, name)
  return [...found.values()]
}

function packageFolder(from: string, name: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name)
    if (existsSync(join(path, 'package.json'))) return path
    if (dirname(folder) === folder) return null
  }
}

function dependenciesOf(folder: string): string[] {
  const path = join(folder, 'package.json')
  let manifest: unknown
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new UserError(`${path} is no JSON (${(error as Error).message}): install the package again`)
  }
  const kinds = ['dependencies', 'optionalDependencies', 'peerDependencies'].map(
    (kind) => (manifest as Record<string, object | undefined> | null)?.[kind] ?? {},
  )
  // A name with "../" in it would make another folder readable.
  return [...new Set(kinds.flatMap((kind) => Object.keys(kind)))].filter((name) => NAME.exec(name)?.[0] === name)
}

/** Digests of packages, as long as none of their files has another stamp: each start of a process asks for them. */
const digests = new Map<string, { readonly stamp: string; readonly digest: string }>()

/** Digest over every file of a package. Throws UserError when a link leads out of it, or when it holds more files than anybody reads. */
export function packageDigest({ real }: HarnessPackage): string {
  const files = filesBelow(real)
  const stamp = digestOf(files.map((path) => [path, stampOf(path)]))
  const known = digests.get(real)
  if (known?.stamp === stamp) return known.digest
  const entries = files.map((path) => ({
    file: relative(real, path).replaceAll(sep, '/'),
    digest: digestOfBytes(readFileSync(path)),
  }))
  const digest = digestOf(entries.sort((a, b) => byCodeUnit(a.file, b.file)))
  digests.set(real, { stamp, digest })
  return digest
}

const stampOf = (path: string): string => {
  const { dev, ino, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true })
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

/**
 * Files below a folder. A link that leads to another place of it is passed over; one that leads out refuses the start, because
 * whoever may read the folder may read through it. Links of a package manager to commands (`.bin`) are left to it.
 */
export function filesBelow(folder: string, root = realpathSync(folder), files: string[] = []): string[] {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry)
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) refuseWayOut(path, root)
    else if (stat.isDirectory()) filesBelow(path, root, files)
    else if (stat.isFile()) files.push(path)
    if (files.length > MOST_FILES)
      throw new UserError(
        `${folder} holds more than ${MOST_FILES} files: a harness reads all of what it names, or less`,
      )
  }
  return files
}

function refuseWayOut(link: string, root: string): void {
  if (basename(dirname(link)) === '.bin' || !existsSync(link)) return
  const target = realpathSync(link)
  if (target !== root && !target.startsWith(`${root}${sep}`))
    throw new UserError(
      `${link} is a link that leads out of what the harness names, and would let it read more: remove it, then start again`,
    )
}
