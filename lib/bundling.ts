/** How a handler becomes what is deployed. Named once, for the construct, for the test of its size and for the bench. */
import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildResult, buildSync } from 'esbuild'

/** Root of the project, or of the built package: the same folders either way. */
export const ROOT = fileURLToPath(new URL('../', import.meta.url))
/** Handlers are bundled from the form that is running: `.ts` in a clone, `.js` in the built package. */
const ENDING = extname(fileURLToPath(import.meta.url))

/** A source file of ours in the form that is running, by its path from the root without its ending. */
export const sourceFile = (path: string): string => join(ROOT, `${path}${ENDING}`)

/** Path of a handler by its name, that of its file in functions/handlers. */
export const handlerFile = (name: string): string => sourceFile(`functions/handlers/${name}`)

/**
 * Names of every handler, sorted: one Lambda each.
 * @public measured by the test of bundle sizes and the bench
 */
export const handlerNames = (): string[] =>
  readdirSync(join(ROOT, 'functions/handlers'))
    .flatMap((file) => (file.endsWith(ENDING) ? [file.slice(0, -ENDING.length)] : []))
    .sort()

/** The SDK is the runtime's own; everything else is in the file. */
export const BUNDLING = {
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  // Letters as they are, not six characters each.
  charset: 'utf8' as const,
  sourcesContent: false,
  externalModules: ['@aws-sdk/*'],
}

/**
 * One file a handler, NAME.mjs, in a folder, for esbuild: what the handler loads only when it is asked for is in it too.
 * @public measured by the test of bundle sizes
 */
export const esbuildOptions = (names: readonly string[], outdir: string) => {
  const { externalModules, ...options } = BUNDLING
  return {
    ...options,
    entryPoints: Object.fromEntries(names.map((name) => [name, handlerFile(name)])),
    external: externalModules,
    bundle: true,
    platform: 'node' as const,
    format: 'esm' as const,
    sourcemap: 'external' as const,
    outExtension: { '.js': '.mjs' },
    outdir,
  }
}

/**
 * A handler as it is deployed: index.mjs, and files beside it that are read when what they hold is first asked for (JSONata, the
 * table of a tokenizer), so that no start waits for them. Throws where it cannot be bundled.
 */
export function bundleHandler(name: string, outdir: string): BuildResult<{ metafile: true }> {
  return buildSync({
    ...esbuildOptions([name], outdir),
    entryPoints: { index: handlerFile(name) },
    splitting: true,
    metafile: true,
    logLevel: 'error',
  })
}
