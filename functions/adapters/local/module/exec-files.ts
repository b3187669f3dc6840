/** A harness that is a program: its executable, the files that its owner declares beside it, and what starts it. */
import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { digestOf } from '#core/canonical.ts'
import { UserError } from '../../../errors.ts'
import { inode, refuseVaultFiles, walk } from '../cage/readable-code.ts'
import { digested, type HarnessFiles, ownFiles, realFile, refuseStore } from './harness-files.ts'
import { filesBelow } from './harness-packages.ts'
import { type Interpreter, interpreterOf, runtimeOf } from './interpreter.ts'

export interface ExecFiles extends HarnessFiles {
  /** What is started, by absolute paths: the interpreter of a script with its argument, and the executable. */
  readonly command: readonly [string, ...string[]]
  /** Null: the executable is a program itself. In the digest. */
  readonly interpreter: Interpreter | null
  /** What the interpreter needs of this machine, its links and libraries: shown to it, and not in the digest. */
  readonly runtime: readonly string[]
}

/** Most files that one harness declares: each is shown to its process by itself. */
const MOST_DECLARED = 1000
/** What Python leaves beside the files that it imports: neither in the digest nor shown, so that it answers for nothing. */
const CACHES = '__pycache__'
/** First bytes of what Linux and macOS start. */
const PROGRAMS = ['7f454c46', 'cffaedfe', 'cefaedfe', 'cafebabe', 'feedfacf', 'feedface']

/** Name of the file in which an owner declares what an executable reads: a JSON list of paths. */
export const declarationOf = (path: string): string => `${path}.files.json`

/**
 * An executable and what belongs to it. Throws UserError where it is missing, cannot be started, or declares what is not
 * there.
 *
 * @param searchPath folders in which `#!/usr/bin/env NAME` finds its interpreter
 */
export function execFiles(path: string, store: string, searchPath = process.env.PATH ?? ''): ExecFiles {
  const file = realFile(path, 'the harness')
  try {
    accessSync(file, constants.X_OK)
  } catch {
    throw new UserError(`the harness ${path} is not executable: chmod +x ${path}`)
  }
  const bytes = readFileSync(file)
  const interpreter = interpreterOf(path, bytes, searchPath)
  if (interpreter === null && !PROGRAMS.includes(bytes.subarray(0, 4).toString('hex')))
    throw new UserError(
      `the harness ${path} is neither a program of this machine nor a script that names its interpreter: begin it with a line such as "#!/usr/bin/env python3"`,
    )
  const runtime = interpreter === null ? [] : runtimeOf(interpreter)
  refuseStore(runtime, store)
  const own = digested(file, { local: [file, ...declared(path, file)], packages: [] }, store)
  const command = interpreter === null ? [file] : [interpreter.named, ...interpreter.args, file]
  return {
    path,
    ...own,
    digest:
      interpreter === null
        ? own.digest
        : digestOf({ files: own.digest, interpreter: interpreter.digest, args: interpreter.args }),
    command: command as [string, ...string[]],
    interpreter,
    runtime,
  }
}

/** The declaration that lies beside an executable, and the files that it names; of a folder all of them. */
function declared(path: string, file: string): string[] {
  const declaration = declarationOf(file)
  if (!existsSync(declaration)) return []
  const shown = declarationOf(path)
  const refuse = (what: string): never => {
    throw new UserError(`${shown}: ${what}`)
  }
  let names: unknown
  try {
    names = JSON.parse(readFileSync(declaration, 'utf8'))
  } catch (error) {
    return refuse(`it is no JSON (${(error as Error).message}): write a list of paths, such as ["./rules.json"]`)
  }
  if (!Array.isArray(names) || names.length > MOST_DECLARED || !names.every((n) => typeof n === 'string' && n !== ''))
    return refuse(`it is no list of at most ${MOST_DECLARED} paths: write ["./rules.json", "./lib"]`)
  const found = new Set([declaration, realpathSync(declaration)])
  for (const name of names as string[]) {
    const named = resolve(dirname(file), name)
    if (!existsSync(named)) refuse(`"${name}" does not exist (looked for ${named})`)
    for (const each of statSync(named).isDirectory() ? filesOf(named) : [named]) found.add(each).add(realpathSync(each))
    if (found.size > 2 * MOST_DECLARED)
      refuse(`"${name}" makes it more than ${MOST_DECLARED} files: declare what the harness reads, and no more`)
  }
  return [...found].filter((each) => each !== file)
}

const filesOf = (folder: string): string[] =>
  filesBelow(folder).filter((path) => !path.slice(folder.length).split('/').includes(CACHES))

/** What the process of an executable may read. Throws UserError when one of that is a second name of a file in the vault. */
export function shownTo(files: ExecFiles, vault: string): string[] {
  const manyNamed = new Map<string, string>()
  // What a system installs for everybody is no user's.
  for (const path of files.runtime.filter((each) => !each.startsWith('/usr/')))
    walk(path, (each, stat) => {
      if (stat.isFile() && stat.nlink > 1) manyNamed.set(inode(stat), each)
    })
  refuseVaultFiles(manyNamed, vault)
  return [...new Set([...ownFiles(files, vault), ...files.runtime])]
}
