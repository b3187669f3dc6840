/** The packages that a harness imports, and those that they need: whole folders, as a package manager put them there. */
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
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
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Partial<
    Record<'dependencies' | 'optionalDependencies' | 'peerDependencies', object>
  >
  const kinds = [manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies]
  return [...new Set(kinds.flatMap((kind) => Object.keys(kind ?? {})))]
}

/** Digests of packages that were read: they stay as they are while this program runs. */
const digests = new Map<string, string>()

/** Digest over every file of a package. Throws UserError when it leads elsewhere by a link, or holds more files than anybody reads. */
export function packageDigest({ real }: HarnessPackage): string {
  const known = digests.get(real)
  if (known !== undefined) return known
  const files = filesBelow(real).map((path) => ({
    file: relative(real, path).replaceAll(sep, '/'),
    digest: digestOfBytes(readFileSync(path)),
  }))
  const digest = digestOf(files.sort((a, b) => byCodeUnit(a.file, b.file)))
  digests.set(real, digest)
  return digest
}

/** Files below a folder, links excepted: what they lead to is not read, here or by the harness. */
export function filesBelow(folder: string, files: string[] = []): string[] {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry)
    const stat = lstatSync(path)
    if (stat.isDirectory()) filesBelow(path, files)
    else if (stat.isFile()) files.push(path)
    if (files.length > MOST_FILES)
      throw new UserError(
        `${folder} holds more than ${MOST_FILES} files: a harness reads all of what it names, or less`,
      )
  }
  return files
}
