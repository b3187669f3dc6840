/**
 * A harness module on disk: which files it is made of, and their digest. What is in the digest is what its process may
 * read, and nothing else is.
 */
import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { byCodeUnit, digestOf, digestOfBytes } from '#core/canonical.ts'
import { UserError } from '../../../errors.ts'
import { inode, readableCode, refuseVaultFiles } from '../cage/readable-code.ts'
import { filesBelow, type HarnessPackage, packageDigest, packageNamed, packagesFrom } from './harness-packages.ts'

/** The module is there, and it is another one than was pinned. */
export class ChangedModule extends UserError {}

export interface HarnessFiles {
  /** As named by the user. */
  readonly path: string
  /** Real path of the module, and of the folder it lies in. */
  readonly file: string
  readonly folder: string
  /** The module, and every local file that it names. As they are named and, where that is a link, where it leads. */
  readonly local: readonly string[]
  readonly packages: readonly HarnessPackage[]
  /** Digest over all of them. */
  readonly digest: string
}

/**
 * The module and its digest. `called`: what it is, for people; `store` null: there is none where this runs. Throws UserError
 * when there is no such file, or when part of it lies in the store.
 */
export function harnessFiles(path: string, store: string | null, called = 'the harness module'): HarnessFiles {
  const file = realFile(path, called)
  return { path, ...digested(file, partsOf(file), store) }
}

/** Real path of a file that is named. Throws UserError where there is none. */
export function realFile(path: string, called: string): string {
  if (!existsSync(path)) throw new UserError(`${called} ${path} does not exist (looked for ${resolve(path)})`)
  if (!statSync(path).isFile()) throw new UserError(`${called} ${path} is no file: name the file itself`)
  return realpathSync(path)
}

/** A harness and its parts, with the digest over all of them. Throws UserError when one of them lies in the store. */
export function digested(
  file: string,
  { local, packages }: Pick<HarnessFiles, 'local' | 'packages'>,
  store: string | null,
): Omit<HarnessFiles, 'path'> {
  const folder = dirname(file)
  if (store !== null) refuseStore([...local, ...packages.map((p) => p.real)], store)
  const entries = [
    ...local.map((f) =>
      entry(folder, f, lstatSync(f).isSymbolicLink() ? linkDigest(f) : digestOfBytes(readFileSync(f))),
    ),
    ...packages.map((p) => entry(folder, p.found, packageDigest(p))),
  ]
  const digest = digestOf(entries.sort((a, b) => byCodeUnit(a.file, b.file)))
  return { file, folder, local, packages, digest }
}

/** Throws UserError when one of these paths lies in the store, or holds it. */
export function refuseStore(paths: readonly string[], store: string): void {
  const secret = realpathSync(store)
  for (const inside of paths)
    if (contains(secret, inside) || contains(inside, secret))
      throw new UserError(`${inside} lies in the store: keep the module and its files outside of ${store}`)
}

/** Where a link leads is part of what is read through it. */
const linkDigest = (link: string): string => digestOf({ link: relative(dirname(link), realpathSync(link)) })

const entry = (folder: string, path: string, digest: string) => ({
  file: relative(folder, path).replaceAll(sep, '/'),
  digest,
})

const SCRIPT = /\.[cm]?[jt]s$/
const ENDINGS = ['', '.js', '.ts', '.cjs', '.json', '/index.js', '/index.ts']
/** Types are gone before anything is loaded. */
const TYPE_IMPORT = /\b(?:import|export)\s+type\b[^'"`;]*(['"`])[^'"`\n]*\1/g
const LOCAL = /(['"`])(\.{1,2}\/[^'"`\n]*)\1/g
const IMPORTED = /\b(?:from|import|require)\s*\(?\s*(['"`])([^'"`\n]+)\1/g

/**
 * The module and, from file to file: whatever existing local file a quoted `./` or `../` text names, all files of a folder
 * that one names, the manifest that says how a script is read, and the packages that are imported.
 */
function partsOf(module: string): { readonly local: string[]; readonly packages: HarnessPackage[] } {
  const local = new Set([module])
  const packages = new Map<string, HarnessPackage>()
  const add = (path: string): void => {
    local.add(path)
    local.add(realpathSync(path))
  }
  for (const file of local) {
    if (!SCRIPT.test(file) || lstatSync(file).isSymbolicLink()) continue
    const source = readFileSync(file, 'utf8').replaceAll(TYPE_IMPORT, '')
    const manifest = nearestManifest(dirname(file))
    if (manifest) add(manifest)
    for (const [, , named] of source.matchAll(LOCAL)) for (const path of filesNamed(dirname(file), named!)) add(path)
    const imported = Array.from(source.matchAll(IMPORTED), ([, , specifier]) => specifier!)
    for (const own of imported.filter((specifier) => specifier.startsWith('#'))) {
      const path = ownImport(file, own)
      if (path) add(path)
    }
    const names = imported.flatMap((specifier) => packageNamed(specifier) ?? [])
    for (const found of packagesFrom(dirname(file), names)) packages.set(found.found, found)
  }
  return { local: [...local], packages: [...packages.values()] }
}

/** A file, with the ending that an import may leave out; or all files of a folder, unless that holds the one that names it. */
function filesNamed(from: string, named: string): string[] {
  const path = resolve(from, named)
  const file = ENDINGS.map((ending) => `${path}${ending}`).find(isFile)
  if (file) return [file]
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() && !contains(path, from)
  return isFolder && basename(path) !== 'node_modules' ? filesBelow(path) : []
}

/** What `#name` stands for in the manifest of a file. */
function ownImport(file: string, specifier: string): string | null {
  try {
    const path = createRequire(file).resolve(specifier)
    return isFile(path) ? path : null
  } catch {
    // The import says so itself.
    return null
  }
}

function nearestManifest(folder: string): string | null {
  const path = join(folder, 'package.json')
  if (isFile(path)) return path
  return dirname(folder) === folder ? null : nearestManifest(dirname(folder))
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

const contains = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}${sep}`)

/**
 * What a harness process may read: this program's code, and what is in the digest. Throws UserError when one of those is a
 * second name of a file in the vault.
 */
export function readableBy(files: HarnessFiles, vault: string | null): string[] {
  return [...new Set([...readableCode(vault), ...ownFiles(files, vault)])]
}

/** What is in the digest, to be read. Throws UserError when one of its files is a second name of a file in the vault. */
export function ownFiles({ local, packages }: HarnessFiles, vault: string | null): string[] {
  const manyNamed = new Map<string, string>()
  for (const path of [...local, ...packages.flatMap((p) => filesBelow(p.real))]) {
    const stat = statSync(path)
    if (stat.nlink > 1) manyNamed.set(inode(stat), path)
  }
  refuseVaultFiles(manyNamed, vault)
  return [...local, ...packages.flatMap((p) => [p.real, p.found])]
}
