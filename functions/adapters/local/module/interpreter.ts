/** Who runs a script: what its first line names, pinned by its bytes, and what that needs of this machine. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import { digestOfBytes } from '#core/canonical.ts'
import { UserError } from '../../../errors.ts'

export interface Interpreter {
  /** As the script has it started: in an environment of Python's (venv) that is a link which must be gone through. */
  readonly named: string
  readonly args: readonly string[]
  /** Where `named` leads, and the digest of the bytes there. */
  readonly path: string
  readonly digest: string
}

/** Longest first line: kernels read no more of it. */
const MOST_LINE = 255
const ENV = /^(?:\/usr)?\/bin\/env$/

/** The interpreter that the first line of a script names; null: it is no script. Throws UserError where it cannot be used. */
export function interpreterOf(script: string, bytes: Buffer, searchPath: string): Interpreter | null {
  if (bytes.subarray(0, 2).toString('latin1') !== '#!') return null
  const line = bytes.subarray(2, MOST_LINE).toString('utf8').split('\n')[0]!.trim()
  const refuse = (why: string): never => {
    throw new UserError(`the harness ${script} begins with "#!${line}": ${why}`)
  }
  const [command = '', ...rest] = line.split(/\s+/)
  if (!ENV.test(command)) {
    if (!isAbsolute(command)) refuse('write the whole path of the interpreter, such as #!/usr/bin/python3')
    if (!isRunnable(command)) refuse(`${command} is no program on this machine`)
    if (isScript(command)) refuse(`${command} is itself a script: write the path of the interpreter that it starts`)
    return pinned(command, rest)
  }
  const [name = '', ...args] = rest[0] === '-S' ? rest.slice(1) : rest
  if (name === '' || name.startsWith('-') || name.includes('=') || name.includes('/'))
    refuse('only "#!/usr/bin/env NAME" is understood: write the whole path of the interpreter')
  const found = searchPath
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, name))
    .filter(isRunnable)
  // What pyenv, asdf and their like put there is a script that chooses by files which no digest covers.
  const chosen = found.find((path) => !isScript(path))
  if (chosen === undefined)
    return refuse(
      found.length > 0
        ? `${found[0]} is itself a script: write the path of the interpreter that it starts`
        : `no program ${name} is installed on this machine (looked for in PATH)`,
    )
  return pinned(chosen, args)
}

function pinned(named: string, args: readonly string[]): Interpreter {
  const path = realpathSync(named)
  return { named, args, path, digest: digestOfProgram(path) }
}

const digests = new Map<string, string>()
/** Two changes within a tick of the file system's clock look like one: a file that was touched just now is read each time. */
const SETTLED_MS = 5000

/** Read once as long as the system says that nothing touched it: it may be a hundred megabytes, and every start of a process asks. */
function digestOfProgram(path: string): string {
  const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(path, { bigint: true })
  const state = [path, dev, ino, size, mtimeNs, ctimeNs].join()
  const digest = digests.get(state) ?? digestOfBytes(readFileSync(path))
  if (Date.now() - Number(ctimeMs) > SETTLED_MS) digests.set(state, digest)
  return digest
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return lstatSync(realpathSync(path)).isFile()
  } catch {
    return false
  }
}

/** Two bytes are read, and not the whole of what may be large: every start of a process asks. */
function isScript(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(2)
    readSync(file, head)
    return head.toString('latin1') === '#!'
  } finally {
    closeSync(file)
  }
}

/** Where a system keeps what all its programs share. */
const SYSTEM = ['/usr', '/usr/local']

/**
 * Links on the way to an interpreter, and the libraries beside it: PREFIX/lib of PREFIX/bin/NAME, and those of the
 * environment (venv) by which it is named.
 */
export function runtimeOf({ named, path }: Interpreter): string[] {
  const prefix = prefixOf(path)
  const environment = prefixOf(named)
  const ofPrefix = prefix === null ? [] : ['lib', 'lib64', ...(SYSTEM.includes(prefix) ? ['share'] : [])]
  const isEnvironment = environment !== null && existsSync(join(environment, 'pyvenv.cfg'))
  return [
    ...linksOf(named),
    path,
    ...ofPrefix.map((name) => join(prefix!, name)),
    ...(isEnvironment ? ['pyvenv.cfg', 'lib', 'lib64'].map((name) => join(environment, name)) : []),
  ].filter((each) => existsSync(each))
}

const prefixOf = (path: string): string | null => (basename(dirname(path)) === 'bin' ? dirname(dirname(path)) : null)

/** A path, and from link to link those that it leads to. */
function linksOf(path: string): string[] {
  const links = [path]
  for (let at = path; lstatSync(at).isSymbolicLink() && links.length < 40; ) {
    at = resolve(dirname(at), readlinkSync(at))
    links.push(at)
  }
  return links
}
