/** How a handler becomes one file. Named once, for what is deployed, for the test of its size and for the bench. */
import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Charset } from 'aws-cdk-lib/aws-lambda-nodejs'

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
  charset: 'utf8' as Charset.UTF8,
  sourcesContent: false,
  externalModules: ['@aws-sdk/*'],
}

/**
 * The same for esbuild itself: one file a handler, NAME.mjs, in a folder.
 * @public measured by the test of bundle sizes and the bench
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
