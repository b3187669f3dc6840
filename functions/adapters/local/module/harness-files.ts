/** A harness module on disk: which files it is made of, their digest, and what the process that runs it may read. */
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { byCodeUnit, digestOf, digestOfBytes } from '#core/canonical.ts'
import { UserError } from '../../../errors.ts'
import { inode, readableCode, refuseVaultFiles } from '../isolation/restricted.ts'

export interface HarnessFiles {
  /** As named by the user. */
  readonly path: string
  /** Real path of the module, and of the folder it lies in. */
  readonly file: string
  readonly folder: string
  /** Digest over the module and every local file that it names. */
  readonly digest: string
}

/** The module and its digest. Throws UserError when there is no such file, or when it lies in the store. */
export function harnessFiles(path: string, store: string): HarnessFiles {
  if (!existsSync(path)) throw new UserError(`the harness module ${path} does not exist (looked for ${resolve(path)})`)
  if (!statSync(path).isFile()) throw new UserError(`the harness module ${path} is no file: name the file itself`)
  const file = realpathSync(path)
  const folder = dirname(file)
  const files = localFiles(file)
  for (const inside of files)
    if (contains(realpathSync(store), inside))
      throw new UserError(`${inside} lies in the store: keep the harness and its files outside of ${store}`)
  const digest = digestOf(
    files
      .map((f) => ({ file: relative(folder, f).replaceAll(sep, '/'), digest: digestOfBytes(readFileSync(f)) }))
      .sort((a, b) => byCodeUnit(a.file, b.file)),
  )
  return { path, file, folder, digest }
}

const SCRIPT = /\.[cm]?[jt]s$/
const ENDINGS = ['', '.js', '.ts', '.cjs', '.json', '/index.js', '/index.ts']

/** The module and, from file to file, whatever existing local file a quoted `./` or `../` text in it names. */
function localFiles(module: string): string[] {
  const found = new Set([module])
  for (const file of found) {
    if (!SCRIPT.test(file)) continue
    for (const [, , named] of readFileSync(file, 'utf8').matchAll(/(['"`])(\.{1,2}\/[^'"`\n]*)\1/g)) {
      const candidate = ENDINGS.map((ending) => join(dirname(file), `${named}${ending}`)).find(isFile)
      if (candidate) found.add(realpathSync(candidate))
    }
  }
  return [...found]
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false

const contains = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}${sep}`)

/** A folder with more entries is no harness: walking it would take longer than the run. */
const MOST_ENTRIES = 20_000

/**
 * What a harness process may read: this program's code, the module's folder, the local files that it names, and the
 * packages it can import. Never the store, also where that lies inside the folder. Throws UserError on a link into it.
 */
export function readableBy({ file, folder }: HarnessFiles, store: string, vault: string): string[] {
  const secret = realpathSync(store)
  const own = [...entriesWithout(folder, secret), ...localFiles(file).filter((f) => !contains(folder, f))]
  const packages = ancestors(folder).flatMap((dir) => {
    const modules = join(dir, 'node_modules')
    return existsSync(modules) ? [realpathSync(modules)] : []
  })
  const manifests = ancestors(folder).flatMap((dir) =>
    isFile(join(dir, 'package.json')) ? [join(dir, 'package.json')] : [],
  )
  refuseWays(own, packages, secret, vault)
  return [...new Set([...readableCode(vault), ...own, ...packages, ...manifests])]
}

/** A folder itself, or its entries one by one when the store lies in it: a grant has no exceptions. */
function entriesWithout(folder: string, store: string): string[] {
  if (!contains(folder, store)) return [folder]
  if (folder === store) return []
  return readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry)
    return contains(path, store) ? entriesWithout(path, store) : lstatSync(path).isSymbolicLink() ? [] : [path]
  })
}

const ancestors = (folder: string): string[] => {
  const up = dirname(folder)
  return up === folder ? [folder] : [folder, ...ancestors(up)]
}

/** Refuses links that lead from what may be read into the store. */
function refuseWays(own: readonly string[], packages: readonly string[], store: string, vault: string): void {
  const manyNamed = new Map<string, string>()
  let seen = 0
  const look = (path: string, depth: number): void => {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (!stat) return
    if (++seen > MOST_ENTRIES)
      throw new UserError(
        `the folder of the harness holds more than ${MOST_ENTRIES} files: give it a folder of its own`,
      )
    if (stat.isSymbolicLink()) refuseLink(path, store)
    if (stat.isFile() && stat.nlink > 1) manyNamed.set(inode(stat), path)
    if (!stat.isDirectory() || depth === 0) return
    for (const entry of entriesOf(path)) if (!SKIPPED.has(entry)) look(join(path, entry), depth - 1)
  }
  for (const path of own) look(path, Number.POSITIVE_INFINITY)
  // A package manager links packages of a workspace here, one or (for @scopes) two levels down.
  seen = 0
  for (const path of packages) look(path, 2)
  refuseVaultFiles(manyNamed, vault)
}

const SKIPPED = new Set(['node_modules', '.git'])

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Not readable for this program, so not for its child either.
    return []
  }
}

function refuseLink(path: string, store: string): void {
  let target: string
  try {
    target = realpathSync(path)
  } catch {
    return
  }
  if (contains(store, target) || contains(target, store))
    throw new UserError(
      `${path} is a symbolic link to the store, and the harness may read it: remove it, then start again`,
    )
}
