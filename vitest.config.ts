import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const ROOT = fileURLToPath(new URL('./', import.meta.url))

// A loaded machine is slow, not wrong: a test that hangs is still cut.
const patient = { testTimeout: 300_000, hookTimeout: 300_000 }

/** What looks at the logs of functions, which are silent everywhere else: each file begins with a process of its own. */
const LOGS = ['test/workflow/logs.test.ts', 'test/lambda/make-handler.test.ts']
const SILENT = { setupFiles: './test/support/workflow/quiet.ts' }
const SETUP = { globalSetup: './test/support/global-setup.ts' }

/** Processes and threads that this program starts begin as JavaScript: it asks the tests' own file where scripts lie. */
const BUILT = {
  // Examples import the package by its name; here that is the clone.
  resolve: { alias: { 'contextos-autotune/cdk': `${ROOT}lib/index.ts` } },
  plugins: [
    {
      name: 'built-program',
      enforce: 'pre' as const,
      resolveId: (source: string, importer: string | undefined) =>
        source.endsWith('/program-files.ts') && importer?.startsWith(`${ROOT}functions/`)
          ? `${ROOT}test/support/program-files.ts`
          : undefined,
    },
  ],
}

export default defineConfig({
  test: {
    // Half as many again as cores: many tests wait for a process, a disk or a clock. As a number: of a share above 100 %
    // vitest makes 100 %.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        ...BUILT,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/real/**',
            'test/browser/**',
            'test/install/**',
            'test/model/**',
            'test/sql/**',
            'test/clouds/**',
            ...LOGS,
          ],
          // What a file imports is loaded once a process, not once a file: a third of the time. So a file leaves behind no
          // mock of a class and no variable of the environment.
          isolate: false,
          ...SETUP,
          ...SILENT,
          ...patient,
        },
      },
      { ...BUILT, test: { name: 'logs', include: LOGS, ...SETUP, ...patient } },
      { ...BUILT, test: { name: 'real', include: ['test/real/**/*.test.ts'], ...SETUP, ...SILENT, ...patient } },
      // One process, one after another: they share the demo's store.
      {
        ...BUILT,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          ...SETUP,
          isolate: false,
          fileParallelism: false,
          ...patient,
        },
      },
      // One process, one after another: the model is installed once, and has the cores.
      {
        ...BUILT,
        test: {
          name: 'model',
          include: ['test/model/**/*.test.ts'],
          ...SETUP,
          ...SILENT,
          isolate: false,
          fileParallelism: false,
          ...patient,
        },
      },
      { ...BUILT, test: { name: 'sql', include: ['test/sql/**/*.test.ts'], ...SETUP, ...SILENT, ...patient } },
      // One after another: an emulator is a whole cloud.
      {
        ...BUILT,
        test: {
          name: 'clouds',
          include: ['test/clouds/**/*.test.ts'],
          fileParallelism: false,
          ...SETUP,
          ...SILENT,
          ...patient,
        },
      },
      // Packing takes half a minute of processor, and took six minutes on a busy box.
      { test: { name: 'install', include: ['test/install/**/*.test.ts'], ...patient, hookTimeout: 900_000 } },
      { test: { name: 'aws', include: ['test/**/*.aws.ts'], ...patient } },
      { ...BUILT, test: { name: 'iam', include: ['test/**/*.iam.ts'], ...SETUP, ...SILENT, ...patient } },
    ],
  },
})
