import { defineConfig } from 'vitest/config'

// A loaded machine is slow, not wrong: a test that hangs is still cut.
const patient = { testTimeout: 300_000, hookTimeout: 300_000 }

export default defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**', 'test/browser/**', 'test/install/**'],
          ...patient,
        },
      },
      { test: { name: 'real', include: ['test/real/**/*.test.ts'], ...patient } },
      // One process, one after another: they share the demo's store.
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: './test/support/own-tmpdir.ts',
          isolate: false,
          fileParallelism: false,
          ...patient,
        },
      },
      { test: { name: 'install', include: ['test/install/**/*.test.ts'], ...patient } },
      { test: { name: 'aws', include: ['test/**/*.aws.ts'], ...patient } },
    ],
  },
})
