/**
 * Builds `dist/` for `npm pack`: the same folders as here, every `.ts` as `.js` and `.d.ts`, with the data that the program
 * reads and a package.json of its own. A clone needs none of it.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const DIST = join(ROOT, 'dist')
const FOLDERS = ['bin', 'functions', 'lib', 'schemas']
/** What only a clone does: build, synthesize this repository's own app, generate schemas. */
const LEFT_OUT = new Set(['bin/app.ts', 'bin/build.ts', 'bin/synth.ts', 'lib/make-app.ts', 'schemas/generate.ts'])

const { name, version, type, sideEffects, imports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll(sep, '/')),
).filter((file) => !LEFT_OUT.has(file) && !file.startsWith('lib/acknowledgements/'))

rmSync(DIST, { recursive: true, force: true })
compile(files.filter((file) => file.endsWith('.ts')))
for (const file of files.filter((f) => /\.(json|jsonata|py|sql)$/.test(f))) copy(file)
write(
  'bin/autotune.mjs',
  readFileSync(join(ROOT, 'bin/autotune.mjs'), 'utf8').replace("'./autotune.ts'", "'./autotune.js'"),
)
write('package.json', `${JSON.stringify({ name, version, type, sideEffects })}\n`)

/** Types are checked by `npm run types`; here only declarations that cannot be written are an error. */
function compile(sources: readonly string[]): void {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT)
  const program = ts.createProgram(
    sources.map((file) => join(ROOT, file)),
    {
      ...options,
      noEmit: false,
      rewriteRelativeImportExtensions: true,
      declaration: true,
      rootDir: ROOT,
      outDir: DIST,
    },
  )
  const { diagnostics } = program.emit(undefined, (path, text) => {
    const file = relative(DIST, path).replaceAll(sep, '/')
    write(file, withBuiltImports(file, text))
  })
  if (diagnostics.length > 0)
    throw new Error(
      ts.formatDiagnostics(diagnostics, { ...ts.createCompilerHost(options), getCurrentDirectory: () => ROOT }),
    )
}

/** Imports name built files by relative paths: what a package calls `#core/` within itself, bundlers and older compilers may not know. */
function withBuiltImports(file: string, text: string): string {
  return text.replace(/((?:\bfrom|\bimport)\s*\(?\s*)(['"])([.#][^'"\n]*\.ts|#ports)\2/g, (_, before, quote, named) => {
    const target = named.startsWith('#') ? placeOf(named) : posix.join(posix.dirname(file), named)
    const path = posix.relative(posix.dirname(file), target).replace(/\.ts$/, '.js')
    return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
  })
}

/** Path that a `#` import stands for. */
function placeOf(named: string): string {
  const [pattern, place] = Object.entries<string>(imports).find(([p]) => named.startsWith(p.replace('*', '')))!
  return posix.normalize(place.replace('*', named.slice(pattern.length - 1)))
}

function copy(file: string): void {
  mkdirSync(dirname(join(DIST, file)), { recursive: true })
  cpSync(join(ROOT, file), join(DIST, file))
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(DIST, file)), { recursive: true })
  writeFileSync(join(DIST, file), text, { mode: file.endsWith('.mjs') ? 0o755 : 0o644 })
}
